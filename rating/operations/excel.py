"""Turn an Excel file of usage into the CSV that is loaded; row numbers stay the same."""

import csv
from io import StringIO

from foundation import tabular
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED

_ONE_LINE = str.maketrans("\r\n", "\v\v")
"""A row stays one line; the mark that stands for the break is refused as no text (BAD_TEXT)."""


def csv_from_excel(content: bytes, filename: str) -> str:
    """Return the first sheet as CSV text with one line per row; a sheet of a heading has none.

    Raises: BadFile.
    """
    out = StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    columns: list[str] = []
    last = 1
    for line in tabular.read_table(
        content, filename, required=REQUIRED, optional=OPTIONAL, prefix=(PREFIX,)
    ):
        if not columns:
            columns = list(line.values)
            write(columns)
        for _ in range(last + 1, line.number):
            out.write("\n")
        last = line.number
        write([line.values[name].translate(_ONE_LINE) for name in columns])
    if not columns:
        write(REQUIRED)
    return out.getvalue()
