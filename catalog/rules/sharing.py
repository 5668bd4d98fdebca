"""A tier counter that several share: priced once as a whole, borne by usage (TIER-3, POOL-1).

The same arithmetic for a bill and for what usage is worth before it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from catalog.rules.counters import split_counter
from catalog.rules.terms import ONE, ZERO, Priced, PriceTerms
from foundation.money import allocate, quantize

Member = TypeVar("Member", bound=Hashable)
Quote = TypeVar("Quote")


class Factors(NamedTuple):
    """What part of tiers, included quantity and bounds a partial period has (PRO-3)."""

    tiers: Decimal = ONE
    free: Decimal = ONE
    bounds: Decimal = ONE


class Borne(NamedTuple):
    """What one of several bears of a counter: of `priced`, exactly and to the minor unit."""

    priced: Priced
    exact: Decimal
    amount: Decimal


def stretches(
    rows: Iterable[tuple[Member, date, Decimal]],
    quote: Callable[[Member, date], Quote],
    since: Callable[[Member, date, date], date],
    days: tuple[date, date],
) -> Iterator[tuple[date, date, list[tuple[Member, Quote, Decimal]]]]:
    """Cut days `[start, end)` where the price of any member changes; add up each by member.

    `rows` are member, day and quantity; `since` gives the first day, later than another, from
    which the price of a day holds without break. Members come in order.
    """
    quoted: list[tuple[date, Member, Quote, Decimal]] = []
    marks = set(days)
    last: dict[Member, tuple[date, Quote]] = {}
    for member, day, quantity in sorted(rows, key=lambda row: row[1]):
        found = quote(member, day)
        before = last.get(member)
        if before is not None and before[1] != found:
            marks.add(since(member, day, before[0]))
        last[member] = day, found
        quoted.append((day, member, found, quantity))
    for start, end in itertools.pairwise(sorted(marks)):
        sums: dict[Member, tuple[Quote, Decimal]] = {}
        for day, member, found, quantity in quoted:
            if start <= day < end:
                known = sums.get(member)
                sums[member] = found, quantity + (known[1] if known else ZERO)
        if sums:
            yield start, end, [(one, *sums[one]) for one in sorted(sums)]  # type: ignore[type-var]


def borne(
    used: Sequence[tuple[Hashable, PriceTerms, Decimal]],
    reached: Decimal,
    whole: Decimal,
    factors: Factors,
) -> list[Borne]:
    """Return what each bears of what a stretch adds to a counter, in the order of `used`.

    `used` are a name of the price, its terms and the quantity; the counter goes from `reached` to
    `whole`. It is priced once and rounded once, and allocated by usage (NUM-2). Who has another
    price bears its part of what the whole counter would cost by that one.
    """
    quantity = whole - reached
    weights = _weights([quantity for *_, quantity in used])
    total = sum(weights, ZERO)
    alike: dict[Hashable, list[int]] = {}
    for number, (name, _, _) in enumerate(used):
        alike.setdefault(name, []).append(number)
    found: dict[int, Borne] = {}
    for numbers in alike.values():
        terms = used[numbers[0]][1]
        priced = _priced(terms, reached, quantity, factors)
        group = [weights[number] for number in numbers]
        weight = sum(group, ZERO)
        exact = priced.amount_exact
        if weight != total:
            exact = exact * weight / total
        amount = quantize(exact, terms.currency)
        parts = allocate(amount, group, terms.currency) if weight else [ZERO] * len(group)
        for number, part in zip(numbers, parts, strict=True):
            own = exact * weights[number] / weight if weight else ZERO
            found[number] = Borne(priced, exact if len(used) == 1 else own, part)
    return [found[number] for number in range(len(used))]


def _weights(quantities: Sequence[Decimal]) -> list[Decimal]:
    """Return what each has of a stretch: its usage, where that goes the way of the whole."""
    sign = -1 if sum(quantities, ZERO) < 0 else 1
    found = [max(sign * one, ZERO) for one in quantities]
    return found if any(found) else [ONE, *[ZERO] * (len(quantities) - 1)]


def _priced(terms: PriceTerms, reached: Decimal, quantity: Decimal, factors: Factors) -> Priced:
    """Price what a stretch adds to the counter."""
    parts = [(terms, quantity)]
    if reached:
        parts.insert(0, (terms, reached))
    return split_counter(
        parts,
        terms.currency,
        tier_factor=factors.tiers,
        free_factor=factors.free,
        bound_factor=factors.bounds,
    )[-1]
