"""Store the timelines to the second of charges that are counted so (PRO-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from customers.models import Account, Subscription, SubscriptionCharge
from customers.rules.history import Action, Beginning
from customers.rules.moments import Moment, to_the_second
from customers.rules.replay import Catalogue


def write(
    subscription: Subscription,
    actions: Sequence[Action],
    beginning: Beginning,
    charges: Catalogue,
) -> None:
    """Make the stored moments of a subscription's charges what its orders come to.

    Costs nothing where no charge of it is counted to the second.
    """
    if not any(one.to_the_second for terms in charges.values() for one in terms):
        return
    zone = Account.objects.values_list("time_zone", flat=True).get(pk=subscription.account_id)
    wanted = to_the_second(actions, beginning, charges, ZoneInfo(zone))
    rows = SubscriptionCharge.objects.filter(subscription=subscription).select_related("item")
    for row in rows:
        line = wanted.get((row.item.order_item_id or 0, row.charge_id))
        told = [_told(one) for one in line] if line else None
        if row.moments != told:
            row.moments = told
            row.save(update_fields=["moments"])


def _told(one: Moment) -> list[Any]:
    return [
        one.start.isoformat(),
        one.end.isoformat() if one.end else None,
        str(one.quantity.normalize()),
        None if one.override_price is None else str(one.override_price.normalize()),
        one.state,
        one.price_day.isoformat() if one.price_day else None,
    ]
