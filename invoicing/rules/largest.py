"""What a document holds at most; whoever is owed or owes more is told so, and billed by nobody.

The limits are those of the columns (`foundation.fields`): the database refuses what goes beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from invoicing.rules.documents import Document, Line

MOST_QUANTITY: Final = Decimal(10) ** 16
MOST_PRICE: Final = Decimal(10) ** 12
"""Of a price, and of an amount before its rounding."""
MOST_AMOUNT: Final = Decimal(10) ** 14
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
RULE: Final = "NUM-3"
Figure = tuple[str, Decimal, Decimal]
"""What it is, how much, and the least that is too much."""


def too_large(documents: Iterable[Document], rate: Decimal = ONE) -> str:
    """Name the first figure of a payer's documents that cannot be stored; empty if all can.

    `rate` leads to the currency of the books. 7,000,000,000,000,000 units at 0.01 are
    70,000,000,000,000.00: more than the 1,000,000,000,000 that one line may come to.
    """
    total = ZERO
    for document in documents:
        total += document.total
        for line in document.lines:
            if found := _beyond(_of_line(line)):
                return f"{RULE}: {line.entry.subject.text}: {found}"
        if found := _beyond(_of_document(document, rate)):
            return f"{RULE}: {found}"
    found = _beyond([("the total of the documents", total, MOST_AMOUNT)])
    return f"{RULE}: {found}" if found else ""


def _of_line(line: Line) -> Iterator[Figure]:
    change = line.entry.change
    yield "the quantity", change.quantity, MOST_QUANTITY
    yield "the price", change.unit_price or ZERO, MOST_PRICE
    yield "the amount", change.exact, MOST_PRICE
    yield "the net amount", line.net, MOST_AMOUNT


def _of_document(document: Document, rate: Decimal) -> Iterator[Figure]:
    payable = document.total + document.rounding
    yield "the net total of the document", document.net, MOST_AMOUNT
    yield "the tax of the document", document.tax, MOST_AMOUNT
    yield "the total of the document", payable, MOST_AMOUNT
    yield "the total in the currency of the books", payable * rate, MOST_AMOUNT


def _beyond(figures: Iterable[Figure]) -> str:
    for words, value, most in figures:
        if abs(value) >= most:
            return (
                f"{words}, {value.normalize():,f}, is not below {most:,}; "
                "check the quantity and the price, then calculate again."
            )
    return ""
