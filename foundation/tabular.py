"""Tables of text that come from outside: one strict reader for CSV and XLSX.

A file is believed only as far as it is understood. What could be read in two ways (encoding,
delimiter, a doubled heading, a line of another length) is refused as a whole, with a message that
says how to mend it. What a single value means is left to `foundation.parsing`.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.limits import DEFAULT, Limits
from foundation.verdicts import BadFile, RowProblem, visible
from foundation.workbooks import workbook_rows

__all__ = [
    "BadFile",
    "Limits",
    "Line",
    "RowProblem",
    "file_kind",
    "read_file",
    "read_filled_table",
    "read_table",
    "unescaped",
]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: its number in the file (the heading is 1), and text by column."""

    number: int
    values: dict[str, str]


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
    content = source if isinstance(source, bytes) else read_file(Path(source), limits)
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


def read_file(path: Path, limits: Limits = DEFAULT) -> bytes:
    """Return what a file on disk holds, if it fits and nobody wrote to it meanwhile.

    Raises: BadFile.
    """
    before = path.stat()
    if before.st_size > limits.file_bytes:
        raise BadFile("SIZE", f"the file is larger than {limits.file_bytes:,} bytes")
    content = path.read_bytes()
    require_unchanged(path, before)
    return content


def require_unchanged(path: Path, before: os.stat_result) -> None:
    """Refuse a file that was written to while it was read: its last row may be torn.

    Raises: BadFile.
    """
    now = path.stat()
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise BadFile("CHANGED", "the file was written to while it was read")


def file_kind(head: bytes, filename: str) -> str:
    """Tell "csv" from "xlsx" by how a file is called and how it begins.

    Raises: BadFile when name and content disagree, or it is neither.
    """
    kind = Path(filename).suffix.lower()
    if not head:
        raise BadFile("EMPTY", "the file is empty")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile("FORMAT", "the workbook is encrypted or of the old kind; save it as .xlsx")
    is_archive = head.startswith(b"PK")
    if kind == ".xlsx" and is_archive:
        return "xlsx"
    if kind in {".csv", ".txt"} and not is_archive:
        return "csv"
    raise BadFile("FORMAT", "send a .csv file or a .xlsx workbook whose content is one")


def _rows(content: bytes, filename: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    kind = file_kind(content[:8], filename)
    if len(content) > limits.file_bytes:
        raise BadFile("SIZE", f"the file is larger than {limits.file_bytes:,} bytes")
    return workbook_rows(content, limits) if kind == "xlsx" else _csv_rows(content, limits)


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
        raise BadFile("HEADER", "the first line names the columns; it is empty", row=1)
    if len(names) > limits.columns:
        raise BadFile("COLUMNS", f"the heading names more than {limits.columns} columns", row=1)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise _bad_heading(f"the heading names {_shown(doubled)} twice", doubled)
    missing = sorted(set(required) - set(names))
    if missing and len(names) == 1 and (mark := _other_delimiter(names[0])):
        message = f"the columns are separated by {mark}; separate them by commas"
        raise BadFile("DELIMITER", message, row=1, value=names[0])
    if missing:
        raise _bad_heading(f"the heading does not name {_shown(missing)}", missing)
    known = set(required) | set(optional)
    unknown = [name for name in names if name not in known and not _begins(name, prefix)]
    if unknown:
        message = f"the heading names columns that are not known: {_shown(unknown)}"
        raise _bad_heading(message, unknown)
    return names


def _bad_heading(message: str, names: Sequence[str]) -> BadFile:
    return BadFile("HEADER", message, row=1, column=visible(names[0], most=80))


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
                "COLUMNS",
                f"line {number} has {len(row)} values, the heading {len(names)}",
                row=number,
                value=",".join(row),
            )
        for name, value in zip(names, row, strict=False):
            if len(value) > limits.value_length:
                message = f"line {number} holds a value that is far too long"
                raise BadFile("LENGTH", message, row=number, column=name, value=value)
        yield Line(number, {name: _clean(row[i]) for i, name in enumerate(names)})


def _clean(value: str) -> str:
    """Drop blanks around a value, and what `unescaped` drops."""
    return unescaped(value.strip(" \t"))


def unescaped(value: str) -> str:
    """Drop the apostrophe that our exports put before what a spreadsheet would run."""
    return value[1:] if len(value) > 1 and value[0] == "'" and value[1] in "=+-@" else value


def _shown(names: Iterable[str]) -> str:
    return ", ".join(ascii(name[:40])[1:-1] for name in list(names)[:10])


# -- CSV ---------------------------------------------------------------------------------------
def _csv_rows(content: bytes, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    unix = text.replace("\r\n", "\n")
    if (at := unix.find("\r")) >= 0:
        raise BadFile(
            "LINES",
            "lines end in a lone carriage return; save it with LF or CRLF",
            row=unix.count("\n", 0, at) + 1,
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    taken = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            rule = "LENGTH" if "field larger" in str(error) else "QUOTES"
            raise BadFile(rule, f"line {begins} cannot be read: {error}", row=begins) from None
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
        raise BadFile(
            "ENCODING",
            f"line {line} is not in UTF-8; save the file as UTF-8",
            row=line,
            value=content[error.start :].split(b"\n", 1)[0][:20].decode("latin-1"),
        ) from None
    if (at := text.find("\x00")) >= 0:
        raise BadFile(
            "ENCODING",
            "the file holds NUL characters; save it as UTF-8 text",
            row=text.count("\n", 0, at) + 1,
        )
    return text
