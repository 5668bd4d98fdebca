"""Take a payment back: a bounced cheque, a bank's return, an error (J17, AR-4)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

import audit.operations
import receivables.operations
from foundation import permissions
from foundation.errors import Refusal
from ledger.choices import Side
from payments.choices import PaymentState, ReversalKind
from payments.models import Payment, PaymentReversal
from payments.models.payment import REVERSAL
from payments.operations import entries
from payments.queries import credit_item_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

REVERSE = "payments.reverse_payment"
REVERSE_ANY = "payments.reverse_any_payment"


class CannotReversePayment(Refusal):
    """The payment was taken back before, or somebody else has to do it."""

    rule = "J17"


def reverse_payment(
    *, payment_id: int, kind: ReversalKind, reversed_on: date, reason: str, actor: User | None
) -> PaymentReversal:
    """Take a whole payment back; what it settled is open again, due when it always was (AR-4).

    Every standing allocation is mirrored (J12 back), and the freed credit is given back against
    the tender's clearing account (J17): in sum 1100 takes the allocated part, 2100 the unapplied
    part, the clearing account the whole. What was recorded in error is reversed by
    whoever recorded it, or with payments.reverse_any_payment. Locks: the payer, the payment, its
    items. Raises: CannotReversePayment.
    """
    permissions.require(actor, REVERSE)
    payment = Payment.objects.select_related("entity").get(pk=payment_id)
    _require_own_error(payment, kind, actor)
    with transaction.atomic():
        receivables.operations.lock_payer(payment.payer_id)
        payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
        _require_standing(payment, reversed_on)
        item = credit_item_of(payment)
        receivables.operations.reverse_allocations_of_credit(
            credit_item_id=item.pk,
            on_date=reversed_on,
            reason=reason,
            actor=actor,
            permission=REVERSE,
        )
        reversal = PaymentReversal.objects.create(
            payment=payment, kind=kind, reversed_on=reversed_on, reason=reason, recorded_by=actor
        )
        payment.state = PaymentState.REVERSED
        payment.save(update_fields=["state"])
        _give_back(payment, reversal, actor)
        audit.operations.record_event(
            topic="payment.reversed",
            subject=payment,
            payload={"kind": kind, "reversed_on": reversed_on.isoformat(), "reason": reason},
            actor=actor,
        )
    return reversal


def _require_own_error(payment: Payment, kind: ReversalKind, actor: User | None) -> None:
    if kind != ReversalKind.RECORDED_IN_ERROR or permissions.may(actor, REVERSE_ANY):
        return
    if actor is None or payment.recorded_by_id != actor.pk:
        raise CannotReversePayment(
            "An error is taken back by whoever recorded the payment, or by a person with the"
            " permission to reverse any payment."
        )


def _require_standing(payment: Payment, reversed_on: date) -> None:
    if payment.is_reversed:
        raise CannotReversePayment(f"Payment {payment.number} has been reversed already.")
    if reversed_on < credit_item_of(payment).doc_date:
        raise CannotReversePayment(
            f"Payment {payment.number} cannot be reversed before it was received."
        )


def _give_back(payment: Payment, reversal: PaymentReversal, actor: User | None) -> None:
    """Give the freed credit back, and post it against the tender's clearing account (J17)."""
    receivables.operations.return_credit(
        credit_item_id=credit_item_of(payment).pk,
        source_type=REVERSAL,
        source_id=reversal.pk,
        number=f"{payment.number}-R",
        on_date=reversal.reversed_on,
        actor=actor,
        permission=REVERSE,
    )
    entries.post(
        source_type=REVERSAL,
        source_id=reversal.pk,
        event="J17",
        entity=payment.entity,
        on_date=reversal.reversed_on,
        currency=payment.currency,
        amount=payment.amount.amount,
        fx_rate=payment.fx_rate,
        debit=entries.account_of(payment.entity_id, "J17", Side.DEBIT, reversal.reversed_on),
        credit=payment.clearing_account,
        payer_id=payment.payer_id,
        description=f"Payment {payment.number} {reversal.get_kind_display().lower()}",
        actor=actor,
    )
