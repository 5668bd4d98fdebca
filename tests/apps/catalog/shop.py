"""A small catalogue built through the operations, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission, User

import tax.operations
from catalog import operations
from catalog.models import Charge, Offer, OfferVersion, PriceVersion, Product, UsageType

START = date(2027, 1, 1)


def person(name: str, *permissions: str) -> User:
    """Make a member of staff with these permissions (`app.codename`)."""
    user = User.objects.create_user(name, password="x", is_staff=True)
    for permission in permissions:
        label, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=label, codename=codename)
        )
    return User.objects.get(pk=user.pk)


def author(name: str = "author") -> User:
    return person(
        name,
        *("catalog.draft_offer", "catalog.draft_price", "catalog.import_prices"),
        *("catalog.export_lists", "catalog.view_priceversion", "catalog.view_offerversion"),
        *("catalog.view_offer", "catalog.view_charge", "catalog.view_product"),
    )


def checker(name: str = "checker") -> User:
    return person(
        name,
        *("catalog.approve_offer", "catalog.publish_offer", "catalog.approve_price"),
        *("catalog.publish_price", "audit.approve_request", "catalog.view_priceversion"),
        *("catalog.view_offerversion", "catalog.view_charge", "catalog.view_offer"),
    )


def viewer(name: str = "viewer") -> User:
    return person(
        name,
        *("catalog.view_priceversion", "catalog.view_offerversion", "catalog.view_offer"),
        *("catalog.view_charge", "catalog.view_product", "catalog.view_pricebook"),
        *("catalog.view_pricetier",),
    )


@dataclass
class Shop:
    """An offer in draft with a rental, an installation and voice usage."""

    product: Product
    usage: Product
    voice: UsageType
    offer: Offer
    version: OfferVersion
    rental: Charge
    install: Charge
    minutes: Charge


def open_shop(*, actor: User | None = None, **version: Any) -> Shop:
    category = tax.operations.define_category(
        code="TELECOM", name="Telecom", nature="TELECOM", actor=None
    )
    gl = operations.define_gl_code(
        code="RECURRING", name="Recurring", revenue_account="4000", actor=None
    )
    rule = operations.define_revenue_rule(
        code="DAILY", name="By day", pattern="RATABLE_DAILY", actor=None
    )
    complete: dict[str, Any] = {"tax_category": category, "gl_code": gl, "revenue_rule": rule}
    product = operations.define_product(
        code="LINE", name="Line", product_type="SERVICE", actor=None, **complete
    )
    usage = operations.define_product(
        code="VOICE", name="Calls", product_type="USAGE", actor=None, **complete
    )
    unit = operations.define_unit(
        code="MIN", name="Minute", dimension="TIME", to_base=Decimal(60), actor=None
    )
    voice = operations.define_usage_type(
        code="VOICE", name="Voice", unit=unit, identifier_type="MSISDN",
        attribute_schema={"zone": ["EU", "WORLD"]}, actor=None,
    )  # fmt: skip
    offer = operations.create_offer(code="FIBER", name="Fiber 100", actor=actor)
    draft = operations.draft_version(offer=offer, starts=START, actor=actor, **version)

    def charge(product: Product, code: str, kind: str, model: str, **terms: Any) -> Charge:
        return operations.add_charge(
            version=draft, product=product, code=code, name=code.title(), kind=kind,
            price_model=model, actor=actor, **terms,
        )  # fmt: skip

    return Shop(
        product=product,
        usage=usage,
        voice=voice,
        offer=offer,
        version=draft,
        rental=charge(product, "RENTAL", "RECURRING", "FLAT"),
        install=charge(product, "INSTALL", "ONE_TIME", "PER_UNIT"),
        minutes=charge(
            usage,
            "MINUTES",
            "USAGE",
            "GRADUATED",
            usage_type=voice,
            price_attributes=["zone", "peak"],
        ),
    )


def published(charge: Charge, *, on_date: date = START, **values: Any) -> PriceVersion:
    """Publish a price as the system itself, which needs nobody's approval."""
    values.setdefault("currency", "USD")
    values.setdefault("starts", START)
    price = operations.draft_price(charge=charge, actor=None, **values)
    operations.submit_price(price_id=price.pk, actor=None)
    operations.approve_price(price_id=price.pk, actor=None)
    return operations.publish_price(price_id=price.pk, on_date=on_date, actor=None)
