from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from foundation.errors import Invalid
from foundation.exports import csv_bytes, download, safe_text, xlsx_bytes


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"]
)
def test_no_text_begins_a_formula(text: str):
    assert safe_text(text) == f"'{text}"
    lines = csv_bytes([text], [[text]]).decode("utf-8-sig")
    assert lines.lstrip('"').startswith("'")


def test_numbers_stay_numbers_and_text_stays_text():
    content = csv_bytes(["a"], [[Decimal("-1.50"), -3, "-3", None, True, date(2027, 5, 1)]])
    assert content.decode("utf-8-sig") == "a\r\n-1.50,-3,'-3,,True,2027-05-01\r\n"


def test_a_workbook_holds_no_formula_and_no_link():
    content = xlsx_bytes(["=h"], [["=1+1", "https://example.org", "\x00\x0bx"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        strings = archive.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert "=1+1" in strings
    assert "\x00" not in strings


def test_a_workbook_says_what_does_not_fit():
    with pytest.raises(Invalid, match="too long"):
        xlsx_bytes(["a"], [["x" * 40_000]])


def test_downloads_have_a_harmless_name_and_a_known_format():
    response = download('a"\r\nX: y/../b', "csv", ["a"], [["b"]])
    assert response["Content-Disposition"] == 'attachment; filename="a-X-y-..-b.csv"'
    with pytest.raises(Invalid, match="no format pdf"):
        download("a", "pdf", ["a"], [])
