"""What the smallest company has none of, added as a clerk would."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from customers import operations
from customers.choices import OrderAction
from customers.models import Account, Subscription
from customers.operations import ItemInput


def add_the_unusual() -> None:
    """Add a signed contract and a draft, an order to be sent, and one that pauses a service."""
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
    pause = ItemInput(action=OrderAction.SUSPEND, subscription=subscription, effective_on=day)
    operations.place_order(
        account=Account.objects.get(pk=account.pk),
        items=[pause],
        requested_on=day,
        submit_as_of=day,
        actor=None,
    )
