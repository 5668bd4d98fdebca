"""Discounts and coupons that come with an order: noted with its draft, given when it is placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from catalog.choices import DiscountLevel
from catalog.models import DiscountDef
from customers.choices import GrantState, OrderAction
from customers.models import GrantedDiscount, Order, OrderItem, OrderItemDiscount
from customers.operations import coupons, discounts
from foundation.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

WITH_DISCOUNTS = frozenset({OrderAction.ADD, OrderAction.MODIFY})
OF_ACCOUNT = frozenset({DiscountLevel.ACCOUNT, DiscountLevel.INVOICE})


def record(item: OrderItem, codes: Sequence[str], actor: User | None) -> None:
    """Note the discounts asked for with an item, by their own code or that of a coupon.

    Who gives a discount by its own code must be allowed to; whoever orders may use a coupon.

    Raises: coupons.CannotGrantDiscount; coupons.CannotUseCoupon.
    """
    if codes and item.action not in WITH_DISCOUNTS:
        raise coupons.CannotGrantDiscount("a discount comes with what is added or changed")
    for code in dict.fromkeys(one.strip().upper() for one in codes):
        discount = DiscountDef.objects.filter(code=code).first()
        coupon = None
        if discount is None:
            coupon = coupons.usable_coupon(code=code, on_date=item.effective_on)
            discount = coupon.promotion.discount
        else:
            require(actor, "customers.grant_discount")
        discounts.require_fit(item.order.account, discount, item.effective_on)
        OrderItemDiscount.objects.get_or_create(
            item=item, discount=discount, defaults={"coupon": coupon}
        )


def give(items: Iterable[OrderItem], actor: User | None) -> None:
    """Give what was asked for with the items of an order that is carried out.

    Raises: coupons.CannotGrantDiscount; coupons.CannotUseCoupon.
    """
    rows = OrderItemDiscount.objects.filter(item__in=list(items)).select_related(
        "discount", "coupon", "item__subscription", "item__order__account"
    )
    for row in rows.order_by("pk"):
        item = row.item
        subscription = None if row.discount.level in OF_ACCOUNT else item.subscription
        discounts.give(
            account=item.order.account,
            discount=row.discount,
            code=None if row.coupon is None else row.coupon.code,
            starts=item.effective_on,
            subscription=subscription,
            order_item=item,
            actor=actor,
        )


def take_back(items: Iterable[OrderItem], actor: User | None) -> None:
    """Withdraw what came with items that are withdrawn, and give uses of coupons back."""
    rows = GrantedDiscount.objects.filter(
        order_item__in=list(items), state=GrantState.GRANTED
    ).order_by("pk")
    for row in rows:
        discounts.withdraw(row, actor)


def needs_approval(order: Order) -> bool:
    """Tell whether the order gives a discount that a second person has to approve."""
    return OrderItemDiscount.objects.filter(
        item__order=order, discount__needs_approval=True
    ).exists()
