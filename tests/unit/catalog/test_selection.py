"""Which price applies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.rules.pricing import PriceTerms
from catalog.rules.selection import (
    AmbiguousPrice,
    Candidate,
    attribute_key,
    attribute_pairs,
    choose,
)

D = Decimal

START = date(2027, 1, 1)


def candidate(number: int, **asks: object) -> Candidate:
    terms = PriceTerms(number, "FLAT", "USD", flat_amount=D(number))
    asks.setdefault("starts", START)
    asks.setdefault("ends", None)
    return Candidate(terms, **asks)  # type: ignore[arg-type]


def chosen(*candidates: Candidate, on: date = START, **asks: Any) -> int | None:
    asks.setdefault("attributes", {})
    found = choose(candidates, on_date=on, **asks)  # type: ignore[arg-type]
    return None if found is None else found.terms.price_version_id


def test_the_most_attributes_win_then_segment_region_and_channel() -> None:
    """PRC-3."""
    zone = candidate(1, attributes=(("zone", "EU"),))
    segment = candidate(2, segment="SMB")
    region = candidate(3, region="NORTH")
    channel = candidate(4, channel="WEB")
    plain = candidate(5)
    everything = (plain, channel, region, segment, zone)
    asks: dict[str, Any] = {"segment": "SMB", "region": "NORTH", "channel": "WEB"}
    assert chosen(*everything, **asks, attributes={"zone": "EU"}) == 1
    assert chosen(*everything, **asks) == 2
    assert chosen(*everything, region="NORTH", channel="WEB") == 3
    assert chosen(*everything, channel="WEB") == 4
    assert chosen(*everything) == 5


def test_only_prices_valid_on_the_day_are_asked() -> None:
    """PRC-1: half-open validity."""
    old = candidate(1, ends=date(2027, 6, 1))
    new = candidate(2, starts=date(2027, 6, 1))
    assert chosen(old, new, on=date(2027, 5, 31)) == 1
    assert chosen(old, new, on=date(2027, 6, 1)) == 2
    assert chosen(old, new, on=date(2026, 12, 31)) is None


def test_two_prices_of_equal_rank_are_an_error() -> None:
    """PRC-3."""
    with pytest.raises(AmbiguousPrice):
        chosen(
            candidate(1, attributes=(("zone", "EU"),)),
            candidate(2, attributes=(("peak", "yes"),)),
            attributes={"zone": "EU", "peak": "yes"},
        )


def test_attribute_keys_are_canonical() -> None:
    assert attribute_key({"b": "2", "a": "1"}) == "a=1,b=2"
    assert attribute_key({}) == "*"
    assert attribute_pairs("a=1,b=2") == (("a", "1"), ("b", "2"))
    assert attribute_pairs("*") == ()
