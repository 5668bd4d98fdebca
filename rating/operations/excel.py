"""Turn an Excel file of usage into the CSV that is loaded; row numbers stay the same."""

import csv
from io import StringIO

from foundation import tabular
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED
from rating.rules.scanning import FileRefused


def csv_from_excel(content: bytes, filename: str) -> str:
    """Return the first sheet as CSV text with one line per row.

    Raises: FileRefused.
    """
    out = StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    columns: list[str] = []
    last = 1
    try:
        for line in tabular.read_table(
            content, filename, required=REQUIRED, optional=OPTIONAL, prefix=(PREFIX,)
        ):
            if not columns:
                columns = list(line.values)
                write(columns)
            for _ in range(last + 1, line.number):
                out.write("\n")
            last = line.number
            write([" ".join(line.values[name].split("\n")) for name in columns])
    except tabular.BadFile as bad:
        raise FileRefused(bad.rule, bad.message) from bad
    if not columns:
        raise FileRefused("EMPTY", "the sheet has no rows")
    return out.getvalue()
