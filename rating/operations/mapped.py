"""Turn a file with its sender's own columns into the CSV that is loaded, row by row."""

import csv
from io import StringIO

from foundation import tabular
from rating.rules.mapping import ColumnMap
from rating.rules.scanning import TRAILER

_ONE_LINE = str.maketrans("\r\n", "\v\v")
"""A row stays one line; the mark that stands for the break is refused as no text (BAD_TEXT)."""


def csv_from_own(content: bytes, filename: str, mapping: ColumnMap) -> str:
    """Return the rows of a CSV or Excel file by our fields; columns not declared are left out.

    Raises: BadFile, which names the sender's own column.
    """
    content, trailer = _without_trailer(content)
    out = StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(mapping.fields)
    last = 1
    for line in tabular.read_table(
        content, filename, required=list(mapping.columns.values()), prefix=("",)
    ):
        for _ in range(last + 1, line.number):
            out.write("\n")
        last = line.number
        write([text.translate(_ONE_LINE) for text in mapping.row(line.values)])
    out.write(trailer)
    return out.getvalue()


def _without_trailer(content: bytes) -> tuple[bytes, str]:
    """Part a CSV from its last line where that is the trailer."""
    head, _, last = content.rstrip(b"\r\n").rpartition(b"\n")
    if not last.startswith(TRAILER):
        return content, ""
    return head + b"\n", last.decode("utf-8", "replace").strip() + "\n"
