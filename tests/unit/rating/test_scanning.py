"""A usage file is condemned or cut into parts before its first row is loaded."""

from decimal import Decimal
from io import BytesIO

import pytest

from rating.rules.scanning import FileRefused, scan

HEADER = b"event_key,usage_type,identifier_type,identifier,event_start,quantity\n"
ROW = b"k,DATA,MSISDN,49151,2027-05-03T10:15:22Z,1\n"


def test_parts_are_whole_lines_that_cover_the_file() -> None:
    content = HEADER + ROW * 1000 + b"#TRAILER,1000,1000.5\n"
    found = scan(BytesIO(content), part_bytes=4096)
    assert found.rows == 1000
    assert (found.declared_count, found.declared_quantity) == (1000, Decimal("1000.5"))
    assert b"".join(content[p.start : p.end] for p in found.parts) == ROW * 1000
    assert [p.first_row for p in found.parts] == [
        2 + sum(q.rows for q in found.parts[: p.number - 1]) for p in found.parts
    ]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n\n"])
def test_the_end_of_the_file_is_no_row(end: bytes) -> None:
    assert scan(BytesIO(HEADER + ROW + ROW[:-1] + end)).rows == 2


def test_a_header_alone_is_an_empty_file() -> None:
    found = scan(BytesIO(HEADER))
    assert (found.rows, found.parts) == (0, [])


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "EMPTY"),
        (b"\n" + HEADER, "EMPTY"),
        (HEADER.decode().encode("utf-16"), "ENCODING"),
        (HEADER + "k,DATA,MSISDN,é,2027,1\n".encode("latin-1"), "ENCODING"),
        (HEADER + ROW + b"k\x00\n", "ENCODING"),
        (b"PK\x03\x04" + b"x" * 50, "FORMAT"),
        (HEADER.replace(b",", b";") + ROW, "HEADER"),
        (HEADER.replace(b",", b"\t") + ROW, "HEADER"),
        ((HEADER + ROW).replace(b"\n", b"\r"), "LINE"),
        (HEADER + b"k" * 9000 + b"\n", "LINE"),
        (b"a," * 100_000 + b"\n", "LINE"),
        (HEADER.replace(b"quantity", b"qty"), "HEADER"),
        (HEADER.replace(b"event_key", b'"event_key'), "HEADER"),
        (HEADER.replace(b"event_key", "еvent_key".encode()), "HEADER"),
        (HEADER + ROW + b"#TRAILER,2,1\n", "TRAILER"),
        (HEADER + ROW + b"#TRAILER,one,1\n", "TRAILER"),
    ],
)
def test_a_condemned_file_says_why(content: bytes, rule: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        scan(BytesIO(content))
    assert refusal.value.rule == rule


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert scan(BytesIO(b"\xef\xbb\xbf" + HEADER + ROW)).columns[0] == "event_key"
