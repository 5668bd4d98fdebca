"""Issue a credit memo: the original's lines and taxes, given back in the share asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models.functions import Now

import audit.operations
import invoicing.queries
import ledger.operations
import ledger.queries
import receivables.operations
from foundation.money import quantize
from invoicing.choices import SOURCE, DocumentOrigin, DocumentState, DocumentType
from invoicing.models import Invoice, InvoiceLine, TaxLine, TaxTotal
from invoicing.rules.content import fingerprint, header_text, line_text
from ledger.choices import Side
from ledger.rules.entries import EntryLine
from receivables.choices import Side as ItemSide
from receivables.models import OpenItem
from tax.models import TaxType
from tax.rules import credit_share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EVENT: Final = "J7"
ZERO: Final = Decimal(0)


def issue_credit_note(
    *,
    original: Invoice,
    nets: Mapping[int, Decimal],
    reason: str,
    on_date: date,
    actor: User | None,
) -> Invoice:
    """Issue a credit memo over `nets` (net by line id) of a posted document (J7, INV-3, TAX-12).

    Each line returns its share of its own original taxes whatever the rates are today. The memo
    opens a credit, which settles the original as far as that is open (J12). In the caller's
    transaction, which has locked the original and checked what is left of it.
    """
    lines = {line.pk: line for line in original.lines.filter(pk__in=nets).order_by("seq")}
    taxes = list(_taxes(lines, nets, original.currency))
    tax_of = dict.fromkeys(lines, ZERO)
    for tax in taxes:
        tax_of[tax.line_id] += tax.amount
    note = _head(original, nets, sum(tax_of.values(), ZERO), reason, on_date, actor)
    _store(note, lines, nets, tax_of, taxes)
    _post(note, on_date, actor)
    _settle(note, original, on_date, actor)
    audit.operations.record_event(
        topic="credit_memo.posted",
        subject=note,
        payload={"number": note.number, "of": original.number, "total": str(note.total)},
        actor=actor,
    )
    return note


def _taxes(
    lines: Mapping[int, InvoiceLine], nets: Mapping[int, Decimal], currency: str
) -> Iterator[TaxLine]:
    """Yield the taxes given back, still bound to the original lines."""
    back = invoicing.queries.taxes_given_back(lines)
    invoice = next(iter(lines.values())).invoice
    credited = {one.line_id: one.credited for one in invoicing.queries.creditable_lines(invoice)}
    for tax in TaxLine.objects.filter(line_id__in=lines).order_by("line_id", "id"):
        line, net = lines[tax.line_id], nets[tax.line_id]
        key = (tax.line_id, tax.jurisdiction_id, tax.tax_type_id, tax.category, tax.exemption_id)
        basis_back, amount_back = back.get(key, (ZERO, ZERO))
        before = credited[line.pk]

        def share(
            whole: Decimal,
            given: Decimal,
            line: InvoiceLine = line,
            before: Decimal = before,
            net: Decimal = net,
        ) -> Decimal:
            return credit_share(
                whole, line.net, before, net, currency=currency, tax_credited_before=given
            )

        yield TaxLine(
            line_id=tax.line_id,
            jurisdiction_id=tax.jurisdiction_id,
            tax_type_id=tax.tax_type_id,
            category=tax.category,
            rate=tax.rate,
            basis=share(tax.basis, basis_back),
            amount=share(tax.amount, amount_back),
            currency=currency,
            exemption_id=tax.exemption_id,
            trace={**(tax.trace or {}), "credit_of": tax.line_id},
        )


def _head(
    original: Invoice,
    nets: Mapping[int, Decimal],
    tax: Decimal,
    reason: str,
    on_date: date,
    actor: User | None,
) -> Invoice:
    net = sum(nets.values(), ZERO)
    own = original.entity.functional_currency
    return Invoice.objects.create(
        doc_type=DocumentType.CREDIT_NOTE,
        origin=DocumentOrigin.MANUAL,
        entity_id=original.entity_id,
        payer_id=original.payer_id,
        currency=original.currency,
        fx_rate=original.fx_rate,
        invoice_date=on_date,
        tax_date=original.tax_date,
        due_date=on_date,
        period_start=original.period_start,
        period_end=original.period_end,
        net=net,
        tax=tax,
        total=net + tax,
        payable=net + tax,
        functional_total=quantize((net + tax) * original.fx_rate, own),
        refers_to=original,
        reason=reason[:200],
        po_number=original.po_number,
        language=original.language,
        seller=original.seller,
        buyer=original.buyer,
        created_by=actor,
    )


def _store(
    note: Invoice,
    lines: Mapping[int, InvoiceLine],
    nets: Mapping[int, Decimal],
    tax_of: Mapping[int, Decimal],
    taxes: list[TaxLine],
) -> None:
    """Write lines, taxes and tax totals of the draft, and its fingerprint."""
    copies = {
        line.pk: InvoiceLine(
            invoice=note,
            seq=seq,
            section=line.section,
            account_id=line.account_id,
            cost_centre=line.cost_centre,
            text=line.text,
            service_id=line.service_id,
            service_start=line.service_start,
            service_end=line.service_end,
            quantity=line.quantity,
            uom=line.uom,
            unit_price=line.unit_price,
            net=nets[line.pk],
            tax=tax_of[line.pk],
            currency=note.currency,
            tax_category=line.tax_category,
            gl_code=line.gl_code,
            product_id=line.product_id,
            charge_id=line.charge_id,
            price_version_id=line.price_version_id,
            original_line=line,
        )
        for seq, line in enumerate(lines.values(), start=1)
    }
    InvoiceLine.objects.bulk_create(copies.values())
    own = note.entity.functional_currency
    totals: dict[tuple[int, int, str, Decimal], TaxTotal] = {}
    for tax in taxes:
        tax.line = copies[tax.line_id]
        tax.amount_reporting = quantize(tax.amount * note.fx_rate, own)
        key = (tax.jurisdiction_id, tax.tax_type_id, tax.category, tax.rate)
        total = totals.setdefault(
            key,
            TaxTotal(
                invoice=note, jurisdiction_id=key[0], tax_type_id=key[1], category=key[2],
                rate=key[3], basis=ZERO, amount=ZERO, amount_reporting=ZERO,
                currency=note.currency,
            ),
        )  # fmt: skip
        total.basis += tax.basis
        total.amount += tax.amount
        total.amount_reporting += tax.amount_reporting
    TaxLine.objects.bulk_create(taxes)
    TaxTotal.objects.bulk_create(totals.values())
    note.content_hash = _fingerprint(note, list(copies.values()))


def _fingerprint(note: Invoice, lines: list[InvoiceLine]) -> bytes:
    head = header_text(
        note.doc_type, note.payer_id, note.currency, str(note.invoice_date), note.net, note.tax
    )
    return fingerprint(
        head,
        [
            line_text(
                line.account_id, line.text, str(line.service_start), str(line.service_end),
                line.quantity, line.net, line.tax,
            )
            for line in lines
        ],
    )  # fmt: skip


def _post(note: Invoice, on_date: date, actor: User | None) -> None:
    """Journal, credit and number; the counter last (J7, AR-1, INV-1)."""
    ledger.operations.post_entry(
        entity=note.entity,
        source_type=SOURCE,
        source_id=note.pk,
        event=EVENT,
        accounting_date=on_date,
        currency=note.currency,
        fx_rate=note.fx_rate,
        lines=_entry_lines(note),
        description=note.reason,
        actor=actor,
    )
    (number,) = ledger.operations.draw_numbers(
        entity_id=note.entity_id, doc_type=note.doc_type, on_date=on_date
    )
    note.number = number
    note.state = DocumentState.POSTED
    note.posted_by = actor
    Invoice.objects.filter(pk=note.pk).update(
        number=number,
        state=DocumentState.POSTED,
        posted_at=Now(),
        posted_by=actor,
        content_hash=note.content_hash,
    )
    receivables.operations.open_credit(
        payer_id=note.payer_id,
        entity_id=note.entity_id,
        source_type=SOURCE,
        source_id=note.pk,
        number=number,
        doc_date=on_date,
        amount=note.payable,
        currency=note.currency,
        fx_rate=note.fx_rate,
        functional_amount=note.functional_total,
    )


def _entry_lines(note: Invoice) -> list[EntryLine]:
    """Debit what was deferred and the taxes, credit the payer (J7)."""

    def account(side: Side, code: str) -> str:
        return ledger.queries.posting_account(note.entity_id, EVENT, side, code, note.invoice_date)

    sums: dict[tuple[str, int | None, str], Decimal] = {}
    for line in note.lines.all():
        key: tuple[str, int | None, str] = (account(Side.DEBIT, line.gl_code), None, "")
        sums[key] = sums.get(key, ZERO) + line.net
    kinds = TaxType.objects.in_bulk()
    for total in note.tax_totals.all():
        kind = kinds[total.tax_type_id]
        code = "SURCHARGE" if kind.pass_through else "TAX"
        key = (kind.gl_number or account(Side.DEBIT, code), total.jurisdiction_id, kind.code)
        sums[key] = sums.get(key, ZERO) + total.amount
    debits = [
        EntryLine(
            account=number,
            debit=max(amount, ZERO),
            credit=max(-amount, ZERO),
            payer_id=note.payer_id,
            jurisdiction_id=jurisdiction_id,
            tax_type=tax_type,
        )
        for (number, jurisdiction_id, tax_type), amount in sums.items()
        if amount
    ]
    credit = EntryLine(
        account=account(Side.CREDIT, ""), credit=note.payable, payer_id=note.payer_id
    )
    return [*debits, credit]


def _settle(note: Invoice, original: Invoice, on_date: date, actor: User | None) -> None:
    """Apply the credit to the document it corrects, as far as that is still owed (J12)."""
    items = OpenItem.objects.filter(source_type=SOURCE)
    owed = items.filter(source_id=original.pk, side=ItemSide.DEBIT).first()
    credit = items.get(source_id=note.pk, side=ItemSide.CREDIT)
    amount = min(owed.open, credit.open) if owed is not None else ZERO
    if owed is None or not amount:
        return
    receivables.operations.allocate(
        debit_item_id=owed.pk,
        credit_item_id=credit.pk,
        amount=amount,
        on_date=max(on_date, original.invoice_date),
        actor=actor,
        permission="invoicing.approve_credit",
    )
