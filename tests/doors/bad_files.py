"""The classes of bad file: each makes a file, from a sound one, that falls as a whole or passes.

What comes of it stands in docs/formats/bad-files.md.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import xlsxwriter

from tests.doors.file_kinds import Kind, Table, as_csv, as_workbook

SHEET: Final = "xl/worksheets/sheet1.xml"
File = tuple[bytes, str]
Maker = Callable[[Kind], File]


# -- CSV ---------------------------------------------------------------------------------------
def csv_of(kind: Kind) -> bytes:
    return as_csv(kind.table())


def lines_of(kind: Kind) -> list[bytes]:
    return csv_of(kind).splitlines(keepends=True)


def changed(change: Callable[[bytes], bytes]) -> Maker:
    """Return the sound file with its bytes changed."""
    return lambda kind: (change(csv_of(kind)), "a.csv")


def middle(change: Callable[[bytes], bytes]) -> Maker:
    """Return the sound file with the line of its middle row changed."""

    def make(kind: Kind) -> File:
        lines = lines_of(kind)
        lines[2] = change(lines[2])
        return b"".join(lines), "a.csv"

    return make


def headed(change: Callable[[list[str]], list[str]]) -> Maker:
    """Return the sound file with its heading changed."""

    def make(kind: Kind) -> File:
        table = kind.table()
        return as_csv([change(table[0]), *table[1:]]), "a.csv"

    return make


def without_column(kind: Kind) -> File:
    table = kind.table()
    at = table[0].index(kind.columns["needed"])
    return as_csv([row[:at] + row[at + 1 :] for row in table]), "a.csv"


def reordered(kind: Kind) -> File:
    return as_csv([row[::-1] for row in kind.table()]), "a.csv"


def quoted(kind: Kind) -> File:
    lines = [",".join(f'"{value}"' for value in row) for row in kind.table()]
    return "\r\n".join(lines).encode(), "a.csv"


def too_many_rows(kind: Kind) -> File:
    lines = lines_of(kind)
    return b"".join(lines[:2]) + b"\n" * 200_001 + lines[3], "a.csv"


def renamed(name: str, content: Callable[[Kind], bytes]) -> Maker:
    return lambda kind: (content(kind), name)


CSV: Final[dict[str, dict[str, Maker]]] = {
    "Encoding": {
        "UTF-16": changed(lambda data: data.decode().encode("utf-16")),
        "UTF-16 without its mark": changed(lambda data: data.decode().encode("utf-16-le")),
        "Latin-1": middle(lambda line: "Grö".encode("latin-1") + line),
        "UTF-8 and Latin-1 mixed": middle(lambda line: "Grö".encode() + b"\xf6" + line),
        "bytes of no encoding": middle(lambda line: b"\xff\xfe\xfd" + line),
        "half a character pair in UTF-8": middle(lambda line: b"\xed\xa0\x80" + line),
        "NUL characters": middle(lambda line: b"\x00" + line),
        "with a byte order mark": changed(lambda data: b"\xef\xbb\xbf" + data),
        "two byte order marks": changed(lambda data: b"\xef\xbb\xbf" * 2 + data),
    },
    "Lines and separators": {
        "semicolons": changed(lambda data: data.replace(b",", b";")),
        "tabs": changed(lambda data: data.replace(b",", b"\t")),
        "bars": changed(lambda data: data.replace(b",", b"|")),
        "CR alone ends lines": changed(lambda data: data.replace(b"\n", b"\r")),
        "CRLF ends lines": changed(lambda data: data.replace(b"\n", b"\r\n")),
        "CRLF and LF mixed": middle(lambda line: line.replace(b"\n", b"\r\n")),
        "no end of the last line": changed(lambda data: data.rstrip(b"\n")),
        "an empty line between": middle(lambda line: b"\n" + line),
        "a quote that is not closed": middle(lambda line: b'"' + line),
        "a quote inside a value": middle(lambda line: b'"N"2' + line),
        "every value quoted": quoted,
        "a line too short": middle(lambda line: line.split(b",")[0] + b"\n"),
        "a line too long": middle(lambda line: line.replace(b"\n", b",more\n")),
        "a field of 200,000 characters": middle(lambda line: b"x" * 200_000 + line),
        "a field of 1,000,000 characters": middle(lambda line: b"x" * 1_000_000 + line),
        "100,000 columns": changed(lambda data: b"c," * 100_000 + data),
        "more rows than are taken": too_many_rows,
    },
    "Heading": {
        "no heading": changed(lambda data: data[data.index(b"\n") + 1 :]),
        "an empty first line": changed(lambda data: b"\n" + data),
        "a missing column": without_column,
        "a column named twice": headed(lambda names: [names[1], *names[1:]]),
        "an unknown column": headed(lambda names: [*names[:-1], "surprise"]),
        "look-alike letters": headed(lambda names: ["\u0430" + names[0][1:], *names[1:]]),
        "capitals": headed(lambda names: [name.upper() for name in names]),
        "columns in another order": reordered,
        "a heading and no rows": changed(lambda data: data[: data.index(b"\n") + 1]),
        "zero bytes": changed(lambda data: b""),
        "blank lines only": changed(lambda data: b"\n\n\n"),
    },
}


# -- Workbooks ---------------------------------------------------------------------------------
def repacked(
    content: bytes, changes: dict[str, bytes], *, sheet: Callable[[bytes], bytes] | None = None
) -> bytes:
    """Return a workbook with parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            if name == SHEET and sheet is not None:
                part = sheet(part)
            if name not in changes:
                new.writestr(name, part)
        for name, part in changes.items():
            new.writestr(name, part)
    return out.getvalue()


def book_of(kind: Kind) -> bytes:
    return as_workbook(kind.table())


def packed(changes: dict[str, bytes]) -> Maker:
    return lambda kind: (repacked(book_of(kind), changes), "a.xlsx")


def sheet(change: Callable[[bytes], bytes]) -> Maker:
    return lambda kind: (repacked(book_of(kind), {}, sheet=change), "a.xlsx")


def cell(value: Any, sort: str = "number") -> Maker:
    """Return the sound workbook with one cell, of a sort of value, as something else."""

    def make(kind: Kind) -> File:
        table: list[list[Any]] = [list(row) for row in kind.table()]
        column = kind.columns.get(sort) or kind.columns["code"]
        table[2][table[0].index(column)] = value
        return as_workbook(table), "a.xlsx"

    return make


def built(fill: Callable[[Any, Any, Table, int], None], sort: str = "number") -> Maker:
    """Return a workbook that is filled, then worked on by its writer."""

    def make(kind: Kind) -> File:
        table = kind.table()
        column = table[0].index(kind.columns.get(sort) or kind.columns["code"])
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        page = book.add_worksheet()
        for number, row in enumerate(table):
            for at, value in enumerate(row):
                page.write_string(number, at, value)
        fill(book, page, table, column)
        book.close()
        return out.getvalue(), "a.xlsx"

    return make


def second_sheet(book: Any, page: Any, table: Table, column: int) -> None:
    book.add_worksheet("Old").write(0, 0, "x")


def empty_sheet(book: Any, page: Any, table: Table, column: int) -> None:
    book.add_worksheet("Empty")


def hidden_sheet(book: Any, page: Any, table: Table, column: int) -> None:
    page.hide()
    other = book.add_worksheet("Seen")
    other.write(0, 0, "x")
    other.activate()


def merged(book: Any, page: Any, table: Table, column: int) -> None:
    page.merge_range(2, column, 3, column, table[2][column])


def error_cell(book: Any, page: Any, table: Table, column: int) -> None:
    page.write_formula(2, column, "=1/0", None, "#DIV/0!")


def unworked(book: Any, page: Any, table: Table, column: int) -> None:
    page.write_formula(2, column, "=1+1", None, "")


def worked(book: Any, page: Any, table: Table, column: int) -> None:
    page.write_formula(2, 0, f'="{table[2][0]}"', None, table[2][0])


def hidden_row(book: Any, page: Any, table: Table, column: int) -> None:
    page.set_row(2, None, None, {"hidden": True})


def entities(part: bytes) -> bytes:
    return b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + part


def written(text: str) -> Maker:
    """Return a workbook whose number is written so."""

    def make(kind: Kind) -> File:
        content, name = cell(42)(kind)
        change = lambda part: part.replace(b"<v>42</v>", f"<v>{text}</v>".encode())  # noqa: E731
        return repacked(content, {}, sheet=change), name

    return make


def twice(part: bytes) -> bytes:
    """Write the cells of the second row once more, in a row of the same number."""
    row = part[part.index(b'<row r="2"') :]
    row = row[: row.index(b"</row>") + 6]
    return part.replace(b"</sheetData>", row + b"</sheetData>")


def last_row(part: bytes) -> bytes:
    """Format the last row of the sheet, as many programs do."""
    row = b'<row r="1048576" ht="12"><c r="A1048576" s="0"/></row>'
    return part.replace(b"</sheetData>", row + b"</sheetData>")


OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
XLSX: Final[dict[str, dict[str, Maker]]] = {
    "Archive": {
        "zip bomb": packed({"xl/media/zeros": b"\0" * 20_000_000}),
        "a bomb in the sheet": sheet(lambda part: part + b" " * 6_000_000),
        "an archive inside": packed({"inner.zip": b"PK\x03\x04"}),
        "300 parts": packed({f"xl/media/{n}": b"" for n in range(300)}),
        "external entities": sheet(entities),
        "links to other files": packed({"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        "macros": packed({"xl/vbaProject.bin": b"x"}),
        "a path that climbs out": packed({"../../etc/cron.d/x": b"x"}),
        "encrypted": lambda kind: (OLE, "a.xlsx"),
        "old .xls renamed .csv": lambda kind: (OLE, "a.csv"),
        "cut off": lambda kind: (book_of(kind)[: len(book_of(kind)) // 2], "a.xlsx"),
        "CSV named .xlsx": renamed("a.xlsx", csv_of),
        "workbook named .csv": renamed("a.csv", book_of),
        "workbook named .xls": renamed("a.xls", book_of),
        "workbook named .xlsm": renamed("a.xlsm", book_of),
        "workbook of zero bytes": renamed("a.xlsx", lambda kind: b""),
    },
    "Sheet": {
        "more rows than are taken, by reference": sheet(
            lambda part: part.replace(b'r="A3"', b'r="A1048576"')
        ),
        "a cell in the last column": sheet(lambda part: part.replace(b'r="A3"', b'r="XFD3"')),
        "a second sheet with data": built(second_sheet),
        "a second sheet without data": built(empty_sheet),
        "data on a hidden first sheet": built(hidden_sheet),
        "the last row of all, formatted": sheet(last_row),
        "a hidden row": built(hidden_row),
        "merged cells": built(merged),
        "an error in a cell": built(error_cell),
        "a formula never worked out": built(unworked),
        "a formula with its value": built(worked),
        "heading only": lambda kind: (as_workbook(kind.table()[:1]), "a.xlsx"),
    },
    "Cells": {
        "a number of 20 digits": cell(12345678901234567890, "key"),
        "a number beyond any": written("1E400"),
        "a fraction of 17 digits": written("1234567.2999999998"),
        "a number written in pieces": written("4<!-- -->2"),
        "a cell written twice": sheet(twice),
        "a number as a day": cell(date(1900, 1, 1), "number"),
        "a day before March 1900": cell(date(1900, 2, 28), "day"),
        "a day as a serial number": cell(46145, "day"),
        "a day as a day": cell(date(2027, 5, 3), "day"),
        "a true cell": cell(True, "number"),
        "leading zeros lost": cell(7, "key"),
        "a line break in a cell": cell("a\nb", "text"),
    },
}
