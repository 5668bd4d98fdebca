"""What a document says, as text ready to print; whoever fills it has formatted the figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrintedParty:
    """Seller or buyer: the name as typed, then address and registration lines."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One row of the table; every figure already formatted, empty where it says nothing."""

    text: str
    period: str = ""
    quantity: str = ""
    unit_price: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class PrintedSection:
    """A group of lines under a heading (an invoice section, or a sub-account's charges)."""

    heading: str
    lines: tuple[PrintedLine, ...]
    subtotal: str = ""


@dataclass(frozen=True, slots=True)
class PrintedTax:
    """A row of the tax summary."""

    label: str
    category: str
    rate: str
    basis: str
    amount: str


@dataclass(frozen=True, slots=True)
class PrintedTotal:
    """A row under the table; `strong` rows are the ones a reader looks for."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """A whole document. `facts` are the label and value pairs beside the address."""

    title: str
    number: str
    seller: PrintedParty
    buyer: PrintedParty
    facts: tuple[tuple[str, str], ...]
    headline: tuple[str, str]
    sections: tuple[PrintedSection, ...]
    totals: tuple[PrintedTotal, ...]
    taxes: tuple[PrintedTax, ...] = ()
    notes: tuple[str, ...] = ()
    remittance: tuple[tuple[str, str], ...] = ()
    remittance_lines: tuple[str, ...] = ()
    language: str = "en"
    letter_paper: bool = False
