"""What the components of a bundle cost: nothing, their own price, or a share of its price.

Prices are own prices of the order, which outrank every list (PRC-2): the bill run reads them like
any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import catalog.queries
from catalog.choices import BundleTreatment, ChargeKind
from catalog.models import Charge, OfferVersion
from catalog.queries.bundles import sold_facts
from catalog.rules.bundles import Claim, is_shared, shares, sharing_problems
from customers.models import Account, OrderItem, OrderItemPrice, Subscription
from customers.operations.bundle_states import Bundle, now_of
from customers.operations.order_items import InvalidItem, ItemInput
from customers.queries.bundles import in_bundle
from customers.queries.offers import agreed_prices
from customers.queries.tree import pricebook_of
from customers.rules.bundles import Change
from foundation.money import ZERO

OWN = -1
"""The key of the bundle itself among those that take a share of its price."""


@dataclass(frozen=True, slots=True)
class _Sharer:
    """An included component that takes a share: its one recurring charge, and what it has now."""

    change: Change
    charge: Charge
    ssp_weight: Decimal
    now: Decimal | None


def settle(item: OrderItem, bundle: Bundle, plan: Sequence[Change], given: ItemInput) -> None:
    """Note own prices in the changes of a plan, and on the item of the bundle where it shares.

    Included recurring and one-time charges cost nothing. Where the price of the bundle covers
    several tax categories, its recurring charge and those included take shares of it that come to
    the price of a full period (TAX-16): that of the order or of the list on the day; of a bundle
    that shared before, what its shares come to.

    Raises: InvalidItem.
    """
    included = [
        one
        for one in plan
        if one.offer in bundle.components
        and bundle.components[one.offer].treatment == BundleTreatment.INCLUDED
        and not (one.ends and not one.begins)
    ]
    for change in included:
        if change.begins:
            change.prices.update(_nothing(bundle.version_after(change)))
    sharers = [one for one in (_sharer(bundle, change) for change in included) if one]
    recurring = bundle.version.charges.filter(kind=ChargeKind.RECURRING)
    fee = recurring.order_by("sequence").first()
    if fee is None:
        return
    parts = [(bundle.components[one.offer], bundle.version_after(one)) for one in included]
    facts = sold_facts(bundle.version, parts)
    if not is_shared(facts):
        _take_back(item, bundle, fee, sharers, given)
        return
    for problem in sharing_problems(facts):
        raise InvalidItem(item.seq, "components", problem.message, rule="TAX-16")
    _share(item, bundle, fee, sharers, given)


def keep(
    item: OrderItem, component: Subscription, version: OfferVersion, given: ItemInput
) -> None:
    """Let an included component cost on another version of its offer what it cost on this one.

    Raises: InvalidItem where the order names prices of its own.
    """
    prices = kept_prices(component, version, item.effective_on)
    if prices and given.prices:
        text = f"{component.number} is included in its bundle, and has no price of its own"
        raise InvalidItem(item.seq, "prices", text, rule="BND-3")
    OrderItemPrice.objects.bulk_create(
        OrderItemPrice(item=item, charge_id=charge_id, unit_price=price)
        for charge_id, price in prices.items()
    )


def kept_prices(component: Subscription, version: OfferVersion, day: date) -> dict[int, Decimal]:
    """Return the prices of an included component on a version of its offer, by charge.

    Charges of the same code keep theirs, a share as well; those that are new cost nothing. Empty
    for whatever is not included in a bundle.
    """
    treated, now = in_bundle(subscription=component, on_date=day), now_of(component, day)
    if treated is None or treated.treatment != BundleTreatment.INCLUDED or now is None:
        return {}
    codes = dict(Charge.objects.filter(pk__in=now.prices).values_list("code", "pk"))
    return {
        one.pk: now.prices[codes[one.code]] if one.code in codes else ZERO
        for one in version.charges.exclude(kind=ChargeKind.USAGE)
    }


def _nothing(version: OfferVersion) -> dict[str, Decimal]:
    """Return the prices of an included component; its usage and what ends it early has its own."""
    charges = version.charges.exclude(kind=ChargeKind.USAGE)
    return {one.code: ZERO for one in charges}


def _sharer(bundle: Bundle, change: Change) -> _Sharer | None:
    component = bundle.components[change.offer]
    charges = bundle.version_after(change).charges.filter(kind=ChargeKind.RECURRING)
    charge = charges.order_by("sequence").first()
    if charge is None or not component.ssp_weight:
        return None
    now = None if change.begins else bundle.held_now[change.offer].prices.get(charge.pk)
    return _Sharer(change, charge, component.ssp_weight, now)


def _share(
    item: OrderItem, bundle: Bundle, fee: Charge, sharers: Sequence[_Sharer], given: ItemInput
) -> None:
    if given.phases:
        text = "a bundle whose price is shared has no ramp; order its changes one by one"
        raise InvalidItem(item.seq, "phases", text, rule="TAX-16")
    total = _total(item, bundle, fee, given)
    if total is None:
        return
    claims = [
        Claim(OWN, _is_flat(fee), bundle.quantity, bundle.version.ssp_weight or ZERO),
        *(
            Claim(key, _is_flat(one.charge), one.change.total, one.ssp_weight)
            for key, one in enumerate(sharers)
        ),
    ]
    found = shares(total, claims, item.order.account.currency)
    _note(item, fee, found.pop(OWN))
    for key, price in found.items():
        one = sharers[key]
        if one.now != price:
            one.change.prices[one.charge.code] = price


def _total(item: OrderItem, bundle: Bundle, fee: Charge, given: ItemInput) -> Decimal | None:
    """Return what is shared in a full period; None where the bundle has no price.

    Raises: InvalidItem where a contract prices the charge, which its shares would outrank.
    """
    units = Decimal(1) if _is_flat(fee) else bundle.quantity
    if fee.code in given.prices:
        return given.prices[fee.code] * units
    if bundle.now is not None and not bundle.is_new and fee.pk in bundle.now.prices:
        before = Decimal(1) if _is_flat(fee) else bundle.before
        return _shared_now(bundle, fee) / before * units
    account = Account.objects.select_related("customer").get(pk=item.order.account_id)
    if {fee.pk, -fee.product_id} & agreed_prices(account, item.effective_on):
        text = f"a contract prices {fee.code}, which is shared; give its price in the order"
        raise InvalidItem(item.seq, "prices", text, rule="TAX-16")
    terms = catalog.queries.compiled().price_for(
        fee.pk,
        book_id=pricebook_of(account_id=account.pk, on_date=item.effective_on),
        currency=account.currency,
        on_date=item.effective_on,
        segment=account.customer.segment,
    )
    if terms is None:
        return None
    return terms.flat_amount if _is_flat(fee) else terms.unit_price * units


def _shared_now(bundle: Bundle, fee: Charge) -> Decimal:
    """Return what the bundle and its included components come to in a full period until now."""
    assert bundle.now is not None
    units = Decimal(1) if _is_flat(fee) else bundle.before
    total = bundle.now.prices[fee.pk] * units
    for code, now in bundle.held_now.items():
        held = bundle.held[code]
        if held.treatment[:1] != (BundleTreatment.INCLUDED,):
            continue
        charges = Charge.objects.filter(
            offer_version=now.version_id, kind=ChargeKind.RECURRING, pk__in=now.prices
        )
        for charge in charges:
            total += now.prices[charge.pk] * (1 if _is_flat(charge) else now.quantity)
    return total


def _take_back(
    item: OrderItem, bundle: Bundle, fee: Charge, sharers: Sequence[_Sharer], given: ItemInput
) -> None:
    """Give the bundle its whole price back once nothing shares it any more."""
    for one in sharers:
        if one.now:
            one.change.prices[one.charge.code] = ZERO
    if bundle.now is None or bundle.is_new or fee.pk not in bundle.now.prices:
        return
    total = _total(item, bundle, fee, given)
    units = Decimal(1) if _is_flat(fee) else bundle.quantity
    if total is not None and total != bundle.now.prices[fee.pk] * units:
        _note(item, fee, total / units)


def _note(item: OrderItem, fee: Charge, price: Decimal) -> None:
    """Let the item of the bundle say what the bundle itself costs."""
    OrderItemPrice.objects.update_or_create(item=item, charge=fee, defaults={"unit_price": price})


def _is_flat(charge: Charge) -> bool:
    return charge.price_model == "FLAT"
