"""What the usage of a full period owes: sums, levels and events in their order (TIER-3, UNIT)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from catalog.rules.counters import running_since
from catalog.rules.metering import Metric
from foundation.periods import Period
from invoicing.rules.difference import ZERO, Target
from invoicing.rules.metered_usage import metered_targets
from invoicing.rules.prices import WHOLE, Money, Prices, Shares, Who
from invoicing.rules.stretches import Part, price_since, share_of, shares_of, targets_of
from invoicing.rules.timeline import OFF, pieces

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan, Life


class Usage(NamedTuple):
    """What was used on one local day in one attribute group."""

    day: date
    usage_key: str
    quantity: Decimal
    amount: Decimal
    service_id: int | None
    events: int = 0


def usage_targets(
    life: Life,
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    period: Period,
    part: Period | None = None,
) -> list[Target]:
    """Price the usage of a period by attribute group and price; the counter runs on (TIER-3).

    Usage belongs to its local day (PER-4) and is priced by the version valid then; where that
    changes inside the period, each version prices what it adds to the quantity before. What is no
    sum (UNIT-3, UNIT-4) is one quantity of the whole period. `part` is what of the period no
    other billed period has (PER-7).
    """
    cut = part or period
    if life.counter is not None:
        return life.counter.targets(life, plan, who, prices, period, cut)
    shares = WHOLE
    only = life.segments[0] if life.segments else None
    if only is None or len(life.segments) > 1 or only.start > period.start or (
        only.end < period.end or part is not None
    ):  # fmt: skip
        shares = shares_of(plan, who, period, pieces(life.segments, cut.start, cut.end))
    if only is not None and (only.state == OFF or len(life.segments) > 1):
        life = _while_on(life)
    if plan.metric is not None and plan.metric.needs_events:
        return metered_targets(life, plan, plan.metric, who, prices, cut, shares)
    groups: dict[tuple[str, int | None], list[Usage]] = {}
    for one in life.usage:
        if cut.start <= one.day < cut.end:
            key = (one.usage_key, one.service_id if plan.by_service else None)
            groups.setdefault(key, []).append(one)
    if plan.bills_zero and not groups and shares.on and only is not None:
        nothing = Usage(max(only.start, cut.start), "*", ZERO, ZERO, life.service_id)
        groups["*", None] = [nothing]
    targets: list[Target] = []
    for (usage_key, service), rows in groups.items():
        parts, priced = _counted(plan, who, life, prices, cut, shares, rows, service)
        services = {one.service_id for one in rows}
        told = services.pop() if len(services) == 1 else None
        suffix = f"@{service}" if plan.by_service else ""
        targets += targets_of(plan, cut, usage_key, parts, priced, told, suffix)
    return targets


def _while_on(life: Life) -> Life:
    """Leave out usage of days on which its charge is off, whenever that was told: it is waived."""
    off = [(one.start, one.end) for one in life.segments if one.state == OFF]
    if not off:
        return life
    usage = [one for one in life.usage if not any(lo <= one.day < hi for lo, hi in off)]
    return replace(life, usage=usage)


def _counted(
    plan: ChargePlan,
    who: Who,
    life: Life,
    prices: Prices,
    cut: Period,
    shares: Shares,
    rows: list[Usage],
    service: int | None,
) -> tuple[list[Part], list[Money]]:
    """Price the usage of one group, counter by counter: most periods have one (TIER-3)."""
    metric = plan.metric
    if metric is not None and metric.rule == "COUNT":
        rows = [one._replace(quantity=Decimal(one.events)) for one in rows]
    if not life.resets:
        parts = list(by_price(plan, who, life, prices, cut.start, rows))
        if metric is not None:
            parts = list(converted(metric, parts))
        if plan.rounds_events:
            return parts, [prices.events(one[1], one[2], one[3]) for one in parts]
        return parts, prices.counted([(one[1], one[2]) for one in parts], shares)
    found: list[Part] = []
    priced: list[Money] = []
    for start, end in itertools.pairwise(
        [cut.start, *(day for day in life.resets if cut.start < day < cut.end), cut.end]
    ):
        inside = [one for one in rows if start <= one.day < end]
        if not inside:
            continue
        before = _before(plan, life, start, rows[0].usage_key, service)
        parts = list(by_price(plan, who, life, prices, start, inside))
        if metric is not None:
            parts = list(converted(metric, parts, before))
            before = metric.converted(before)
        own = shares
        if (start, end) != (cut.start, cut.end):
            own = shares._replace(bounds=shares.bounds * share_of(plan, who, cut, start, end))
        found += parts
        priced += prices.counted([(one[1], one[2]) for one in parts], own, before)
    return found, priced


def _before(
    plan: ChargePlan, life: Life, day: date, usage_key: str, service: int | None
) -> Decimal:
    """Return what the counter that runs on a day had counted before it (TIER-3)."""
    began = running_since(life.resets, day)
    by_count = plan.metric is not None and plan.metric.rule == "COUNT"
    return sum(
        (
            Decimal(one.events) if by_count else one.quantity
            for one in life.usage
            if began <= one.day < day
            and one.usage_key == usage_key
            and (not plan.by_service or one.service_id == service)
        ),
        ZERO,
    )


def converted(metric: Metric, parts: Iterable[Part], before: Decimal = ZERO) -> Iterator[Part]:
    """Convert and round the running sum, so that the parts add up to the whole (UNIT-7)."""
    exact, done = before, metric.converted(before) if before else ZERO
    for start, quote, quantity, amount in parts:
        exact += quantity
        reached = metric.converted(exact)
        yield start, quote, reached - done, amount
        done = reached


def by_price(
    plan: ChargePlan, who: Who, life: Life, prices: Prices, first_day: date, rows: list[Usage]
) -> Iterator[Part]:
    """Sum the usage of one group by the price valid on its day, in order of time.

    The first stretch begins on `first_day`.
    """
    key = rows[0].usage_key
    days = [one.day for one in rows]
    first, last = min(days), max(days)
    quote = prices.quote(plan.charge_id, who, life.priced_as or life.owner_id, first, None, key)
    if first == last or quote is prices.quote(
        plan.charge_id, who, life.priced_as or life.owner_id, last, None, key
    ):
        yield (
            first_day,
            quote,
            sum((one.quantity for one in rows), ZERO),
            sum((one.amount for one in rows), ZERO),
        )
        return
    start, running, quantity, amount = first_day, quote, ZERO, ZERO
    last_day = first
    for one in sorted(rows, key=lambda row: row.day):
        quote = prices.quote(
            plan.charge_id, who, life.priced_as or life.owner_id, one.day, None, key
        )
        if quote is not running:
            yield start, running, quantity, amount
            start = price_since(
                prices,
                plan,
                who,
                life.priced_as or life.owner_id,
                one.usage_key,
                one.day,
                last_day,
            )
            running, quantity, amount = quote, ZERO, ZERO
        quantity += one.quantity
        amount += one.amount
        last_day = one.day
    yield start, running, quantity, amount
