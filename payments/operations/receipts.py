"""Money without an owner: take it in, find the owner, credit it (J14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

import audit.operations
import receivables.operations
from customers.models import Account
from foundation import permissions
from foundation.errors import Refusal
from foundation.scope import require_sight
from ledger.choices import Side
from ledger.models import LegalEntity
from payments.choices import MatchBasis, NextStep, ReceiptState
from payments.models import Payment, PaymentBatch, TenderType, UnidentifiedReceipt
from payments.operations import entries
from payments.operations.recording import RECORD
from receivables.rules.allocation import Advice

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RECEIPT = "payments.unidentifiedreceipt"


class CannotIdentifyReceipt(Refusal):
    """The receipt has its owner, or cannot belong to this one."""

    rule = "J14"


def record_receipt(
    *,
    entity: LegalEntity,
    amount: Decimal,
    currency: str,
    tender: TenderType,
    received_on: date,
    actor: User | None,
    external_id: str = "",
    payer_text: str = "",
    reference: str = "",
    as_of: datetime | None = None,
) -> UnidentifiedReceipt:
    """Take in money whose payer is not known: a liability until it has an owner (J14).

    Raises: CannotRecordPayment (PAY-10 for an external id seen before, or, told `as_of`, for a
    day that has not come).
    """
    permissions.require(actor, RECORD)
    require_sight(actor, entity)
    if as_of is not None:
        entries.require_received(entity, received_on, as_of)
    return take_in(
        entity=entity,
        amount=amount,
        currency=currency,
        tender=tender,
        received_on=received_on,
        actor=actor,
        external_id=external_id,
        payer_text=payer_text,
        reference=reference,
    )


def take_in(
    *,
    entity: LegalEntity,
    amount: Decimal,
    currency: str,
    tender: TenderType,
    received_on: date,
    actor: User | None,
    external_id: str = "",
    payer_text: str = "",
    reference: str = "",
    likely_payer_id: int | None = None,
    match_basis: str = MatchBasis.NONE,
    confidence: int = 0,
    batch: PaymentBatch | None = None,
) -> UnidentifiedReceipt:
    """Take in a receipt under a permission that the caller has checked."""
    entries.require_takeable(amount=amount, currency=currency, tender=tender)
    with transaction.atomic():
        entries.require_unknown(entity_id=entity.pk, tender=tender, external_id=external_id)
        receipt = UnidentifiedReceipt.objects.create(
            entity=entity,
            tender=tender,
            clearing_account=tender.clearing_account,
            received_on=received_on,
            currency=currency,
            amount=amount,
            fx_rate=entries.rate_of(entity.pk, currency, received_on),
            external_id=external_id,
            payer_text=payer_text,
            reference=reference,
            likely_payer_id=likely_payer_id,
            match_basis=match_basis,
            confidence=confidence,
            batch=batch,
            next_step_on=received_on,
            recorded_by=actor,
        )
        entries.post(
            source_type=RECEIPT,
            source_id=receipt.pk,
            event="J14",
            entity=entity,
            on_date=received_on,
            currency=currency,
            amount=amount,
            fx_rate=receipt.fx_rate,
            debit=receipt.clearing_account,
            credit=entries.account_of(entity.pk, "J14", Side.CREDIT, received_on),
            payer_id=None,
            description=f"Unidentified receipt {receipt.pk}",
            actor=actor,
        )
        audit.operations.record_event(
            topic="receipt.recorded",
            subject=receipt,
            payload={"amount": str(amount), "currency": currency},
            actor=actor,
        )
    return receipt


def identify_receipt(
    *,
    receipt_id: int,
    payer: Account,
    identified_on: date,
    actor: User | None,
    remittance: Sequence[Advice] = (),
) -> Payment:
    """Name the owner of a receipt: it becomes a payment and settles debts (J14, AR-2).

    Liability 2120 turns into the payer's credit on the day of identification; the payment keeps
    the day on which the money came. Locks: the payer, then the receipt.
    Raises: CannotIdentifyReceipt, CannotRecordPayment (AR-8).
    """
    permissions.require(actor, RECORD)
    require_sight(actor, payer)
    payer = entries.payer_of(payer, identified_on)
    with transaction.atomic():
        receivables.operations.lock_payer(payer.pk)
        receipt = UnidentifiedReceipt.objects.select_for_update(of=("self",)).get(pk=receipt_id)
        _require_ownable(receipt, payer, identified_on)
        entries.require_own_currency(payer, receipt.currency)
        payment = entries.write_payment(
            payer=payer,
            amount=receipt.amount.amount,
            currency=receipt.currency,
            tender=receipt.tender,
            clearing_account=receipt.clearing_account,
            received_on=receipt.received_on,
            fx_rate=receipt.fx_rate,
            external_id="",
            reference=receipt.reference,
            remittance=remittance,
            actor=actor,
        )
        item = entries.open_and_post(
            payment,
            doc_date=identified_on,
            event="J14",
            debit_account=entries.account_of(
                receipt.entity_id, "J14", Side.DEBIT, identified_on, entries.IDENTIFIED
            ),
            actor=actor,
        )
        entries.settle(
            payment, item, remittance, on_date=identified_on, permission=RECORD, actor=actor
        )
        receipt.payment = payment
        receipt.state = ReceiptState.IDENTIFIED
        receipt.identified_on = identified_on
        receipt.save(update_fields=["payment", "state", "identified_on"])
        audit.operations.record_event(
            topic="receipt.identified",
            subject=receipt,
            payload=entries.facts_of(payment),
            actor=actor,
        )
    return payment


def _require_ownable(receipt: UnidentifiedReceipt, payer: Account, identified_on: date) -> None:
    if receipt.state != ReceiptState.UNIDENTIFIED:
        raise CannotIdentifyReceipt("This receipt has its owner already.")
    if payer.entity_id != receipt.entity_id:
        raise CannotIdentifyReceipt(
            f"Account {payer.number} belongs to another legal entity than the money."
        )
    if identified_on < receipt.received_on:
        raise CannotIdentifyReceipt("A receipt is not identified before it came in.")


def plan_next_step(
    *, receipt_id: int, next_step: NextStep, next_step_on: date, note: str, actor: User | None
) -> UnidentifiedReceipt:
    """Say what is to be done next about a receipt, and when."""
    permissions.require(actor, RECORD)
    with transaction.atomic():
        receipt = UnidentifiedReceipt.objects.select_for_update(of=("self",)).get(pk=receipt_id)
        if receipt.state != ReceiptState.UNIDENTIFIED:
            raise CannotIdentifyReceipt("This receipt has its owner already.")
        receipt.next_step = next_step
        receipt.next_step_on = next_step_on
        receipt.note = note
        receipt.save(update_fields=["next_step", "next_step_on", "note"])
    return receipt
