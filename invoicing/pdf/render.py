"""Draw a document: the head, the table over as many pages as it needs, the remittance advice."""

from invoicing.pdf.content import PrintedDocument
from invoicing.pdf.labels import words
from invoicing.pdf.layout import LEFT, Band, bands, paged, table_head
from invoicing.pdf.sheet import Sheet
from invoicing.pdf.text import wrap

TOP, FOOT, NEXT_TOP = 40.0, 46.0, 66.0


def render(document: PrintedDocument) -> bytes:
    """Return the PDF of `document`: any number of pages, byte-identical for equal documents."""
    sheet = Sheet(
        title=f"{document.title} {document.number}",
        author=document.seller.name,
        letter=document.letter_paper,
    )
    head = _head_height(document)
    room = sheet.height - FOOT - 20
    everything = list(bands(document, sheet))
    if document.remittance:
        everything.append(_remittance(document))
    pages = paged(everything, room - head, room - NEXT_TOP)
    for number, page in enumerate(pages, start=1):
        top = head if number == 1 else NEXT_TOP
        if number == 1:
            _head(sheet, document)
        else:
            sheet.text(LEFT, 42, f"{document.title} {document.number}", 10, "bold")
            sheet.right(sheet.width - LEFT, 42, words(document.language)["continued"], 8)
        table_head(sheet, top, document.language)
        top += 18
        for band in page:
            band.draw(sheet, top)
            top += band.height
        _foot(sheet, document, number, len(pages))
        sheet.end_page()
    return sheet.finish()


def _buyer_lines(document: PrintedDocument) -> list[tuple[str, str]]:
    name = [(line, "bold") for line in wrap(document.buyer.name, "bold", 9.5, 230)]
    rest = [
        (line, "regular")
        for text in document.buyer.lines
        for line in wrap(text, "regular", 9, 230)
    ]
    return [*name, *rest]


def _head_height(document: PrintedDocument) -> float:
    block = max(12.5 * len(_buyer_lines(document)), 14.0 * len(document.facts))
    return max(118.0, 12.5 * (len(document.seller.lines) + 3) + TOP) + block + 58


def _head(sheet: Sheet, document: PrintedDocument) -> None:
    right = sheet.width - LEFT
    line = TOP + 12
    for text in wrap(document.seller.name, "bold", 13, 260):
        sheet.text(LEFT, line, text, 13, "bold")
        line += 15
    for text in document.seller.lines:
        sheet.text(LEFT, line, text, 7.5)
        line += 11
    sheet.right(right, TOP + 16, document.title, 20, "bold")
    sheet.right(right, TOP + 34, document.number, 11)
    top = _head_height(document) - 58
    block = max(12.5 * len(_buyer_lines(document)), 14.0 * len(document.facts))
    start = top - block + 10
    for index, (text, weight) in enumerate(_buyer_lines(document)):
        sheet.text(LEFT, start + index * 12.5, text, 9.5 if weight == "bold" else 9, weight)
    for index, (label, value) in enumerate(document.facts):
        sheet.text(right - 225, start + index * 14, label, 8.5)
        sheet.right(right, start + index * 14, value, 8.5, "bold")
    sheet.shade(LEFT, top + 14, right, 28, 0.9)
    sheet.text(LEFT + 8, top + 32, document.headline[0], 11, "bold")
    sheet.right(right - 8, top + 32, document.headline[1], 13, "bold")


def _foot(sheet: Sheet, document: PrintedDocument, number: int, pages: int) -> None:
    base = sheet.height - FOOT + 14
    sheet.rule(LEFT, base - 12, sheet.width - LEFT, width=0.3)
    legal = " · ".join((document.seller.name, *document.seller.lines))
    sheet.text(LEFT, base, wrap(legal, "regular", 6.5, sheet.width - 2 * LEFT - 90)[0], 6.5)
    shown = words(document.language)["page"].format(page=number, pages=pages)
    sheet.right(sheet.width - LEFT, base, shown, 7.5)


def _remittance(document: PrintedDocument) -> Band:
    rows = max(len(document.remittance), len(document.remittance_lines))

    def draw(sheet: Sheet, top: float) -> None:
        right = sheet.width - LEFT
        sheet.rule(LEFT, top + 14, right, dashed=True)
        sheet.text(LEFT + 3, top + 30, words(document.language)["remittance"], 9, "bold")
        for index, text in enumerate(document.remittance_lines):
            sheet.text(LEFT + 3, top + 46 + index * 13, text, 8.5)
        for index, (label, value) in enumerate(document.remittance):
            sheet.text(right - 230, top + 46 + index * 13, label, 8.5)
            sheet.right(right - 3, top + 46 + index * 13, value, 8.5, "bold")

    return Band(50 + 13.0 * rows, draw)
