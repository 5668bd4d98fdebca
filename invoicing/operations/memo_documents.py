"""What every memo has: tax totals and fingerprint, journal entry, number, open item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.db.models.functions import Now

import ledger.operations
import ledger.queries
import receivables.operations
from foundation.money import quantize
from invoicing.choices import SOURCE, DocumentState, DocumentType
from invoicing.models import Invoice, InvoiceLine, TaxLine, TaxTotal
from invoicing.rules.content import fingerprint, header_text, line_text
from ledger.choices import Side
from ledger.rules.entries import EntryLine
from tax.models import TaxType

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO: Final = Decimal(0)
NONE: Final[Mapping[int, str]] = MappingProxyType({})


def store_content(memo: Invoice, lines: Sequence[InvoiceLine], taxes: Sequence[TaxLine]) -> None:
    """Write taxes (bound to stored lines), tax totals and the fingerprint of a draft (INV-2)."""
    own = memo.entity.functional_currency
    totals: dict[tuple[int, int, str, Decimal], TaxTotal] = {}
    for tax in taxes:
        tax.amount_reporting = quantize(tax.amount * memo.fx_rate, own)
        key = (tax.jurisdiction_id, tax.tax_type_id, tax.category, tax.rate)
        total = totals.setdefault(
            key,
            TaxTotal(
                invoice=memo, jurisdiction_id=key[0], tax_type_id=key[1], category=key[2],
                rate=key[3], basis=ZERO, amount=ZERO, amount_reporting=ZERO,
                currency=memo.currency,
            ),
        )  # fmt: skip
        total.basis += tax.basis
        total.amount += tax.amount
        total.amount_reporting += tax.amount_reporting
    TaxLine.objects.bulk_create(taxes)
    TaxTotal.objects.bulk_create(totals.values())
    memo.content_hash = _fingerprint(memo, lines)


def post_memo(
    *,
    memo: Invoice,
    event: str,
    on_date: date,
    actor: User | None,
    accounts: Mapping[int, str] = NONE,
) -> None:
    """Post a drafted memo: journal and open item, and the number last (AR-1, INV-1).

    `accounts` names the account of lines (by line id) that do not go where the event's rule
    sends their GL code.
    """
    ledger.operations.post_entry(
        entity=memo.entity,
        source_type=SOURCE,
        source_id=memo.pk,
        event=event,
        accounting_date=on_date,
        currency=memo.currency,
        fx_rate=memo.fx_rate,
        lines=_entry_lines(memo, event, accounts),
        description=memo.reason,
        actor=actor,
    )
    (number,) = ledger.operations.draw_numbers(
        entity_id=memo.entity_id, doc_type=memo.doc_type, on_date=on_date
    )
    memo.number = number
    memo.state = DocumentState.POSTED
    memo.posted_by = actor
    Invoice.objects.filter(pk=memo.pk).update(
        number=number,
        state=DocumentState.POSTED,
        posted_at=Now(),
        posted_by=actor,
        content_hash=memo.content_hash,
    )
    _open_item(memo, on_date, number)


def facts_of(memo: Invoice, *, of: str | None) -> dict[str, str | None]:
    """Return what an event tells about a posted memo; `of` is the number of a credited invoice."""
    return {
        "number": memo.number,
        "of": of,
        "total": str(memo.total),
        "currency": memo.currency,
    }


def _open_item(memo: Invoice, on_date: date, number: str) -> None:
    if memo.doc_type == DocumentType.DEBIT_NOTE:
        receivables.operations.open_debit(
            payer_id=memo.payer_id,
            entity_id=memo.entity_id,
            source_type=SOURCE,
            source_id=memo.pk,
            number=number,
            doc_date=on_date,
            due_date=memo.due_date,
            amount=memo.payable,
            currency=memo.currency,
            fx_rate=memo.fx_rate,
            functional_amount=memo.functional_total,
        )
        return
    receivables.operations.open_credit(
        payer_id=memo.payer_id,
        entity_id=memo.entity_id,
        source_type=SOURCE,
        source_id=memo.pk,
        number=number,
        doc_date=on_date,
        amount=memo.payable,
        currency=memo.currency,
        fx_rate=memo.fx_rate,
        functional_amount=memo.functional_total,
    )


def _entry_lines(memo: Invoice, event: str, accounts: Mapping[int, str]) -> list[EntryLine]:
    """Post lines and taxes on their own side, and the payer on the other (J6 to J9)."""
    sign = memo.sign
    own, payer = (Side.CREDIT, Side.DEBIT) if sign > 0 else (Side.DEBIT, Side.CREDIT)

    def account(side: Side, code: str) -> str:
        return ledger.queries.posting_account(memo.entity_id, event, side, code, memo.invoice_date)

    sums: dict[tuple[str, int | None, str], Decimal] = {}
    for line in memo.lines.all():
        number = accounts.get(line.pk) or account(own, line.gl_code)
        key: tuple[str, int | None, str] = (number, None, "")
        sums[key] = sums.get(key, ZERO) + line.net
    kinds = TaxType.objects.in_bulk()
    for total in memo.tax_totals.all():
        kind = kinds[total.tax_type_id]
        code = "SURCHARGE" if kind.pass_through else "TAX"
        key = (kind.gl_number or account(own, code), total.jurisdiction_id, kind.code)
        sums[key] = sums.get(key, ZERO) + total.amount
    entries = [
        EntryLine(
            account=number,
            debit=max(-amount * sign, ZERO),
            credit=max(amount * sign, ZERO),
            payer_id=memo.payer_id,
            jurisdiction_id=jurisdiction_id,
            tax_type=tax_type,
        )
        for (number, jurisdiction_id, tax_type), amount in sums.items()
        if amount
    ]
    whole = EntryLine(
        account=account(payer, ""),
        debit=memo.payable if sign > 0 else ZERO,
        credit=memo.payable if sign < 0 else ZERO,
        payer_id=memo.payer_id,
    )
    return [*entries, whole]


def _fingerprint(memo: Invoice, lines: Sequence[InvoiceLine]) -> bytes:
    head = header_text(
        memo.doc_type, memo.payer_id, memo.currency, str(memo.invoice_date), memo.net, memo.tax
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
