"""A tier counter that several subscriptions share: rated once, borne by usage (TIER-3, POOL-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.rules.metering import MOST_PLACES, Metric
from catalog.rules.price_models import mean_price
from catalog.rules.sharing import Factors, borne, stretches
from foundation.periods import Period
from invoicing.rules.difference import ZERO, Target
from invoicing.rules.prices import Money, Prices, Quote, Shares, Who, told, trace_of
from invoicing.rules.stretches import Part, price_since, shares_of, targets_of
from invoicing.rules.timeline import Piece, pieces
from invoicing.rules.usage import Usage

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan, Life


@dataclass(slots=True, eq=False)
class SharedCounter:
    """The subscription charges of an account or a payer whose quantities are counted together.

    In each stretch with one price the counter is priced as a whole and rounded once; each charge
    bears the part of it that it used, to the last minor unit (NUM-2). A charge whose own price
    differs bears its part of what the whole counter would cost by that price. The order of usage
    inside a stretch does not matter.
    """

    lives: list[Life]
    found: dict[tuple[date, date, date], dict[int, list[Target]]] = field(default_factory=dict)

    def targets(
        self, life: Life, plan: ChargePlan, who: Who, prices: Prices, period: Period, cut: Period
    ) -> list[Target]:
        """Return what one of the charges owes for a period; the counter is priced once."""
        key = (period.start, cut.start, cut.end)
        answers = self.found.get(key)
        if answers is None:
            members = [one for one in self.lives if one.is_borne(period.start)]
            answers = self.found[key] = {one.id: [] for one in members}
            for owner, target in _targets(members, plan, who, prices, period, cut):
                answers[owner.id].append(target)
        return answers.get(life.id, [])


def _targets(
    members: Sequence[Life],
    plan: ChargePlan,
    who: Who,
    prices: Prices,
    period: Period,
    cut: Period,
) -> Iterator[tuple[Life, Target]]:
    """Yield whose charge owes what, by attribute group and stretch."""
    on = _together(members, cut)
    shares = shares_of(plan, who, period, on)
    groups: dict[str, list[tuple[Life, Usage]]] = {}
    for life in members:
        for one in life.usage:
            if cut.start <= one.day < cut.end:
                groups.setdefault(one.usage_key, []).append((life, one))
    if plan.bills_zero and not groups and on:
        first = next(one for one in members if pieces(one.segments, cut.start, cut.end))
        groups["*"] = [(first, Usage(on[0].start, "*", ZERO, ZERO, first.service_id))]
    for usage_key, rows in groups.items():
        reached = exact = ZERO
        used_by = {life.id: life for life, _ in rows}
        for start, end, used in _stretches(rows, plan, who, prices, cut):
            exact += sum((quantity for *_, quantity in used), ZERO)
            whole = exact if plan.metric is None else plan.metric.converted(exact)
            for number, quote, quantity, money in _borne(plan, used, reached, whole, shares):
                life = used_by[number]
                part: Part = (start, quote, quantity, ZERO)
                days = Period(start, end)
                services = {row.service_id for owner, row in rows if owner is life}
                service = services.pop() if len(services) == 1 else None
                for target in targets_of(plan, days, usage_key, [part], [money], service):
                    yield life, target
            reached = whole


def _stretches(
    rows: Sequence[tuple[Life, Usage]], plan: ChargePlan, who: Who, prices: Prices, cut: Period
) -> Iterator[tuple[date, date, list[tuple[int, Quote, Decimal]]]]:
    """Cut the days where the price of any of the charges changes; add up each by charge."""
    owners = {life.id: life.owner_id for life, _ in rows}
    key = rows[0][1].usage_key

    def quoted(number: int, day: date) -> Quote:
        return prices.quote(plan.charge_id, who, owners[number], day, None, key)

    def since(number: int, day: date, after: date) -> date:
        return price_since(prices, plan, who, owners[number], key, day, after)

    counted = [(life.id, one.day, _counted(plan, one)) for life, one in rows]
    return stretches(counted, quoted, since, (cut.start, cut.end))


def _counted(plan: ChargePlan, one: Usage) -> Decimal:
    by_count = plan.metric is not None and plan.metric.rule == "COUNT"
    return Decimal(one.events) if by_count else one.quantity


def _borne(
    plan: ChargePlan,
    used: Sequence[tuple[int, Quote, Decimal]],
    reached: Decimal,
    whole: Decimal,
    shares: Shares,
) -> Iterator[tuple[int, Quote, Decimal, Money]]:
    """Yield what each charge bears of a stretch, with its quantity in the unit of the price."""
    factors = Factors(shares.tiers, shares.free, shares.bounds)
    named = [(quote.key, quote.terms, quantity) for _, quote, quantity in used]
    found = borne(named, reached, whole, factors)
    for (number, quote, quantity), (priced, exact, amount) in zip(used, found, strict=True):
        own = _own_quantity(plan.metric, quantity)
        if len(used) == 1:
            yield number, quote, own, (exact, amount, priced.unit_price, trace_of(priced))
            continue
        shown = quote.terms.linear
        if shown is None:
            shown = mean_price(exact, own)
        facts = (
            f'"counter":"{plan.counter_scope}","counter_quantity":"{whole - reached:f}",'
            f'"counter_before":"{reached:f}","counter_amount":"{priced.amount}",'
            f'"counter_members":{len(used)}'
        )
        yield number, quote, own, told((exact, amount, shown, trace_of(priced)), quote, facts)


def _own_quantity(metric: Metric | None, quantity: Decimal) -> Decimal:
    """Return the quantity that a line shows; the whole counter alone is rounded (UNIT-7)."""
    if metric is None:
        return quantity
    return replace(metric, places=MOST_PLACES).converted(quantity)


def _together(members: Sequence[Life], cut: Period) -> list[Piece]:
    """Return the stretches in which any of the charges ran, in order, none overlapping."""
    on: list[Piece] = []
    every = [piece for one in members for piece in pieces(one.segments, cut.start, cut.end)]
    for piece in sorted(every, key=lambda one: one.start):
        if on and piece.start <= on[-1].end:
            on[-1] = on[-1]._replace(end=max(on[-1].end, piece.end))
        else:
            on.append(piece)
    return on


def share_counters(lives: Sequence[tuple[int, Life]], scopes: Mapping[int, str]) -> None:
    """Let the charges of a payer that are counted together know of each other (TIER-3).

    `lives` come with their charge of the catalogue; `scopes` says of which charges the counter is
    the ACCOUNT's, of which the PAYER's.
    """
    counters: dict[tuple[int, int], SharedCounter] = {}
    for charge_id, life in sorted(lives, key=lambda one: one[1].id):
        scope = scopes.get(charge_id)
        if scope is not None:
            key = (charge_id, life.owner_id if scope == "ACCOUNT" else 0)
            counter = counters.setdefault(key, SharedCounter([]))
            counter.lives.append(life)
            life.counter = counter
