"""The price file as a file: its formats, what it refuses whole, its way back out."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audit.models import ImportBatch
from catalog import operations
from catalog.models import PriceVersion
from catalog.queries import price_lists
from catalog.rules.price_rows import HEADINGS
from foundation.errors import FileRefused, Forbidden
from foundation.exports import csv_bytes, xlsx_bytes
from tests.apps.catalog import shop
from tests.apps.catalog.price_files import (
    GOOD,
    HEAD,
    TIERS,
    TODAY,
    D,
    kinds,
    send,
    told,
    workbook,
)
from tests.apps.catalog.shop import Shop, published

pytestmark = pytest.mark.django_db


def with_member(name: str, content: bytes) -> bytes:
    out = io.BytesIO(workbook([HEAD.strip().split(",")]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "rule"),
    [
        (GOOD.encode("utf-16"), "p.csv", "ENCODING"),
        (GOOD.replace("RENTAL", "RÉNTAL").encode("latin-1"), "p.csv", "ENCODING"),
        (GOOD.encode() + b"\xff\xfe", "p.csv", "ENCODING"),
        (GOOD.replace("9\n", "9\x00\n").encode(), "p.csv", "ENCODING"),
        (GOOD.replace(",", ";").encode(), "p.csv", "DELIMITER"),
        (GOOD.replace(",", "\t").encode(), "p.csv", "DELIMITER"),
        (GOOD.replace("9\n", '"9\n').encode(), "p.csv", "QUOTES"),
        (GOOD.replace("\n", "\r").encode(), "p.csv", "LINES"),
        (b"", "p.csv", "EMPTY"),
        (HEAD.encode(), "p.csv", "EMPTY"),
        (b"\n\n", "p.csv", "HEADER"),
        (GOOD.replace("currency", "curency").encode(), "p.csv", "HEADER"),
        (GOOD.replace("flat", "model").encode(), "p.csv", "HEADER"),
        (GOOD.replace("flat", "flаt").encode(), "p.csv", "HEADER"),  # a Cyrillic letter
        ((",".join(f"c{n}" for n in range(100_000)) + "\n").encode(), "p.csv", "COLUMNS"),
        (GOOD.replace(",9\n", ",9,9\n").encode(), "p.csv", "COLUMNS"),
        (GOOD.replace(",9\n", "," + "9" * 200_000 + "\n").encode(), "p.csv", "LENGTH"),
        (GOOD.encode(), "p.xlsx", "FORMAT"),
        (GOOD.encode(), "p.pdf", "FORMAT"),
        (workbook([["a"]]), "p.csv", "FORMAT"),
        (workbook([["a"]])[:-200], "p.xlsx", "FORMAT"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 500, "p.xlsx", "FORMAT"),
        (with_member("xl/vbaProject.bin", b"x"), "p.xlsx", "ARCHIVE"),
        (with_member("xl/externalLinks/a.xml", b"<a/>"), "p.xlsx", "ARCHIVE"),
        (with_member("nested.zip", b"PK"), "p.xlsx", "ARCHIVE"),
        (with_member("xl/a.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]>"), "p.xlsx", "ARCHIVE"),
        (with_member("xl/big.xml", b" " * 60_000_000), "p.xlsx", "ARCHIVE"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_understood_is_refused_whole(
    content: bytes, name: str, rule: str
) -> None:
    with pytest.raises(FileRefused) as caught:
        send(content, name=name)
    assert caught.value.rule == rule
    assert not PriceVersion.objects.exists()
    assert ImportBatch.objects.get().state == "REFUSED"


def test_a_byte_order_mark_windows_lines_and_blank_lines_are_fine(fiber: Shop) -> None:
    text = "\ufeff" + GOOD.replace("\n", "\r\n") + "\r\n,,,,\r\n"
    assert kinds(send(text)) == ["new"]


def test_too_many_rows_are_refused(fiber: Shop) -> None:
    row = "FIBER/1/RENTAL,USD,2027-04-01,FLAT,9\n"
    with pytest.raises(FileRefused) as caught:
        send(HEAD + row * 50_001)
    assert caught.value.rule == "ROWS"


# -- Out and in again ----------------------------------------------------------------------------
def stock(fiber: Shop) -> None:
    published(fiber.rental, flat_amount=D("29.99"), min_amount=D("5.00"))
    published(fiber.install, unit_price=D("0.0123456789"), currency="EUR", segment="SMB")
    published(fiber.install, unit_price=D(0), currency="EUR", segment="FREE")
    published(fiber.minutes, tiers=TIERS, attributes={"zone": "EU", "peak": "yes"})
    published(fiber.minutes, tiers=TIERS[1:], ends=date(2027, 12, 1), tax_inclusive=True)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_imports_unchanged(fiber: Shop, kind: str) -> None:
    stock(fiber)
    write = csv_bytes if kind == "csv" else xlsx_bytes
    content = write(HEADINGS, price_lists.file_rows(price_lists.prices(state="PUBLISHED")))
    report = send(content, name=f"prices.{kind}")
    assert told(report) == []
    assert kinds(report) == ["unchanged"] * 5


def test_a_workbook_is_read_like_a_file(fiber: Shop) -> None:
    rows: list[list[Any]] = [
        HEAD.strip().split(","),
        ["FIBER/1/RENTAL", "USD", "2027-04-01", "FLAT", 9.5],
    ]
    assert kinds(send(workbook(rows), name="p.xlsx")) == ["new"]
    rows = [HEAD.strip().split(","), ["FIBER/1/RENTAL", "USD", "2027-04-01", "FLAT", 1 / 3]]
    assert told(send(workbook(rows), name="q.xlsx")) == [(2, "flat", "DECIMALS")]
    rows = [HEAD.strip().split(","), ["FIBER/1/RENTAL", "USD", 46478, "FLAT", 1]]
    assert told(send(workbook(rows), name="r.xlsx")) == [(2, "valid_from", "DATE")]


# -- Doors ---------------------------------------------------------------------------------------
def test_whoever_lacks_the_right_imports_nothing(fiber: Shop) -> None:
    with pytest.raises(Forbidden):
        operations.import_prices(
            content=GOOD.encode(), filename="p.csv", on_date=TODAY, actor=shop.viewer()
        )
    assert not ImportBatch.objects.exists()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = 0
    try:
        call_command("import_prices", *arguments, "--json", "--as-of", "2027-03-01")
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, json.loads(capsys.readouterr().out)


def test_the_command_reports_and_exits_by_outcome(
    fiber: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(GOOD)
    code, answer = run(capsys, str(path), "--dry-run")
    assert (code, answer["new"], answer["drafted"]) == (0, 1, 0)
    assert not PriceVersion.objects.exists()
    author = shop.author()
    code, answer = run(capsys, str(path), "--user", author.username)
    assert (code, answer["drafted"]) == (0, 1)
    assert PriceVersion.objects.get().created_by == author
    code, answer = run(capsys, str(path))
    assert (code, answer["rule"]) == (4, "ALREADY_IMPORTED")
    path.write_text(GOOD.replace("9\n", "NaN\n"))
    code, answer = run(capsys, str(path))
    assert (code, answer["rejected_rows"]) == (3, 1)
    path.write_text("nonsense")
    code, answer = run(capsys, str(path))
    assert (code, answer["rule"]) == (2, "HEADER")
    code, answer = run(capsys, str(path), "--user", shop.viewer().username)
    assert (code, answer["rule"]) == (4, "FORBIDDEN")
