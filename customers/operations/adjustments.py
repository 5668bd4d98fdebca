"""Waive or reduce before the bill: a discount of one period or one bill (ADJ-1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction

from catalog.models import DiscountDef
from customers.choices import GrantState
from customers.models import Account, GrantedDiscount, SubscriptionCharge
from customers.operations.coupons import CannotGrantDiscount
from customers.operations.discounts import DECISION, enter, withdraw
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ADJUST: Final = "customers.adjust_next_bill"


@transaction.atomic
def adjust_bill(
    *,
    account: Account,
    discount: DiscountDef,
    value: Decimal,
    starts: date,
    ends: date,
    worth: Decimal,
    reason: str,
    actor: User | None,
    charge: SubscriptionCharge | None = None,
    asks: bool = True,
) -> GrantedDiscount:
    """Take `value` off a full period of one charge, or off one bill of a payer (ADJ-1, pre-bill).

    The days are those of the period, or from the bill date to the next one. `worth` is what it
    takes off as things stand: above what the actor may do alone it waits for a second person.

    Raises: Forbidden; CannotGrantDiscount; Invalid.
    """
    require(actor, ADJUST)
    require_sight(actor, account)
    return enter(
        account=account,
        discount=discount,
        starts=starts,
        ends=ends,
        subscription=None if charge is None else charge.subscription,
        reason=reason,
        order_item=None,
        coupon=None,
        actor=actor,
        is_approved=not asks,
        charge=charge,
        value=value,
        worth=worth,
    )


@transaction.atomic
def take_back_adjustment(*, grant: GrantedDiscount, actor: User | None) -> GrantedDiscount:
    """Let an adjustment never have been; the caller has seen that it is on no posted document.

    One that waits for a second person is not asked for any more; nobody can approve it then.

    Raises: Forbidden; CannotGrantDiscount.
    """
    require(actor, ADJUST)
    require_sight(actor, grant)
    row = DECISION.locked(grant)
    if not row.is_adjustment:
        raise CannotGrantDiscount("it is a discount, which ends from a day on")
    if row.state == GrantState.PENDING:
        DECISION.end_request(row, actor=actor)
    elif row.state != GrantState.GRANTED:
        raise CannotGrantDiscount(f"this adjustment is {row.get_state_display().lower()} already")
    return withdraw(row, actor)
