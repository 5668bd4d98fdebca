"""Tables out: CSV and XLSX in which no text can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import HttpResponse

from foundation.errors import Invalid

FORMULA = ("=", "+", "-", "@", "\t", "\r")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def safe_text(value: Any) -> str:
    """Return text that a spreadsheet shows instead of running: apostrophe before = + - @."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_bytes(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the table as UTF-8 CSV; numbers stay numbers, text cannot be a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headers)
    for row in rows:
        writer.writerow([v if isinstance(v, int | Decimal) else safe_text(_plain(v)) for v in row])
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def xlsx_bytes(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the table as a workbook; text cells are written as text, never as formulas."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for column, heading in enumerate(headers):
        sheet.write_string(0, column, heading)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, "" if value is None else str(_plain(value)))
    book.close()
    return out.getvalue()


def download(
    name: str, file_format: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Return the table as a file to save, named and typed for its format."""
    if file_format not in TYPES:
        raise Invalid(f"there is no format {file_format}; csv and xlsx there are")
    content = (csv_bytes if file_format == "csv" else xlsx_bytes)(headers, rows)
    response = HttpResponse(content, content_type=TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response
