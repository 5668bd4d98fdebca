"""Tables out: CSV and XLSX in which no text can become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from django.http import HttpResponse

from foundation.errors import Invalid

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in narrow and in full width."""

TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST_ROWS: Final = 1_048_575
_LONGEST_TEXT: Final = 32_767
_EXACT_DIGITS: Final = 15
"""Decimal digits that a spreadsheet, which counts in binary, keeps exactly."""


def safe_text(value: Any) -> str:
    """Return text that a spreadsheet shows instead of running: apostrophe before = + - @."""
    text = _text(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_bytes(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the table as UTF-8 CSV; numbers stay numbers, text cannot be a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([safe_text(heading) for heading in headers])
    for row in rows:
        writer.writerow([_number(value) or safe_text(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def xlsx_bytes(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the table as a workbook; text cells are written as text, never as formulas.

    A number of more digits than a spreadsheet keeps is written as text, so that none is lost.

    Raises: Invalid when the table does not fit a sheet.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    heading_style = book.add_format({"bold": True})
    for column, heading in enumerate(headers):
        sheet.write_string(0, column, _text(heading), heading_style)
    for number, row in enumerate(rows, start=1):
        if number > _MOST_ROWS:
            raise Invalid(f"a sheet holds {_MOST_ROWS:,} rows; export this as CSV")
        for column, value in enumerate(row):
            _write_cell(sheet, number, column, value)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def download(
    name: str, file_format: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Return the table as a file to save, named and typed for its format.

    Raises: Invalid.
    """
    if file_format not in TYPES:
        raise Invalid(f"there is no format {file_format}; csv and xlsx there are")
    content = (csv_bytes if file_format == "csv" else xlsx_bytes)(headers, rows)
    plain_name = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "table"
    response = HttpResponse(content, content_type=TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="{plain_name}.{file_format}"'
    return response


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    digits = _number(value)
    if digits and len(Decimal(digits).as_tuple().digits) <= _EXACT_DIGITS:
        sheet.write_number(row, column, Decimal(digits))
        return
    text = digits or _text(value)
    if len(text) > _LONGEST_TEXT:
        raise Invalid("a text is too long for a sheet; export this as CSV")
    sheet.write_string(row, column, text)


def _number(value: Any) -> str:
    """Return the plain digits of a number, and nothing for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    number = Decimal(value)
    return format(number, "f") if number.is_finite() else ""


def _text(value: Any) -> str:
    """Return a value as text, without the characters that no file may hold."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else _CONTROL.sub("", str(value))
