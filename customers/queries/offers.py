"""What the completeness gate knows about an order before it is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

import catalog.queries
from catalog.models import Charge, OfferVersion
from catalog.queries import CompiledCatalog
from customers.choices import AddressRole, OrderAction
from customers.models import (
    Account,
    ChargeSegment,
    Order,
    OrderItem,
    ServiceIdentifier,
    Subscription,
    SubscriptionItem,
)
from customers.queries.tree import address_of, payer_of, pricebook_of
from customers.rules.completeness import (
    AccountFacts,
    ChargeFacts,
    ItemFacts,
    OfferFacts,
    SubscriptionFacts,
)
from foundation.errors import Invalid
from foundation.periods import boundary_instant


def account_facts(account: Account, on_date: date) -> AccountFacts:
    """Return what the gate asks of the account and its payer on the day."""
    payer_id = payer_of(account_id=account.pk, on_date=on_date)
    payer = Account.objects.get(pk=payer_id) if payer_id is not None else None
    address = (
        address_of(account_id=payer.pk, role=AddressRole.BILLING, on_date=on_date)
        if payer
        else None
    )
    return AccountFacts(
        number=account.number,
        status=account.status,
        opened_on=account.opened_on,
        closed_on=account.closed_on,
        has_payer=payer is not None,
        has_billing_address=address is not None,
        has_billing_jurisdiction=address is not None and address.jurisdiction_id is not None,
        has_cycle=payer is not None and bool(payer.cycle_code),
    )


def order_facts(order: Order) -> tuple[AccountFacts, tuple[ItemFacts, ...]]:
    """Return what the gate asks of an order and of each of its items."""
    items = list(
        OrderItem.objects.filter(order=order)
        .select_related("order", "offer_version__offer", "subscription")
        .prefetch_related("prices__charge", "identifiers")
        .order_by("seq")
    )
    day = min((item.effective_on for item in items), default=order.requested_on)
    account = Account.objects.get(pk=order.account_id)
    return account_facts(account, day), tuple(_item_facts(account, item) for item in items)


def current_item(subscription: Subscription, on_date: date) -> SubscriptionItem | None:
    """Return the offer version that the subscription has on the day."""
    return (
        SubscriptionItem.objects.filter(subscription=subscription, valid__contains=on_date)
        .select_related("offer_version")
        .first()
    )


def has_listed_price(
    listed: CompiledCatalog, charge: Charge, *, currency: str, on_date: date, book_id: int | None
) -> bool:
    """Tell whether the charge has any price in the currency on the day (PRC-1)."""
    return any(
        one.starts <= on_date and (one.ends is None or on_date < one.ends)
        for book in listed.chain(book_id)
        for one in listed.prices.get((charge.pk, book, currency), ())
    )


def _item_facts(account: Account, item: OrderItem) -> ItemFacts:
    version = item.offer_version
    subscription = item.subscription
    current = current_item(subscription, item.effective_on) if subscription else None
    priced_version = version or (current.offer_version if current else None)
    charges = _charges(priced_version) if priced_version else []
    own = frozenset(price.charge.code for price in item.prices.all())
    known = {charge.pk for charge in charges}
    pairs = tuple((each.type, each.value) for each in item.identifiers.all())
    return ItemFacts(
        seq=item.seq,
        action=item.action,
        effective_on=item.effective_on,
        offer=_offer_facts(account, item, version, charges) if version else None,
        offer_version_id=item.offer_version_id,
        subscription=_subscription_facts(account, subscription, current, item)
        if subscription
        else None,
        quantity=item.quantity,
        activation_on=item.activation_on,
        acceptance_on=item.acceptance_on,
        agreed_on=item.agreed_on,
        term_months=item.term_months,
        trial_end_on=item.trial_end_on,
        own_prices=own,
        unknown_prices=tuple(
            price.charge.code for price in item.prices.all() if price.charge_id not in known
        ),
        identifiers=pairs,
        taken_identifiers=tuple(_taken(account, item, pairs)),
        kept_identifier_types=_kept_types(subscription, account, item),
        attributes=item.attributes,
    )


def _charges(version: OfferVersion) -> list[Charge]:
    return list(version.charges.select_related("usage_type").order_by("sequence", "code"))


def _offer_facts(
    account: Account, item: OrderItem, version: OfferVersion, charges: Sequence[Charge]
) -> OfferFacts:
    book_id = pricebook_of(account_id=account.pk, on_date=item.effective_on)
    listed = catalog.queries.compiled()
    return OfferFacts(
        code=version.offer.code,
        is_published=version.state == "PUBLISHED",
        is_on_sale=item.order.requested_on in version.sale_window,
        minimum=version.min_quantity,
        maximum=version.max_quantity,
        terms_months=tuple(version.terms_months),
        charges=tuple(
            ChargeFacts(
                code=charge.code,
                kind=charge.kind,
                has_price=has_listed_price(
                    listed,
                    charge,
                    currency=account.currency,
                    on_date=item.effective_on,
                    book_id=book_id,
                ),
                identifier_type=charge.usage_type.identifier_type if charge.usage_type else "",
                needs_agreed_date=charge.trigger == "DATE",
            )
            for charge in charges
        ),
    )


def _subscription_facts(
    account: Account,
    subscription: Subscription,
    current: SubscriptionItem | None,
    item: OrderItem,
) -> SubscriptionFacts:
    later_changes = ChargeSegment.objects.filter(
        subscription_charge__subscription=subscription, valid__startswith__gt=item.effective_on
    ).exclude(reason__in=["ORDER", "TRIAL"])
    later_items = SubscriptionItem.objects.filter(
        subscription=subscription, valid__startswith__gt=item.effective_on
    )
    return SubscriptionFacts(
        number=subscription.number,
        is_of_account=subscription.account_id == account.pk,
        is_live=subscription.is_live(),
        effective_on=subscription.effective_on,
        end_on=subscription.end_on,
        offer_version_id=current.offer_version_id if current else None,
        has_change_after=later_changes.exists() or later_items.exists(),
    )


def _start_instant(account: Account, item: OrderItem) -> datetime:
    return boundary_instant(item.activation_on or item.effective_on, ZoneInfo(account.time_zone))


def _taken(
    account: Account, item: OrderItem, pairs: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the identifiers that another service has from the item's day on.

    One that the same order ends by then gives its identifiers free.
    """
    if not pairs or item.action == OrderAction.TERMINATE:
        return []
    wanted = Q()
    for kind, value in pairs:
        wanted |= Q(type=kind, value=value)
    owners = ServiceIdentifier.objects.filter(
        wanted, valid__overlap=(_start_instant(account, item), None)
    )
    ended = OrderItem.objects.filter(
        order_id=item.order_id,
        action=OrderAction.TERMINATE,
        effective_on__lte=item.activation_on or item.effective_on,
    ).values_list("subscription_id", flat=True)
    own = [pk for pk in (item.subscription_id, *ended) if pk is not None]
    owners = owners.exclude(service__subscription_id__in=own)
    return sorted(owners.values_list("type", "value").distinct())


def _kept_types(
    subscription: Subscription | None, account: Account, item: OrderItem
) -> frozenset[str]:
    if subscription is None:
        return frozenset()
    at = _start_instant(account, item)
    return frozenset(
        ServiceIdentifier.objects.filter(
            service__subscription=subscription, valid__contains=at
        ).values_list("type", flat=True)
    )


def version_on_sale(*, code: str, on_date: date) -> OfferVersion:
    """Return the published version of an offer that is sold on the day.

    Raises: Invalid when there is none.
    """
    version = (
        OfferVersion.objects.filter(
            offer__code=code, state="PUBLISHED", sale_window__contains=on_date
        )
        .select_related("offer")
        .first()
    )
    if version is None:
        raise Invalid(f"offer {code} is not on sale on {on_date}", rule="ORD-9")
    return version
