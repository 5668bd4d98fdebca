"""Documents on paper: one page and twenty pages a second, per core, against platypus.

The yardstick is what most programs do: the same rows as a `Table` of `Paragraph`s, laid out by
reportlab's platypus with an embedded font. Both sides run alternately, by process time; nothing
is read from or written to a database. Our figure draws another document each time, so that only
fonts and labels are remembered between documents.
"""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from benchmarks.figures import Figure, Repetitions
from invoicing.pdf import (
    PrintedDocument,
    PrintedLine,
    PrintedParty,
    PrintedSection,
    PrintedTax,
    PrintedTotal,
    render,
)
from invoicing.pdf.fonts import HERE

TURNS, ONE_PAGE_LINES, TWENTY_PAGES_LINES = 7, 12, 900
NAMES = ("Łucja Wójcik", "R&D <Labs> Ltd", "Søren Kierkegård", "Ana María Núñez", "Ирина Петрова")


def run(scale: float) -> list[Figure]:
    """Measure short and long documents beside the yardstick."""
    pdfmetrics.registerFont(TTFont("Yardstick", str(HERE / "DejaVuSans.ttf")))
    short = _figures(
        "pdf.per_second", ONE_PAGE_LINES, max(20, int(300 * scale)), max(5, int(60 * scale))
    )
    long = _figures("pdf.twenty_pages_per_second", TWENTY_PAGES_LINES, max(2, int(10 * scale)), 1)
    return [*short, *long]


def _figures(name: str, lines: int, ours: int, theirs: int) -> list[Figure]:
    _turn(render, lines, 3), _turn(_platypus, lines, 1)
    mine, yardstick = [], []
    for _ in range(TURNS):
        mine.append(_turn(render, lines, ours) / ours)
        yardstick.append(_turn(_platypus, lines, theirs) / theirs)
    own, other = Repetitions(mine), Repetitions(yardstick)
    size = len(render(_document(lines, 0)))
    return [
        Figure(
            name,
            round(1 / own.median, 1),
            "files/s",
            baseline=f"platypus, {1 / other.median:,.1f}/s",
            ratio=round(other.median / own.median, 2),
            spread=round(own.spread, 3),
            note=f"{lines} lines, {size // 1024} kB, one core",
        )
    ]


def _turn(draw: Callable[[PrintedDocument], bytes], lines: int, times: int) -> float:
    documents = [_document(lines, number) for number in range(times)]
    gc.collect()
    started = time.process_time()
    for document in documents:
        draw(document)
    return time.process_time() - started


def _document(lines: int, number: int) -> PrintedDocument:
    """Return a document whose numbers, names and amounts differ from its neighbours'."""
    rows = tuple(
        PrintedLine(
            text=f"Business line {1000 + number + at}, calls and data",
            period="1 Jan 2027 – 31 Jan 2027",
            quantity=f"{at + 1}",
            unit_price=f"{(number * 7 + at) % 90 + 10}.00",
            amount=f"{((number * 7 + at) % 90 + 10) * (at + 1):,}.00",
        )
        for at in range(lines)
    )
    name = f"{NAMES[number % len(NAMES)]} {number}"
    return PrintedDocument(
        title="Invoice",
        number=f"EU-2027-{number:06}",
        seller=PrintedParty("Larkfield Communications", ("Ring 1", "10115 Berlin", "VAT DE1")),
        buyer=PrintedParty(name, (f"Street {number}", "Avalon City", "AV")),
        facts=(("Date", "1 Feb 2027"), ("Due", "3 Mar 2027"), ("Account", f"A{number:07}")),
        headline=("Amount due by 3 Mar 2027", f"EUR {number * 11 + 119:,}.00"),
        sections=(PrintedSection("Subscriptions", rows, f"{number:,}.00"),),
        totals=(
            PrintedTotal("Net", f"{number:,}.00"),
            PrintedTotal("Tax", f"{number:,}.19"),
            PrintedTotal("Total EUR", f"{number:,}.19", strong=True),
        ),
        taxes=(PrintedTax("Avalon VAT", "S", "19 %", f"{number:,}.00", f"{number:,}.19"),),
        remittance=(("Reference", f"EU-2027-{number:06}"), ("Amount", "EUR 119.00")),
        remittance_lines=("Bank of Avalon", "IBAN AV00 0000 0000"),
    )


def _platypus(document: PrintedDocument) -> bytes:
    """Draw the same content as a table of paragraphs."""
    style = ParagraphStyle("Yardstick", getSampleStyleSheet()["BodyText"], fontName="Yardstick")

    def text(raw: str) -> Paragraph:
        return Paragraph(escape(raw), style)

    out = io.BytesIO()
    parties = [document.seller, document.buyer]
    story = [
        text(f"{document.title} {document.number}"),
        *(text(line) for one in parties for line in (one.name, *one.lines)),
        Table([[text(label), text(value)] for label, value in document.facts]),
        Table([[text(one) for one in document.headline]]),
        Table(
            [
                [text(x) for x in (row.text, row.period, row.quantity, row.unit_price, row.amount)]
                for section in document.sections
                for row in section.lines
            ],
            colWidths=(190, 130, 40, 60, 70),
        ),
        Spacer(1, 8),
        Table([[text(one.label), text(one.amount)] for one in document.totals]),
        Table(
            [
                [text(x) for x in (one.label, one.category, one.rate, one.basis, one.amount)]
                for one in document.taxes
            ]
        ),
        Table([[text(label), text(value)] for label, value in document.remittance]),
    ]
    SimpleDocTemplate(out, pagesize=A4).build(story)
    return out.getvalue()
