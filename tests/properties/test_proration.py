"""Parts of a period are worth what the convention says, and never more than the whole (PRO)."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.periods import Period, Rhythm, Unit
from foundation.proration import Convention, factor

ADDITIVE = (Convention.ACTUAL_DAYS, Convention.THIRTY_360, Convention.SECONDS)
ZONE = ZoneInfo("America/Sao_Paulo")
TINY = Decimal(1).scaleb(-40)
months = st.sampled_from([1, 3, 6, 12])


@st.composite
def cut(draw: st.DrawFn) -> tuple[Period, int, list[Period]]:
    """Return a full period, its months, and segments that cover it without gap."""
    count = draw(months)
    anchor = draw(st.dates(date(2000, 1, 1), date(2060, 12, 31)))
    full = Rhythm(anchor, Unit.MONTH, count, draw(st.integers(1, 31))).period(
        draw(st.integers(0, 24))
    )
    inner = draw(st.sets(st.integers(1, full.days - 1), max_size=6))
    edges = [full.start, *(full.start + timedelta(days=n) for n in sorted(inner)), full.end]
    return full, count, [Period(a, b) for a, b in itertools.pairwise(edges)]


@given(cut(), st.sampled_from(list(Convention)))
def test_pro_a_part_is_between_nothing_and_the_whole(parts, convention):
    full, count, segments = parts
    for segment in segments:
        share = factor(full, segment, convention=convention, months=count, zone=ZONE)
        assert 0 <= share <= 1
    assert factor(full, full, convention=convention, months=count) == 1


@given(cut(), st.sampled_from(ADDITIVE))
def test_pro_additive_conventions_add_up_to_one(parts, convention):
    full, count, segments = parts
    shares = [
        factor(full, segment, convention=convention, months=count, zone=ZONE)
        for segment in segments
    ]
    total = sum(shares, Decimal(0))
    assert abs(total - 1) < TINY


@given(cut(), st.sampled_from(list(Convention)))
def test_pro_a_longer_part_is_never_worth_less(parts, convention):
    full, count, segments = parts
    assume(len(segments) > 1)
    shares = [
        factor(
            full,
            Period(full.start, segment.end),
            convention=convention,
            months=count,
            zone=ZONE,
        )
        for segment in segments
    ]
    assert sorted(shares) == shares


@given(cut(), st.integers(0, 8))
def test_pro_6_a_rounded_factor_is_near_the_exact_one(parts, decimals):
    full, _, segments = parts
    for segment in segments:
        exact = factor(full, segment, convention=Convention.ACTUAL_DAYS)
        rounded = factor(full, segment, convention=Convention.ACTUAL_DAYS, decimals=decimals)
        assert abs(exact - rounded) * 2 <= Decimal(1).scaleb(-decimals)
