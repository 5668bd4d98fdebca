"""Issue a credit memo: the original's lines and taxes, given back in the share asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import audit.operations
import invoicing.queries
import ledger.queries
import receivables.operations
from foundation.money import quantize
from invoicing.choices import SOURCE, DocumentOrigin, DocumentType
from invoicing.models import Invoice, InvoiceLine, TaxLine
from invoicing.operations.memo_documents import facts_of, post_memo, store_content
from ledger.choices import AccountKind, Side
from ledger.models import GLAccount
from receivables.choices import Side as ItemSide
from receivables.models import OpenItem
from tax.rules import credit_share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO: Final = Decimal(0)


def issue_credit_note(
    *,
    original: Invoice,
    nets: Mapping[int, Decimal],
    reason: str,
    on_date: date,
    actor: User | None,
    permission: str,
) -> Invoice:
    """Issue a credit memo over `nets` (net by line id) of a posted document (J7, J8, TAX-12).

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
    copies = _store(note, lines, nets, tax_of, taxes)
    earned = _earned(original, copies)
    event = "J8" if len(earned) == len(copies) else "J7"
    post_memo(memo=note, event=event, on_date=on_date, actor=actor, accounts=earned)
    _settle(note, original, on_date, actor, permission)
    audit.operations.record_event(
        topic="credit_memo.posted",
        subject=note,
        payload=facts_of(note, of=original.number),
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
) -> dict[int, InvoiceLine]:
    """Write lines, taxes and tax totals of the draft; return its lines by original line."""
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
    for tax in taxes:
        tax.line = copies[tax.line_id]
    store_content(note, list(copies.values()), taxes)
    return copies


def _earned(original: Invoice, copies: Mapping[int, InvoiceLine]) -> dict[int, str]:
    """Return line id → account of the lines whose charge was income when it was billed (J8).

    What was deferred (2400) is unearned until it is recognised, and returns from there (J7).
    """
    event = "J6" if original.doc_type == DocumentType.DEBIT_NOTE else "J1"
    income = set(
        GLAccount.objects.filter(
            entity_id=original.entity_id, kind=AccountKind.REVENUE
        ).values_list("number", flat=True)
    )
    found = {}
    for line in copies.values():
        number = ledger.queries.posting_account(
            original.entity_id, event, Side.CREDIT, line.gl_code, original.invoice_date
        )
        if number in income:
            found[line.pk] = number
    return found


def _settle(
    note: Invoice, original: Invoice, on_date: date, actor: User | None, permission: str
) -> None:
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
        permission=permission,
    )
