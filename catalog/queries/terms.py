"""Stored charges and prices as the engine reads them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from catalog.models import Charge, PriceVersion, UsageType
from catalog.rules.metering import COUNTING, MOST_PLACES, Metric
from catalog.rules.pricing import PriceTerms, Tier
from catalog.rules.selection import Candidate, attribute_pairs


@dataclass(frozen=True, slots=True)
class ChargeTerms:
    """A charge without a database behind it; ids are those of catalogue rows."""

    id: int
    reference: str
    code: str
    name: str
    offer_version_id: int
    offer_id: int
    offer_code: str
    offer_name: str
    sequence: int
    kind: str
    timing: str
    unit: str
    count: int
    alignment: str
    trigger: str
    convention: str
    factor_decimals: int | None
    in_policy: str
    out_policy: str
    change_policy: str
    change_day: str
    granularity: str
    long_anchor: str
    billed_through: str
    suspension_policy: str
    model: str
    usage_type_id: int | None
    usage_filter: tuple[tuple[str, str], ...]
    price_attributes: tuple[str, ...]
    thresholds: tuple[tuple[str, str], ...]
    rounding: str
    event_decimals: int
    event_mode: str
    first_increment: Decimal
    next_increment: Decimal
    counter_scope: str
    tier_reset: str
    tier_proration: bool
    free_proration: bool
    bounds_prorated: bool
    tier_after_proration: bool
    upper_exclusive: bool
    empty_tier_flat: bool
    bill_zero: bool
    show_zero: bool
    split_on_price_change: bool
    payer_price: bool
    section: str
    text: str
    product_id: int
    product_code: str
    product_name: str
    tax_category: str
    sourcing: str
    gl_code: str
    revenue_rule: str
    uom: str
    aggregate_rule: str
    metric: Metric | None
    units_fit: bool

    @property
    def partial_policies(self) -> tuple[str, str, str, str]:
        """Name the policies of start, end, change and the day of a change (PRO-2)."""
        return self.in_policy, self.out_policy, self.change_policy, self.change_day


_SAME: Final = (
    *("reference", "code", "name", "sequence", "kind", "timing", "alignment", "trigger"),
    *("factor_decimals", "in_policy", "out_policy", "change_policy", "change_day"),
    "granularity",
    *("long_anchor", "billed_through", "usage_type_id", "event_decimals", "event_mode"),
    *("first_increment", "next_increment", "counter_scope", "tier_reset", "tier_proration"),
    *("free_proration", "bounds_prorated", "tier_after_proration", "upper_exclusive"),
    *("empty_tier_flat", "bill_zero", "show_zero", "split_on_price_change", "payer_price"),
)
"""Columns of a charge that its terms have by the same name."""


def charge_terms(charge: Charge) -> ChargeTerms:
    """Return a stored charge, its relations selected, as the engine reads it."""
    product, version = charge.product, charge.offer_version
    counting = _counting(charge)
    category = product.tax_category
    same: dict[str, Any] = {name: getattr(charge, name) for name in _SAME}
    return ChargeTerms(
        **same,
        id=charge.pk,
        offer_version_id=version.pk,
        offer_id=version.offer_id,
        offer_code=version.offer.code,
        offer_name=version.offer.name,
        unit=charge.period_unit,
        count=charge.period_count,
        convention=charge.proration,
        suspension_policy=version.suspension_policy,
        model=charge.price_model,
        usage_filter=tuple(sorted((str(k), str(v)) for k, v in charge.usage_filter.items())),
        price_attributes=tuple(charge.price_attributes),
        thresholds=tuple(sorted((str(k), str(v)) for k, v in charge.thresholds.items())),
        rounding=charge.usage_rounding,
        section=charge.invoice_section,
        text=charge.text_template,
        product_id=product.pk,
        product_code=product.code,
        product_name=product.name,
        tax_category=category.code if category else "",
        sourcing=category.sourcing if category else "",
        gl_code=product.gl_code.code if product.gl_code else "",
        revenue_rule=product.revenue_rule.code if product.revenue_rule else "",
        uom=counting.uom,
        aggregate_rule=counting.rule,
        metric=counting.metric,
        units_fit=counting.units_fit,
    )


class _Counting(NamedTuple):
    """What a charge says of the counting of its usage."""

    uom: str = ""
    rule: str = ""
    metric: Metric | None = None
    units_fit: bool = True


def _counting(charge: Charge) -> _Counting:
    usage, unit = charge.usage_type, charge.price_unit
    if usage is None:
        return _Counting(uom=unit.code if unit else "", units_fit=unit is None)
    fits = (
        unit is None or usage.aggregate_rule in COUNTING or unit.dimension == usage.unit.dimension
    )
    uom = (unit or usage.unit).code
    return _Counting(uom, usage.aggregate_rule, metric_of(charge, usage), fits)


_RULES: Final = {"P95_BURST": "P95", "HIGH_WATER": "MAX"}
"""Models that say how events are counted."""


def metric_of(charge: Charge, usage: UsageType) -> Metric | None:
    """Return how the events of a charge become a quantity; None where they are just added up."""
    unit = charge.price_unit
    metric = Metric(
        rule=_RULES.get(charge.price_model, usage.aggregate_rule),
        bucket=usage.bucket,
        carries_over=usage.carries_over,
        missing_zero=usage.missing_zero,
        numerator=usage.unit.to_base if unit else Decimal(1),
        denominator=unit.to_base if unit else Decimal(1),
        places=usage.quantity_places,
        mode=usage.quantity_mode,
        unique_attribute=usage.unique_attribute,
        at_end=usage.time_attribute == "END",
    )
    plain = (
        metric.rule == "SUM"
        and metric.numerator == metric.denominator
        and metric.places == MOST_PLACES
    )
    return None if plain else metric


def price_terms(version: PriceVersion, charge: ChargeTerms) -> PriceTerms:
    """Return a stored price, its tiers fetched, as the price models read it."""
    return PriceTerms(
        price_version_id=version.pk,
        model=charge.model,
        currency=version.currency,
        unit_price=version.unit_price,
        flat_amount=version.flat_amount,
        percent=version.percent,
        min_amount=version.min_amount,
        max_amount=version.max_amount,
        package_size=version.package_size,
        included=version.free_units,
        tiers=tuple(
            Tier(tier.upper_inclusive, tier.unit_price, tier.flat_amount, tier.cell)
            for tier in sorted(version.tiers.all(), key=lambda tier: tier.seq)
        ),
        tax_inclusive=version.tax_inclusive,
        bill_zero=charge.bill_zero,
        event_fee=version.event_fee,
        event_min=version.event_min,
        event_max=version.event_max,
        free_events=version.free_events,
        free_amount=version.free_amount,
        upper_exclusive=charge.upper_exclusive,
        empty_tier_flat=charge.empty_tier_flat,
        bounds_prorated=charge.bounds_prorated,
        tier_after_proration=charge.tier_after_proration,
    )


def price_candidate(version: PriceVersion, charge: ChargeTerms) -> Candidate:
    """Return a stored price with what it asks for."""
    return Candidate(
        terms=price_terms(version, charge),
        starts=version.valid.lower,
        ends=version.valid.upper,
        segment=version.segment,
        region=version.region,
        channel=version.channel,
        attributes=attribute_pairs(version.attribute_key),
    )


def is_sold(usage_type: UsageType) -> bool:
    """Say whether a charge of a submitted offer counts by the usage type."""
    return (
        Charge.objects.filter(usage_type=usage_type).exclude(offer_version__state="DRAFT").exists()
    )
