"""A tier counter that several subscriptions share: rated once, borne by usage (TIER-3, POOL-1)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from catalog.rules.counters import split_counter
from catalog.rules.metering import MOST_PLACES, Metric
from catalog.rules.price_models import mean_price
from catalog.rules.pricing import Priced
from foundation.money import allocate, quantize
from foundation.periods import Period
from invoicing.rules.difference import ZERO, Target
from invoicing.rules.prices import Money, Prices, Quote, Shares, Who, told, trace_of
from invoicing.rules.stretches import Part, price_since, shares_of, targets_of
from invoicing.rules.timeline import Piece, pieces
from invoicing.rules.usage import Usage

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan, Life


class Used(NamedTuple):
    """What one subscription charge used in a stretch, and the price that it has there."""

    life: Life
    quote: Quote
    quantity: Decimal


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
        for start, end, used in _stretches(rows, plan, who, prices, cut):
            exact += sum((one.quantity for one in used), ZERO)
            whole = exact if plan.metric is None else plan.metric.converted(exact)
            for life, quote, quantity, money in _borne(plan, used, reached, whole, shares):
                part: Part = (start, quote, quantity, ZERO)
                days = Period(start, end)
                services = {row.service_id for owner, row in rows if owner is life}
                service = services.pop() if len(services) == 1 else None
                for target in targets_of(plan, days, usage_key, [part], [money], service):
                    yield life, target
            reached = whole


def _stretches(
    rows: Sequence[tuple[Life, Usage]], plan: ChargePlan, who: Who, prices: Prices, cut: Period
) -> Iterator[tuple[date, date, list[Used]]]:
    """Cut the days where the price of any of the charges changes; add up each by charge."""
    by_count = plan.metric is not None and plan.metric.rule == "COUNT"
    quoted: list[tuple[date, Life, Quote, Decimal]] = []
    marks = {cut.start, cut.end}
    last: dict[int, tuple[date, Quote]] = {}
    for life, one in sorted(rows, key=lambda row: row[1].day):
        key = (plan.charge_id, who, life.owner_id)
        quote = prices.quote(*key, one.day, None, one.usage_key)
        before = last.get(life.id)
        if before is not None and before[1] is not quote:
            since = (life.owner_id, one.usage_key, one.day, before[0])
            marks.add(price_since(prices, plan, who, *since))
        last[life.id] = one.day, quote
        quantity = Decimal(one.events) if by_count else one.quantity
        quoted.append((one.day, life, quote, quantity))
    days = sorted(marks)
    for start, end in itertools.pairwise(days):
        sums: dict[int, Used] = {}
        for day, life, quote, quantity in quoted:
            if start <= day < end:
                known = sums.get(life.id)
                total = quantity + (known.quantity if known else ZERO)
                sums[life.id] = Used(life, quote, total)
        if sums:
            yield start, end, [sums[number] for number in sorted(sums)]


def _borne(
    plan: ChargePlan, used: Sequence[Used], reached: Decimal, whole: Decimal, shares: Shares
) -> Iterator[tuple[Life, Quote, Decimal, Money]]:
    """Yield what each charge bears of a stretch, with its quantity in the unit of the price."""
    quantity = whole - reached
    weights = _weights(used)
    total = sum(weights, ZERO)
    alike: dict[str, list[int]] = {}
    for number, one in enumerate(used):
        alike.setdefault(one.quote.key, []).append(number)
    for numbers in alike.values():
        quote = used[numbers[0]].quote
        priced = _priced(quote, reached, quantity, shares)
        group = [weights[number] for number in numbers]
        weight = sum(group, ZERO)
        exact = priced.amount_exact
        if weight != total:
            exact = exact * weight / total
        amount = quantize(exact, quote.terms.currency)
        parts = allocate(amount, group, quote.terms.currency) if weight else [ZERO] * len(group)
        for number, part in zip(numbers, parts, strict=True):
            own = _own_quantity(plan.metric, used[number].quantity)
            own_exact = exact * weights[number] / weight if weight else ZERO
            money: Money
            if len(used) == 1:
                money = (exact, part, priced.unit_price, trace_of(priced))
            else:
                shown = quote.terms.linear
                if shown is None:
                    shown = mean_price(own_exact, own)
                money = (own_exact, part, shown, trace_of(priced))
                facts = (
                    f'"counter":"{plan.counter_scope}","counter_quantity":"{quantity:f}",'
                    f'"counter_before":"{reached:f}","counter_amount":"{priced.amount}",'
                    f'"counter_members":{len(used)}'
                )
                money = told(money, quote, facts)
            yield used[number].life, quote, own, money


def _weights(used: Sequence[Used]) -> list[Decimal]:
    """Return what each has of a stretch: its usage, where that goes the way of the whole."""
    sign = -1 if sum((one.quantity for one in used), ZERO) < 0 else 1
    found = [max(sign * one.quantity, ZERO) for one in used]
    return found if any(found) else [Decimal(1), *[ZERO] * (len(used) - 1)]


def _priced(quote: Quote, reached: Decimal, quantity: Decimal, shares: Shares) -> Priced:
    """Price what a stretch adds to the counter."""
    parts = [(quote.terms, quantity)]
    if reached:
        parts.insert(0, (quote.terms, reached))
    return split_counter(
        parts,
        quote.terms.currency,
        tier_factor=shares.tiers,
        free_factor=shares.free,
        bound_factor=shares.bounds,
    )[-1]


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
