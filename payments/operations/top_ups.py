"""Take note of a top-up whose money was captured: the payment, and the balance it buys (ENT-8)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

import invoicing.operations
import rating.operations
from foundation import permissions
from foundation.errors import Invalid
from foundation.money import quantize
from foundation.scope import require_sight
from payments.models import TenderType
from payments.operations.recording import record_payment
from rating.choices import TopUpState
from rating.models import TopUpRequest
from rating.operations import CannotTopUp
from receivables.rules.allocation import Advice

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def capture_top_up(
    *,
    request_id: int,
    reference: str,
    amount: Decimal,
    tender: TenderType,
    received_on: date,
    as_of: datetime,
    on_date: date,
    actor: User | None,
) -> TopUpRequest:
    """Sell the balance that was asked for, and record the payment that settles it (J4, J13).

    `amount` is what was captured, at most what was asked for. The same answer again returns the
    balance that it made; so does one that comes after the request expired, for the money was
    taken. `on_date` is the day of the debit memo. Locks: the request, then the payer.

    Raises: Forbidden; Invalid; CannotTopUp; what selling a balance and recording a payment raise.
    """
    permissions.require(actor, "rating.answer_top_up")
    said = reference.strip()
    if not said:
        raise Invalid("say by which reference the payment is known", column="reference")
    with transaction.atomic():
        asked = rating.operations.hold_top_up(request_id=request_id)
        require_sight(actor, asked)
        if asked.state == TopUpState.CAPTURED and (asked.reference, asked.captured) == (
            said,
            amount,
        ):
            return asked
        if asked.state not in (TopUpState.REQUESTED, TopUpState.EXPIRED):
            raise CannotTopUp(f"it was answered already: {asked.get_state_display().lower()}")
        if not 0 < amount <= asked.amount or amount != quantize(amount, asked.currency):
            most = f"{quantize(asked.amount, asked.currency)} {asked.currency}"
            raise Invalid(f"more than nothing, and at most the {most} asked for", column="amount")
        bucket, memo = invoicing.operations.sell_top_up(
            account=asked.account,
            amount=amount,
            usage_type=asked.usage_type.code if asked.usage_type else "",
            starts=as_of,
            on_date=on_date,
            actor=actor,
        )
        record_payment(
            payer=asked.account,
            amount=amount,
            currency=asked.currency,
            tender=tender,
            received_on=received_on,
            external_id=said,
            reference=asked.key,
            remittance=[Advice(str(memo.number), amount)],
            actor=actor,
            as_of=as_of,
        )
        return rating.operations.close_top_up(
            asked=asked, bucket=bucket, reference=said, as_of=as_of, actor=actor
        )
