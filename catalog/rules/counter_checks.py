"""When a tier counter that is not of one period and subscription can be kept (TIER-3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol

from catalog.rules.metering import Metric
from catalog.rules.terms import PriceTerms, Tier

SHARED = frozenset({"ACCOUNT", "PAYER"})
"""Counters over several subscriptions."""


class CountedCharge(Protocol):
    """What of a charge decides its counter."""

    @property
    def code(self) -> str:
        """Name the charge."""

    @property
    def kind(self) -> str:
        """Say RECURRING, USAGE or ONE_TIME."""

    @property
    def rounding(self) -> str:
        """Say LINE or EVENT."""

    @property
    def alignment(self) -> str:
        """Say CYCLE, ANNIVERSARY, CALENDAR or TERM."""

    @property
    def metric(self) -> Metric | None:
        """Say how events are counted, None for a plain sum."""

    @property
    def counter_scope(self) -> str:
        """Say whose quantities share the counter."""

    @property
    def tier_reset(self) -> str:
        """Say when the counter begins anew."""

    @property
    def tier_proration(self) -> bool:
        """Say whether tiers shrink with a partial period."""

    @property
    def free_proration(self) -> bool:
        """Say whether what is included shrinks with a partial period."""

    @property
    def bill_zero(self) -> bool:
        """Say whether a quantity of zero is priced."""


def counter_problems(charge: CountedCharge) -> Iterator[str]:
    """Say why a counter cannot be kept, and what to choose instead."""
    scope, reset = charge.counter_scope, charge.tier_reset
    plain_scope, plain_reset = scope == "SUBSCRIPTION", reset == "PERIOD"
    if plain_scope and plain_reset:
        return
    if charge.kind != "USAGE":
        yield "only usage has a tier counter; leave it by subscription and period."
        return
    if charge.rounding == "EVENT":
        yield (
            "events that are rounded one by one have no tier counter; leave it by subscription "
            "and period, or round by line."
        )
    if charge.metric is not None and charge.metric.needs_events:
        yield (
            "usage that is not a sum is one quantity of a subscription and period; leave the "
            "counter by subscription and period."
        )
    if not plain_reset and scope in SHARED:
        yield (
            "a counter that several subscriptions share begins anew each period, since each has "
            "contract years of its own; choose the period, or a counter by subscription."
        )
    if not plain_reset and (charge.tier_proration or charge.free_proration):
        yield (
            "tiers and included quantities shrink with a partial period only where the counter "
            "begins anew each period."
        )
    if scope in SHARED and charge.alignment not in ("CYCLE", "CALENDAR"):
        yield (
            "subscriptions share a counter only over the same days; align the charge to the "
            "cycle or the calendar."
        )
    if scope == "SERVICE" and charge.bill_zero:
        yield (
            "a run knows only services with usage; bill a quantity of zero by subscription, not "
            "by service."
        )


def fall_of(terms: PriceTerms) -> str:
    """Say where more units cost less, or return an empty text.

    A counter that runs over several periods would have to pay back what earlier ones were billed.
    """
    if terms.model not in ("VOLUME", "STAIRSTEP"):
        return ""
    for number, (tier, above) in enumerate(zip(terms.tiers, terms.tiers[1:], strict=False), 1):
        if tier.upper is None:
            continue
        last, first = _cost(terms, tier, tier.upper), _cost(terms, above, tier.upper)
        if first < last:
            return (
                f"above {tier.upper:f} units all of them cost {first.normalize():f}, less than "
                f"the {last.normalize():f} before: tier {number + 1} would give back what "
                "earlier periods were billed. Use GRADUATED, or let the counter begin anew each "
                "period."
            )
    return ""


def _cost(terms: PriceTerms, tier: Tier, quantity: Decimal) -> Decimal:
    """Return what a quantity costs by one tier."""
    by_unit = quantity * tier.unit_price if terms.model == "VOLUME" else Decimal(0)
    return by_unit + tier.flat_amount
