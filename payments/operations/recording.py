"""Record a payment, and settle with it what the payer owes (J13, AR-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

import audit.operations
import receivables.operations
from customers.models import Account
from foundation import permissions
from foundation.scope import require_sight
from payments.models import Payment, TenderType
from payments.operations import entries
from payments.operations.entries import ZERO, CannotRecordPayment
from payments.queries import credit_item_of
from receivables.models import AllocationBatch
from receivables.operations import Settlement
from receivables.rules.allocation import Advice

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RECORD = "payments.record_payment"

__all__ = [
    "CannotRecordPayment",
    "Preview",
    "apply_unapplied",
    "preview_payment",
    "record_payment",
]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a payment would settle before it is recorded, and what it would leave unapplied."""

    payer: Account
    settlements: list[Settlement]
    unknown: list[Advice]
    unapplied: Decimal


def record_payment(
    *,
    payer: Account,
    amount: Decimal,
    currency: str,
    tender: TenderType,
    received_on: date,
    actor: User | None,
    external_id: str = "",
    reference: str = "",
    remittance: Sequence[Advice] = (),
    apply: bool = True,
    request_key: str = "",
    as_of: datetime | None = None,
) -> Payment:
    """Record a payment and settle what the payer named, or else the oldest debts (J13, AR-2).

    With a remittance, what it leaves stays unapplied; so does everything with `apply` off. A
    payment for an account that another one pays for is recorded on its payer. A `request_key`
    (of a form that may be sent twice) seen before returns the payment it made. `as_of` is now:
    money of a later day is refused; without it any day of an open period is taken, as a story is
    told of other days. Locks: the payer, the number counter, the payer's unsettled items. Raises:
    CannotRecordPayment (AR-8 for another currency, PAY-10 for an external id seen before and for
    a later day).
    """
    permissions.require(actor, RECORD)
    require_sight(actor, payer)
    payer = entries.payer_of(payer, received_on)
    entries.require_takeable(amount=amount, currency=currency, tender=tender)
    entries.require_own_currency(payer, currency)
    if as_of is not None:
        entries.require_received(payer.entity, received_on, as_of)
    with transaction.atomic():
        receivables.operations.lock_payer(payer.pk)
        made = Payment.objects.filter(request_key=request_key).first() if request_key else None
        if made is not None:
            return made
        entries.require_unknown(entity_id=payer.entity_id, tender=tender, external_id=external_id)
        payment = entries.write_payment(
            payer=payer,
            amount=amount,
            currency=currency,
            tender=tender,
            clearing_account=tender.clearing_account,
            received_on=received_on,
            fx_rate=entries.rate_of(payer.entity_id, currency, received_on),
            external_id=external_id,
            reference=reference,
            remittance=remittance,
            request_key=request_key,
            actor=actor,
        )
        item = entries.open_and_post(
            payment,
            doc_date=received_on,
            event="J13",
            debit_account=tender.clearing_account,
            actor=actor,
        )
        if apply:
            entries.settle(
                payment,
                item,
                remittance,
                on_date=received_on,
                permission=RECORD,
                actor=actor,
            )
        audit.operations.record_event(
            topic="payment.recorded",
            subject=payment,
            payload=entries.facts_of(payment),
            actor=actor,
        )
    return payment


def preview_payment(
    *,
    payer: Account,
    amount: Decimal,
    currency: str,
    received_on: date,
    as_of: datetime,
    remittance: Sequence[Advice] = (),
) -> Preview:
    """Tell what a payment would settle, without writing anything.

    Raises: CannotRecordPayment as record_payment does.
    """
    payer = entries.payer_of(payer, received_on)
    entries.require_money(amount, currency)
    entries.require_own_currency(payer, currency)
    entries.require_received(payer.entity, received_on, as_of)
    unknown: list[Advice] = []
    if remittance:
        settlements, unknown = receivables.operations.preview_remittance(
            payer_id=payer.pk,
            entity_id=payer.entity_id,
            currency=currency,
            amount=amount,
            on_date=received_on,
            advice=remittance,
        )
    else:
        settlements = receivables.operations.preview_oldest(
            payer_id=payer.pk,
            entity_id=payer.entity_id,
            currency=currency,
            amount=amount,
            on_date=received_on,
        )
    settled = sum((part.amount for part in settlements), ZERO)
    return Preview(payer, settlements, unknown, amount - settled)


def apply_unapplied(
    *,
    payment_id: int,
    on_date: date,
    actor: User | None,
    remittance: Sequence[Advice] = (),
) -> list[AllocationBatch]:
    """Settle debts with what is unapplied of a payment: those named, or else the oldest (AR-2).

    Needs the permission receivables.allocate. A second call finds nothing left to do.
    """
    payment = Payment.objects.get(pk=payment_id)
    item = credit_item_of(payment)
    if remittance:
        batches, _ = receivables.operations.allocate_remittance(
            credit_item_id=item.pk, advice=remittance, on_date=on_date, actor=actor
        )
        return batches
    return receivables.operations.allocate_oldest(
        payer_id=payment.payer_id,
        currency=payment.currency,
        on_date=on_date,
        credit_item_id=item.pk,
        actor=actor,
    )
