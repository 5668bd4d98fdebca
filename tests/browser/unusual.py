"""What the smallest company has none of, added as a clerk would."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.urls import reverse

import catalog.operations
from customers import operations
from customers.choices import AccountRole, OrderAction
from customers.models import Account, Subscription
from customers.operations import ItemInput
from rating.models import UsageEvent


def add_the_unusual() -> list[str]:
    """Add contracts, orders on their way, split billing and discounts; return where it is seen.

    A signed contract and a draft, an order to be sent, one that pauses a service, charges that
    another account pays, a discount given and one that waits; besides, an event of usage, which
    only a search leads to.
    """
    subscription = Subscription.objects.filter(state="ACTIVE").order_by("pk").first()
    assert subscription is not None
    account, day = subscription.account, subscription.effective_on + timedelta(days=40)
    signed = operations.draft_contract(account=account, valid_from=day, actor=None)
    operations.sign_contract(contract=signed, signed_on=day, actor=None)
    operations.draft_contract(account=account, valid_from=day, actor=None)
    items = [
        ItemInput(
            action=OrderAction.MODIFY,
            subscription=subscription,
            quantity=Decimal(7),
            effective_on=day,
        )
    ]
    operations.place_order(account=account, items=items, requested_on=day, actor=None)
    _discounts(account, day)
    pause = ItemInput(action=OrderAction.SUSPEND, subscription=subscription, effective_on=day)
    operations.place_order(
        account=Account.objects.get(pk=account.pk),
        items=[pause],
        requested_on=day,
        submit_as_of=day,
        actor=None,
    )
    other = Account.objects.filter(
        entity=account.entity, currency=account.currency, role=AccountRole.PAYER
    ).exclude(pk=account.pk)
    operations.redirect_charges(
        account=account,
        payer=other.order_by("pk")[0],
        starts=day,
        subscription=subscription,
        actor=None,
    )
    event = UsageEvent.objects.order_by("id")[0]
    return [
        reverse("customers:account", args=[account.pk]),
        reverse("customers:discounts", args=[account.pk]),
        reverse("customers:account", args=[event.account_id]),
        reverse("rating:event", args=[event.account_id, event.id]),
    ]


def _discounts(account: Account, day: date) -> None:
    """Add a promotion with a coupon, a discount that was given, and one that waits."""
    made = [
        catalog.operations.define_discount(
            code=code,
            name=code.title(),
            kind="PERCENT",
            level="ACCOUNT",
            value=Decimal("0.1"),
            starts=day,
            needs_approval=code == "BIG",
            actor=None,
        )
        for code in ("SMALL", "BIG")
    ]
    promotion = catalog.operations.define_promotion(
        code="SPRING", name="Spring", discount=made[0], starts=day, actor=None
    )
    catalog.operations.define_coupons(promotion=promotion, codes=["HELLO"], actor=None)
    clerk = User.objects.get(username="care")
    for one in made:
        operations.grant_discount(account=account, discount=one, starts=day, actor=clerk)
