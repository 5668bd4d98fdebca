"""Worked examples of POOL-1 to POOL-5: what a pool covers, and who bears the rest."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.periods import Period
from rating.rules.drawing import Bucket, Draw, Event
from rating.rules.pooling import Pooled, Share, contribution, draw_pooled, fair_shares

D = Decimal
MAY, JUNE = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6))
FULL = Period(date(2026, 6, 1), date(2026, 7, 1))
FAMILY = [Share(D(100), D(used)) for used in (150, 90, 120)]


def brought(service: int, room: int, pool: int = 1) -> Bucket:
    return Bucket(
        service, "DATA", MAY, JUNE, D(room), service_id=service, account_id=service,
        pool_id=pool, contributed=D(room),
    )  # fmt: skip


def use(number: int, service: int, quantity: int, day: int, pool: int | None = 1) -> Event:
    at = datetime(2026, 5, day, tzinfo=UTC)
    return Event(
        number, at, service, "DATA", D(quantity), account_id=service, pool_id=pool
    )  # fmt: skip


def drawn(
    events: list[Event],
    buckets: list[Bucket],
    allocation: str = "BY_USAGE",
    before: dict[tuple[int, datetime, int], Share] | None = None,
) -> Pooled:
    return draw_pooled(
        events, buckets, allocations={1: allocation, 2: allocation}, places={1: 0, 2: 0},
        before=before or {},
    )  # fmt: skip


def covered(shares: list[Share]) -> list[Decimal]:
    return [one.covered for one in shares]


def test_pool2_a_contribution_follows_the_days_and_is_rounded_once() -> None:
    assert contribution(D(300), days=10, full=FULL, places=0) == 100
    assert contribution(D(100), days=10, full=FULL, places=0) == 33
    assert contribution(D(100), days=20, full=FULL, places=0) == 67
    assert contribution(D(100), days=10, full=FULL, places=2) == D("33.33")


def test_pool3_by_usage_each_bears_what_is_beyond_in_proportion_to_its_usage() -> None:
    """360 used of 300: 60 are beyond; 150, 90 and 120 bear 25, 15 and 20 of them."""
    in_order = [Share(one.contributed, one.used, D(100)) for one in FAMILY]
    assert covered(fair_shares(in_order, allocation="BY_USAGE", places=0)) == [125, 75, 100]


def test_pool3_by_excess_who_stayed_within_its_own_part_bears_nothing() -> None:
    """50 and 20 beyond the own 100: of 60 they bear 42.86 and 17.14, in whole units 43 and 17."""
    in_order = [Share(one.contributed, one.used, D(100)) for one in FAMILY]
    assert covered(fair_shares(in_order, allocation="BY_EXCESS", places=0)) == [107, 90, 103]


def test_pool3_by_event_order_who_comes_after_exhaustion_bears_it() -> None:
    events = [use(1, 1, 150, 3), use(2, 3, 120, 4), use(3, 2, 90, 5)]
    found = drawn(events, [brought(1, 100), brought(2, 100), brought(3, 100)], "BY_EVENT_ORDER")
    assert {key[2]: one.beyond for key, one in found.shares.items()} == {1: 0, 2: 60, 3: 0}


@pytest.mark.parametrize("allocation", ["BY_USAGE", "BY_EXCESS", "BY_EVENT_ORDER"])
def test_pool1_parts_add_up_to_the_pool_in_whatever_order_events_come(allocation: str) -> None:
    events = [use(1, 1, 150, 3), use(2, 2, 90, 4), use(3, 3, 120, 5)]
    buckets = [brought(1, 100), brought(2, 100), brought(3, 100)]
    answers = [drawn(list(order), buckets, allocation) for order in permutations(events)]
    assert all(one == answers[0] for one in answers)
    assert sum(one.quantity for one in answers[0].draws) == 300
    assert sum(one.beyond for one in answers[0].shares.values()) == 60


def test_pool2_a_pool_that_suffices_charges_nobody() -> None:
    found = drawn([use(1, 1, 180, 3), use(2, 2, 10, 4)], [brought(1, 100), brought(2, 100)])
    assert [one.used for one in found.shares.values()] == [180, 10]
    assert [one.beyond for one in found.shares.values()] == [0, 0]


def test_pool4_usage_counts_in_the_pool_of_its_day() -> None:
    """A line that moves on the 16th leaves its usage of before with the first pool."""
    buckets = [brought(1, 50), brought(2, 50, pool=2)]
    found = drawn([use(1, 3, 40, 10), use(2, 3, 30, 20, pool=2), use(3, 3, 5, 21, None)], buckets)
    assert found.draws == [Draw(1, 1, D(40)), Draw(2, 2, D(30))]


def test_ent1_what_is_the_accounts_own_is_used_before_the_pool() -> None:
    own = Bucket(9, "DATA", MAY, JUNE, D(30), priority=500, account_id=1)
    found = drawn([use(1, 1, 80, 3), use(2, 2, 80, 4)], [own, brought(2, 100)])
    assert [one.used for one in found.shares.values()] == [50, 80]
    assert [one.beyond for one in found.shares.values()] == [12, 18]


def test_pool5_who_used_the_same_keeps_its_share_if_that_moves_by_one_unit_at_most() -> None:
    """One more unit of late usage: 25, 15 and 20 would be 25.15, 14.92 and 20.94 of 61."""
    before = [Share(D(100), one.used, one.used - part) for one, part in
              zip(FAMILY, (D(25), D(15), D(20)), strict=True)]  # fmt: skip
    now = [*before[:2], Share(D(100), D(121), D(100))]
    found = fair_shares(now, allocation="BY_USAGE", places=0, before=before)
    assert [one.beyond for one in found] == [25, 15, 21]


def test_pool5_a_share_that_moves_by_more_follows_the_usage() -> None:
    before = [Share(D(100), D(150), D(125)), Share(D(100), D(90), D(75))]
    now = [before[0], Share(D(100), D(190), D(75))]
    found = fair_shares(now, allocation="BY_USAGE", places=0, before=before)
    assert [one.beyond for one in found] == [62, 78]


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 200), st.integers(1, 31)),
        min_size=1, max_size=12,
    ),
    st.lists(st.integers(1, 150), min_size=4, max_size=4),
    st.sampled_from(["BY_USAGE", "BY_EXCESS", "BY_EVENT_ORDER"]),
)  # fmt: skip
def test_pool1_nothing_is_lost_and_nobody_is_covered_for_more_than_it_used(
    used: list[tuple[int, int, int]], rooms: list[int], allocation: str
) -> None:
    """What is beyond is usage less the pool, whatever the policy; no part is below nothing."""
    events = [use(number, *one) for number, one in enumerate(used)]
    buckets = [brought(number + 1, room) for number, room in enumerate(rooms)]
    found = drawn(events, buckets, allocation)
    total = sum(quantity for _, quantity, _ in used)
    beyond = sum(one.beyond for one in found.shares.values())
    assert beyond == max(0, total - sum(rooms))
    assert sum(one.quantity for one in found.draws) == total - beyond
    assert all(0 <= one.covered <= one.used for one in found.shares.values())
    again = drawn(events, buckets, allocation, found.shares)
    assert again == found
