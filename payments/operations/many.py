"""Record the certain rows of a file: as record_payment would, in a fixed number of acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from django.db import connection

import audit.operations
import customers.queries
import ledger.operations
import receivables.operations
from audit.operations import Happening
from customers.models import Account
from foundation.money import quantize
from ledger.choices import Side
from ledger.operations import NewEntry
from ledger.rules.entries import EntryLine
from payments.models import Payment, PaymentBatch, RemittanceLine, TenderType
from payments.models.payment import PAYMENT
from payments.operations import entries
from payments.operations.rows import PaymentRow
from payments.queries import credit_items_of
from receivables.operations import Request

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def record_many(
    *,
    batch: PaymentBatch,
    rows: Sequence[tuple[PaymentRow, int]],
    actor: User | None,
    permission: str,
) -> list[Payment]:
    """Record rows of known accounts, in their order, in the caller's transaction (J13, AR-2).

    Locks: the payers, the number counter, their unsettled items.
    """
    payers = payers_of(rows)
    tenders = {tender.code: tender for tender in TenderType.objects.all()}
    for (row, _), payer in zip(rows, payers, strict=True):
        entries.require_takeable(
            amount=row.amount, currency=row.currency, tender=tenders[row.tender]
        )
        entries.require_own_currency(payer, row.currency)
    receivables.operations.lock_payers(payer.pk for payer in payers)
    payments = _write(batch, rows, payers, tenders, actor)
    _open_credits(batch, payments)
    _post(batch, payments, actor)
    items = credit_items_of([payment.pk for payment in payments])
    receivables.operations.allocate_many(
        requests=[
            Request(items[payment.pk], payment.received_on, row.remittance)
            for payment, (row, _) in zip(payments, rows, strict=True)
        ],
        actor=actor,
        permission=permission,
    )
    audit.operations.record_events([_event(payment, actor) for payment in payments])
    return payments


def payers_of(rows: Sequence[tuple[PaymentRow, int]]) -> list[Account]:
    """Return who pays for the account of each row on its day (HIER-2)."""
    asked = [(account_id, row.received_on) for row, account_id in rows]
    found = customers.queries.payers_of(asked)
    ids = [payer or account for payer, (account, _) in zip(found, asked, strict=True)]
    accounts = Account.objects.in_bulk(set(ids))
    return [accounts[pk] for pk in ids]


def _write(
    batch: PaymentBatch,
    rows: Sequence[tuple[PaymentRow, int]],
    payers: Sequence[Account],
    tenders: dict[str, TenderType],
    actor: User | None,
) -> list[Payment]:
    rate_of = cache(entries.rate_of)
    numbers = _numbers(batch, [row.received_on for row, _ in rows])
    payments = Payment.objects.bulk_create(
        [
            Payment(
                number=number,
                entity=batch.entity,
                payer=payer,
                tender=tenders[row.tender],
                clearing_account=tenders[row.tender].clearing_account,
                received_on=row.received_on,
                currency=row.currency,
                amount=row.amount,
                fx_rate=rate_of(batch.entity_id, row.currency, row.received_on),
                external_id=row.external_id,
                reference=row.reference,
                batch=batch,
                recorded_by=actor,
            )
            for number, payer, (row, _) in zip(numbers, payers, rows, strict=True)
        ],
        batch_size=2000,
    )
    RemittanceLine.objects.bulk_create(
        [
            RemittanceLine(
                payment=payment,
                sequence=sequence,
                number=line.number,
                currency=row.currency,
                amount=line.amount,
            )
            for payment, (row, _) in zip(payments, rows, strict=True)
            for sequence, line in enumerate(row.remittance, start=1)
        ],
        batch_size=2000,
    )
    return payments


def _numbers(batch: PaymentBatch, days: Sequence[date]) -> list[str]:
    """Draw a number for each day, in one act for each fiscal year."""
    years: dict[int, list[int]] = {}
    for place, day in enumerate(days):
        years.setdefault(batch.entity.fiscal_year(day), []).append(place)
    numbers = [""] * len(days)
    for _, places in sorted(years.items()):
        drawn = ledger.operations.draw_numbers(
            entity_id=batch.entity_id,
            doc_type="RECEIPT",
            on_date=days[places[0]],
            count=len(places),
        )
        for place, number in zip(places, drawn, strict=True):
            numbers[place] = number
    return numbers


def _open_credits(batch: PaymentBatch, payments: Sequence[Payment]) -> None:
    own = batch.entity.functional_currency
    with connection.cursor() as cursor:
        receivables.operations.open_items_in_bulk(
            cursor, (_item_text(payment, own) for payment in payments)
        )


def _item_text(payment: Payment, own_currency: str) -> str:
    """Return the credit item's COPY text, in the order of OPEN_ITEM_COLUMNS."""
    amount = payment.amount.amount
    functional = quantize(amount * payment.fx_rate, own_currency)
    values: tuple[object, ...] = (
        payment.payer_id,
        payment.entity_id,
        PAYMENT,
        payment.pk,
        payment.number,
        "C",
        payment.received_on,
        payment.received_on,
        payment.currency,
        amount,
        amount,
        Decimal(0),
        payment.fx_rate,
        functional,
        functional,
    )
    return "\t".join(map(str, values)) + "\n"


def _post(batch: PaymentBatch, payments: Sequence[Payment], actor: User | None) -> None:
    account_of = cache(entries.account_of)
    ledger.operations.post_entries(
        [
            NewEntry(
                entity=batch.entity,
                source_type=PAYMENT,
                source_id=payment.pk,
                event="J13",
                accounting_date=payment.received_on,
                currency=payment.currency,
                fx_rate=payment.fx_rate,
                lines=[
                    EntryLine(
                        account=payment.clearing_account,
                        debit=payment.amount.amount,
                        payer_id=payment.payer_id,
                    ),
                    EntryLine(
                        account=account_of(
                            batch.entity_id, "J13", Side.CREDIT, payment.received_on
                        ),
                        credit=payment.amount.amount,
                        payer_id=payment.payer_id,
                    ),
                ],
            )
            for payment in payments
        ],
        actor=actor,
    )


def _event(payment: Payment, actor: User | None) -> Happening:
    return Happening(
        topic="payment.recorded",
        subject_type=PAYMENT,
        subject_id=payment.pk,
        payload=entries.facts_of(payment),
        actor_id=actor.pk if actor is not None else None,
    )
