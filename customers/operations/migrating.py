"""Move subscriptions from one version of an offer to another, in bulk, with notice (C12).

Whoever is not moved stays on the version that was bought: grandfathering is the default.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

import audit.operations
from catalog.models import OfferVersion
from customers.choices import OrderAction, SubscriptionState
from customers.models import ChargeSegment, Subscription, SubscriptionItem
from customers.operations import bundle_prices
from customers.operations.order_items import ItemInput
from customers.operations.orders import place_order
from customers.queries.worth import worth_of
from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from foundation.scope import narrowed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST: Final = 500
"""Subscriptions of one call; the next call goes on with those that are left."""
ALIVE: Final = (SubscriptionState.TRIAL, SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED)


class NoticeTooShort(Refusal):
    """The customer would learn of it later than the offer promises."""

    rule = "MIGRATION_NOTICE"


@dataclass(frozen=True, slots=True)
class Migration:
    """What moving a subscription changes: net of one full period before and after, in `currency`.

    `notice_by` is the last day on which the customer may be told. `order` is the number of the
    order once it is placed, `problem` says why it is not.
    """

    subscription: Subscription
    currency: str
    quantity: Decimal
    before: Decimal
    after: Decimal
    on_date: date
    notice_by: date
    order: str = ""
    state: str = ""
    problem: str = ""

    @property
    def difference(self) -> Decimal:
        """Return by how much a full period becomes dearer."""
        return self.after - self.before


def plan_migration(
    *,
    source: OfferVersion,
    target: OfferVersion,
    on_date: date,
    as_of: date,
    actor: User | None,
    accounts: Collection[str] = (),
) -> list[Migration]:
    """Return what a migration would change for each subscription, at most MOST; keep nothing.

    Those that have the source version on the day; with `accounts`, of these account numbers only.
    Recurring charges at list prices of the day, before it at their own prices.

    Raises: Invalid when the versions or the day make no migration.
    """
    require(actor, "customers.view_subscription")
    if source.pk == target.pk:
        raise Invalid("choose another version to move to", rule="MIGRATION")
    if on_date <= as_of:
        raise Invalid("a migration takes effect on a day to come", rule="MIGRATION")
    items = SubscriptionItem.objects.filter(
        offer_version=source, valid__contains=on_date, subscription__state__in=ALIVE
    )
    if accounts:
        items = items.filter(subscription__account__number__in=accounts)
    rows = narrowed(items, actor).select_related("subscription__account__customer")
    notice = timedelta(days=target.notice_days)
    return [
        _planned(row, target, on_date, on_date - notice)
        for row in rows.order_by("subscription_id")[:MOST]
    ]


def _planned(
    item: SubscriptionItem, target: OfferVersion, on_date: date, notice_by: date
) -> Migration:
    subscription = item.subscription
    account = subscription.account
    own = dict(
        ChargeSegment.objects.filter(
            subscription_charge__item=item,
            valid__contains=on_date,
            override_price__isnull=False,
        ).values_list("subscription_charge__charge_id", "override_price")
    )
    kept = (
        bundle_prices.kept_prices(subscription, target, on_date) if subscription.bundle_id else {}
    )
    asked: dict[str, Any] = {
        "account": account,
        "quantity": item.quantity,
        "on_date": on_date,
    }
    return Migration(
        subscription=subscription,
        currency=account.currency,
        quantity=item.quantity,
        before=worth_of(version_id=item.offer_version_id, own=own, **asked),
        after=worth_of(version_id=target.pk, own=kept, **asked),
        on_date=on_date,
        notice_by=notice_by,
    )


def migrate(
    *,
    source: OfferVersion,
    target: OfferVersion,
    on_date: date,
    as_of: date,
    actor: User | None,
    accounts: Collection[str] = (),
    waive_notice: bool = False,
) -> list[Migration]:
    """Order the change for each subscription by itself, and tell what became of each.

    One that cannot be ordered says why and stops no other. Each order is an ordinary one: it is
    approved where a policy wants it, and can be cancelled before its day. A change of price is
    announced by the event `price_change.announced`, which webhooks carry outward. A second call
    goes on with the subscriptions that are left.

    Raises: Forbidden; Invalid.
    """
    require(actor, "customers.import_customers")
    require(actor, "customers.place_order")
    planned = plan_migration(
        source=source, target=target, on_date=on_date, as_of=as_of, actor=actor, accounts=accounts
    )
    return [_migrated(one, target, as_of, actor, waive_notice) for one in planned]


def _migrated(
    one: Migration, target: OfferVersion, as_of: date, actor: User | None, waive_notice: bool
) -> Migration:
    try:
        with transaction.atomic():
            return _ordered(one, target, as_of, actor, waive_notice)
    except Refusal as refusal:
        return replace(one, problem=refusal.message)


def _ordered(
    one: Migration, target: OfferVersion, as_of: date, actor: User | None, waive_notice: bool
) -> Migration:
    if one.difference and as_of > one.notice_by and not waive_notice:
        raise NoticeTooShort(
            f"notice of {target.notice_days} days had to be given by {one.notice_by}"
        )
    item = ItemInput(
        action=OrderAction.MODIFY,
        subscription=one.subscription,
        offer_version=target,
        effective_on=one.on_date,
        reason="migration to a new version of the offer",
    )
    order = place_order(
        account=one.subscription.account,
        items=[item],
        requested_on=one.on_date,
        note=f"Migration to {target}",
        submit_as_of=as_of,
        actor=actor,
    )
    if one.difference:
        audit.operations.record_event(
            topic="price_change.announced",
            subject=one.subscription,
            payload={
                "subscription": one.subscription.number,
                "account": one.subscription.account.number,
                "order": order.number,
                "from": one.on_date.isoformat(),
                "notice_by": one.notice_by.isoformat(),
                "currency": one.currency,
                "before": f"{one.before}",
                "after": f"{one.after}",
            },
            actor=actor,
        )
    return replace(one, order=order.number, state=order.get_state_display())
