"""The charge engine: what one charge of one payer has to be billed at a bill date (CHG-1, CHG-2).

Pure: timelines, prices, usage and what has been billed come in, items go out. Everything that is
the same for thousands of payers (periods, quotes, full-period prices) is remembered by the
calendar and the price list that are passed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.rules.metered import Reading
from catalog.rules.metering import Metric
from foundation import proration
from foundation.periods import Period
from invoicing.rules.calendar import DAY, Calendar, Timing, looked_at
from invoicing.rules.difference import ONE, Billed, Change, Target, changes
from invoicing.rules.moments import Moment, pieces_of_moments, price_of
from invoicing.rules.prices import Prices, Who, told
from invoicing.rules.redirecting import Stretch, shared, stretch_on
from invoicing.rules.splitting import divided, split_by_price, until_run, with_stubs
from invoicing.rules.stretches import share_of
from invoicing.rules.timeline import FOREVER, PLAIN, Piece, Policies, Segment, pieces
from invoicing.rules.usage import Usage, usage_targets

if TYPE_CHECKING:
    from invoicing.rules.shared_counters import SharedCounter

_new = tuple.__new__


@dataclass(frozen=True, slots=True)
class ChargePlan:
    """A charge of the catalogue as the engine needs it."""

    charge_id: int
    kind: str  # RECURRING, USAGE or ONE_TIME
    timing: Timing
    convention: proration.Convention = proration.Convention.ACTUAL_DAYS
    months: int = 1
    factor_decimals: int | None = None
    policies: Policies = PLAIN
    rounds_events: bool = False
    shows_zero: bool = True
    text: str = ""
    per_day: bool = False
    bills_zero: bool = False
    tier_proration: bool = False
    free_proration: bool = False
    splits: bool = False
    rebills: bool = False
    metric: Metric | None = None
    counter_scope: str = "SUBSCRIPTION"
    to_the_second: bool = False

    @property
    def by_service(self) -> bool:
        """Say whether each service has a tier counter of its own (TIER-3)."""
        return self.counter_scope == "SERVICE"


@dataclass(slots=True)
class Life:
    """A subscription charge with its timeline, usage and billed items.

    It is billed to this payer for full periods that start in `[member_from, member_to)`: a change
    of payer takes effect at the next full period (HIER-6); or in `stretches`, where there are some
    (HIER-8). `rebated` are the discounts billed of it, as positive amounts. `place_id` is the
    jurisdiction of a service address of its own. `resets` are the days
    on which its tier counter begins anew, where that is not each period (TIER-3); `usage` then
    reaches back to the last of them. `counter` is one that it shares with other charges.
    `moments` is the timeline to the second, of a charge that is counted so and has one (PRO-5).
    On `split_days` running periods are divided between payers (HIER-6); `priced_as` says whose
    agreed prices hold, where not the owner's (PRC-2).
    """

    id: int
    owner_id: int
    anchor: date
    segments: list[Segment]
    member_from: date = date.min
    member_to: date = FOREVER
    service_id: int | None = None
    place_id: int | None = None
    usage: list[Usage] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    resets: tuple[date, ...] = ()
    counter: SharedCounter | None = None
    billed: dict[tuple[date, date], list[Billed]] = field(default_factory=dict)
    rebated: dict[tuple[date, date], list[Billed]] | None = None
    stretches: tuple[Stretch, ...] = ()
    moments: tuple[Moment, ...] = ()
    split_days: tuple[date, ...] = ()
    priced_as: int = 0

    def is_borne(self, day: date) -> bool:
        """Tell whether the payer bears, or shares, the full period that begins on the day."""
        if self.stretches:
            return stretch_on(self.stretches, day) is not None
        return self.member_from <= day < self.member_to


@dataclass(slots=True)
class Charged:
    """Items to write by full period, and what a reviewer should know of the charge."""

    items: list[tuple[Period, Change]] = field(default_factory=list)
    unbilled_before: date | None = None
    uncorrected_before: date | None = None
    is_silent: bool = False
    is_repriced: bool = False


def charge(
    life: Life,
    plan: ChargePlan,
    who: Who,
    calendar: Calendar,
    prices: Prices,
    payer_id: int = 0,
    kept: list[tuple[Period, list[Target]]] | None = None,
) -> Charged:
    """Return what is left to bill of a charge: owed by now, less billed (CHG-1 to CHG-4, CHG-6).

    What each full period owes is added to `kept`, where somebody asks for it.

    Raises: PriceMissing; CannotPriceQuantity; CannotProrate; BilledLessThanNothing.
    """
    found = Charged()
    periods: Sequence[Period]
    if plan.kind == "ONE_TIME":
        periods = _once(life, calendar)
    else:
        due = calendar.due(plan.timing, life.anchor)
        periods = due.periods
        if plan.policies is not PLAIN:
            periods = with_stubs(life, plan, due)
        if life.segments and life.segments[0].start < due.horizon and not life.billed:
            found.unbilled_before = due.horizon
    billed = life.billed
    if not billed:
        used = life.usage or life.readings or plan.bills_zero
        if not life.segments or (plan.kind == "USAGE" and not used):
            return found
        first = life.segments[0].start
        for period in periods:
            if period.end <= first:
                continue
            targets = _owed(life, plan, who, prices, calendar, period, None)
            if targets:
                found.items += [(period, one) for one in changes(targets, ())]
                if kept is not None:
                    kept.append((period, targets))
        return found
    for period, part in looked_at(periods, billed, calendar, in_advance=plan.timing.in_advance):
        known = billed.get((period.start, period.end), ())
        targets = _owed(life, plan, who, prices, calendar, period, part)
        if targets or known:
            found.items += [
                (period, one) for one in changes(targets, known, payer_id, rebills=plan.rebills)
            ]
            if kept is not None:
                kept.append((period, targets))
        is_first = bool(periods) and period.start == periods[0].start
        if is_first and _owes_otherwise(known, targets, period.start):
            found.uncorrected_before = period.start
    _notice(found, life, plan, who, prices, periods)
    return found


def owed_last(
    life: Life, plan: ChargePlan, who: Who, calendar: Calendar, prices: Prices
) -> tuple[Period | None, list[Target]]:
    """Return the last full period that is due and what it owes, whatever was billed of it.

    Raises: PriceMissing; CannotPriceQuantity; CannotProrate.
    """
    periods = calendar.due(plan.timing, life.anchor).periods
    if not periods:
        return None, []
    return periods[-1], _owed(life, plan, who, prices, calendar, periods[-1], None)


def _owes_otherwise(known: Sequence[Billed], targets: Sequence[Target], day: date) -> bool:
    """Tell whether a day was billed of which now nothing, or another price, is owed (CHG-6).

    On the first day that a run looks at, this means that the days before may be wrong as well,
    and nobody corrects them unasked.
    """
    if not any(one.start == day and one.left for one in known):
        return False
    prices = {one.price_key for one in targets if one.start == day}
    return not any(one.price_key in prices for one in known if one.start == day)


def _once(life: Life, calendar: Calendar) -> list[Period]:
    """Return the day of a one-time charge, once it has come (PRO-3)."""
    days = [one.start for one in life.segments if one.state != "OFF"][:1]
    return [calendar.once(day) for day in days if calendar.horizon() <= day <= calendar.bill_date]


def _owed(
    life: Life,
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    calendar: Calendar,
    period: Period,
    part: Period | None,
) -> list[Target]:
    """List what a full period owes by the bill date, as far as the payer bears it."""
    if not life.split_days:
        return _borne(life, plan, who, prices, calendar, period, part, period.start)
    bits = divided(period, part, life.split_days)
    each = [_borne(life, plan, who, prices, calendar, period, bit, day) for day, bit in bits]
    return [target for one in each for target in one]


def _borne(
    life: Life,
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    calendar: Calendar,
    period: Period,
    part: Period | None,
    day: date,
) -> list[Target]:
    """List what the payer bears of a period, or a part of it, that is borne as of a day."""
    if life.stretches:
        stretch = stretch_on(life.stretches, day)
        if stretch is None:
            return []
        if stretch.cap is not None:
            whole = replace(life, stretches=(stretch._replace(cap=None),))
            return shared(
                _borne(whole, plan, who, prices, calendar, period, part, day),
                stretch.cap,
                period.start,
            )
    if not plan.timing.to_run_date:
        return _targets(life, plan, who, prices, period, part, day)
    cut = until_run(life, calendar.bill_date, period, part)
    if cut is None:
        return []
    return _targets(life, plan, who, prices, period, None if cut == period else cut, day)


def _targets(
    life: Life,
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    period: Period,
    part: Period | None,
    day: date,
) -> list[Target]:
    """List what a full period, or a part of it, owes at the prices of a day."""
    start = period.start
    if not life.member_from <= start < life.member_to:
        return []
    if plan.kind == "USAGE":
        return usage_targets(life, plan, who, prices, period, part)
    segments = life.segments
    cut = part or period
    if life.moments:
        found = pieces_of_moments(life.moments, plan, who, period, cut)
        return _recurring(life, plan, who, prices, period, found, day)
    if plan.kind == "ONE_TIME":
        found = pieces(segments, start, period.end)
        return _recurring(life, plan, who, prices, period, found, day)
    is_whole = part is None and not (plan.per_day or plan.splits)
    if is_whole and len(segments) == 1 and segments[0].state != "OFF":
        only = segments[0]
        if only.start <= start and only.end >= period.end:  # the common case: the whole period
            day = only.price_day or start
            whose = life.priced_as or life.owner_id
            quote = prices.quote(plan.charge_id, who, whose, day, only.override)
            exact, amount, shown, trace = prices.whole(quote, only.quantity)
            if not (amount or plan.shows_zero):
                return []
            return [
                _new(
                    Target,
                    (start, period.end, "", quote.key, only.quantity, shown, ONE, exact, amount,
                     quote.version_id, life.service_id, trace),
                )
            ]  # fmt: skip
    found = pieces(segments, cut.start, cut.end, plan.policies)
    return _recurring(life, plan, who, prices, period, found, day)


def _recurring(
    life: Life,
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    period: Period,
    found: Sequence[Piece],
    day: date,
) -> list[Target]:
    """Price the pieces of a period by the price of the day on which it starts (CHG-9, PRO-1).

    Where the charge splits on price changes, each price has the days on which it is valid.
    """
    targets = []
    whose = life.priced_as or life.owner_id
    if plan.splits:
        found = list(split_by_price(found, plan.charge_id, who, whose, prices))
    for piece in found:
        priced_on = piece.price_day or max(day, life.segments[0].start)
        quote = prices.quote(plan.charge_id, who, whose, priced_on, piece.override)
        factor = _factor(plan, who, period, piece)
        exact, amount, shown, trace = prices.part(quote, piece.quantity, factor)
        if piece.moments:
            span = '"from":"{:%FT%T%z}","to":"{:%FT%T%z}"'.format(*piece.moments)
            trace = told((exact, amount, shown, trace), quote, span)[3]
        if factor and (amount or plan.shows_zero):
            targets.append(
                Target(
                    start=piece.start,
                    end=piece.end,
                    usage_key="",
                    price_key=quote.key + piece.suffix,
                    quantity=piece.quantity,
                    unit_price=shown,
                    factor=factor,
                    exact=exact,
                    amount=amount,
                    price_version_id=quote.version_id,
                    service_id=life.service_id,
                    trace=trace,
                )
            )
    return targets


def _factor(plan: ChargePlan, who: Who, period: Period, piece: Piece) -> Decimal:
    if plan.kind == "ONE_TIME":
        return ONE
    if plan.per_day:
        return Decimal((piece.counted_to - piece.counted_from).days)
    if piece.share is not None:
        return piece.share
    return share_of(plan, who, period, piece.counted_from, piece.counted_to)


def _notice(
    found: Charged,
    life: Life,
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    periods: Sequence[Period],
) -> None:
    """Notice usage that fell silent and a price that changed since the period before (BR-5)."""
    if len(periods) < 2:
        return
    now, before = periods[-1], periods[-2]
    earlier = life.billed.get((before.start, before.end))
    if not earlier or (now.start, now.end) in life.billed:
        return
    items = [change for period, change in found.items if period == now]
    if plan.kind == "USAGE":
        runs_on = any(one.end > now.start and one.state != "OFF" for one in life.segments)
        found.is_silent = runs_on and not items
    else:
        old = {price_of(one.price_key) for one in earlier}
        found.is_repriced = any(price_of(one.price_key) not in old for one in items)


def last_day(period: Period) -> date:
    """Return the last day of a period as documents show it (PER-1)."""
    return period.end - DAY
