"""Give discounts to subscriptions and accounts, use coupons, and let what was given end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from catalog.choices import DiscountKind, DiscountLevel
from catalog.models import Coupon, DiscountDef
from customers.choices import GrantState
from customers.models import (
    Account,
    CouponRedemption,
    GrantedDiscount,
    OrderItem,
    Subscription,
    SubscriptionCharge,
)
from customers.operations import coupons
from customers.operations.coupons import CannotGrantDiscount, CannotUseCoupon
from foundation.errors import Invalid
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DECISION: Final = audit.operations.Decision(
    GrantedDiscount, "customers.approve_discount", CannotGrantDiscount,
    name="discount", again="give the discount anew",
)  # fmt: skip


@transaction.atomic
def grant_discount(
    *,
    account: Account,
    discount: DiscountDef,
    starts: date,
    actor: User | None,
    ends: date | None = None,
    subscription: Subscription | None = None,
    reason: str = "",
) -> GrantedDiscount:
    """Give a discount from a day on, of a subscription or of an account and all below it.

    Its first charged day decides whether a full period is discounted; days that were billed
    before are corrected by the next run. A discount that needs a second person waits for them.

    Raises: CannotGrantDiscount; Invalid.
    """
    require(actor, "customers.grant_discount")
    require_sight(actor, account)
    return enter(
        account=account,
        discount=discount,
        starts=starts,
        ends=ends,
        subscription=subscription,
        reason=reason,
        order_item=None,
        coupon=None,
        actor=actor,
        is_approved=False,
    )


@transaction.atomic
def redeem_coupon(
    *,
    account: Account,
    code: str,
    starts: date,
    actor: User | None,
    subscription: Subscription | None = None,
) -> GrantedDiscount:
    """Use a coupon: give the discount of its promotion and count the use (DSC-3).

    Locks the coupon: of uses at the same moment exactly as many succeed as its limit leaves.

    Raises: CannotUseCoupon; CannotGrantDiscount.
    """
    require(actor, "customers.grant_discount")
    require_sight(actor, account)
    return _redeem(account, code, starts, subscription, None, actor, is_approved=False)


def give(
    *,
    account: Account,
    discount: DiscountDef,
    code: str | None,
    starts: date,
    subscription: Subscription | None,
    order_item: OrderItem,
    actor: User | None,
) -> GrantedDiscount:
    """Give what an order asked for, by a coupon's code if it was; the order was approved as whole.

    Raises: CannotUseCoupon; CannotGrantDiscount.
    """
    if code is not None:
        return _redeem(account, code, starts, subscription, order_item, actor, is_approved=True)
    return enter(
        account=account,
        discount=discount,
        starts=starts,
        ends=None,
        subscription=subscription,
        reason="",
        order_item=order_item,
        coupon=None,
        actor=actor,
        is_approved=True,
    )


def _redeem(
    account: Account,
    code: str,
    starts: date,
    subscription: Subscription | None,
    order_item: OrderItem | None,
    actor: User | None,
    *,
    is_approved: bool,
) -> GrantedDiscount:
    coupon = coupons.locked(code, starts)
    mine = CouponRedemption.objects.filter(
        coupon=coupon, account=account, given_back_at__isnull=True
    ).count()
    if mine >= coupon.max_per_account:
        raise CannotUseCoupon(f"account {account.number} has used {coupon.code} {mine} times")
    grant = enter(
        account=account,
        discount=coupon.promotion.discount,
        starts=starts,
        ends=None,
        subscription=subscription,
        reason="",
        order_item=order_item,
        coupon=coupon,
        actor=actor,
        is_approved=is_approved,
    )
    Coupon.objects.filter(pk=coupon.pk).update(used=coupon.used + 1)
    CouponRedemption.objects.create(coupon=coupon, account=account, grant=grant)
    return grant


@transaction.atomic
def end_discount(*, grant: GrantedDiscount, on_date: date, actor: User | None) -> GrantedDiscount:
    """End a discount: full periods whose first charged day is that day or later are not reduced.

    A day at or before its first withdraws it; what it took off before is billed by the next run,
    as far as that looks back (CHG-6).

    Raises: CannotGrantDiscount.
    """
    require(actor, "customers.grant_discount")
    require_sight(actor, grant)
    row = DECISION.locked(grant)
    if row.state != GrantState.GRANTED:
        raise CannotGrantDiscount(f"this discount is {row.get_state_display().lower()}")
    if row.is_adjustment:
        raise CannotGrantDiscount("it is of one bill: take it back before that is posted")
    if row.valid.upper is not None and on_date >= row.valid.upper:
        raise CannotGrantDiscount(f"it ends on {row.valid.upper} already")
    if on_date <= row.valid.lower:
        return withdraw(row, actor)
    row.valid = DateRange(row.valid.lower, on_date)
    row.updated_by = actor
    row.save()
    _tell("discount.ended", row, actor)
    return row


def withdraw(row: GrantedDiscount, actor: User | None) -> GrantedDiscount:
    """Let a discount never have been, and give the use of its coupon back."""
    row.state = GrantState.WITHDRAWN
    row.updated_by = actor
    row.save()
    coupons.give_back(row)
    _tell("discount.ended", row, actor)
    return row


@transaction.atomic
def approve_discount(
    *, grant: GrantedDiscount, approver: User, comment: str = ""
) -> GrantedDiscount:
    """Approve a discount that somebody else wants to give; it holds from its first day on.

    Raises: CannotGrantDiscount; audit.operations.CannotDecide.
    """
    require(approver, DECISION.action)
    require_sight(approver, grant)
    row = DECISION.waiting(grant)
    used = DECISION.approve(row, _payload(row), approver=approver, comment=comment)
    row.state = GrantState.GRANTED
    row.approved_by = used.approver
    row.updated_by = approver
    row.save()
    _tell("discount.approved", row, approver)
    return row


@transaction.atomic
def reject_discount(*, grant: GrantedDiscount, approver: User, comment: str) -> GrantedDiscount:
    """Refuse a discount with the reason; the use of its coupon is given back.

    Raises: CannotGrantDiscount; audit.operations.CannotDecide.
    """
    require_sight(approver, grant)
    row = DECISION.reject(grant, approver=approver, comment=comment)
    row.state = GrantState.REJECTED
    row.updated_by = approver
    row.save()
    coupons.give_back(row)
    _tell("discount.rejected", row, approver)
    return row


def enter(
    *,
    account: Account,
    discount: DiscountDef,
    starts: date,
    ends: date | None,
    subscription: Subscription | None,
    reason: str,
    order_item: OrderItem | None,
    coupon: Coupon | None,
    actor: User | None,
    is_approved: bool,
    charge: SubscriptionCharge | None = None,
    value: Decimal | None = None,
    worth: Decimal | None = None,
) -> GrantedDiscount:
    """Store a discount, given or waiting for a second person; of an adjustment what it takes off.

    Raises: CannotGrantDiscount; Invalid.
    """
    _require_fit(account, discount, starts, ends, subscription, charge)
    DiscountDef.objects.filter(pk=discount.pk, is_used=False).update(is_used=True)
    asks = discount.needs_approval or value is not None
    waits = asks and actor is not None and not is_approved
    row = GrantedDiscount.objects.create(
        account=account,
        subscription=subscription,
        subscription_charge=charge,
        discount=discount,
        value=value,
        coupon=coupon,
        valid=DateRange(starts, ends),
        periods=discount.periods,
        state=GrantState.PENDING if waits else GrantState.GRANTED,
        reason=reason,
        order_item=order_item,
        requested_by=actor if waits else None,
        created_by=actor,
        updated_by=actor,
    )
    if waits and actor is not None:
        _ask(row, actor, worth)
    _tell("discount.granted", row, actor)
    return row


def _ask(row: GrantedDiscount, actor: User, worth: Decimal | None) -> None:
    """Ask for a second person; what is within the actor's limit is given at once."""
    discount = row.discount
    if worth is None and discount.kind == DiscountKind.AMOUNT:
        worth = discount.value * (row.periods or 1)
    asked = audit.operations.request_approval(
        action=DECISION.action,
        subject=row,
        payload=_payload(row),
        requester=actor,
        amount=None if worth is None else quantize(worth, row.account.currency),
        currency="" if worth is None else row.account.currency,
        reason=row.reason
        if row.is_adjustment
        else f"discount {discount.code} for {row.account.number}",
    )
    if asked.alone:
        audit.operations.consume_approval(action=asked.action, subject=row, payload=_payload(row))
        row.state = GrantState.GRANTED
        row.save()


def require_fit(account: Account, discount: DiscountDef, starts: date) -> None:
    """Refuse a discount in another currency or on a day on which it is not given.

    Raises: CannotGrantDiscount.
    """
    if discount.currency and discount.currency != account.currency:
        raise CannotGrantDiscount(
            f"{discount.code} is in {discount.currency}, account {account.number} is not"
        )
    if starts not in discount.valid:
        raise CannotGrantDiscount(f"{discount.code} may not be given from {starts} on")


def _require_fit(
    account: Account,
    discount: DiscountDef,
    starts: date,
    ends: date | None,
    subscription: Subscription | None,
    charge: SubscriptionCharge | None,
) -> None:
    if ends is not None and ends <= starts:
        raise Invalid("it ends after it starts", rule="DSC-3")
    require_fit(account, discount, starts)
    if subscription is not None and subscription.account_id != account.pk:
        raise CannotGrantDiscount(f"{subscription.number} belongs to another account")
    if (
        charge is None
        and subscription is not None
        and discount.level
        in (
            DiscountLevel.ACCOUNT,
            DiscountLevel.INVOICE,
        )
    ):
        raise CannotGrantDiscount(f"{discount.code} is given to an account, not a subscription")
    same = GrantedDiscount.objects.filter(
        account=account,
        subscription=subscription,
        subscription_charge=charge,
        discount=discount,
        state__in=[GrantState.PENDING, GrantState.GRANTED],
        valid__overlap=DateRange(starts, ends),
    ).first()
    if same is not None:
        raise CannotGrantDiscount(f"{discount.code} was given from {same.valid.lower} on already")


def _payload(row: GrantedDiscount) -> dict[str, Any]:
    """Return what the approval is bound to."""
    return {
        "discount": row.discount_id,
        "account": row.account_id,
        "subscription": row.subscription_id,
        "valid": [str(day) for day in (row.valid.lower, row.valid.upper) if day],
        "periods": row.periods,
        **(
            {
                "charge": row.subscription_charge and row.subscription_charge.charge.code,
                "off": row.taken_off,
            }
            if row.is_adjustment
            else {}
        ),
    }


def _tell(topic: str, row: GrantedDiscount, actor: User | None) -> None:
    audit.operations.record_event(
        topic=topic,
        subject=row,
        payload={
            "account": row.account.number,
            "subscription": None if row.subscription is None else row.subscription.number,
            "discount": row.discount.code,
            "from": str(row.valid.lower),
        },
        actor=actor,
    )
