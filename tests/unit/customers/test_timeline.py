"""Timelines: cut, change, begin, and what has to be written."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.timeline import (
    Attribute,
    Span,
    Start,
    Timeline,
    begun,
    changed,
    difference,
    ended,
    merged,
)

ONE, TWO, FIVE = Decimal(1), Decimal(2), Decimal(5)
JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)


def span(start: date, end: date | None, quantity: Decimal = ONE) -> Span:
    return Span(start, end, quantity)


def test_equal_neighbours_are_one() -> None:
    """PRO-1."""
    assert merged([span(FEB, None), span(JAN, FEB)]) == (span(JAN, None),)
    assert len(merged([span(JAN, FEB), span(FEB, None, TWO)])) == 2
    assert len(merged([span(JAN, FEB), span(MAR, None)])) == 2, "a gap stays a gap"


def test_an_end_is_exclusive() -> None:
    """PRO-5."""
    assert ended((span(JAN, None),), FEB) == (span(JAN, FEB),)
    assert ended((span(JAN, FEB), span(FEB, None, TWO)), FEB) == (span(JAN, FEB),)
    assert ended((span(JAN, None),), JAN) == ()


def test_a_change_begins_on_its_day() -> None:
    """PRO-5."""
    found = changed((span(JAN, None),), FEB, Attribute.QUANTITY, FIVE)
    assert [(one.start, one.end, one.quantity) for one in found] == [
        (JAN, FEB, ONE),
        (FEB, None, FIVE),
    ]


def test_a_later_change_of_the_same_thing_stays() -> None:
    line = (span(JAN, MAR), span(MAR, None, FIVE))
    found = changed(line, FEB, Attribute.QUANTITY, TWO)
    assert [one.quantity for one in found] == [ONE, TWO, FIVE]


def test_a_change_passes_changes_of_other_things() -> None:
    priced = changed((span(JAN, None),), MAR, Attribute.OVERRIDE_PRICE, FIVE)
    found = changed(priced, FEB, Attribute.QUANTITY, TWO)
    assert [(one.start, one.quantity, one.override_price) for one in found] == [
        (JAN, ONE, None),
        (FEB, TWO, None),
        (MAR, TWO, FIVE),
    ]


def test_a_trial_is_off_until_its_end() -> None:
    """CHG-10."""
    found = begun(Start(JAN, ONE, trial_end_on=FEB), one_day=JAN + timedelta(1))
    assert [(one.start, one.end, one.state) for one in found] == [
        (JAN, FEB, "OFF"),
        (FEB, None, "ON"),
    ]


def test_a_one_time_charge_has_its_day() -> None:
    found = begun(Start(JAN, ONE, is_one_time=True), one_day=date(2027, 1, 2))
    assert [(one.start, one.end) for one in found] == [(JAN, date(2027, 1, 2))]


def test_only_what_differs_is_written() -> None:
    stored = {7: span(JAN, None), 8: span(MAR, None)}
    found = difference(stored, (span(JAN, FEB), span(FEB, None, TWO)))
    assert found.gone == (8,)
    assert found.changed == ((7, span(JAN, FEB)),)
    assert found.new == (span(FEB, None, TWO),)


days = st.integers(0, 400).map(lambda number: JAN + timedelta(number))


@given(st.lists(st.tuples(days, st.integers(1, 9)), max_size=8), days)
def test_edits_keep_the_covered_days(edits: list[tuple[date, int]], end: date) -> None:
    line: Timeline = (span(JAN, None),)
    for day, quantity in edits:
        line = changed(line, day, Attribute.QUANTITY, Decimal(quantity))
        assert line[0].start == JAN
        assert line[-1].end is None
        assert all(one.end == two.start for one, two in itertools.pairwise(line))
        assert all(not one.is_like(two) for one, two in itertools.pairwise(line))
    cut = ended(line, end)
    assert all(one.end is not None and one.end <= end for one in cut)
