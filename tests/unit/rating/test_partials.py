"""Parts of a session: when nothing lacks, and what they make together (RATE step 4)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rating.rules.partials import (
    Part,
    PartTerms,
    first_and_again,
    is_whole,
    put_together,
)
from rating.rules.reasons import Rejected

TEN = datetime(2027, 5, 3, 10, tzinfo=UTC)
TERMS = PartTerms("call", "part", "last")


def part(number: int, *, last: bool = False, row: int = 0, quantity: str = "60") -> Part:
    start = TEN + timedelta(minutes=number)
    end = start + timedelta(minutes=1)
    return Part(row or number, number, last, start, end, Decimal(quantity))


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([part(1, last=True)], True),
        ([part(0), part(1, last=True)], True),
        ([part(1), part(2), part(3, last=True)], True),
        ([part(1), part(2)], False),
        ([part(1), part(3, last=True)], False),
        ([part(2), part(3, last=True)], False),
        ([part(1, last=True), part(2)], False),
    ],
)
def test_nothing_lacks(parts: list[Part], whole: bool) -> None:
    random.Random(7).shuffle(parts)
    assert is_whole(parts) is whole


def test_the_whole_reaches_from_the_first_begin_to_the_last_end() -> None:
    parts = [part(3, quantity="0.5"), part(1, quantity="2"), part(2, quantity="-1")]
    whole = put_together(parts)
    assert (whole.start, whole.end) == (part(1).start, part(3).end)
    assert whole.quantity == Decimal("1.5")
    assert put_together(parts[::-1]) == whole


def test_of_two_with_one_number_the_first_to_arrive_counts() -> None:
    kept, again = first_and_again([part(2, row=9), part(1, row=8), part(2, row=7)])
    assert ([one.id for one in kept], [one.id for one in again]) == ([8, 7], [9])


@pytest.mark.parametrize(
    ("attributes", "session"),
    [
        ('{"call":"c1","part":"1"}', "c1"),
        ('{"call":"c1"}', ""),
        ('{"part":"1"}', ""),
        ('{"call":"c1","part":""}', ""),
        ("{}", ""),
    ],
)
def test_a_part_names_session_and_number(attributes: str, session: str) -> None:
    assert TERMS.session_of(attributes) == session


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "²", "1234567"])
def test_what_is_no_number_of_a_part(number: str) -> None:
    with pytest.raises(Rejected):
        TERMS.session_of(f'{{"call":"c1","part":"{number}"}}')
