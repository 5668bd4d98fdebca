"""Tier counters: what a quantity costs on top of what was counted before it (TIER-3).

A counter runs over a period, a contract year, a term, or for ever. What a period costs is the
whole counter at its end less the counter at its beginning, so that the periods add up to the
whole. Least and greatest amounts are those of the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from catalog.rules.price_models import mean_price
from catalog.rules.pricing import price, price_transactions, within_bounds
from catalog.rules.terms import ONE, ZERO, Priced, PriceTerms, TierRow
from foundation.money import quantize
from foundation.periods import Unit, boundary


def split_counter(
    terms: Iterable[tuple[PriceTerms, Decimal]],
    currency: str,
    *,
    before: Decimal = ZERO,
    tier_factor: Decimal = ONE,
    free_factor: Decimal | None = None,
    bound_factor: Decimal = ONE,
) -> list[Priced]:
    """Price a quantity split over successive price versions; the counter runs on (TIER-3).

    Each (terms, quantity) part is priced as what it adds on top of the parts before it, under its
    own terms: price(reached + part) − price(reached). `before` is what the counter had reached
    when the period began; of that nothing is charged. The answers are unrounded differences, each
    rounded once.

    100 at 0.10, then 0.05: after 80 in earlier months, 50 cost 20 · 0.10 + 30 · 0.05 = 3.50.
    """
    answers = []
    reached = before
    for version, quantity in terms:
        after = reached + quantity
        factors = (tier_factor, free_factor, bound_factor)
        whole = _since(version, before, after, currency, *factors)
        if reached != before:
            start = _since(version, before, reached, currency, *factors)
            whole = _added(whole, start, version, quantity, currency)
        answers.append(whole)
        reached = after
    return answers


def split_transactions(
    terms: Iterable[tuple[PriceTerms, Sequence[Decimal]]],
    currency: str,
    *,
    free_factor: Decimal = ONE,
    bound_factor: Decimal = ONE,
) -> list[Priced]:
    """Price transactions in their order over successive price versions (UNIT-9, TIER-3).

    Each part is priced as what it adds to those before it, under its own terms, so that free
    transactions are counted over the whole period.
    """
    answers: list[Priced] = []
    values: list[Decimal] = []
    for version, added in terms:
        factors = {"free_factor": free_factor, "bound_factor": bound_factor}
        before = list(values)
        values += added
        whole = price_transactions(version, values, currency, **factors)
        if before:
            start = price_transactions(version, before, currency, **factors)
            whole = _added(whole, start, version, sum(added, ZERO), currency)
            whole = whole._replace(unit_price=version.percent)
        answers.append(whole)
    return answers


def _since(
    terms: PriceTerms,
    before: Decimal,
    after: Decimal,
    currency: str,
    tiers: Decimal,
    free: Decimal | None,
    bounds: Decimal,
) -> Priced:
    """Price what a counter has added since the period began, within the period's bounds."""
    if not before:
        return price(
            terms, after, currency, tier_factor=tiers, free_factor=free, bound_factor=bounds
        )
    free_of_bounds = terms
    if terms.min_amount is not None or terms.max_amount is not None:
        free_of_bounds = replace(terms, min_amount=None, max_amount=None)
    whole = price(free_of_bounds, after, currency, tier_factor=tiers, free_factor=free)
    start = price(free_of_bounds, before, currency, tier_factor=tiers, free_factor=free)
    added = _added(whole, start, terms, after - before, currency)
    if free_of_bounds is terms or not (after != before or terms.bill_zero):
        return added
    exact, bound = within_bounds(terms, added.amount_exact, bounds)
    return added._replace(amount_exact=exact, amount=quantize(exact, currency), bound=bound)


def _added(
    whole: Priced, start: Priced, terms: PriceTerms, quantity: Decimal, currency: str
) -> Priced:
    """Return what a counter added between two calculations."""
    exact = whole.amount_exact - start.amount_exact
    return Priced(
        exact,
        quantize(exact, currency),
        mean_price(exact, quantity),
        _difference(whole.rows, start.rows),
        terms,
        quantity,
        ONE,
    )


def _difference(after: tuple[TierRow, ...], before: tuple[TierRow, ...]) -> tuple[TierRow, ...]:
    """Return the rows that a part of a running counter added."""
    start = {row.tier: row for row in before}
    rows = []
    for row in after:
        old = start.get(row.tier)
        if old is None:
            rows.append(row)
        elif row.quantity != old.quantity or row.amount != old.amount:
            rows.append(
                TierRow(
                    row.tier,
                    row.quantity - old.quantity,
                    row.unit_price,
                    row.flat_amount - old.flat_amount,
                    row.amount - old.amount,
                )
            )
    return tuple(rows)


def resets(reset: str, began: date, terms: Sequence[date], until: date) -> tuple[date, ...]:
    """Return the days before `until` on which a counter begins anew, in order (TIER-3, PER-3).

    `began` is the first day of the subscription, `terms` the first days of its later terms. A
    contract year begins each year on the day of the year on which the subscription began; a
    counter that never begins anew has one beginning.
    """
    days = {began}
    if reset == "TERM":
        days.update(day for day in terms if began < day < until)
    if reset == "CONTRACT_YEAR":
        year = 1
        while (day := boundary(began, year, Unit.YEAR, 1)) < until:
            days.add(day)
            year += 1
    return tuple(sorted(days))


def running_since(days: Sequence[date], day: date) -> date:
    """Return the day on which the counter that runs on `day` began; `days` rise."""
    return max((one for one in days if one <= day), default=date.min)
