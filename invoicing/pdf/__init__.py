"""How a posted document looks on paper: plain values in, the same PDF bytes out every time."""

from invoicing.pdf.content import (
    PrintedDocument,
    PrintedLine,
    PrintedParty,
    PrintedSection,
    PrintedTax,
    PrintedTotal,
)
from invoicing.pdf.render import render

__all__ = [
    "PrintedDocument",
    "PrintedLine",
    "PrintedParty",
    "PrintedSection",
    "PrintedTax",
    "PrintedTotal",
    "render",
]
