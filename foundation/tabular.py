"""Tables of text that come from outside: one strict reader for CSV and XLSX.

A file is believed only as far as it is understood. What could be read in two ways (encoding,
delimiter, a doubled heading, a line of another length) is refused as a whole, with a message that
says how to mend it. What a single value means is left to `foundation.parsing`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read at most; a larger one is refused before it is opened."""

    file_bytes: int = 100 * 1024 * 1024
    unpacked_bytes: int = 50 * 1024 * 1024
    ratio: int = 100
    members: int = 200
    csv_rows: int = 1_000_000
    xlsx_rows: int = 200_000
    columns: int = 60
    value_length: int = 32_000


DEFAULT: Final = Limits()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: its number in the file (the heading is 1), and text by column."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that was not taken: where, what stood there, and why."""

    row: int
    column: str
    value: str
    rule: str
    message: str


class BadFile(ValueError):
    """The file as a whole cannot be read; `rule` names the fault, `message` how to mend it."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def read_table(
    source: bytes | str | Path,
    filename: str,
    *,
    required: Collection[str],
    optional: Collection[str] = (),
    prefix: Sequence[str] = (),
    limits: Limits = DEFAULT,
) -> Iterator[Line]:
    """Read the lines of a CSV or XLSX file, in order; empty lines are left out.

    `source` is the content, or a path to it; `filename` is what its sender calls it. The heading
    names every `required` column, may name `optional` ones and any that begins with a `prefix`
    (`attr.`), in any order. Of a workbook the first sheet is read. The heading is checked at
    once, the lines while they are taken.

    Raises: BadFile.
    """
    content = source if isinstance(source, bytes) else _load(Path(source), limits)
    rows = _rows(content, filename, limits)
    number, heading = next(rows, (0, []))
    names = _checked_heading(heading, required, optional, prefix, limits)
    return _lines(rows, number, names, limits)


def read_filled_table(
    source: bytes | str | Path,
    filename: str,
    *,
    required: Collection[str],
    optional: Collection[str] = (),
    limits: Limits = DEFAULT,
) -> list[Line]:
    """Read all lines of a file that must have some, as `read_table` reads them.

    Raises: BadFile.
    """
    lines = list(read_table(source, filename, required=required, optional=optional, limits=limits))
    if not lines:
        raise BadFile("EMPTY", "the file has no rows below its heading")
    return lines


def _load(path: Path, limits: Limits) -> bytes:
    if path.stat().st_size > limits.file_bytes:
        raise BadFile("SIZE", f"the file is larger than {limits.file_bytes:,} bytes")
    return path.read_bytes()


def _rows(content: bytes, filename: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    kind = Path(filename).suffix.lower()
    if not content:
        raise BadFile("EMPTY", "the file is empty")
    if len(content) > limits.file_bytes:
        raise BadFile("SIZE", f"the file is larger than {limits.file_bytes:,} bytes")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile("FORMAT", "the workbook is encrypted or of the old kind; save it as .xlsx")
    is_archive = content.startswith(b"PK")
    if kind == ".xlsx" and is_archive:
        return _xlsx_rows(content, limits)
    if kind in {".csv", ".txt"} and not is_archive:
        return _csv_rows(content, limits)
    raise BadFile("FORMAT", "send a .csv file or a .xlsx workbook whose content is one")


# -- The table ---------------------------------------------------------------------------------
def _checked_heading(
    heading: list[str],
    required: Collection[str],
    optional: Collection[str],
    prefix: Sequence[str],
    limits: Limits,
) -> list[str]:
    names = [name.strip() for name in heading]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise BadFile("HEADER", "the first line names the columns; it is empty")
    if len(names) > limits.columns:
        raise BadFile("COLUMNS", f"the heading names more than {limits.columns} columns")
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise BadFile("HEADER", f"the heading names {_shown(doubled)} twice")
    missing = sorted(set(required) - set(names))
    if missing and len(names) == 1 and (mark := _other_delimiter(names[0])):
        raise BadFile("DELIMITER", f"the columns are separated by {mark}; separate them by commas")
    if missing:
        raise BadFile("HEADER", f"the heading does not name {_shown(missing)}")
    known = set(required) | set(optional)
    unknown = [name for name in names if name not in known and not _begins(name, prefix)]
    if unknown:
        raise BadFile("HEADER", f"the heading names columns that are not known: {_shown(unknown)}")
    return names


def _begins(name: str, prefix: Sequence[str]) -> bool:
    """Tell whether a name continues a prefix with plain ASCII letters, digits, `_`, `-`."""
    rests = [name.removeprefix(start) for start in prefix if name.startswith(start)]
    return any(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", rest) for rest in rests)


def _other_delimiter(heading: str) -> str:
    for mark, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if mark in heading:
            return word
    return ""


def _lines(
    rows: Iterable[tuple[int, list[str]]], heading: int, names: list[str], limits: Limits
) -> Iterator[Line]:
    for number, row in rows:
        if number == heading or not any(row):
            continue
        if any(row[len(names) :]) or len(row) < len(names):
            raise BadFile(
                "COLUMNS", f"line {number} has {len(row)} values, the heading {len(names)}"
            )
        if any(len(value) > limits.value_length for value in row):
            raise BadFile("LENGTH", f"line {number} holds a value that is far too long")
        yield Line(number, {name: _clean(row[i]) for i, name in enumerate(names)})


def _clean(value: str) -> str:
    """Drop blanks around a value, and the apostrophe that our exports put before a formula."""
    value = value.strip(" \t")
    return value[1:] if len(value) > 1 and value[0] == "'" and value[1] in "=+-@" else value


def _shown(names: Iterable[str]) -> str:
    return ", ".join(ascii(name[:40])[1:-1] for name in list(names)[:10])


# -- CSV ---------------------------------------------------------------------------------------
def _csv_rows(content: bytes, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    if "\r" in text.replace("\r\n", ""):
        raise BadFile("LINES", "lines end in a lone carriage return; save it with LF or CRLF")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    taken = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise BadFile("QUOTES", f"line {begins} cannot be read: {error}") from None
        if row is None:
            return
        taken += 1
        if taken > limits.csv_rows + 1:
            raise BadFile("ROWS", f"the file has more than {limits.csv_rows:,} lines")
        yield begins, row
        begins = reader.line_num + 1


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("ENCODING", "the file is in UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile("ENCODING", f"line {line} is not in UTF-8; save the file as UTF-8") from None
    if "\x00" in text:
        raise BadFile("ENCODING", "the file holds NUL characters; save it as UTF-8 text")
    return text


# -- XLSX --------------------------------------------------------------------------------------
_CELL: Final = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Za-z]{1,7})([0-9]{1,9})["']""")
_ROW: Final = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]{1,9})["']""")
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


def _xlsx_rows(content: bytes, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    _require_harmless(content, limits)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if not workbook.sheet_names:
            raise BadFile("EMPTY", "the workbook has no sheet")
        sheet = workbook.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile("FORMAT", "the workbook is damaged or not an .xlsx workbook") from error
    for number, row in enumerate(rows, start=1):
        values = [_cell_text(cell) for cell in row]
        while values and not values[-1] and len(values) > limits.columns:
            values.pop()
        yield number, values


def _require_harmless(content: bytes, limits: Limits) -> None:
    """Look into the archive before any reader opens it: size, members, entities, extent."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _require_small(members, len(content), limits)
            for member in members:
                _require_plain(member.filename, member.flag_bits)
                _require_modest(member.filename, archive.read(member), limits)
    except _DAMAGES as error:
        raise BadFile("FORMAT", "the workbook is damaged") from error


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


def _require_modest(name: str, part: bytes, limits: Limits) -> None:
    """Refuse entities, and cells so far out that the sheet would fill the memory."""
    lower = name.lower()
    if lower.endswith((".xml", ".rels", ".vml")) and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
        raise BadFile("ARCHIVE", "the workbook declares entities")
    if lower.endswith((".xml", ".rels")) and part.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("ARCHIVE", "the workbook is not written in UTF-8")
    if "worksheets/" not in lower:
        return
    farthest_row = max((int(row) for row in _ROW.findall(part)), default=0)
    columns = set()
    for letters, row in _CELL.findall(part):
        columns.add(letters)
        farthest_row = max(farthest_row, int(row))
    if farthest_row > limits.xlsx_rows + 1:
        raise BadFile("ROWS", f"the sheet reaches beyond {limits.xlsx_rows:,} rows")
    if any(_column_number(letters) > limits.columns for letters in columns):
        raise BadFile("COLUMNS", f"the sheet reaches beyond {limits.columns} columns")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cell_text(cell: object) -> str:
    """Write a cell as the text that the parsers expect; a number keeps every digit it has."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() | int():
            number = Decimal(repr(cell))
            whole = number == number.to_integral_value()
            return str(int(number)) if whole else format(number, "f")
        case datetime():
            at_midnight = not (cell.hour or cell.minute or cell.second or cell.microsecond)
            return cell.date().isoformat() if at_midnight else cell.isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
