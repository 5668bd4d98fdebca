"""What tests of the customers room start from: an entity, places, an offer, accounts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now

from catalog.models import (
    Charge,
    Offer,
    OfferVersion,
    PriceVersion,
    Product,
    UnitOfMeasure,
    UsageType,
)
from customers import operations
from customers.choices import CustomerKind, OrderAction
from customers.models import Account, Customer, Order, Subscription
from customers.operations import AddressInput, IdentifierInput, ItemInput
from ledger.models import LegalEntity
from tax.models import Jurisdiction

ONE, TEN = Decimal(1), Decimal(10)
DAY = date(2027, 1, 1)


def user(name: str = "clerk", *, is_superuser: bool = True) -> User:
    return User.objects.create(username=name, is_superuser=is_superuser, is_staff=True)


def entity(code: str = "EU", currency: str = "EUR", zone: str = "Europe/Berlin") -> LegalEntity:
    found = LegalEntity.objects.filter(code=code).first()
    return found or LegalEntity.objects.create(
        code=code, name=code, country="DE", functional_currency=currency, time_zone=zone
    )


def place() -> Jurisdiction:
    found, _ = Jurisdiction.objects.get_or_create(code="DE", name="Germany", level="COUNTRY")
    return found


def address(town: str = "Berlin") -> AddressInput:
    return AddressInput(town=town, country="DE", line1="Street 1", jurisdiction=place())


def customer(name: str = "Ada Byron", **more: Any) -> Customer:
    return operations.create_customer(
        legal_name=name, kind=more.pop("kind", CustomerKind.PERSON), actor=None, **more
    )


def account(name: str = "Household", *, parent: Account | None = None, **more: Any) -> Account:
    """Open an account from the first of January 2027; a root with address and cycle."""
    if parent is None:
        more.setdefault("entity", entity())
        more.setdefault("billing_address", address())
        more.setdefault("cycle_code", "C1")
    owner = more.pop("customer", None) or (parent.customer if parent else customer())
    more.setdefault("opened_on", DAY)
    return operations.open_account(customer=owner, name=name, parent=parent, actor=None, **more)


def offer(
    code: str = "FIBER",
    charges: tuple[dict[str, Any], ...] = ({},),
    *,
    currency: str = "EUR",
    price: Decimal | None = TEN,
    publish: bool = True,
    **terms: Any,
) -> OfferVersion:
    """Publish an offer; each charge is given by what differs from a monthly flat advance one."""
    product, _ = Product.objects.get_or_create(
        code="LINE", defaults={"name": "Line", "product_type": "SERVICE"}
    )
    version = OfferVersion.objects.create(
        offer=Offer.objects.create(code=code, name=code),
        number=1,
        sale_window=(date(2020, 1, 1), None),
        **terms,
    )
    for seq, given in enumerate(charges, start=1):
        columns: dict[str, Any] = {
            "code": f"C{seq}",
            "name": f"Charge {seq}",
            "kind": "RECURRING",
            "price_model": "PER_UNIT",
            "sequence": seq,
            **given,
        }
        columns.setdefault("timing", "ARREARS" if columns["kind"] == "USAGE" else "ADVANCE")
        charge = Charge.objects.create(
            offer_version=version,
            product=product,
            reference=f"{code}/1/{columns['code']}",
            **columns,
        )
        if price is not None:
            _publish_price(charge, currency, price)
    if publish:
        walk(version)
    return version


def usage_charge(code: str = "CALLS", identifier_type: str = "MSISDN") -> dict[str, Any]:
    unit, _ = UnitOfMeasure.objects.get_or_create(
        code="MIN", defaults={"name": "Minute", "dimension": "TIME"}
    )
    kind, _ = UsageType.objects.get_or_create(
        code="VOICE",
        defaults={"name": "Voice", "unit": unit, "identifier_type": identifier_type},
    )
    return {"code": code, "kind": "USAGE", "usage_type": kind}


def _publish_price(charge: Charge, currency: str, price: Decimal) -> None:
    row = PriceVersion.objects.create(
        charge=charge, currency=currency, valid=(date(2020, 1, 1), None), unit_price=price
    )
    walk(row)


def walk(row: OfferVersion | PriceVersion) -> None:
    """Take a version along its states; who does it is not what these tests are about."""
    for state in ("IN_REVIEW", "APPROVED", "PUBLISHED"):
        row.state = state
        row.submitted_at = Now()
        row.approved_at = Now()
        row.published_at = Now()
        row.save()
    row.refresh_from_db()


def add(
    owner: Account,
    version: OfferVersion,
    on: date = DAY,
    *,
    as_of: date | None = None,
    quantity: Decimal = ONE,
    **more: Any,
) -> Subscription:
    """Order an offer and return the subscription that came of it."""
    order = submit(
        owner,
        ItemInput(
            action=OrderAction.ADD,
            offer_version=version,
            quantity=quantity,
            effective_on=on,
            **more,
        ),
        as_of=as_of or on,
    )
    return Subscription.objects.distinct().get(order_items__order=order)


def modify(subscription: Subscription, on: date, *, as_of: date | None = None, **m: Any) -> Order:
    item = ItemInput(action=OrderAction.MODIFY, subscription=subscription, effective_on=on, **m)
    return submit(subscription.account, item, as_of=as_of or on)


def terminate(subscription: Subscription, on: date, *, as_of: date | None = None) -> Order:
    item = ItemInput(action=OrderAction.TERMINATE, subscription=subscription, effective_on=on)
    return submit(subscription.account, item, as_of=as_of or on)


def submit(owner: Account, *items: ItemInput, as_of: date) -> Order:
    first = min(item.effective_on or DAY for item in items)
    order = operations.place_order(account=owner, items=items, requested_on=first, actor=None)
    return operations.submit_order(order=order, as_of=as_of, actor=None)


def number(value: str, kind: str = "MSISDN") -> IdentifierInput:
    return IdentifierInput(type=kind, value=value)


def timeline(subscription: Subscription, code: str = "C1") -> list[tuple[Any, ...]]:
    """Return the segments of a charge: start, end, quantity, own price, state."""
    from customers.models import ChargeSegment

    rows = ChargeSegment.objects.filter(
        subscription_charge__subscription=subscription, subscription_charge__charge__code=code
    ).order_by("valid")
    return [
        (row.valid.lower, row.valid.upper, row.quantity, row.override_price, row.state)
        for row in rows
    ]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
