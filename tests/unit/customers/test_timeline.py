"""Timelines: cut, edit, merge, and what has to be written."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.timeline import Span, Timeline, difference, edited, merged

ONE, TWO, FIVE = Decimal(1), Decimal(2), Decimal(5)
JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)


def span(start: date, end: date | None, quantity: Decimal = ONE) -> Span:
    return Span(start, end, quantity)


def test_equal_neighbours_are_one() -> None:
    """PRO-1."""
    assert merged([span(FEB, None), span(JAN, FEB)]) == (span(JAN, None),)
    assert len(merged([span(JAN, FEB), span(FEB, None, TWO)])) == 2
    assert len(merged([span(JAN, FEB), span(MAR, None)])) == 2, "a gap stays a gap"
    locked = replace(span(FEB, None), price_day=JAN)
    assert len(merged([span(JAN, FEB), locked])) == 2, "another price is another segment"


def test_an_edit_cuts_at_its_bounds() -> None:
    line: Timeline = (span(JAN, None),)
    found = edited(line, FEB, MAR, lambda one: replace(one, quantity=TWO))
    assert found == (span(JAN, FEB), span(FEB, MAR, TWO), span(MAR, None))
    assert edited(line, FEB, None, lambda one: None) == (span(JAN, FEB),)
    assert edited(found, date.min, FEB, lambda one: None) == found[1:]


def test_an_edit_leaves_what_lies_outside() -> None:
    line = (span(JAN, FEB), span(MAR, None, FIVE))
    assert edited(line, FEB, MAR, lambda one: None) == line
    assert edited(line, date(2026, 1, 1), JAN, lambda one: None) == line


def test_only_what_differs_is_written() -> None:
    stored = {7: span(JAN, None), 8: span(MAR, None)}
    found = difference(stored, (span(JAN, FEB), span(FEB, None, TWO)))
    assert found.gone == (8,)
    assert found.changed == ((7, span(JAN, FEB)),)
    assert found.new == (span(FEB, None, TWO),)


days = st.integers(0, 400).map(lambda number: JAN + timedelta(number))


@given(st.lists(st.tuples(days, st.integers(1, 300), st.integers(1, 9)), max_size=8))
def test_edits_keep_the_covered_days(edits: list[tuple[date, int, int]]) -> None:
    line: Timeline = (span(JAN, None),)
    for day, length, quantity in edits:
        number = Decimal(quantity)
        until = day + timedelta(length)
        line = merged(edited(line, day, until, partial(replace, quantity=number)))
        assert line[0].start == JAN
        assert line[-1].end is None
        assert all(one.end == two.start for one, two in itertools.pairwise(line))
        assert all(not one.is_like(two) for one, two in itertools.pairwise(line))
        assert next(one for one in line if one.covers(day)).quantity == number
