"""Make documents of charged items: taxes, credits by snapshot, sums (INV-2, INV-3, TAX-12)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from foundation.money import cash_rounding, quantize
from foundation.periods import Period
from invoicing.rules.difference import Billed, Change
from invoicing.rules.discounting import Relief
from tax.rules import Exemption, TaxableLine, TaxAmount, TaxDocument, TaxTables, calculate
from tax.rules import credit_share as share_of_credit
from tax.rules import tax_date as day_of_tax

ZERO = Decimal(0)
ONE = Decimal(1)
CREDIT_NOTE, INVOICE = "CREDIT_NOTE", "INVOICE"


class Subject(NamedTuple):
    """What a line says of its charge, whatever the payer."""

    kind: str
    section: str
    order: int
    text: str
    uom: str
    tax_category: str
    gl_code: str
    product_id: int
    charge_id: int
    row: str = ""


class Original(NamedTuple):
    """A posted line as a credit sees it, signed as the charge was (positive = billed)."""

    line_id: int
    invoice_id: int
    net: Decimal
    credited: Decimal
    credited_gross: Decimal
    taxes: tuple[TaxAmount, ...]

    @property
    def gross(self) -> Decimal:
        """Return net and taxes."""
        return sum((one.amount for one in self.taxes), self.net)


class Entry(NamedTuple):
    """An item on its way to a line. `tag` is the caller's own; `rank` is the owner's place.

    A discount says with `relief` what it reduces.
    """

    tag: object
    subject: Subject
    period: Period
    change: Change
    place_id: int | None
    inclusive: bool
    exemptions: tuple[Exemption, ...]
    owner_id: int
    rank: int = 0
    relief: Relief | None = None


class Line(NamedTuple):
    """A line with its net and taxes, signed as its item."""

    entry: Entry
    net: Decimal
    taxes: tuple[TaxAmount, ...]
    original: Original | None


@dataclass(slots=True)
class Document:
    """Lines that are issued together; sums are signed as the items, `sign` makes them positive.

    `prepaid` is what balances of money pay of it.
    """

    doc_type: str
    lines: list[Line]
    refers_to: int | None = None
    net: Decimal = ZERO
    tax: Decimal = ZERO
    rounding: Decimal = ZERO
    prepaid: Decimal = ZERO
    totals: dict[tuple[int, int, str, Decimal], list[Decimal]] = field(default_factory=dict)
    reasons: dict[tuple[int, int, str, Decimal], str] = field(default_factory=dict)

    @property
    def sign(self) -> int:
        """Return what turns signed amounts into the document's positive ones (INV-3)."""
        return -1 if self.doc_type == CREDIT_NOTE else 1

    @property
    def total(self) -> Decimal:
        """Return net plus tax (INV-2)."""
        return self.net + self.tax


class Terms(NamedTuple):
    """What of seller and buyer decides the documents of one payer."""

    currency: str
    tax_rounding: str
    seller_country: str
    customer_kind: str
    vat_ok: bool
    separate_credits: bool
    cash_step: Decimal
    invoice_date: date


def documents(
    entries: Sequence[Entry],
    terms: Terms,
    tables: TaxTables,
    originals: Mapping[int, Original],
    late: Sequence[Entry] = (),
) -> list[Document]:
    """Return the documents of one payer for one run (INV-2, INV-3, TAX-12).

    New supplies are taxed together; reductions carry the tax of the line they reduce, and so do
    the discounts that come `late`, to what was billed before (CHG-5). With
    separate credits every original invoice gets its own credit memo; otherwise reductions are
    lines of the one document, which turns into a credit memo when it falls below zero.
    """
    supplies = [one for one in entries if one.change.reverses is None]
    lines = _taxed(supplies, terms, tables) if supplies else []
    if len(supplies) == len(entries) and not late:
        return [_summed(lines, terms, None)]
    given_back = [
        _credited(one, originals, terms.currency)
        for one in entries
        if one.change.reverses is not None
    ]
    relieved = [_relieved(one, originals, terms.currency) for one in late]
    if not terms.separate_credits:
        return [_summed(lines + given_back + [line for _, line in relieved], terms, None)]
    by_invoice: dict[int, list[Line]] = {}
    for invoice_id, line in relieved:
        by_invoice.setdefault(invoice_id, []).append(line)
    for line in given_back:
        by_invoice.setdefault(_invoice_of(line, originals), []).append(line)
    more = [one for one in by_invoice if _sum(by_invoice[one]) > ZERO]
    for invoice in more:  # a discount that was taken back alone: a charge like any other
        lines += by_invoice.pop(invoice)
    found = [_summed(lines, terms, None)] if lines else []
    return found + [_summed(each, terms, invoice) for invoice, each in sorted(by_invoice.items())]


def _invoice_of(line: Line, originals: Mapping[int, Original]) -> int:
    """Return the document that a reduction corrects; of a discount that of its base."""
    relief = line.entry.relief
    if relief is not None and isinstance(relief.base, Billed):
        return originals[relief.base.line_id].invoice_id
    assert line.original is not None
    return line.original.invoice_id


def _sum(lines: Sequence[Line]) -> Decimal:
    return sum((one.net + sum(tax.amount for tax in one.taxes) for one in lines), ZERO)


def _taxed(entries: Sequence[Entry], terms: Terms, tables: TaxTables) -> list[Line]:
    """Tax new supplies on the document's date, or where the place says so on their own (TAX-1)."""
    taxable = []
    for number, entry in enumerate(entries):
        change = entry.change
        taxable.append(
            TaxableLine(
                number,
                change.amount,
                entry.subject.tax_category,
                entry.place_id,
                _tax_day(entry, terms.invoice_date, tables),
                change.quantity,
                entry.inclusive,
                entry.exemptions,
                (change.start, change.end) if tables.splits else None,
                entry.relief is not None,
            )
        )
    document = TaxDocument(
        terms.tax_rounding,
        terms.currency,
        terms.seller_country,
        terms.customer_kind,
        taxable,
        terms.vat_ok,
    )
    answers = calculate(document, tables)
    return [
        Line(entry, answer.net, answer.taxes, None)
        for entry, answer in zip(entries, answers, strict=True)
    ]


def _tax_day(entry: Entry, invoice_date: date, tables: TaxTables) -> date:
    basis = tables.date_basis(entry.place_id)
    if basis == "INVOICE_DATE":
        return invoice_date
    return day_of_tax(
        basis,
        invoice_date=invoice_date,
        period_start=entry.change.start,
        period_end=entry.change.end,
    )


def _credited(entry: Entry, originals: Mapping[int, Original], currency: str) -> Line:
    """Give back part of a line with that part of its taxes, to the last cent (TAX-12, CHG-5).

    An inclusive price gives back gross: its net is what the taxes leave.
    """
    change = entry.change
    assert change.reverses is not None
    original = originals[change.reverses.line_id]
    base, before = original.net, original.credited
    if entry.inclusive:
        base, before = original.gross, original.credited_gross
    back = -change.amount

    def part(amount: Decimal) -> Decimal:
        return -share_of_credit(amount, base, before, back, currency=currency)

    taxes = tuple(
        one._replace(basis=part(one.basis), amount=part(one.amount)) for one in original.taxes
    )
    net = change.amount
    if entry.inclusive:
        net -= sum((one.amount for one in taxes), ZERO)
    return Line(entry, net, taxes, original)


def _relieved(entry: Entry, originals: Mapping[int, Original], currency: str) -> tuple[int, Line]:
    """Take a discount off what an earlier document billed, with that part of its taxes (CHG-5)."""
    relief = entry.relief
    assert relief is not None
    assert isinstance(relief.base, Billed)
    original = originals[relief.base.line_id]
    base = original.gross if entry.inclusive else original.net

    def part(amount: Decimal) -> Decimal:
        return quantize(amount * entry.change.amount / base, currency)

    taxes = tuple(
        one._replace(basis=part(one.basis), amount=part(one.amount)) for one in original.taxes
    )
    net = entry.change.amount
    if entry.inclusive:
        net -= sum((one.amount for one in taxes), ZERO)
    return original.invoice_id, Line(entry, net, taxes, None)


def _summed(lines: list[Line], terms: Terms, refers_to: int | None) -> Document:
    """Add up lines and taxes, by tax group too; below zero it is a credit memo (INV-2, INV-3)."""
    document = Document(INVOICE, lines, refers_to)
    net, tax, totals = ZERO, ZERO, document.totals
    for line in lines:
        net += line.net
        for one in line.taxes:
            tax += one.amount
            key = (one.jurisdiction_id, one.tax_type_id, one.category_code, one.rate)
            group = totals.get(key)
            if group is None:
                totals[key] = [one.basis, one.amount]
                if one.category_code != "S":
                    document.reasons[key] = reason_of(one.trace)
            else:
                group[0] += one.basis
                group[1] += one.amount
    document.net, document.tax = net, tax
    if refers_to is not None or net + tax < ZERO:
        document.doc_type = CREDIT_NOTE
    if terms.cash_step:
        document.rounding = cash_rounding(net + tax, terms.cash_step)
    return document


@lru_cache(maxsize=1024)
def reason_of(trace: str) -> str:
    """Return the reason that a tax trace gives for taxing nothing, or an empty text."""
    if not trace:
        return ""
    facts = json.loads(trace)
    return str(facts.get("reason") or facts.get("treatment") or "")


def in_reading_order(lines: Iterable[Line]) -> list[Line]:
    """Order lines for a reader: by owner (payer first), section, time; credits after charges."""
    return sorted(lines, key=_reading_order)


def _reading_order(line: Line) -> tuple[object, ...]:
    entry = line.entry
    subject, change = entry.subject, entry.change
    return (
        entry.rank,
        subject.order,
        subject.section,
        subject.charge_id,
        entry.period.start,
        change.start,
        change.usage_key,
        line.original is not None,
    )
