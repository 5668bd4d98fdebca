"""What the completeness gate knows about an order before it is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
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
    SubscriptionPause,
)
from customers.queries.billing import set_rows
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

ONE_DAY = timedelta(days=1)


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
        .select_related(
            "order", "offer_version__offer", "subscription", "target_account", "phase_of"
        )
        .prefetch_related("prices__charge", "identifiers")
        .order_by("seq")
    )
    day = min((item.effective_on for item in items), default=order.requested_on)
    account = Account.objects.get(pk=order.account_id)
    facts = tuple(_item_facts(account, item, items) for item in items)
    return account_facts(account, day), facts


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


def _item_facts(account: Account, item: OrderItem, items: Sequence[OrderItem]) -> ItemFacts:
    version = item.offer_version
    target = item.target_account
    subscription = item.subscription
    current = current_item(subscription, item.effective_on) if subscription else None
    priced_version = version or (current.offer_version if current else None)
    if priced_version is None and item.phase_of is not None:
        priced_version = item.phase_of.offer_version
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
        subscription=_subscription_facts(account, subscription, current, item, items)
        if subscription
        else None,
        target=account_facts(target, item.effective_on) if target else None,
        target_lacks_prices=tuple(
            charge.code
            for charge in charges
            if target and not _has_price(target, charge, item.effective_on)
        ),
        has_same_money=target is None or target.currency == account.currency,
        phase_of_on=item.phase_of.effective_on if item.phase_of else None,
        pause_policy=item.pause_policy,
        has_uplift=item.uplift is not None,
        not_raised=tuple(_not_raised(item, charges)) if item.uplift is not None else (),
        waived_from=item.waived_from,
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
                has_price=_has_price(account, charge, item.effective_on),
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
    items: Sequence[OrderItem],
) -> SubscriptionFacts:
    """Return the facts of a subscription, with what the items before in the order make of them."""
    day = item.effective_on
    is_paused = SubscriptionPause.objects.filter(
        subscription=subscription, valid__contains=day
    ).exists()
    for other in items:
        is_before = (other.effective_on, other.seq) < (day, item.seq)
        if other.subscription_id == subscription.pk and is_before:
            is_paused = {OrderAction.SUSPEND: True, OrderAction.RESUME: False}.get(
                OrderAction(other.action), is_paused
            )
    return SubscriptionFacts(
        number=subscription.number,
        is_of_account=subscription.account_id == account.pk,
        is_cancelled=subscription.state == "CANCELLED",
        effective_on=subscription.effective_on,
        end_on=subscription.end_on,
        offer_version_id=current.offer_version_id if current else None,
        is_activated=subscription.activation_on is not None,
        is_paused=is_paused,
        trial_end_on=subscription.trial_end_on,
        term_from=subscription.term.lower if subscription.term else None,
        held_identifiers=_held(subscription, day),
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


def _has_price(account: Account, charge: Charge, on_date: date) -> bool:
    return has_listed_price(
        catalog.queries.compiled(),
        charge,
        currency=account.currency,
        on_date=on_date,
        book_id=pricebook_of(account_id=account.pk, on_date=on_date),
    )


def _held(subscription: Subscription, day: date) -> bool:
    """Tell whether another service has an identifier that the subscription had at its end."""
    if subscription.end_on is None:
        return False
    zone = ZoneInfo(subscription.account.time_zone)
    wanted = Q()
    ended = ServiceIdentifier.objects.filter(
        service__subscription=subscription,
        valid__endswith=boundary_instant(subscription.end_on, zone),
    )
    for kind, value in ended.values_list("type", "value"):
        wanted |= Q(type=kind, value=value)
    others = ServiceIdentifier.objects.exclude(service__subscription=subscription)
    since = boundary_instant(day, zone)
    return bool(wanted) and others.filter(wanted, valid__overlap=(since, None)).exists()


def unit_prices(item: OrderItem) -> dict[int, Decimal]:
    """Return the unit prices that an uplift raises, by charge: own, else listed, the day before.

    Recurring charges alone; what a contract agrees stays as agreed, and tiers have no unit price.
    """
    subscription, day = item.subscription, item.effective_on
    current = current_item(subscription, day) if subscription else None
    if subscription is None or current is None:
        return {}
    account = Account.objects.select_related("customer").get(pk=subscription.account_id)
    agreed = agreed_prices(account, day)
    book_id = pricebook_of(account_id=account.pk, on_date=day)
    listed, found = catalog.queries.compiled(), {}
    for charge in _charges(current.offer_version):
        if charge.kind != "RECURRING" or {charge.pk, -charge.product_id} & agreed:
            continue
        segment = _segment_before(subscription, charge.pk, day)
        if segment is not None and segment.override_price is not None:
            found[charge.pk] = segment.override_price
            continue
        terms = listed.price_for(
            charge.pk,
            book_id=book_id,
            currency=account.currency,
            on_date=(segment.price_day if segment else None) or day - ONE_DAY,
            segment=account.customer.segment,
        )
        if terms is not None and terms.model in {"PER_UNIT", "FLAT"}:
            found[charge.pk] = terms.flat_amount if terms.model == "FLAT" else terms.unit_price
    return found


def _segment_before(subscription: Subscription, charge_id: int, day: date) -> ChargeSegment | None:
    return (
        ChargeSegment.objects.filter(
            subscription_charge__subscription=subscription,
            subscription_charge__charge=charge_id,
            valid__startswith__lt=day,
        )
        .exclude(state="REDUCED")
        .order_by("-valid")
        .first()
    )


def agreed_prices(account: Account, day: date) -> set[int]:
    """Return the charges, and as negative numbers the products, that a contract prices."""
    with connection.cursor() as cursor:
        rows = set_rows(
            cursor,
            "contract_prices",
            accounts=[account.pk],
            since=day,
            until=day + ONE_DAY,
        )
    return {row[3] or -row[4] for row in rows if row[5] == account.currency}


def _not_raised(item: OrderItem, charges: Sequence[Charge]) -> list[str]:
    """Return the recurring charges whose price has tiers and cannot be raised by a share."""
    raised = unit_prices(item)
    tiered = {"GRADUATED", "VOLUME", "STAIRSTEP", "PACKAGE", "OVERAGE"}
    return [
        charge.code
        for charge in charges
        if charge.kind == "RECURRING" and charge.pk not in raised and charge.price_model in tiered
    ]
