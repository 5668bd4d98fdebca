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

from foundation.tabular import file_kind
from foundation.verdicts import BadFile, visible
from rating.rules.rows import header_problem

BLOCK_BYTES = 2_000_000
PART_BYTES = 2_500_000
MOST_PARTS = 400
LINE_BYTES = 8_000
TRAILER = b"#TRAILER"
MAX_ROWS = 20_000_000
MOST_COLUMNS = 60

_TRAILER = re.compile(r"#TRAILER,(0|[1-9][0-9]{0,11}),(-?[0-9]{1,20}(?:\.[0-9]{1,8})?),*")


class Scan:
    """Read a CSV file block by block; the totals are complete when `blocks` is exhausted.

    Raises: BadFile, at the start for the header and from `blocks` for what follows.
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
                    row = self.rows + 3
                    raise BadFile("TRAILER", "rows follow the trailer", row=row)
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
                raise BadFile("ROWS", f"the file has more than {MAX_ROWS:,} rows")
        if self.declared_count not in {None, self.rows}:
            raise BadFile(
                "TRAILER",
                f"the trailer counts {self.declared_count} rows, the file has {self.rows}",
                row=self.rows + 2,
                value=str(self.declared_count),
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
            raise BadFile(
                "TRAILER",
                "the trailer is not #TRAILER,count,sum",
                row=self.rows + 2 + last,
                value=lines[last].decode(),
            )
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
    _require_text(line)
    if not line.strip():
        raise BadFile("HEADER", "the first line names the columns; it is empty", row=1)
    try:
        text = line.removeprefix(b"\xef\xbb\xbf").decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadFile("ENCODING", "the header is not UTF-8 text", row=1) from None
    if "\r" in text:
        raise BadFile("LINES", "lines end in a lone carriage return; end them with LF", row=1)
    if text.count(",") >= MOST_COLUMNS:
        raise BadFile("COLUMNS", f"the header names more than {MOST_COLUMNS} columns", row=1)
    if len(line) > LINE_BYTES:
        raise BadFile("LENGTH", f"the header is longer than {LINE_BYTES:,} bytes", row=1)
    try:
        columns = tuple(next(csv.reader([text], strict=True)))
    except (csv.Error, StopIteration):
        raise BadFile("QUOTES", "the header is not a line of CSV", row=1) from None
    if len(columns) == 1 and any(mark in text for mark in ";\t|"):
        message = "columns must be separated by commas"
        raise BadFile("DELIMITER", message, row=1, value=text[:200])
    if problem := header_problem(columns):
        column, message = problem
        raise BadFile("HEADER", message, row=1, column=visible(column, most=80))
    return columns


def _require_text(line: bytes) -> None:
    """Refuse what is no CSV in UTF-8 by how it begins."""
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadFile("ENCODING", "the file is in UTF-16; save it as UTF-8")
    file_kind(line[:8], "usage.csv")
    if b"\x00" in line:
        raise BadFile("ENCODING", "the file holds NUL characters; save it as UTF-8", row=1)


def _readable_lines(block: bytes, row: int) -> list[bytes]:
    """Cut a block into its lines, or refuse the file; `row` is the number of the first."""
    if (at := block.find(b"\x00")) >= 0:
        line = row + block.count(b"\n", 0, at)
        message = f"row {line} holds a NUL character: the file is damaged"
        raise BadFile("ENCODING", message, row=line)
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError as problem:
            at = problem.start
            line = row + block.count(b"\n", 0, at)
            shown = block[at:].split(b"\n", 1)[0][:20].decode("latin-1")
            message = f"row {line} is not UTF-8 text"
            raise BadFile("ENCODING", message, row=line, value=shown) from None
    lines = block.split(b"\n")
    longest = max(lines, key=len)
    if len(longest) > LINE_BYTES:
        line = row + lines.index(longest)
        message = f"row {line} is longer than {LINE_BYTES:,} bytes"
        shown = longest[:200].decode("utf-8", "ignore")
        raise BadFile("LENGTH", message, row=line, value=shown)
    if not lines[-1]:
        lines.pop()
    return lines
