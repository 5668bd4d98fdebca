"""How prices, charges and people of a request are written on the pages of the catalogue."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import HttpRequest

from catalog.models import (
    BundleComponent,
    Charge,
    EntitlementSpec,
    OfferVersion,
    PriceVersion,
)
from catalog.rules.pricing import CELLED
from foundation import clock
from foundation.screens.cells import date_text, money_text, number_text


def actor(request: HttpRequest) -> User:
    """Return who is asking; every page requires a log-in."""
    return cast(User, request.user)


def today() -> date:
    """Return the day by which "past" is told."""
    return clock.today(ZoneInfo("UTC"))


def validity(price: PriceVersion) -> str:
    """Write the days of a price, its last day included."""
    starts, ends = price.valid.lower, price.valid.upper
    if ends is None:
        return f"from {date_text(starts)}"
    return f"{date_text(starts)} to {date_text(date.fromordinal(ends.toordinal() - 1))}"


Part = Charge | EntitlementSpec | BundleComponent


def part_key(part: Part) -> str:
    """Return what a part of a draft is called in addresses."""
    return f"{part._meta.model_name}-{part.pk}"


def parts(version: OfferVersion) -> list[tuple[str, str]]:
    """Return the parts of a version, each with what staff call it."""
    return [
        *((part_key(one), f"Charge {one}") for one in version.charges.all()),
        *((part_key(one), f"Included {one.name}") for one in version.entitlements.all()),
        *(
            (part_key(one), f"Component {one.offer.code}")
            for one in version.components.select_related("offer")
        ),
    ]


def rhythm(charge: Charge) -> str:
    """Write how often a charge recurs."""
    if charge.kind != "RECURRING":
        return charge.get_kind_display()
    unit = charge.get_period_unit_display().lower()
    every = f"{charge.period_count} {unit}s" if charge.period_count > 1 else unit
    return f"every {every} {charge.get_timing_display().lower()}"


def headline(price: PriceVersion) -> str:
    """Write a price in a few words, without its currency."""
    currency, model = price.currency, price.charge.price_model
    if model == "FLAT":
        return money_text(price.flat_amount, currency)
    if model == "PER_UNIT":
        return f"{unit_price(price.unit_price, currency)} each"
    if model == "PER_DAY":
        return f"{unit_price(price.unit_price, currency)} a day"
    if model == "DYNAMIC":
        return f"cost + {number_text(price.percent * 100)} %"
    if model == "MATRIX":
        return f"{len(price.tiers.all())} cells"
    if model == "PACKAGE":
        per = number_text(price.package_size)
        return f"{unit_price(price.unit_price, currency)} per {per}"
    if model == "OVERAGE":
        free = number_text(price.free_units)
        return f"{unit_price(price.unit_price, currency)} above {free}"
    if model == "PERCENT":
        rate = f"{number_text(price.percent * 100)} %"
        fixed = money_text(price.flat_amount, currency)
        return f"{rate} + {fixed}" if price.flat_amount else rate
    return f"{len(price.tiers.all())} tiers"


def unit_price(value: Decimal, currency: str) -> str:
    """Write a unit price with all of its decimals, at least the currency's."""
    return money_text(value, currency)


def tier_heading(price: PriceVersion) -> str:
    """Name what the rows of a price are told apart by."""
    if price.charge.price_model in CELLED:
        return "Attributes"
    return "Money" if price.charge.price_model == "GRADUATED_PERCENT" else "Quantity"


def tier_lines(price: PriceVersion) -> list[dict[str, str]]:
    """Write the tiers of a price, bound by bound (TIER-1)."""
    lines = []
    lower = Decimal(0)
    for tier in sorted(price.tiers.all(), key=lambda tier: tier.seq):
        upper = tier.upper_inclusive
        if tier.cell:
            span = "anything else" if tier.cell == "*" else tier.cell.replace(",", ", ")
        elif upper is None:
            span = f"above {number_text(lower)}" if lower else "any quantity"
        else:
            span = _span(lower, upper, exclusive=price.charge.upper_exclusive)
        unit = unit_price(tier.unit_price, price.currency)
        if price.charge.price_model == "GRADUATED_PERCENT":
            unit = f"{number_text(tier.unit_price * 100)} %"
        lines.append(
            {
                "span": span,
                "unit": unit,
                "flat": money_text(tier.flat_amount, price.currency) if tier.flat_amount else "",
            }
        )
        lower = upper or lower
    return lines


def _span(lower: Decimal, upper: Decimal, *, exclusive: bool) -> str:
    if exclusive:
        return f"from {number_text(lower)} to below {number_text(upper)}"
    return f"above {number_text(lower)} up to {number_text(upper)}"


def narrowing(price: PriceVersion) -> str:
    """Write what a price asks for; nothing when it fits all sales."""
    words = [word for word in (price.segment, price.region, price.channel) if word != "*"]
    if price.attribute_key != "*":
        words.append(price.attribute_key.replace(",", ", "))
    return ", ".join(words)


def grant_rhythm(spec: EntitlementSpec) -> str:
    """Write how often usage is included: once for a trial, or each period."""
    if spec.ends_trial:
        return "trial, and ends it"
    unit = spec.get_period_unit_display().lower()
    return unit if spec.period_count == 1 else f"{spec.period_count} {unit}s"


def rollover(spec: EntitlementSpec) -> str:
    """Write what becomes of what is unused; nothing when it expires."""
    if not spec.rollover_percent:
        return ""
    share = f"{number_text(spec.rollover_percent * 100)} %"
    cap = f", at most {number_text(spec.rollover_cap)}" if spec.rollover_cap is not None else ""
    periods = "" if spec.rollover_periods == 1 else f", for {spec.rollover_periods} periods"
    return f"{share}{cap}{periods}"
