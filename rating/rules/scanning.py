"""Look over a whole usage file before its first row is loaded.

The scan finds what condemns the file (encoding, header, trailer, line length) and cuts it into
parts of whole lines, so that a part is loaded in one transaction and a killed load resumes.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from rating.rules.rows import header_problem

PART_BYTES = 6_000_000
LINE_BYTES = 8_000
TRAILER = b"#TRAILER"
MAX_ROWS = 20_000_000

_TRAILER = re.compile(r"#TRAILER,(0|[1-9][0-9]{0,11}),(-?[0-9]{1,20}(?:\.[0-9]{1,8})?),*")


class FileRefused(Exception):
    """Say why a file as a whole is refused before any row is looked at."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


@dataclass(frozen=True, slots=True)
class Part:
    """Name a stretch of whole lines; `first_row` counts the header as row 1."""

    number: int
    start: int
    end: int
    first_row: int
    rows: int


@dataclass(slots=True)
class Scan:
    """Report what a file holds: columns, parts, number of rows, trailer."""

    columns: tuple[str, ...]
    parts: list[Part] = field(default_factory=list)
    rows: int = 0
    declared_count: int | None = None
    declared_quantity: Decimal | None = None


def scan(stream: BinaryIO, *, part_bytes: int = PART_BYTES) -> Scan:
    """Check a CSV file as a whole and cut it into parts.

    Raises: FileRefused.
    """
    head = stream.readline(LINE_BYTES + 1)
    found = Scan(columns=_header(head))
    at, row = len(head), 2
    for block in _blocks(stream, part_bytes):
        _refuse_unreadable(block, row)
        size = len(block)
        if size < part_bytes:  # the last block: empty lines at the end are no rows
            block = _without_empty_end(block)
        if found.declared_count is not None:
            if block.strip():
                raise FileRefused("TRAILER", "rows follow the trailer")
            continue
        block, trailer = _without_trailer(block)
        if trailer is not None:
            found.declared_count, found.declared_quantity = trailer
        rows = block.count(b"\n") + (not block.endswith(b"\n") and bool(block))
        if rows:
            found.parts.append(Part(len(found.parts) + 1, at, at + len(block), row, rows))
            found.rows += rows
            row += rows
        at += size
    if found.rows > MAX_ROWS:
        raise FileRefused("TOO_LARGE", f"more than {MAX_ROWS} rows")
    if found.declared_count is not None and found.declared_count != found.rows:
        raise FileRefused(
            "TRAILER", f"the trailer counts {found.declared_count} rows, the file has {found.rows}"
        )
    return found


def _header(line: bytes) -> tuple[str, ...]:
    if not line.strip():
        raise FileRefused("EMPTY", "the file is empty or begins with an empty line")
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in line:
        raise FileRefused("ENCODING", "the file is not UTF-8 text")
    if line.startswith(b"PK\x03\x04"):
        raise FileRefused("FORMAT", "this is an Excel or zip file, not CSV")
    try:
        text = line.removeprefix(b"\xef\xbb\xbf").decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise FileRefused("ENCODING", "the header is not UTF-8 text") from None
    if len(line) > LINE_BYTES or "\r" in text:
        raise FileRefused(
            "LINE", "lines must end with a line feed and be shorter than 8,000 bytes"
        )
    try:
        columns = tuple(next(csv.reader([text], strict=True)))
    except (csv.Error, StopIteration):
        raise FileRefused("HEADER", "the header is not a line of CSV") from None
    if len(columns) == 1 and (";" in text or "\t" in text):
        raise FileRefused("HEADER", "columns must be separated by commas")
    if problem := header_problem(columns):
        raise FileRefused("HEADER", problem)
    return columns


def _blocks(stream: BinaryIO, part_bytes: int) -> Iterator[bytes]:
    while block := stream.read(part_bytes):
        yield block + stream.readline(LINE_BYTES + 1)


def _refuse_unreadable(block: bytes, row: int) -> None:
    if b"\x00" in block:
        raise FileRefused("ENCODING", f"a NUL byte after row {row - 1}: the file is damaged")
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError as problem:
            line = row + block[: problem.start].count(b"\n")
            raise FileRefused("ENCODING", f"row {line} is not UTF-8 text") from None
    lines = block.split(b"\n")
    longest = max(map(len, lines))
    if longest > LINE_BYTES:
        raise FileRefused("LINE", f"a line after row {row - 1} is longer than 8,000 bytes")


def _without_empty_end(block: bytes) -> bytes:
    body = block.rstrip(b"\r\n")
    return body + b"\n" if body else b""


def _without_trailer(block: bytes) -> tuple[bytes, tuple[int, Decimal] | None]:
    """Split off a trailer line, which must be the last that is not empty."""
    body = block.rstrip(b"\r\n")
    at = body.rfind(b"\n") + 1
    if not body.startswith(TRAILER, at):
        return block, None
    found = _TRAILER.fullmatch(body[at:].decode())
    if not found:
        raise FileRefused("TRAILER", "the trailer is not #TRAILER,count,sum")
    return block[:at], (int(found[1]), Decimal(found[2]))
