"""Worked examples of grants (PRO-3) and rollover (ENT-4)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from foundation.periods import Alignment, Period, Rhythm
from rating.rules.grants import (
    Grant,
    GrantTerms,
    grants_due,
    rhythm_of,
    rolled_over,
    rollover_end,
)

D = Decimal
CYCLE = Rhythm(date(2026, 1, 1))
TERMS = GrantTerms(quantity=D(300))


def due(terms: GrantTerms, start: date, end: date | None, items: int = 1) -> list[Grant]:
    return list(
        grants_due(
            terms,
            rhythm=rhythm_of(terms, start=start, cycle=CYCLE),
            start=start,
            end=end,
            items=D(items),
            since=date(2026, 4, 1),
            until=date(2026, 6, 1),
        )
    )


def test_pro3_a_partial_month_is_granted_its_share_of_days() -> None:
    april, may = Period(date(2026, 4, 1), date(2026, 5, 1)), date(2026, 5, 1)
    assert due(TERMS, date(2026, 4, 16), None) == [
        Grant(Period(date(2026, 4, 16), may), april, D(150)),
        Grant(Period(may, date(2026, 6, 1)), Period(may, date(2026, 6, 1)), D(300)),
    ]


def test_pro3_a_share_is_rounded_down_to_the_places_of_the_unit() -> None:
    assert [one.quantity for one in due(TERMS, date(2026, 5, 1), date(2026, 5, 11))] == [D(96)]
    exact = replace(TERMS, places=2)
    assert [one.quantity for one in due(exact, date(2026, 5, 1), date(2026, 5, 11))] == [
        D("96.77")
    ]


def test_pro3_what_does_not_prorate_is_granted_whole() -> None:
    whole = replace(TERMS, prorates=False)
    assert [one.quantity for one in due(whole, date(2026, 4, 30), date(2026, 5, 2))] == [300, 300]


def test_a_grant_is_for_each_of_the_items_and_none_outside_its_life() -> None:
    assert [one.quantity for one in due(TERMS, date(2025, 1, 1), None, items=3)] == [900, 900]
    assert due(TERMS, date(2026, 6, 1), None) == []
    assert due(TERMS, date(2026, 5, 5), date(2026, 5, 5)) == []


def test_the_days_of_an_anniversary_grant_count_from_the_start() -> None:
    own = replace(TERMS, alignment=Alignment.ANNIVERSARY)
    assert [one.days for one in due(own, date(2026, 3, 20), None)] == [
        Period(date(2026, 3, 20), date(2026, 4, 20)),
        Period(date(2026, 4, 20), date(2026, 5, 20)),
        Period(date(2026, 5, 20), date(2026, 6, 20)),
    ]


def test_ent4_a_share_of_what_is_unused_rolls_over_up_to_the_cap() -> None:
    half = replace(TERMS, rollover_percent=D("0.5"), rollover_cap=D(40))
    assert rolled_over(half, unused=D(61), source="GRANT") == 30
    assert rolled_over(half, unused=D(200), source="GRANT") == 40
    assert rolled_over(TERMS, unused=D(200), source="GRANT") == 0


def test_ent4_only_grants_roll_over_unless_the_terms_say_again() -> None:
    once = replace(TERMS, rollover_percent=D(1))
    again = replace(once, re_rolls=True)
    assert rolled_over(once, unused=D(10), source="ROLLOVER") == 0
    assert rolled_over(again, unused=D(10), source="ROLLOVER") == 10
    assert rolled_over(again, unused=D(10), source="TOPUP") == 0


def test_ent4_what_was_rolled_over_lives_so_many_periods() -> None:
    two = replace(TERMS, life_periods=2)
    assert rollover_end(two, rhythm=CYCLE, start=date(2026, 5, 1)) == date(2026, 7, 1)
