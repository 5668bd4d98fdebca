"""What balances, pools and money paid in advance owe to every set of events (ENT, POOL, COM)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from foundation.money import allocate
from foundation.periods import Period
from rating.rules.drawing import Bucket, Event, draw
from rating.rules.money import Due, Purse, paid_part, pay
from rating.rules.pooling import Share, contribution, draw_pooled, fair_shares
from rating.rules.top_ups import TopUp, held_back
from tests.properties.test_drawing import buckets, events

D = Decimal
MAY, JUNE, JULY = (datetime(2027, month, 1, tzinfo=UTC) for month in (5, 6, 7))
units = st.integers(0, 200).map(D)


@given(events(), buckets())
def test_ent1_what_covers_an_event_is_for_its_service_kind_and_time(
    used: list[Event], held: list[Bucket]
) -> None:
    """Or goes on with the rest of a closed one that was: then an ancestor holds the moment."""
    by_id = {one.id: one for one in held}
    told = {one.id: one for one in used}
    for drawn in draw(used, held):
        bucket, event = by_id[drawn.bucket_id], told[drawn.event_id]
        assert bucket.usage_type == event.usage_type
        assert bucket.service_id in (None, event.service_id)
        while not bucket.holds(event.at):
            assert bucket.parent_id is not None
            bucket = by_id[bucket.parent_id]
            assert bucket.is_closed


@given(units, units, units, st.integers(1, 200).map(D))
def test_ent5_late_usage_takes_what_was_rolled_over_first_and_revives_nothing(
    granted: Decimal, rolled: Decimal, other: Decimal, quantity: Decimal
) -> None:
    """May is closed: its rest went into June but for what expired, which is gone."""
    held = [
        Bucket(1, "DATA", MAY, JUNE, D(0), is_closed=True, given=granted, priority=1),
        Bucket(2, "DATA", JUNE, JULY, rolled, source="ROLLOVER", parent_id=1),
        Bucket(3, "DATA", MAY, JULY, other, priority=50),
    ]
    late = Event(1, datetime(2027, 5, 20, tzinfo=UTC), 1, "DATA", quantity)
    found = {one.bucket_id: one.quantity for one in draw([late], held)}
    first = min(quantity, rolled)
    assert found.get(2, D(0)) == first
    assert found.get(3, D(0)) == min(quantity - first, other)
    assert 1 not in found


@given(
    st.integers(0, 50), st.integers(1, 40), st.integers(0, 120),
    st.lists(st.integers(0, 60), max_size=30),
)  # fmt: skip
def test_ent8_a_month_of_top_ups_stays_within_its_limit_and_asks_only_when_needed(
    threshold: int, amount: int, most: int, spent: list[int]
) -> None:
    left, asked = D(threshold), D(0)
    for spend in spent:
        left = max(left - spend, D(0))
        rule = TopUp(D(threshold), D(amount), D(most), 3, left, asked, 0, False, False, None)
        before = asked
        if not held_back(rule, MAY):
            asked, left = asked + amount, left + amount
        assert asked <= most
        assert (asked > before) == (rule.left <= threshold and before + amount <= most)


@given(st.integers(1, 20_000), st.integers(0, 20_000), st.lists(st.integers(0, 20_000)))
def test_ent9_draws_carry_what_was_paid_to_the_last_cent(
    initial: int, paid: int, cuts: list[int]
) -> None:
    whole, consideration = D(initial) / 100, D(min(paid, initial)) / 100
    purse = Purse(1, whole, whole, consideration, "EUR", date(2027, 1, 1))
    marks = sorted({D(0), whole, *(D(min(one, initial)) / 100 for one in cuts)}, reverse=True)
    parts = [paid_part(purse, *pair) for pair in pairwise(marks)]
    assert sum(parts) == consideration
    assert all(part >= 0 for part in parts)


@given(
    st.lists(st.tuples(st.integers(1, 11), st.integers(1, 5000)), max_size=8), st.integers(1, 9)
)
def test_com3_a_prepaid_commitment_pays_for_its_window_and_no_more(
    billed: list[tuple[int, int]], last: int
) -> None:
    """What the months of the window cost, up to what was paid; all else is owed."""
    window = date(2027, 1, 1), date(2027, last + 1, 1)
    purse = Purse(1, D(100), D(100), D(100), "EUR", *window)
    dues = [
        Due(date(2027, month, 1), date(2027, month + 1, 1), None, D(cents) / 100)
        for month, cents in billed
    ]
    inside = sum((one.amount for one in dues if one.end <= window[1]), D(0))
    paid = sum((one.amount for one in pay(dues, [purse], D(10_000))), D(0))
    assert paid == min(D(100), inside)


@given(st.integers(0, 5000), st.lists(st.integers(1, 29), unique=True), st.integers(0, 3))
def test_pool2_contributions_by_days_are_the_whole_to_a_half_unit_each(
    quantity: int, cuts: list[int], places: int
) -> None:
    month = Period(date(2027, 6, 1), date(2027, 7, 1))
    marks = sorted({0, 30, *cuts})
    parts = [
        contribution(D(quantity), days=end - start, full=month, places=places)
        for start, end in pairwise(marks)
    ]
    exact = [D(quantity * (end - start)) / 30 for start, end in pairwise(marks)]
    unit = D(1).scaleb(-places)
    assert parts == [one.quantize(unit, ROUND_HALF_UP) for one in exact]
    assert abs(sum(parts, D(0)) - quantity) <= unit * len(parts) / 2


members = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=6)


def in_turn(told: list[tuple[int, int]]) -> list[Share]:
    """Cover members in turn, as events in their order do."""
    left, found = sum(brought for brought, _ in told), []
    for brought, used in told:
        covered = min(left, used)
        left -= covered
        found.append(Share(D(brought), D(used), D(covered)))
    return found


@given(members)
def test_pool3_each_bears_its_part_to_the_unit(told: list[tuple[int, int]]) -> None:
    """By usage as money is allocated; by excess nothing where none was used beyond one's own."""
    shares = in_turn(told)
    beyond = sum((one.beyond for one in shares), D(0))
    by_usage = fair_shares(shares, allocation="BY_USAGE", places=0)
    by_excess = fair_shares(shares, allocation="BY_EXCESS", places=0)
    if beyond:
        even = allocate(beyond, [one.used for one in shares], "JPY")
        assert [one.beyond for one in by_usage] == even
        for one in by_excess:
            assert one.used > one.contributed or not one.beyond
    for found in (by_usage, by_excess):
        assert sum((one.beyond for one in found), D(0)) == beyond
        assert all(0 <= one.covered <= one.used for one in found)
    assert fair_shares(shares, allocation="BY_EVENT_ORDER", places=0) == shares


moves = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 28), st.integers(1, 90), st.sampled_from([1, 2])),
    max_size=12,
)


@given(moves, st.sampled_from(["BY_USAGE", "BY_EXCESS", "BY_EVENT_ORDER"]))
def test_pool4_usage_draws_from_the_pool_of_its_day_alone(
    told: list[tuple[int, int, int, int]], allocation: str
) -> None:
    """Whatever moves between them: each pool covers its own usage, to its own room."""
    held = [
        Bucket(
            pool, "DATA", MAY, JUNE, D(100), service_id=pool, account_id=pool, pool_id=pool,
            contributed=D(100),
        )
        for pool in (1, 2)
    ]  # fmt: skip
    used = [
        Event(
            number, datetime(2027, 5, day, tzinfo=UTC), service, "DATA", D(quantity),
            account_id=service, pool_id=pool,
        )
        for number, (service, day, quantity, pool) in enumerate(told, 1)
    ]  # fmt: skip
    found = draw_pooled(
        used, held, allocations={1: allocation, 2: allocation}, places={1: 0, 2: 0}, before={}
    )
    covered: dict[int | None, Decimal] = defaultdict(Decimal)
    pools = {one.id: one.pool_id for one in used}
    for one in found.draws:
        assert pools[one.event_id] == one.bucket_id
        covered[one.bucket_id] += one.quantity
    for pool in (1, 2):
        wanted = sum(quantity for *_, quantity, where in told if where == pool)
        assert covered[pool] == min(D(100), wanted)


@given(members, st.integers(0, 5), st.integers(0, 40), st.sampled_from(["BY_USAGE", "BY_EXCESS"]))
def test_pool5_late_usage_moves_nobody_else_by_a_unit(
    told: list[tuple[int, int]], who: int, late: int, allocation: str
) -> None:
    """Who used the same keeps its part or moves by more than a unit; nothing is lost."""
    before = fair_shares(in_turn(told), allocation=allocation, places=0)
    who %= len(told)
    later = [(b, used + late if number == who else used) for number, (b, used) in enumerate(told)]
    shares = in_turn(later)
    found = fair_shares(shares, allocation=allocation, places=0, before=before)
    assert sum((one.beyond for one in found), D(0)) == sum((one.beyond for one in shares), D(0))
    anew = fair_shares(shares, allocation=allocation, places=0)
    for number, (one, old) in enumerate(zip(found, before, strict=True)):
        if number != who and abs(anew[number].beyond - old.beyond) <= 1 and found != anew:
            assert one.beyond == old.beyond
    again = fair_shares(found, allocation=allocation, places=0, before=found)
    assert again == found
