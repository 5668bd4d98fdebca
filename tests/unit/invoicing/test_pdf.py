"""A printed document: any name as typed, any number of pages, the same bytes again."""

import io
import unicodedata
from dataclasses import replace
from typing import Any, cast

import pytest
from pypdf import PdfReader

from invoicing.pdf import (
    PrintedDocument,
    PrintedLine,
    PrintedParty,
    PrintedSection,
    PrintedTax,
    PrintedTotal,
    render,
)

LINE = PrintedLine("Fiber 500", "1 Jan 2026 – 31 Jan 2026", "1", "49.99", "49.99")
DOCUMENT = PrintedDocument(
    title="Invoice",
    number="US-2026-000001",
    seller=PrintedParty("Larkfield Communications & Cloud", ("1 Lark Way", "Alder City")),
    buyer=PrintedParty("Ann Example", ("12 Long Street",)),
    facts=(("Invoice date", "1 Feb 2026"), ("Due date", "3 Mar 2026")),
    headline=("Amount due by 3 Mar 2026", "USD 53.24"),
    sections=(PrintedSection("Internet", (LINE,), "49.99"),),
    totals=(PrintedTotal("Net", "49.99"), PrintedTotal("Amount due", "USD 53.24", True)),
    taxes=(PrintedTax("Alder state sales tax", "S", "6.5 %", "49.99", "3.25"),),
    notes=("Thank you.",),
    remittance=(("Account", "A-1"), ("Reference", "US-2026-000001")),
    remittance_lines=("Bank of Alder",),
)
NAMES = [
    "AT&T",
    "R&D <Labs> Ltd",
    "<b>Bold Corp",
    "O'Brien & Söhne GmbH",
    "Žižkov Łódź Ærøskøbing",
    "Ωμέγα Α.Ε.",
    "ООО «Ромашка»",
    "株式会社山田商事",
    "한국전력공사",
    "中国移动通信集团",
    "Société Générale – Île-de-France",
    "100 % (50/50) \\ backslash",
]


def text_of(pdf: bytes) -> str:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return unicodedata.normalize("NFKC", "\n".join(pages))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_typed(name: str) -> None:
    printed = text_of(render(replace(DOCUMENT, buyer=PrintedParty(name))))
    assert unicodedata.normalize("NFKC", name) in printed


def test_direction_overrides_and_controls_do_not_reach_the_paper() -> None:
    printed = text_of(render(replace(DOCUMENT, buyer=PrintedParty("Ann\u202e\x00 Lee"))))
    assert "Ann Lee" in printed


def test_the_same_document_gives_the_same_bytes() -> None:
    assert render(DOCUMENT) == render(replace(DOCUMENT))


def test_pages_are_numbered_and_hold_every_line_once() -> None:
    lines = tuple(replace(LINE, text=f"Connection no. {n:03d}") for n in range(150))
    pdf = render(replace(DOCUMENT, sections=(PrintedSection("Internet", lines),)))
    pages = PdfReader(io.BytesIO(pdf)).pages
    printed = text_of(pdf)
    assert len(pages) == 4
    assert f"Page 4 of {len(pages)}" in printed
    assert all(printed.count(f"Connection no. {n:03d}") == 1 for n in range(150))


def test_a_very_long_name_is_wrapped_and_every_font_used_is_embedded() -> None:
    pdf = render(replace(DOCUMENT, buyer=PrintedParty("W" * 300)))
    assert text_of(pdf).count("W") >= 300
    fonts: Any = cast(Any, PdfReader(io.BytesIO(pdf)).pages[0])["/Resources"]["/Font"]
    used = [f.get_object() for key, f in fonts.items() if "+" in key]
    assert used
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_german_accounts_read_german_headings() -> None:
    assert "Leistungszeitraum" in text_of(render(replace(DOCUMENT, language="de")))
