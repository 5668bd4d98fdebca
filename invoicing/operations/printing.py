"""Make the paper form of a document and keep it: the same bytes whenever it is asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import groupby

from django.db import transaction

import invoicing.queries
from customers.models import Account
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.money import minor_units
from invoicing.choices import ArtifactKind, DocumentType
from invoicing.models import DocumentArtifact, Invoice, InvoiceLine
from invoicing.pdf import (
    PrintedDocument,
    PrintedLine,
    PrintedParty,
    PrintedSection,
    PrintedTax,
    PrintedTotal,
    render,
)
from invoicing.rules.content import grouped

MOST_DECIMALS = 6
LETTER_COUNTRIES = frozenset({"US", "CA", "MX"})
TITLES = {
    "en": {"INVOICE": "Invoice", "CREDIT_NOTE": "Credit memo", "DEBIT_NOTE": "Debit memo"},
    "de": {"INVOICE": "Rechnung", "CREDIT_NOTE": "Gutschrift", "DEBIT_NOTE": "Lastschriftanzeige"},
}


class CannotPrintDraft(Refusal):
    """A draft has no number and may still change: it has no paper form to keep."""

    rule = "BR-4"


def pdf_of(*, invoice_id: int) -> DocumentArtifact:
    """Return the PDF of a posted document, made and kept at the first call.

    Raises: CannotPrintDraft.
    """
    made = DocumentArtifact.objects.filter(invoice_id=invoice_id, kind=ArtifactKind.PDF).first()
    if made is not None:
        return made
    invoice = invoicing.queries.documents().get(pk=invoice_id)
    if not invoice.is_posted:
        raise CannotPrintDraft("This document is a draft; it is printed once it is posted.")
    content = render(printed(invoice))
    with transaction.atomic():
        advisory_lock("artifact", invoice_id)
        kept, _ = DocumentArtifact.objects.get_or_create(
            invoice=invoice,
            kind=ArtifactKind.PDF,
            defaults={"content": content, "sha256": sha256(content).hexdigest()},
        )
    return kept


def printed(invoice: Invoice) -> PrintedDocument:
    """Say what the document says, figures formatted: from stored rows only, so always the same."""
    language = "de" if invoice.language.lower().startswith("de") else "en"
    title = TITLES[language].get(invoice.doc_type, invoice.get_doc_type_display())
    payable = f"{invoice.currency} {_money(invoice.payable, invoice.currency)}"
    is_credit = invoice.doc_type == DocumentType.CREDIT_NOTE
    due = "Credited to your account" if is_credit else f"Amount due by {_day(invoice.due_date)}"
    owners = invoicing.queries.owners_of(invoice)
    lines = list(invoice.lines.order_by("seq"))
    return PrintedDocument(
        title=title,
        number=invoice.number or "",
        seller=PrintedParty(invoice.seller.get("name", ""), _seller_lines(invoice)),
        buyer=PrintedParty(invoice.buyer.get("name", ""), _buyer_lines(invoice)),
        facts=tuple(_facts(invoice)),
        headline=(due, payable),
        sections=tuple(_sections(invoice, lines, owners)),
        totals=tuple(_totals(invoice)),
        taxes=tuple(_taxes(invoice)),
        notes=tuple(_notes(invoice)),
        remittance=() if is_credit else tuple(_remittance(invoice, payable)),
        remittance_lines=tuple(str(invoice.seller.get("bank", "")).splitlines()),
        language=invoice.language,
        letter_paper=invoice.seller.get("country") in LETTER_COUNTRIES,
    )


def _seller_lines(invoice: Invoice) -> tuple[str, ...]:
    seller = invoice.seller
    vat = [f"VAT {seller['vat_id']}"] if seller.get("vat_id") else []
    return (*seller.get("lines", ()), *vat)


def _buyer_lines(invoice: Invoice) -> tuple[str, ...]:
    buyer = invoice.buyer
    vat = [f"VAT {buyer['vat_id']}"] if buyer.get("vat_id") else []
    return (*buyer.get("lines", ()), *vat)


def _facts(invoice: Invoice) -> Iterator[tuple[str, str]]:
    yield "Date", _day(invoice.invoice_date)
    if invoice.doc_type != DocumentType.CREDIT_NOTE:
        yield "Due", _day(invoice.due_date)
    yield "Account", str(invoice.buyer.get("account", ""))
    yield "Period", _period(invoice.period_start, invoice.period_end)
    yield "Currency", invoice.currency
    if invoice.po_number:
        yield "Your order", invoice.po_number
    if invoice.refers_to is not None:
        yield "Corrects", invoice.refers_to.number or ""


def _sections(
    invoice: Invoice, lines: list[InvoiceLine], owners: object
) -> Iterator[PrintedSection]:
    """Group by owner where several accounts are billed together, and by section within."""
    accounts: dict[int, Account] = dict(owners)  # type: ignore[call-overload]
    several = len(accounts) > 1
    for (account_id, section), group in groupby(
        lines, key=lambda line: (line.account_id, line.section)
    ):
        rows = list(group)
        heading = section
        if several and (owner := accounts.get(account_id)) is not None:
            heading = f"{owner.number} {owner.name}: {section}" if section else str(owner)
        subtotal = sum((row.net for row in rows), Decimal(0))
        yield PrintedSection(
            heading,
            tuple(_line(row) for row in rows),
            _money(subtotal, invoice.currency),
        )


def _line(line: InvoiceLine) -> PrintedLine:
    one_time = line.service_end - line.service_start <= timedelta(days=1)
    unit = f" {line.uom}" if line.uom else ""
    return PrintedLine(
        text=line.text,
        period=_day(line.service_start)
        if one_time
        else _period(line.service_start, line.service_end),
        quantity=f"{grouped(line.quantity)}{unit}",
        unit_price="" if line.unit_price is None else _price(line.unit_price, line.currency),
        amount=_money(line.net, line.currency),
    )


def _totals(invoice: Invoice) -> Iterator[PrintedTotal]:
    currency = invoice.currency
    yield PrintedTotal("Net", _money(invoice.net, currency))
    yield PrintedTotal("Tax", _money(invoice.tax, currency))
    yield PrintedTotal("Total", _money(invoice.total, currency), not invoice.prepaid)
    if invoice.prepaid:
        yield PrintedTotal("Prepaid", _money(-invoice.prepaid, currency))
    if invoice.rounding:
        yield PrintedTotal("Rounding", _money(invoice.rounding, currency))
    if invoice.payable != invoice.total:
        yield PrintedTotal(
            "Amount due", f"{currency} {_money(invoice.payable, currency)}", strong=True
        )


def _taxes(invoice: Invoice) -> Iterator[PrintedTax]:
    places, taxes = invoicing.queries.place_names(), invoicing.queries.tax_names()
    for total in invoice.tax_totals.all():
        yield PrintedTax(
            label=f"{places.get(total.jurisdiction_id, '')} {taxes.get(total.tax_type_id, '')}",
            category=total.category,
            rate=f"{grouped(total.rate * 100)} %",
            basis=_money(total.basis, invoice.currency),
            amount=_money(total.amount, invoice.currency),
        )


def _notes(invoice: Invoice) -> Iterator[str]:
    yield from sorted({total.reason for total in invoice.tax_totals.all() if total.reason})
    if invoice.reason:
        yield f"Reason: {invoice.reason}"


def _remittance(invoice: Invoice, payable: str) -> Iterator[tuple[str, str]]:
    yield "Account", str(invoice.buyer.get("account", ""))
    yield "Reference", invoice.number or ""
    yield "Due", _day(invoice.due_date)
    yield "Amount", payable


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{minor_units(currency)}f}"


def _price(price: Decimal, currency: str) -> str:
    """Write a unit price exactly; the average of tiers, which may have no end, to six decimals."""
    places = -int(price.normalize().as_tuple().exponent)
    if places > MOST_DECIMALS:
        return f"≈ {price:,.{MOST_DECIMALS}f}"
    return f"{price:,.{max(minor_units(currency), places)}f}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _period(start: date, end: date) -> str:
    return f"{_day(start)} – {_day(end - timedelta(days=1))}"
