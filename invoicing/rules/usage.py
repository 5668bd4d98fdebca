"""What the usage of a full period owes: sums, levels and events in their order (TIER-3, UNIT)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from catalog.rules.metered import metered
from catalog.rules.metering import Metric
from foundation import proration
from foundation.periods import Period
from invoicing.rules.difference import ONE, ZERO, Target
from invoicing.rules.prices import WHOLE, Money, Prices, Quote, Shares, Who
from invoicing.rules.timeline import Piece, pieces

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan, Life

Part = tuple[date, Quote, Decimal, Decimal]
"""A stretch with one price: its first day, the price, quantity and amount of events."""


class Usage(NamedTuple):
    """What was used on one local day in one attribute group."""

    day: date
    usage_key: str
    quantity: Decimal
    amount: Decimal
    service_id: int | None
    events: int = 0


def usage_targets(
    life: Life, plan: ChargePlan, who: Who, prices: Prices, period: Period
) -> list[Target]:
    """Price the usage of a period by attribute group and price; the counter runs on (TIER-3).

    Usage belongs to its local day (PER-4) and is priced by the version valid then; where that
    changes inside the period, each version prices what it adds to the quantity before. What is no
    sum (UNIT-3, UNIT-4) is one quantity of the whole period.
    """
    shares = WHOLE
    only = life.segments[0]
    if len(life.segments) > 1 or only.start > period.start or only.end < period.end:
        shares = _shares(plan, who, period, pieces(life.segments, period.start, period.end))
    if plan.metric is not None and plan.metric.needs_events:
        return _metered_targets(life, plan, plan.metric, who, prices, period, shares)
    groups: dict[str, list[Usage]] = {}
    for one in life.usage:
        if period.start <= one.day < period.end:
            groups.setdefault(one.usage_key, []).append(one)
    if plan.bills_zero and not groups and shares.on:
        groups["*"] = [Usage(max(only.start, period.start), "*", ZERO, ZERO, life.service_id)]
    targets: list[Target] = []
    for usage_key, rows in groups.items():
        if plan.metric is not None and plan.metric.rule == "COUNT":
            rows = [one._replace(quantity=Decimal(one.events)) for one in rows]
        parts = list(_by_price(plan, who, life, prices, period, rows))
        if plan.metric is not None:
            parts = list(_converted(plan.metric, parts))
        if plan.rounds_events:
            priced = [prices.events(one[1], one[2], one[3]) for one in parts]
        else:
            priced = prices.counted([(one[1], one[2]) for one in parts], shares)
        services = {one.service_id for one in rows}
        service = services.pop() if len(services) == 1 else None
        targets += _targets(plan, period, usage_key, parts, priced, service)
    return targets


def _targets(
    plan: ChargePlan,
    period: Period,
    usage_key: str,
    parts: Sequence[Part],
    priced: Sequence[Money],
    service_id: int | None,
) -> Iterator[Target]:
    """Yield what each priced stretch of a group owes."""
    ends = [start for start, *_ in parts[1:]] + [period.end]
    for (start, quote, quantity, _), end, money in zip(parts, ends, priced, strict=True):
        if (quantity or money[1] or plan.bills_zero) and (money[1] or plan.shows_zero):
            yield Target(
                start=start,
                end=end,
                usage_key=usage_key,
                price_key=quote.key,
                quantity=quantity,
                unit_price=money[2],
                factor=ONE,
                exact=money[0],
                amount=money[1],
                price_version_id=quote.version_id,
                service_id=service_id,
                trace=money[3],
            )


def _converted(metric: Metric, parts: Iterable[Part]) -> Iterator[Part]:
    """Convert and round the running sum, so that the parts add up to the whole (UNIT-7)."""
    exact = done = ZERO
    for start, quote, quantity, amount in parts:
        exact += quantity
        reached = metric.converted(exact)
        yield start, quote, reached - done, amount
        done = reached


def _metered_targets(
    life: Life,
    plan: ChargePlan,
    metric: Metric,
    who: Who,
    prices: Prices,
    period: Period,
    shares: Shares,
) -> list[Target]:
    """Price quantities of the whole period by the price valid when it begins (UNIT-3, 4, 9)."""
    on = pieces(life.segments, period.start, period.end)
    spans = [(one.start, one.end) for one in on]
    found = list(metered(metric, life.readings, period, spans, who.zone))
    targets: list[Target] = []
    for one in found:
        day = max(period.start, on[0].start)
        quote = prices.quote(plan.charge_id, who, life.owner_id, day, None, one.usage_key)
        if metric.rule == "TRANSACTIONS" and quote.terms.counts_transactions:
            money = prices.transactions(quote, one.values, shares)
        else:
            money = prices.counted([(quote, one.quantity)], shares)[0]
        if metric.rule != "TRANSACTIONS":
            money = prices.told(money, quote, metric.rule, one.events)
        part: Part = (period.start, quote, one.quantity, ZERO)
        targets += _targets(plan, period, one.usage_key, [part], [money], one.service_id)
    if plan.bills_zero and not found and on:
        quote = prices.quote(
            plan.charge_id, who, life.owner_id, max(period.start, on[0].start), None, "*"
        )
        money = prices.counted([(quote, ZERO)], shares)[0]
        part = (period.start, quote, ZERO, ZERO)
        targets += _targets(plan, period, "*", [part], [money], life.service_id)
    return targets


def _shares(plan: ChargePlan, who: Who, period: Period, on: Sequence[Piece]) -> Shares:
    """Say what tiers, included quantity and bounds are worth in a partial period (PRO-3)."""
    if not on:
        return WHOLE._replace(on=False)
    gaps = any(one.end != after.start for one, after in itertools.pairwise(on))
    if not gaps and on[0].start == period.start and on[-1].end == period.end:
        return WHOLE
    share = sum(
        (
            proration.factor(
                period,
                Period(one.start, one.end),
                convention=plan.convention,
                months=plan.months,
                zone=who.zone,
                decimals=plan.factor_decimals,
            )
            for one in on
        ),
        ZERO,
    )
    share = min(ONE, share)
    return Shares(
        share if plan.tier_proration else ONE, share if plan.free_proration else ONE, share
    )


def _by_price(
    plan: ChargePlan,
    who: Who,
    life: Life,
    prices: Prices,
    period: Period,
    rows: list[Usage],
) -> Iterator[tuple[date, Quote, Decimal, Decimal]]:
    """Sum the usage of one group by the price valid on its day, in order of time."""
    key = rows[0].usage_key
    days = [one.day for one in rows]
    first, last = min(days), max(days)
    quote = prices.quote(plan.charge_id, who, life.owner_id, first, None, key)
    if first == last or quote is prices.quote(plan.charge_id, who, life.owner_id, last, None, key):
        yield (
            period.start,
            quote,
            sum((one.quantity for one in rows), ZERO),
            sum((one.amount for one in rows), ZERO),
        )
        return
    start, running, quantity, amount = period.start, quote, ZERO, ZERO
    for one in sorted(rows, key=lambda row: row.day):
        quote = prices.quote(plan.charge_id, who, life.owner_id, one.day, None, key)
        if quote is not running:
            yield start, running, quantity, amount
            start, running, quantity, amount = one.day, quote, ZERO, ZERO
        quantity += one.quantity
        amount += one.amount
    yield start, running, quantity, amount
