"""Issue memos that credit no document: debit memos (J6) and goodwill on account (J9)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import connection

import audit.operations
import audit.queries
import ledger.queries
import tax.queries
from customers.models import Account
from foundation.errors import Refusal
from foundation.money import quantize
from invoicing.choices import CREDIT_REASONS, DEBIT_REASONS, DocumentOrigin, DocumentType
from invoicing.models import Invoice, InvoiceLine, MemoRequest, TaxLine
from invoicing.operations.frame import seller_snapshot
from invoicing.operations.inputs import Payer, read_chunk
from invoicing.operations.memo_documents import facts_of, post_memo, store_content
from invoicing.operations.reading import Window
from invoicing.operations.usage_inputs import Steps
from invoicing.rules.due_dates import due_date
from ledger.choices import RateKind
from tax.rules import TaxableLine, TaxDocument, TaxRateMissing, calculate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO: Final = Decimal(0)
DAY: Final = timedelta(days=1)


class CannotIssueMemo(Refusal):
    """The memo cannot be issued to this account as asked."""

    rule = "ADJ-1"


def issue_account_memo(
    *,
    request: MemoRequest,
    on_date: date,
    actor: User | None,
    event: str = "",
    section: str = "Adjustments",
) -> Invoice:
    """Issue a debit memo or goodwill over one line (J6, J9, INV-4), or what `event` says (J4).

    A debit memo on a line of a document bears that line's own taxes (TAX-12); otherwise the tax
    category asked for is taxed by the rules of `on_date` at the payer's address, and without a
    category no tax applies. In the caller's transaction, which holds the payer's lock.

    Raises: CannotIssueMemo; ledger.queries.FxRateMissing, PeriodNotOpen.
    """
    account = Account.objects.select_related("entity").get(pk=request.account_id)
    payer = _payer(account, on_date)
    taxes = _line_taxes(request) if request.line_id else _todays(request, account, payer, on_date)
    tax = sum((one.amount for one in taxes), ZERO)
    memo = _head(request, account, payer, tax, on_date, actor)
    line = InvoiceLine.objects.create(
        invoice=memo,
        seq=1,
        section=section,
        account_id=account.pk,
        text=printed_reason(request),
        service_start=on_date,
        service_end=on_date + DAY,
        quantity=Decimal(1),
        unit_price=request.amount,
        net=request.amount,
        tax=tax,
        currency=memo.currency,
        tax_category=request.tax_category,
        gl_code=request.gl_code,
    )
    for one in taxes:
        one.line = line
    store_content(memo, [line], taxes)
    event = event or ("J6" if request.is_debit else "J9")
    post_memo(memo=memo, event=event, on_date=on_date, actor=actor)
    audit.operations.record_event(
        topic="debit_memo.posted" if request.is_debit else "credit_memo.posted",
        subject=memo,
        payload=facts_of(memo, of=None),
        actor=actor,
    )
    return memo


def printed_reason(request: MemoRequest) -> str:
    """Return why, as the customer reads it: the text that was typed, else that of the reason."""
    texts = audit.queries.reason_texts(DEBIT_REASONS if request.is_debit else CREDIT_REASONS)
    return (request.comment or texts.get(request.reason_code, request.reason_code))[:200]


def _payer(account: Account, on_date: date) -> Payer:
    """Read the payer as a bill run would on the day: address, terms, certificates."""
    window = Window(0, on_date, on_date, on_date, ())
    with connection.cursor() as cursor:
        found = read_chunk(cursor, [account.pk], window, Steps(frozenset(), frozenset()))
    if account.pk not in found:
        raise CannotIssueMemo("Only an account that pays for itself receives documents.")
    return found[account.pk]


def _todays(request: MemoRequest, account: Account, payer: Payer, on_date: date) -> list[TaxLine]:
    if not request.tax_category:
        return []
    line = TaxableLine(
        key=1,
        amount=request.amount,
        category=request.tax_category,
        jurisdiction_id=payer.bill_to,
        tax_date=on_date,
        exemptions=tuple(payer.exemptions.get(account.pk, ())),
        period=(on_date, on_date + DAY),
    )
    document = TaxDocument(
        account.entity.tax_rounding,
        request.currency,
        account.entity.country,
        payer.customer_kind,
        [line],
        payer.vat_ok,
    )
    try:
        (answer,) = calculate(document, tax.queries.tables(account.entity_id, (on_date,)))
    except TaxRateMissing as missing:
        raise CannotIssueMemo(str(missing)) from missing
    return [
        TaxLine(
            jurisdiction_id=one.jurisdiction_id,
            tax_type_id=one.tax_type_id,
            category=one.category_code,
            rate=one.rate,
            basis=one.basis,
            amount=one.amount,
            currency=request.currency,
            exemption_id=one.exemption_id,
            trace=json.loads(one.trace) if one.trace else None,
        )
        for one in answer.taxes
    ]


def _line_taxes(request: MemoRequest) -> list[TaxLine]:
    """Return the taxes of a billed line in proportion to the net that is added to it (TAX-12)."""
    line = InvoiceLine.objects.get(pk=request.line_id or 0)

    def part(amount: Decimal) -> Decimal:
        return quantize(amount * request.amount / line.net, request.currency)

    return [
        TaxLine(
            jurisdiction_id=one.jurisdiction_id,
            tax_type_id=one.tax_type_id,
            category=one.category,
            rate=one.rate,
            basis=part(one.basis),
            amount=part(one.amount),
            currency=request.currency,
            exemption_id=one.exemption_id,
            trace={**(one.trace or {}), "debit_of": line.pk},
        )
        for one in TaxLine.objects.filter(line=line).order_by("id")
    ]


def _head(
    request: MemoRequest,
    account: Account,
    payer: Payer,
    tax_amount: Decimal,
    on_date: date,
    actor: User | None,
) -> Invoice:
    entity, total = account.entity, request.amount + tax_amount
    rate = ledger.queries.fx_rate(
        request.currency, entity.functional_currency, RateKind.SPOT, on_date
    )
    doc_type = DocumentType.DEBIT_NOTE if request.is_debit else DocumentType.CREDIT_NOTE
    return Invoice.objects.create(
        doc_type=doc_type,
        origin=DocumentOrigin.MANUAL,
        entity=entity,
        payer=account,
        currency=request.currency,
        fx_rate=rate,
        invoice_date=on_date,
        tax_date=on_date,
        due_date=due_date(on_date, payer.terms_kind, payer.terms_days)
        if request.is_debit
        else on_date,
        period_start=on_date,
        period_end=on_date + DAY,
        net=request.amount,
        tax=tax_amount,
        total=total,
        payable=total,
        functional_total=quantize(total * rate, entity.functional_currency),
        refers_to=request.invoice,
        reason=printed_reason(request),
        po_number=account.po_number,
        language=account.language,
        seller=json.loads(seller_snapshot(entity)),
        buyer=json.loads(payer.buyer),
        created_by=actor,
    )
