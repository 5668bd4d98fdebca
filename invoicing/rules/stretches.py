"""Stretches of a period with one price: where they begin, and what they owe (TIER-3, PRO-3)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from foundation import proration
from foundation.periods import Period
from invoicing.rules.difference import ONE, ZERO, Target
from invoicing.rules.prices import WHOLE, Money, PriceMissing, Prices, Quote, Shares, Who
from invoicing.rules.timeline import Piece

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan

DAY = timedelta(days=1)
Part = tuple[date, Quote, Decimal, Decimal]
"""A stretch with one price: its first day, the price, quantity and amount of events."""


def targets_of(
    plan: ChargePlan,
    period: Period,
    usage_key: str,
    parts: Sequence[Part],
    priced: Sequence[Money],
    service_id: int | None,
    suffix: str = "",
) -> Iterator[Target]:
    """Yield what each priced stretch of a group owes; `suffix` tells counters apart."""
    ends = [start for start, *_ in parts[1:]] + [period.end]
    for (start, quote, quantity, _), end, money in zip(parts, ends, priced, strict=True):
        if (quantity or money[1] or plan.bills_zero) and (money[1] or plan.shows_zero):
            yield Target(
                start=start,
                end=end,
                usage_key=usage_key,
                price_key=quote.key + suffix if suffix else quote.key,
                quantity=quantity,
                unit_price=money[2],
                factor=ONE,
                exact=money[0],
                amount=money[1],
                price_version_id=quote.version_id,
                service_id=service_id,
                trace=money[3],
            )


def shares_of(plan: ChargePlan, who: Who, period: Period, on: Sequence[Piece]) -> Shares:
    """Say what tiers, included quantity and bounds are worth in a partial period (PRO-3)."""
    if not on:
        return WHOLE._replace(on=False)
    gaps = any(one.end != after.start for one, after in itertools.pairwise(on))
    if not gaps and on[0].start == period.start and on[-1].end == period.end:
        return WHOLE
    share = min(ONE, sum((share_of(plan, who, period, one.start, one.end) for one in on), ZERO))
    return Shares(
        share if plan.tier_proration else ONE, share if plan.free_proration else ONE, share
    )


def share_of(plan: ChargePlan, who: Who, period: Period, start: date, end: date) -> Decimal:
    """Return what part of a full period some of its days are (PRO)."""
    return proration.factor(
        period,
        Period(start, end),
        convention=plan.convention,
        months=plan.months,
        zone=who.zone,
        decimals=plan.factor_decimals,
    )


def price_since(
    prices: Prices,
    plan: ChargePlan,
    who: Who,
    owner_id: int,
    usage_key: str,
    day: date,
    after: date,
) -> date:
    """Return the first day, later than `after`, from which the price of a day holds without break.

    So a stretch begins where its price does, whichever day of it was the first with usage.
    """
    quote = prices.quote(plan.charge_id, who, owner_id, day, None, usage_key)
    while day - DAY > after:
        try:
            before = prices.quote(plan.charge_id, who, owner_id, day - DAY, None, usage_key)
        except PriceMissing:
            break
        if before is not quote:
            break
        day -= DAY
    return day
