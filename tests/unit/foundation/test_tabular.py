"""Hostile files (F29 to F32): each class is refused as a whole, with a rule and a remedy."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from foundation.exports import csv_bytes, xlsx_bytes
from foundation.tabular import BadFile, Limits, Line, read_file, read_table

REQUIRED = ("account", "amount")


def read(content: bytes, filename: str = "a.csv", **changes) -> list[Line]:
    return list(
        read_table(
            content,
            filename,
            required=REQUIRED,
            optional=("note",),
            prefix=("attr.",),
            **changes,
        )
    )


def workbook(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.close()
    return out.getvalue()


def repacked(content: bytes, changes: dict[str, bytes], drop: str = "") -> bytes:
    """Return a workbook with parts replaced, added or dropped."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in changes and name != drop:
                new.writestr(name, old.read(name))
        for name, part in changes.items():
            new.writestr(name, part)
    return out.getvalue()


PLAIN = workbook([["account", "amount"], ["A1", 5]])
SHEET = "xl/worksheets/sheet1.xml"


def sheet_part() -> bytes:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        return archive.read(SHEET)


def test_reads_columns_in_any_order_and_numbers_lines_as_an_editor_does():
    content = (
        '\ufeffamount,attr.zone,account,note\r\n5.00,1,A1,"two\r\nlines"\r\n\r\n7,2,A2,\r\n'
    ).encode()
    assert read(content) == [
        Line(
            2,
            {"amount": "5.00", "attr.zone": "1", "account": "A1", "note": "two\r\nlines"},
        ),
        Line(5, {"amount": "7", "attr.zone": "2", "account": "A2", "note": ""}),
    ]


def test_reads_a_path(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"account,amount\nA1,5\n")
    assert next(read_table(path, "a.csv", required=REQUIRED)).number == 2


def test_a_file_that_is_written_to_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.csv"
    path.write_bytes(b"account,amount\nA1,5\n")
    assert read_file(path) == b"account,amount\nA1,5\n"
    read = Path.read_bytes

    def append(self: Path) -> bytes:
        content = read(self)
        with self.open("ab") as stream:
            stream.write(b"A2,")
        return content

    monkeypatch.setattr(Path, "read_bytes", append)
    with pytest.raises(BadFile, match="written to") as bad:
        read_file(path)
    assert bad.value.rule == "CHANGED"
    with pytest.raises(BadFile, match="larger than"):
        read_file(path, Limits(file_bytes=3))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "EMPTY"),
        ("account,amount\nA1,5\n".encode("utf-16"), "ENCODING"),
        ("account,amount\nA1,5\n".encode("utf-16-le"), "ENCODING"),
        ("account,amount\nMüller,5\n".encode("latin-1"), "ENCODING"),
        (b"account,amount\nM\xc3\xbcller,5\nM\xfcller,5\n", "ENCODING"),
        (b"account,amount\nA\x001,5\n", "ENCODING"),
        (b"account;amount\nA1;5\n", "DELIMITER"),
        (b"account\tamount\nA1\t5\n", "DELIMITER"),
        (b"account,amount\nA1,5\rA2,6\r", "LINES"),
        (b'account,amount\n"A1,5\n', "QUOTES"),
        (b'account,amount\n"A"1,5\n', "QUOTES"),
        (b"account,amount\n" + b"x" * 200_000 + b",5\n", "LENGTH"),
        (b"account,amount\n" + b"x" * 40_000 + b",5\n", "LENGTH"),
        (b",".join(b"c%d" % n for n in range(100_000)) + b"\n", "COLUMNS"),
        (b"\naccount,amount\n", "HEADER"),
        (b"account\nA1\n", "HEADER"),
        (b"account,amount,amount\nA1,5,6\n", "HEADER"),
        ("аccount,amount\nA1,5\n".encode(), "HEADER"),
        (b"account,amount,surprise\nA1,5,6\n", "HEADER"),
        ("account,amount,attr.zоne\nA1,5,6\n".encode(), "HEADER"),
        (b"Account,Amount\nA1,5\n", "HEADER"),
        (b"account,amount\nA1\n", "COLUMNS"),
        (b"account,amount\nA1,5,6\n", "COLUMNS"),
        (PLAIN, "FORMAT"),
    ],
)
def test_refuses_csv_that_can_be_read_in_two_ways(content: bytes, rule: str):
    with pytest.raises(BadFile) as bad:
        read(content)
    assert bad.value.rule == rule
    assert len(bad.value.message) < 500


def test_refuses_more_lines_than_the_limit():
    content = b"account,amount\n" + b"A1,5\n" * 11
    assert len(read(content, limits=Limits(csv_rows=11))) == 11
    with pytest.raises(BadFile, match="more than 10 lines"):
        read(content, limits=Limits(csv_rows=10))
    with pytest.raises(BadFile, match="larger than"):
        read(content, limits=Limits(file_bytes=10))


def test_reads_a_workbook_cell_by_cell_as_text():
    content = workbook(
        [
            ["account", "amount", "note", "attr.day", "attr.at", "attr.yes"],
            ["A1", 5, "x", date(2027, 5, 1), datetime(2027, 5, 1, 12, 30), True],
            ["A2", 0.1, "", date(1900, 3, 1), "", False],
            ["A3", 0.3, "", "", "", ""],
            ["A4", 12345678901234, "=1+1", "", "", ""],
        ]
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.read(SHEET).replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>")
    lines = [
        list(line.values.values()) for line in read(repacked(content, {SHEET: part}), "a.xlsx")
    ]
    assert lines[0] == ["A1", "5", "x", "2027-05-01", "2027-05-01T12:30:00", "true"]
    assert lines[1][:4] == ["A2", "0.1", "", "1900-03-01"]
    assert lines[2][1] == "0.30000000000000004 (over 15 digits)"
    assert lines[3][1] == "12345678901234"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"account,amount\nA1,5\n", "FORMAT"),
        (b"PK\x03\x04 nonsense", "FORMAT"),
        (PLAIN[: len(PLAIN) // 2], "FORMAT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "FORMAT"),
        (repacked(PLAIN, {}, drop="xl/workbook.xml"), "EMPTY"),
        (repacked(PLAIN, {"xl/vbaProject.bin": b"x"}), "ARCHIVE"),
        (repacked(PLAIN, {"xl/externalLinks/externalLink1.xml": b"<x/>"}), "ARCHIVE"),
        (repacked(PLAIN, {"xl/embeddings/a.bin": b"x"}), "ARCHIVE"),
        (repacked(PLAIN, {"inner.zip": PLAIN}), "ARCHIVE"),
        (repacked(PLAIN, {"../../etc/cron.d/x": b"x"}), "ARCHIVE"),
        (repacked(PLAIN, {"xl/media/zeros": b"\0" * 20_000_000}), "ARCHIVE"),
        (repacked(PLAIN, {f"xl/media/{n}": b"" for n in range(300)}), "ARCHIVE"),
        (
            repacked(
                PLAIN,
                {SHEET: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + sheet_part()},
            ),
            "ARCHIVE",
        ),
        (repacked(PLAIN, {SHEET: sheet_part().replace(b'r="A2"', b'r="A1048576"')}), "ROWS"),
        (repacked(PLAIN, {SHEET: sheet_part().replace(b'r="B2"', b'r="XFD2"')}), "COLUMNS"),
    ],
)
def test_refuses_workbooks_that_are_none_or_too_much(content: bytes, rule: str):
    with pytest.raises(BadFile) as bad:
        read(content, "a.xlsx")
    assert bad.value.rule == rule


@pytest.mark.parametrize("filename", ["a.xls", "a.xlsm", "a.csv.exe", "a", "a.zip"])
def test_refuses_other_kinds_of_file(filename: str):
    with pytest.raises(BadFile, match=r"send a \.csv file"):
        read(PLAIN, filename)


def test_what_is_exported_comes_back_as_it_was():
    rows = [
        ["=cmd|' /C calc'!A0", Decimal("-5.10"), "@x"],
        ["+49 30", Decimal("12345678901234567.89"), "-"],
        ["'quoted", Decimal("0.0000000001"), "a\nb"],
    ]
    headers = ["account", "amount", "note"]
    for content, filename in (
        (csv_bytes(headers, rows), "a.csv"),
        (xlsx_bytes(headers, rows), "a.xlsx"),
    ):
        lines = [tuple(line.values.values()) for line in read(content, filename)]
        assert lines[0] == ("=cmd|' /C calc'!A0", lines[0][1], "@x")
        assert [Decimal(line[1]) for line in lines] == [row[1] for row in rows]
        assert lines[1][0] == "+49 30"
        assert lines[2] == ("'quoted", lines[2][1], "a\nb")
