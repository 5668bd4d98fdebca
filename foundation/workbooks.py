"""Workbooks (.xlsx) as rows of text: nothing is opened before its archive was looked through.

A workbook shows more than its cells hold and holds more than it shows. What a reader would drop
without a word (errors, formulas that were never worked out, merged cells, further sheets, digits
that a spreadsheet does not keep) is refused by name.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from foundation.limits import Limits
from foundation.parsing import BENT
from foundation.verdicts import BadFile

_CELL: Final = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Za-z]{1,7})([0-9]{1,9})["'][^>]*(?<!/)>(?!</)"""
)
"""A cell that holds anything; cells and rows that are only formatted take no room."""
_UNPLACED: Final = re.compile(rb"""<(?:\w+:)?c(?![^>]*\br\s*=)\b[^>]*(?<!/)>(?!</)""")
_ROW: Final = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]{1,9})["']""")
_WHOLE_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL)
_PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,7})([0-9]{1,9})["']""")
_ERROR: Final = re.compile(rb"""\bt\s*=\s*["']e["']""")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f\b")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v\b[^>/]*>([^<]*)<")
_PIECES: Final = re.compile(rb"<(?:\w+:)?v\b[^>]*>(?:[^<]*<!|[-+0-9.eE]*&#)")
"""A value with a comment, a CDATA section or digits by number inside: readers drop the rest."""
_DATA: Final = re.compile(rb"<(?:\w+:)?(?:v|is)\b[^>/]*>")
_MERGED: Final = re.compile(
    rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*["']([A-Za-z]{1,7})([0-9]{1,9}):"""
)
_DAMAGES: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    OSError,
    RuntimeError,
)
_FORBIDDEN: Final = {
    "vbaproject": "macros",
    "externallinks/": "links to other files",
    "embeddings/": "embedded files",
    "activex/": "controls",
}
_EXACT_DIGITS: Final = 15
_EXACT: Final = 10**_EXACT_DIGITS
"""Below this a spreadsheet keeps every digit of a whole number."""
_LEAP_BUG: Final = date(1900, 3, 1)
"""Before this day a serial number means two days: Excel counts a 29 February 1900."""


def workbook_rows(content: bytes, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet with their numbers, cell by cell as text.

    Raises: BadFile.
    """
    faults = _look_through(content, limits)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if not workbook.sheet_names:
            raise BadFile("EMPTY", "the workbook has no sheet")
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile("FORMAT", "the workbook is damaged or not an .xlsx workbook") from error
    heading = [str(cell).strip() for cell in rows[0]] if rows else []
    if faults:
        raise _told(faults[0], heading)
    for number, row in enumerate(rows, start=1):
        values = [_cell_text(cell, number, at, heading) for at, cell in enumerate(row)]
        while values and not values[-1] and len(values) > limits.columns:
            values.pop()
        yield number, values


# -- The archive -------------------------------------------------------------------------------
Fault = tuple[str, str, int, int, str]
"""Rule, message, row, column (from 0) and what stood there."""


def _look_through(content: bytes, limits: Limits) -> list[Fault]:
    """Refuse an archive that is harmful; return the first fault of its cells, if any."""
    faults: list[Fault] = []
    filled = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _require_small(members, len(content), limits)
            for member in members:
                _require_plain(member.filename, member.flag_bits)
                part = archive.read(member)
                _require_text(member.filename, part)
                if "worksheets/" in member.filename.lower():
                    _require_modest(part, limits)
                    filled += _DATA.search(part) is not None
                    faults += _faults(part)
    except _DAMAGES as error:
        raise BadFile("FORMAT", "the workbook is damaged") from error
    if filled > 1:
        message = f"the workbook has {filled} sheets with data; send the one that is meant"
        raise BadFile("SHEETS", message)
    return faults


def _require_small(members: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    unpacked = sum(member.file_size for member in members)
    if len(members) > limits.members:
        raise BadFile("ARCHIVE", f"the workbook has more than {limits.members} parts")
    if unpacked > limits.unpacked_bytes:
        raise BadFile("ARCHIVE", f"the workbook unpacks to {unpacked:,} bytes: too much")
    if any(m.file_size > limits.ratio * max(m.compress_size, 1024) for m in members) or (
        unpacked > limits.ratio * packed
    ):
        raise BadFile("ARCHIVE", "the workbook is packed too tightly to be one")


def _require_plain(name: str, flags: int) -> None:
    lower = name.lower()
    if flags & 0x1:
        raise BadFile("ARCHIVE", "the workbook is encrypted")
    if lower.startswith("/") or ".." in lower.split("/") or "\\" in lower:
        raise BadFile("ARCHIVE", "the workbook holds a part with a strange name")
    if lower.endswith((".zip", ".xlsx", ".xlsm", ".docx", ".gz", ".7z", ".bin.gz")):
        raise BadFile("ARCHIVE", "the workbook holds another archive")
    for part, word in _FORBIDDEN.items():
        if part in lower:
            raise BadFile("ARCHIVE", f"the workbook holds {word}; send the values only")


def _require_text(name: str, part: bytes) -> None:
    """Refuse entities, and parts in an encoding that hides them."""
    lower = name.lower()
    if lower.endswith((".xml", ".rels", ".vml")) and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
        raise BadFile("ARCHIVE", "the workbook declares entities")
    if lower.endswith((".xml", ".rels")) and part.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("ARCHIVE", "the workbook is not written in UTF-8")


def _require_modest(part: bytes, limits: Limits) -> None:
    """Refuse cells so far out that the sheet would fill the memory, or that stand there twice.

    What is only formatted holds nothing: many programs write the last row of a sheet.
    """
    places = _CELL.findall(part)
    if len(set(places)) < len(places):
        letters, row = next(one for one, count in Counter(places).items() if count > 1)
        message = f"cell {letters.decode()}{int(row)} is written twice; which counts is not known"
        raise BadFile("CELL", message, row=int(row))
    rows = {int(row) for _, row in places}
    if _UNPLACED.search(part):
        rows.update(int(row) for row in _ROW.findall(part))
    if max(rows, default=0) > limits.xlsx_rows + 1:
        message = f"the sheet reaches to row {max(rows):,}, beyond {limits.xlsx_rows:,} rows"
        raise BadFile("ROWS", message)
    if any(_column_number(one) > limits.columns for one in {letters for letters, _ in places}):
        raise BadFile("COLUMNS", f"the sheet reaches beyond {limits.columns} columns")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


# -- The cells ---------------------------------------------------------------------------------
def _faults(part: bytes) -> list[Fault]:
    """Return the first cell that a reader would show as empty although it is not."""
    if merged := _MERGED.search(part):
        message = "cells are merged; which of them holds the value cannot be told"
        return [("MERGED", message, *_place(merged[1], merged[2]), "")]
    if not any(one.search(part) for one in (_ERROR, _FORMULA, _PIECES)):
        return []
    for attributes, inside in _WHOLE_CELL.findall(part):
        found = _VALUE.search(inside)
        shown = found[1].decode("utf-8", "replace").strip() if found else ""
        if _ERROR.search(attributes):
            message = f"the cell holds the error {shown[:20] or 'of a formula'}"
        elif _FORMULA.search(inside) and not shown:
            message = "the cell holds a formula that was not worked out"
        elif _PIECES.search(inside):
            message = "the value is written in pieces, of which readers take some"
        else:
            continue
        place = _PLACE.search(attributes)
        where = _place(place[1], place[2]) if place else (0, -1)
        return [("CELL", message, *where, shown)]
    return []


def _place(letters: bytes, row: bytes) -> tuple[int, int]:
    return int(row), _column_number(letters) - 1


def _told(fault: Fault, heading: list[str]) -> BadFile:
    rule, message, row, at, value = fault
    column = heading[at] if 0 <= at < len(heading) else ""
    return BadFile(rule, f"row {row}: {message}", row=row, column=column, value=value)


def _cell_text(cell: Any, row: int, at: int, heading: list[str]) -> str:
    """Write a cell as the text that the parsers expect; a number keeps every digit it has.

    A fraction of more digits than a spreadsheet shows is the noise of its arithmetic, or was
    bent when it was written: it is marked, so that no parser takes it.
    """
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() | int():
            if not math.isfinite(cell) or abs(cell) >= _EXACT:
                message = "the number has more digits than a spreadsheet keeps"
                raise _told(("DIGITS", message, row, at, str(cell)), heading)
            number = Decimal(repr(cell))
            if number == number.to_integral_value():
                return str(int(number))
            digits = len(number.as_tuple().digits)
            return f"{number:f}{BENT if digits > _EXACT_DIGITS else ''}"
        case datetime():
            at_midnight = not (cell.hour or cell.minute or cell.second or cell.microsecond)
            return _day_text(cell.date(), "" if at_midnight else cell.isoformat()[10:])
        case date():
            return _day_text(cell, "")
        case _:
            return str(cell)


def _day_text(day: date, clock: str) -> str:
    """Write a day; one from before the days are sure is marked, so that no parser takes it."""
    return f"{day.isoformat()}{clock}{' (Excel)' if day < _LEAP_BUG else ''}"
