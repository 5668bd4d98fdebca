"""Bundles for the tests of the customers room: a home with a line, a set and a phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

import catalog.operations
from catalog.models import (
    BundleComponent,
    BundleDiscount,
    Charge,
    OfferVersion,
    PriceVersion,
    Product,
)
from customers.models import Account, Order, Subscription
from customers.operations import ComponentInput, ItemInput
from tax.models import TaxCategory
from tests.apps.customers import build

D = Decimal
JAN = date(2027, 1, 1)


def bundle(
    code: str = "HOME",
    parts: Mapping[str, Mapping[str, Any]] | None = None,
    charges: tuple[dict[str, Any], ...] = ({"code": "FEE", "price_model": "FLAT"},),
    *,
    category: str = "",
    **terms: Any,
) -> OfferVersion:
    """Publish a bundle; `parts` maps codes of offers on sale to columns of the component."""
    version = build.offer(code, charges, publish=False, **terms)
    if category:
        Charge.objects.filter(offer_version=version).update(product=product_of(category))
    for name, columns in (parts or {}).items():
        given = {"treatment": "INCLUDED", "ssp_weight": D(10), **columns}
        discounts = given.pop("discounts", ())
        sold = OfferVersion.objects.get(offer__code=name, state="PUBLISHED")
        part = BundleComponent.objects.create(offer_version=version, offer=sold.offer, **given)
        for one in discounts:
            BundleDiscount.objects.create(component=part, discount=one)
    build.walk(version)
    return version


def product_of(category: str) -> Product:
    """Return the product of a tax category."""
    kind, _ = TaxCategory.objects.get_or_create(
        code=category, defaults={"name": category, "nature": "SERVICE"}
    )
    found, _ = Product.objects.get_or_create(
        code=category, defaults={"name": category, "tax_category": kind, "product_type": "SERVICE"}
    )
    return found


def taxed(category: str, code: str, **columns: Any) -> OfferVersion:
    """Publish an offer with one flat charge whose product is of a tax category."""
    version = build.offer(
        code, ({"code": "RENT", "price_model": "FLAT", **columns},), publish=False
    )
    Charge.objects.filter(offer_version=version).update(product=product_of(category))
    build.walk(version)
    return version


def next_version(before: OfferVersion, starts: date) -> OfferVersion:
    """Publish the next version of an offer, with a charge NEW beside those it had."""
    before.sale_window = DateRange(before.sale_window.lower, starts)
    before.save()
    version: OfferVersion = catalog.operations.draft_version(
        offer=before.offer, starts=starts, copy_from=before, actor=None
    )
    known = version.charges.latest("pk")
    Charge.objects.create(
        offer_version=version, product=known.product, reference=f"{before.offer.code}/2/NEW",
        code="NEW", name="New", kind="RECURRING", price_model="PER_UNIT", timing="ADVANCE",
        sequence=9,
    )  # fmt: skip
    for charge in version.charges.all():
        PriceVersion.objects.filter(charge=charge).delete()
        row = PriceVersion.objects.create(
            charge=charge, currency="EUR", valid=(JAN, None), unit_price=build.TEN
        )
        build.walk(row)
    build.walk(version)
    return version


@dataclass
class Home:
    """A bundle that was ordered, and its components by the code of their offer."""

    account: Account
    whole: Subscription
    order: Order

    def part(self, code: str) -> Subscription:
        """Return the component of an offer that came last."""
        rows = Subscription.objects.filter(
            bundle=self.whole, items__offer_version__offer__code=code
        )
        return rows.order_by("pk").last()  # type: ignore[return-value]

    def change(self, on: date, **more: Any) -> Order:
        """Order a change of the bundle."""
        return build.modify(self.whole, on, **more)

    def act(self, action: str, on: date, **more: Any) -> Order:
        """Order something for the whole bundle."""
        item = ItemInput(action=action, subscription=self.whole, effective_on=on, **more)
        found = build.submit(self.account, item, as_of=on)
        self.whole.refresh_from_db()
        return found


def order(
    version: OfferVersion, on: date = JAN, *, quantity: Decimal = build.ONE, **more: Any
) -> Home:
    """Order a bundle on an account of its own."""
    account = build.account()
    item = ItemInput(
        action="ADD", offer_version=version, quantity=quantity, effective_on=on, **more
    )
    placed = build.submit(account, item, as_of=on)
    first = placed.items.get(seq=1)
    assert first.subscription is not None
    return Home(account, first.subscription, placed)


def of(quantity: int | str, *identifiers: str) -> ComponentInput:
    """Return so many of a component for each bundle."""
    return ComponentInput(D(quantity), [build.number(one) for one in identifiers])
