"""Look over a whole usage file before its first row is loaded, and deal its rows to parts.

The scan finds what condemns the file (encoding, header, trailer, line length). Rows are dealt to
parts by the identifier they name: an identifier's events, and with them its sums and copies of a
row, meet in one part, so that a load writes a sum once and forgets an identifier after its part.
"""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO
from zlib import crc32

from rating.rules.rows import header_problem

BLOCK_BYTES = 2_000_000
PART_BYTES = 2_500_000
MOST_PARTS = 400
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


class Scan:
    """Read a CSV file block by block; the totals are complete when `blocks` is exhausted.

    Raises: FileRefused, at the start for the header and from `blocks` for what follows.
    """

    def __init__(self, stream: BinaryIO, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._block_bytes = block_bytes
        self.columns = _header(stream.readline(LINE_BYTES + 1))
        self.rows = 0
        self.declared_count: int | None = None
        self.declared_quantity: Decimal | None = None

    def blocks(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield whole lines with the number of the first; the header is row 1."""
        size = self._block_bytes
        while block := self._stream.read(size):
            is_last = len(block) < size
            block += self._stream.readline(LINE_BYTES + 1)
            if self.declared_count is not None:
                if block.strip():
                    raise FileRefused("TRAILER", "rows follow the trailer")
                continue
            lines = _readable_lines(block, self.rows + 2)
            if is_last:  # empty lines at the end are no rows
                while lines and not lines[-1].rstrip(b"\r"):
                    lines.pop()
            self._take_trailer(lines)
            if lines:
                yield self.rows + 2, lines
                self.rows += len(lines)
            if self.rows > MAX_ROWS:
                raise FileRefused("TOO_LARGE", f"more than {MAX_ROWS} rows")
        if self.declared_count not in {None, self.rows}:
            raise FileRefused(
                "TRAILER",
                f"the trailer counts {self.declared_count} rows, the file has {self.rows}",
            )

    def _take_trailer(self, lines: list[bytes]) -> None:
        """Take off a trailer line, which must be the last that is not empty."""
        last = len(lines) - 1
        while last >= 0 and not lines[last].rstrip(b"\r"):
            last -= 1
        if last < 0 or not lines[last].startswith(TRAILER):
            return
        found = _TRAILER.fullmatch(lines[last].rstrip(b"\r").decode())
        if not found:
            raise FileRefused("TRAILER", "the trailer is not #TRAILER,count,sum")
        self.declared_count, self.declared_quantity = int(found[1]), Decimal(found[2])
        del lines[last:]


def part_count(size: int, *, part_bytes: int = PART_BYTES) -> int:
    """Return in how many parts a file of `size` bytes is loaded."""
    return min(MOST_PARTS, max(1, -(-size // part_bytes)))


def deal(lines: list[bytes], first_row: int, *, column: int, parts: int) -> list[list[bytes]]:
    """Number lines ("17,line") and deal them to parts by the text of a column.

    A row too short to have the column goes to the first part; the order of rows stays.
    """
    if parts == 1:
        return [[b"%d,%b" % numbered for numbered in enumerate(lines, first_row)]]
    dealt: list[list[bytes]] = [[] for _ in range(parts)]
    number, cuts = first_row, column + 1
    for line in lines:
        fields = line.split(b",", cuts)
        at = crc32(fields[column]) % parts if len(fields) > column else 0
        dealt[at].append(b"%d,%b" % (number, line))
        number += 1
    return dealt


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


def _readable_lines(block: bytes, row: int) -> list[bytes]:
    """Cut a block into its lines, or refuse the file; `row` is the number of the first."""
    if b"\x00" in block:
        raise FileRefused("ENCODING", f"a NUL byte after row {row - 1}: the file is damaged")
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError as problem:
            line = row + block[: problem.start].count(b"\n")
            raise FileRefused("ENCODING", f"row {line} is not UTF-8 text") from None
    lines = block.split(b"\n")
    if len(max(lines, key=len)) > LINE_BYTES:
        raise FileRefused("LINE", f"a line after row {row - 1} is longer than 8,000 bytes")
    if not lines[-1]:
        lines.pop()
    return lines
