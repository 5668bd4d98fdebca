"""What the tests of derived charging share: a carrier's charge, and calls of a minute or less."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from catalog.models import Charge, Offer, OfferVersion
from tests.apps.rating.company import Company, publish_price, row, walk

D = Decimal


def carrier_charge(company: Company, code: str = "TRANSIT", **terms: Any) -> Charge:
    """Return what a carrier charges: to the second, 0.001 each."""
    version = OfferVersion.objects.create(
        offer=Offer.objects.create(code=code, name=code.title()), number=1,
        sale_window=(date(2020, 1, 1), None),
    )  # fmt: skip
    charge = Charge.objects.create(
        offer_version=version, product=company.calls.product, kind="USAGE", timing="ARREARS",
        code=code, name=code.title(), reference=f"{code}/1/{code}", price_model="PER_UNIT",
        usage_type=company.calls.usage_type, usage_rounding="EVENT", event_decimals=4, **terms,
    )  # fmt: skip
    publish_price(charge, unit_price=D("0.001"))
    walk(version)
    return charge


def call(key: str, seconds: int, **more: str) -> str:
    return row(key, usage_type="VOICE", quantity=str(seconds), attr_zone="", **more)
