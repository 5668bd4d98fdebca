"""What the quantities of a period that are no sums owe (UNIT-3, UNIT-4, UNIT-6, UNIT-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from catalog.rules.metered import ADDITIVE, Metered, Reading, metered, metered_parts
from catalog.rules.metering import Metric
from foundation.periods import Period
from invoicing.rules.difference import ZERO, Target
from invoicing.rules.prices import Money, Prices, Quote, Shares, Who
from invoicing.rules.stretches import Part, price_since, targets_of
from invoicing.rules.timeline import Piece, pieces

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan, Life


def metered_targets(
    life: Life,
    plan: ChargePlan,
    metric: Metric,
    who: Who,
    prices: Prices,
    period: Period,
    shares: Shares,
) -> list[Target]:
    """Price quantities of the whole period (UNIT-3, 4, 9).

    What adds up over time (ADDITIVE) follows a price change inside the period, and the counter
    runs on; what does not, a percentile or a highest level, has the price valid when the period
    begins (PRC-1).
    """
    on = pieces(life.segments, period.start, period.end)
    spans = [(one.start, one.end) for one in on]
    found = list(metered(metric, life.readings, period, spans, who.zone))
    targets: list[Target] = []
    for one in found:
        quotes = _quotes(life, plan, metric, who, prices, period, on, one.usage_key)
        own = [one]
        if len(quotes) > 1:
            readings = [each for each in life.readings if each.usage_key == one.usage_key]
            days = [day for day, _ in quotes[1:]]
            own = metered_parts(metric, readings, period, spans, who.zone, days)
        money = _money(metric, prices, [quote for _, quote in quotes], own, shares)
        parts: list[Part] = [
            (day, quote, each.quantity, ZERO)
            for (day, quote), each in zip(quotes, own, strict=True)
        ]
        targets += targets_of(plan, period, one.usage_key, parts, money, one.service_id)
    if plan.bills_zero and not found and on:
        day = max(period.start, on[0].start)
        quote = prices.quote(plan.charge_id, who, life.priced_as or life.owner_id, day, None, "*")
        nothing = prices.counted([(quote, ZERO)], shares)
        part: Part = (period.start, quote, ZERO, ZERO)
        targets += targets_of(plan, period, "*", [part], nothing, life.service_id)
    return targets


def _money(
    metric: Metric,
    prices: Prices,
    quotes: Sequence[Quote],
    own: Sequence[Metered],
    shares: Shares,
) -> list[Money]:
    in_order = metric.rule == "TRANSACTIONS"
    if in_order and any(one.terms.counts_transactions for one in quotes) and (
        all(one.terms.model == "PERCENT" for one in quotes)
    ):  # fmt: skip
        return prices.transactions(
            [(quote, each.values) for quote, each in zip(quotes, own, strict=True)], shares
        )
    money = prices.counted(
        [(quote, each.quantity) for quote, each in zip(quotes, own, strict=True)], shares
    )
    if in_order:
        return money
    return [
        prices.told(paid, quote, metric.rule, each.events)
        for paid, quote, each in zip(money, quotes, own, strict=True)
    ]


def _quotes(
    life: Life,
    plan: ChargePlan,
    metric: Metric,
    who: Who,
    prices: Prices,
    period: Period,
    on: Sequence[Piece],
    usage_key: str,
) -> list[tuple[date, Quote]]:
    """Return the prices of a group and from which day each holds, first that of the period."""
    first = max(period.start, on[0].start)
    quote = prices.quote(
        plan.charge_id, who, life.priced_as or life.owner_id, first, None, usage_key
    )
    found = [(period.start, quote)]
    if metric.rule not in ADDITIVE:
        return found
    last = first
    for day in _days(metric, life.readings, period, on, usage_key):
        if day <= first:
            continue
        quote = prices.quote(
            plan.charge_id, who, life.priced_as or life.owner_id, day, None, usage_key
        )
        if quote is not found[-1][1]:
            start = price_since(
                prices, plan, who, life.priced_as or life.owner_id, usage_key, day, last
            )
            found.append((start, quote))
        last = day
    return found


def _days(
    metric: Metric,
    readings: Sequence[Reading],
    period: Period,
    on: Sequence[Piece],
    usage_key: str,
) -> list[date]:
    """Return the days on which something counts: those of events, or all that a level holds."""
    if metric.rule == "TIME_WEIGHTED" or metric.carries_over:
        return [
            date.fromordinal(number)
            for one in on
            for number in range(one.start.toordinal(), one.end.toordinal())
        ]
    days = {one.day for one in readings if one.usage_key == usage_key}
    return sorted(day for day in days if period.start <= day < period.end)
