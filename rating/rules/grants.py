"""What an entitlement grants and when, and what becomes of the rest at the end (PRO-3, ENT-4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final

from foundation.money import round_places
from foundation.periods import Alignment, Period, Rhythm, Unit, charge_rhythm
from foundation.proration import Convention, factor

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What an entitlement of an offer gives for each grant period.

    `quantity` is in the unit of the usage type, for one of the subscription item.
    """

    quantity: Decimal
    unit: Unit = Unit.MONTH
    count: int = 1
    alignment: Alignment = Alignment.CYCLE
    prorates: bool = True
    places: int = 0
    rollover_percent: Decimal = ZERO
    rollover_cap: Decimal | None = None
    life_periods: int = 1
    re_rolls: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant due: the days it may be used on, of which full period, and how much."""

    days: Period
    full: Period
    quantity: Decimal


def rhythm_of(terms: GrantTerms, *, start: date, cycle: Rhythm) -> Rhythm:
    """Return the rhythm of the grants of an item that starts on a day."""
    return charge_rhythm(
        start=start, alignment=terms.alignment, cycle=cycle, unit=terms.unit, count=terms.count
    )


def grants_due(
    terms: GrantTerms,
    *,
    rhythm: Rhythm,
    start: date,
    end: date | None,
    items: Decimal,
    since: date,
    until: date,
) -> Iterator[Grant]:
    """Yield the grants of an item over `[start, end)` whose days meet `[since, until)`.

    One per full period of the rhythm. A partial period gets its share of days, rounded down to
    the places of the unit, where the terms prorate, and the whole where they do not (PRO-3).
    """
    first, last = max(start, since), until if end is None else min(until, end)
    if first >= last:
        return
    k = rhythm.number(first)
    while (full := rhythm.period(k)).start < last:
        days = Period(max(full.start, start), full.end if end is None else min(full.end, end))
        quantity = terms.quantity * items
        if terms.prorates and days != full:
            share = factor(full, days, convention=Convention.ACTUAL_DAYS)
            quantity = round_places(quantity * share, terms.places, ROUND_DOWN)
        if quantity > 0:
            yield Grant(days, full, quantity)
        k += 1


def trial_grant(
    terms: GrantTerms, *, start: date, trial_end: date | None, until: date
) -> Iterator[Grant]:
    """Yield what caps the trial of an item that starts before `until`, once (CHG-10)."""
    if trial_end is not None and start < trial_end and start < until:
        days = Period(start, trial_end)
        yield Grant(days, days, terms.quantity)


def rolled_over(terms: GrantTerms, *, unused: Decimal, source: str) -> Decimal:
    """Return how much of an ended bucket goes on: min(unused · percent, cap) (ENT-4).

    Rounded down to the places of the unit. Only what was granted rolls over; what was rolled
    over already does so only if the terms say that it rolls again. The rest expires.
    """
    if source != "GRANT" and not (source == "ROLLOVER" and terms.re_rolls):
        return ZERO
    rolled = round_places(unused * terms.rollover_percent, terms.places, ROUND_DOWN)
    return rolled if terms.rollover_cap is None else min(rolled, terms.rollover_cap)


def rollover_end(terms: GrantTerms, *, rhythm: Rhythm, start: date) -> date:
    """Return the first day on which what was rolled over on `start` cannot be used any more."""
    return rhythm.boundary(rhythm.number(start) + terms.life_periods)
