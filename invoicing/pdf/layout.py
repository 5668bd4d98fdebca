"""Cut a document into bands of known height and the bands into pages, before anything is drawn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from invoicing.pdf.content import PrintedDocument, PrintedLine, PrintedSection
from invoicing.pdf.labels import words
from invoicing.pdf.sheet import Sheet
from invoicing.pdf.text import wrap

LEFT = 48.0
LEADING = 11.5
SIZE = 8.5


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the table's columns stand; figures are right-aligned at these points."""

    description: float
    description_width: float
    period: float
    quantity: float
    unit_price: float
    amount: float


@dataclass(frozen=True, slots=True)
class Band:
    """A piece never broken over two pages; `draw` gets the sheet and the top of the band."""

    height: float
    draw: Callable[[Sheet, float], None]
    keep_with_next: bool = False


def columns(sheet: Sheet) -> Columns:
    """Share the sheet's width among the columns."""
    right = sheet.width - LEFT
    return Columns(
        description=LEFT,
        description_width=right - 318 - LEFT,
        period=right - 310,
        quantity=right - 126,
        unit_price=right - 62,
        amount=right,
    )


def table_head(sheet: Sheet, top: float, language: str) -> None:
    """Draw the column headings."""
    at, word = columns(sheet), words(language)
    sheet.shade(LEFT, top, sheet.width - LEFT, 15)
    line = top + 10.5
    sheet.text(at.description + 3, line, word["description"], 7.5, "bold")
    sheet.text(at.period, line, word["period"], 7.5, "bold")
    sheet.right(at.quantity, line, word["quantity"], 7.5, "bold")
    sheet.right(at.unit_price, line, word["unit_price"], 7.5, "bold")
    sheet.right(at.amount - 3, line, word["amount"], 7.5, "bold")


def bands(document: PrintedDocument, sheet: Sheet) -> Iterator[Band]:
    """Everything below the head of the first page, in reading order."""
    for section in document.sections:
        yield from _section(section, sheet)
    yield _totals(document, sheet)
    if document.taxes:
        yield _taxes(document, sheet)
    for note in document.notes:
        yield _paragraph(note, sheet)


def paged(all_bands: list[Band], first: float, other: float) -> list[list[Band]]:
    """Fill pages of `first` and then `other` points; a heading stays with what follows it."""
    pages: list[list[Band]] = [[]]
    room = first
    for index, band in enumerate(all_bands):
        need = band.height
        if band.keep_with_next and index + 1 < len(all_bands):
            need += all_bands[index + 1].height
        if need > room and pages[-1]:
            pages.append([])
            room = other
        pages[-1].append(band)
        room -= band.height
    return pages


def _section(section: PrintedSection, sheet: Sheet) -> Iterator[Band]:
    if section.heading:

        def heading(on: Sheet, top: float) -> None:
            on.text(LEFT + 3, top + 14, section.heading, 9.5, "bold")
            on.right(on.width - LEFT - 3, top + 14, section.subtotal, 9, "bold")
            on.rule(LEFT, top + 18, on.width - LEFT, width=0.3)

        yield Band(20, heading, keep_with_next=True)
    for line in section.lines:
        yield _row(line, sheet)


def _row(line: PrintedLine, sheet: Sheet) -> Band:
    at = columns(sheet)
    texts = wrap(line.text, "regular", SIZE, at.description_width - 3)

    def draw(on: Sheet, top: float) -> None:
        base = top + LEADING - 1
        for index, text in enumerate(texts):
            on.text(at.description + 3, base + index * LEADING, text, SIZE)
        if line.period:
            on.text(at.period, base, line.period, SIZE - 1)
        on.right(at.quantity, base, line.quantity, SIZE)
        on.right(at.unit_price, base, line.unit_price, SIZE)
        on.right(at.amount - 3, base, line.amount, SIZE)

    return Band(LEADING * len(texts) + 3, draw)


def _totals(document: PrintedDocument, sheet: Sheet) -> Band:
    def draw(on: Sheet, top: float) -> None:
        right, line = on.width - LEFT - 3, top + 12
        on.rule(right - 230, top + 1, on.width - LEFT)
        for total in document.totals:
            weight, size = ("bold", 10.0) if total.strong else ("regular", SIZE)
            on.text(right - 225, line + 4, total.label, size, weight)
            on.right(right, line + 4, total.amount, size, weight)
            line += 15

    return Band(18 + 15 * len(document.totals), draw)


def _taxes(document: PrintedDocument, sheet: Sheet) -> Band:
    word = words(document.language)
    rows = [
        (word["tax"], word["category"], word["rate"], word["basis"], word["amount"]),
        *((t.label, t.category, t.rate, t.basis, t.amount) for t in document.taxes),
    ]

    def draw(on: Sheet, top: float) -> None:
        on.text(LEFT + 3, top + 16, word["tax_summary"], 9.5, "bold")
        right = on.width - LEFT - 3
        for index, (label, category, rate, basis, amount) in enumerate(rows):
            base, weight = top + 31 + index * 12, "regular" if index else "bold"
            on.text(LEFT + 3, base, label, SIZE - 0.5, weight)
            on.text(LEFT + 215, base, category, SIZE - 0.5, weight)
            on.right(LEFT + 320, base, rate, SIZE - 0.5, weight)
            on.right(right - 100, base, basis, SIZE - 0.5, weight)
            on.right(right, base, amount, SIZE - 0.5, weight)

    return Band(28 + 12 * len(rows), draw)


def _paragraph(text: str, sheet: Sheet) -> Band:
    texts = wrap(text, "regular", SIZE - 0.5, sheet.width - 2 * LEFT - 6)

    def draw(on: Sheet, top: float) -> None:
        for index, line in enumerate(texts):
            on.text(LEFT + 3, top + 12 + index * LEADING, line, SIZE - 0.5)

    return Band(LEADING * len(texts) + 6, draw)
