"""What tests of usage start from: an offer with usage charges, accounts, services, a source."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models.functions import Now

import customers.operations
from catalog.models import (
    Charge,
    Offer,
    OfferVersion,
    PriceVersion,
    Product,
    UnitOfMeasure,
    UsageType,
)
from customers.choices import CustomerKind, OrderAction
from customers.models import Account, Subscription, SubscriptionCharge
from customers.operations import AddressInput, IdentifierInput, ItemInput
from ledger.models import LegalEntity
from rating import operations
from rating.models import UsageAggregate, UsageFile, UsageSource
from tax.models import Jurisdiction

DAY = date(2027, 1, 1)
RECEIVED = datetime(2027, 5, 31, 12, tzinfo=UTC)
HEADER = (
    "event_key,usage_type,identifier_type,identifier,event_start,event_end,quantity,uom,attr.zone"
)


@dataclass
class Company:
    """One provider: data by the line and by zone, calls rounded one by one in minutes."""

    entity: LegalEntity
    version: OfferVersion
    source: UsageSource
    data: Charge
    calls: Charge
    accounts: dict[str, Account] = field(default_factory=dict)


def person(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, password="x", is_staff=True)
    for permission in permissions:
        label, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=label, codename=codename)
        )
    return User.objects.get(pk=user.pk)


def decider(name: str, *permissions: str) -> User:
    """A person who decides what somebody else has asked for."""
    return person(name, "audit.approve_request", "audit.view_approvalrequest", *permissions)


def found_company(**source: Any) -> Company:
    entity = LegalEntity.objects.create(
        code="EU", name="EU", country="DE", functional_currency="EUR", time_zone="Europe/Berlin"
    )
    Jurisdiction.objects.create(code="DE", name="Germany", level="COUNTRY")
    megabyte = UnitOfMeasure.objects.create(code="MB", name="MB", dimension="DATA")
    UnitOfMeasure.objects.create(code="GB", name="GB", dimension="DATA", to_base=Decimal(1000))
    second = UnitOfMeasure.objects.create(code="SEC", name="Second", dimension="TIME")
    UnitOfMeasure.objects.create(code="MIN", name="Minute", dimension="TIME", to_base=Decimal(60))
    data = UsageType.objects.create(
        code="DATA", name="Data", unit=megabyte, identifier_type="MSISDN",
        attribute_schema={"zone": ["EU", "WORLD"]}, allows_corrections=True,
    )  # fmt: skip
    voice = UsageType.objects.create(
        code="VOICE", name="Voice", unit=second, identifier_type="MSISDN"
    )
    product = Product.objects.create(code="LINE", name="Line", product_type="USAGE")
    version = OfferVersion.objects.create(
        offer=Offer.objects.create(code="MOBILE", name="Mobile"),
        number=1,
        sale_window=(date(2020, 1, 1), None),
    )
    common = {
        "offer_version": version, "product": product, "kind": "USAGE", "timing": "ARREARS",
    }  # fmt: skip
    by_line = Charge.objects.create(
        **common, code="DATA", name="Data", reference="MOBILE/1/DATA", price_model="PER_UNIT",
        usage_type=data, price_attributes=["zone"], sequence=1,
    )  # fmt: skip
    by_event = Charge.objects.create(
        **common, code="CALLS", name="Calls", reference="MOBILE/1/CALLS", price_model="PER_UNIT",
        usage_type=voice, usage_rounding="EVENT", event_decimals=2, first_increment=60,
        next_increment=60, sequence=2,
    )  # fmt: skip
    company = Company(
        entity,
        version,
        operations.define_source(code="MED", name="Mediation", actor=None, **source),
        by_line,
        by_event,
    )
    publish_price(by_line, unit_price=Decimal("0.01"))
    publish_price(by_line, unit_price=Decimal("0.05"), attribute_key="zone=WORLD")
    publish_price(by_event, unit_price=Decimal("0.00125"))
    walk(version)
    return company


def publish_price(charge: Charge, **values: Any) -> PriceVersion:
    row = PriceVersion.objects.create(
        charge=charge,
        currency="EUR",
        valid=values.pop("valid", (date(2020, 1, 1), None)),
        **values,
    )
    walk(row)
    return row


def walk(row: OfferVersion | PriceVersion) -> None:
    for state in ("IN_REVIEW", "APPROVED", "PUBLISHED"):
        row.state = state
        row.submitted_at = row.approved_at = row.published_at = Now()  # type: ignore[assignment]
        row.save()
    row.refresh_from_db()


def open_line(
    company: Company, number: str, on: date = DAY, name: str = "Household", **more: Any
) -> Subscription:
    """Open an account (once by name) and a mobile line with this number from a day on."""
    if name not in company.accounts:
        customer = customers.operations.create_customer(
            legal_name=name, kind=CustomerKind.PERSON, actor=None
        )
        company.accounts[name] = customers.operations.open_account(
            customer=customer,
            name=name,
            entity=company.entity,
            opened_on=DAY,
            cycle_code="C1",
            billing_address=AddressInput(
                town="Berlin", country="DE", line1="Street 1",
                jurisdiction=Jurisdiction.objects.get(code="DE"),
            ),
            actor=None,
        )  # fmt: skip
    item = ItemInput(
        action=OrderAction.ADD,
        offer_version=company.version,
        quantity=Decimal(1),
        effective_on=on,
        identifiers=(IdentifierInput(type="MSISDN", value=number),),
        **more,
    )
    return _submit(company.accounts[name], item, on)


def close_line(subscription: Subscription, on: date) -> None:
    _submit(
        subscription.account,
        ItemInput(action=OrderAction.TERMINATE, subscription=subscription, effective_on=on),
        on,
    )


def _submit(account: Account, item: ItemInput, on: date) -> Subscription:
    order = customers.operations.place_order(
        account=account, items=[item], requested_on=on, actor=None
    )
    customers.operations.submit_order(order=order, as_of=on, actor=None)
    return Subscription.objects.get(order_items__order=order)


def row(key: str, **changes: str) -> str:
    values = {
        "event_key": key, "usage_type": "DATA", "identifier_type": "MSISDN", "identifier": "4915",
        "event_start": "2027-05-03T10:15:22Z", "event_end": "", "quantity": "1", "uom": "",
        "attr.zone": "EU",
    }  # fmt: skip
    values |= {name.replace("attr_", "attr."): value for name, value in changes.items()}
    return ",".join(values[name] for name in HEADER.split(","))


def csv_of(*rows: str, trailer: str = "") -> bytes:
    return "\n".join([HEADER, *rows, *([trailer] if trailer else []), ""]).encode()


def load(company: Company, *rows: str, name: str = "u.csv", **more: Any) -> UsageFile:
    more.setdefault("received_at", RECEIVED)
    return operations.load_file(
        source=company.source, filename=name, content=csv_of(*rows), **more
    )


def counts(file: UsageFile) -> tuple[int, int, int, int]:
    """Return received, loaded, duplicate, suspended."""
    return (
        file.received_count,
        file.loaded_count,
        file.duplicate_count,
        file.suspended_count,
    )


def sums() -> list[tuple[str, str, str, Decimal, int, Decimal | None]]:
    """Return every aggregate in words: account, charge, day and group with its figures."""
    own = {
        one.pk: (one.account.name, one.charge.code)
        for one in SubscriptionCharge.objects.select_related("account", "charge")
    }
    return sorted(
        (
            *own[one.subscription_charge_id],
            f"{one.on_date} {one.attribute_key}",
            one.quantity,
            one.event_count,
            one.amount,
        )
        for one in UsageAggregate.objects.all()
    )


def stored_events() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rating_usageevent")
        count: int = cursor.fetchone()[0]
    return count
