"""A usage file is condemned or cut into parts before its first row is loaded."""

from decimal import Decimal
from io import BytesIO

import pytest

from foundation.verdicts import BadFile
from rating.rules.scanning import Scan, deal, part_count

HEADER = b"event_key,usage_type,identifier_type,identifier,event_start,quantity\n"
ROW = b"k,DATA,MSISDN,49151,2027-05-03T10:15:22Z,1\n"


def scan(content: bytes, block_bytes: int = 4096) -> tuple[Scan, list[tuple[int, list[bytes]]]]:
    found = Scan(BytesIO(content), block_bytes=block_bytes)
    return found, list(found.blocks())


def test_blocks_are_whole_lines_that_cover_the_file() -> None:
    found, blocks = scan(HEADER + ROW * 1000 + b"#TRAILER,1000,1000.5\n")
    assert found.rows == 1000
    assert (found.declared_count, found.declared_quantity) == (1000, Decimal("1000.5"))
    assert len(blocks) > 5
    assert [line for _, lines in blocks for line in lines] == [ROW[:-1]] * 1000
    assert [first for first, _ in blocks] == [
        2 + sum(len(lines) for _, lines in blocks[:at]) for at in range(len(blocks))
    ]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n\n"])
def test_the_end_of_the_file_is_no_row(end: bytes) -> None:
    assert scan(HEADER + ROW + ROW[:-1] + end)[0].rows == 2


def test_a_header_alone_is_an_empty_file() -> None:
    found, blocks = scan(HEADER)
    assert (found.rows, blocks) == (0, [])


def test_rows_that_name_one_identifier_meet_in_one_part_in_their_order() -> None:
    lines = [b"k%d,DATA,MSISDN,%d,2027" % (at, at % 7) for at in range(100)] + [b"torn"]
    dealt = deal(lines, 2, column=3, parts=5)
    numbered = [row.split(b",", 1) for part in dealt for row in part]
    assert sorted((int(number), line) for number, line in numbered) == list(enumerate(lines, 2))
    homes: dict[bytes, int] = {}
    for at, part in enumerate(dealt):
        numbers = [int(row.split(b",")[0]) for row in part]
        assert numbers == sorted(numbers)
        for row in part:
            fields = row.split(b",")
            if len(fields) > 4:
                assert homes.setdefault(fields[4], at) == at
    assert b"102,torn" in dealt[0]
    assert len(set(homes.values())) > 1


def test_the_number_of_parts_grows_with_the_file_up_to_a_limit() -> None:
    assert [part_count(size) for size in (0, 2_500_000, 2_500_001, 10**12)] == [1, 1, 2, 400]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "EMPTY"),
        (b"\n" + HEADER, "HEADER"),
        (HEADER.decode().encode("utf-16"), "ENCODING"),
        (HEADER + "k,DATA,MSISDN,é,2027,1\n".encode("latin-1"), "ENCODING"),
        (HEADER + ROW + b"k\x00\n", "ENCODING"),
        (b"PK\x03\x04" + b"x" * 50, "FORMAT"),
        (HEADER.replace(b",", b";") + ROW, "DELIMITER"),
        (HEADER.replace(b",", b"\t") + ROW, "DELIMITER"),
        ((HEADER + ROW).replace(b"\n", b"\r"), "LINES"),
        (HEADER + b"k" * 9000 + b"\n", "LENGTH"),
        (b"a," * 100_000 + b"\n", "COLUMNS"),
        (HEADER.replace(b"quantity", b"qty"), "HEADER"),
        (HEADER.replace(b"event_key", b'"event_key'), "QUOTES"),
        (HEADER.replace(b"event_key", "еvent_key".encode()), "HEADER"),
        (HEADER + ROW + b"#TRAILER,2,1\n", "TRAILER"),
        (HEADER + ROW + b"#TRAILER,one,1\n", "TRAILER"),
    ],
)
def test_a_condemned_file_says_why(content: bytes, rule: str) -> None:
    with pytest.raises(BadFile) as refusal:
        scan(content)
    assert refusal.value.rule == rule


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert scan(b"\xef\xbb\xbf" + HEADER + ROW)[0].columns[0] == "event_key"
