"""Whatever is used, in any order: nothing is lost in a split, nothing is overdrawn (ENT)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rating.rules.drawing import RANKS, Bucket, Draw, Event, draw, usage_order
from rating.rules.grants import GrantTerms, rolled_over

D = Decimal
FIRST = datetime(2026, 5, 1, tzinfo=UTC)
hours = st.integers(0, 100).map(lambda n: FIRST + timedelta(hours=n))
amounts = st.integers(0, 60).map(lambda n: D(n) / 4)


@st.composite
def buckets(draws: st.DrawFn) -> list[Bucket]:
    found: list[Bucket] = []
    for place in range(draws(st.integers(0, 6))):
        start = draws(hours)
        length = draws(st.none() | st.integers(1, 80))
        found.append(
            Bucket(
                id=place + 1,
                usage_type=draws(st.sampled_from(["VOICE", "DATA"])),
                start=start,
                end=None if length is None else start + timedelta(hours=length),
                room=draws(amounts),
                priority=draws(st.integers(1, 2)),
                source=draws(st.sampled_from(sorted(RANKS))),
                service_id=draws(st.sampled_from([None, 1])),
                is_blocker=draws(st.booleans()) and draws(st.booleans()),
                is_closed=draws(st.booleans()),
                parent_id=draws(st.sampled_from([None, *range(1, place + 1)])),
            )
        )
    return found


@st.composite
def events(draws: st.DrawFn, *, corrections: bool = True) -> list[Event]:
    signs = [1, 1, 1, -1] if corrections else [1]
    return [
        Event(
            id=place + 1,
            at=draws(hours),
            service_id=draws(st.integers(1, 2)),
            usage_type=draws(st.sampled_from(["VOICE", "DATA"])),
            quantity=draws(amounts) * draws(st.sampled_from(signs)),
        )
        for place in range(draws(st.integers(0, 12)))
    ]


def covered(drawn: list[Draw]) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for one in drawn:
        sums[one.event_id] += one.quantity
    return sums


@given(events(), buckets(), st.randoms(use_true_random=False))
def test_ent6_the_order_of_arrival_changes_nothing(
    used: list[Event], held: list[Bucket], random: Random
) -> None:
    first = list(draw(used, held))
    random.shuffle(used)
    random.shuffle(held)
    assert list(draw(used, held)) == first


@given(events(), buckets())
def test_ent3_an_event_is_covered_by_at_most_itself_and_no_bucket_falls_below_zero(
    used: list[Event], held: list[Bucket]
) -> None:
    drawn = list(draw(used, held))
    for event in used:
        share = covered(drawn)[event.id] if event.id in covered(drawn) else D(0)
        assert abs(share) <= abs(event.quantity)
        assert share * event.quantity >= 0
    left = {bucket.id: bucket.room for bucket in held}
    for one in drawn:
        left[one.bucket_id] -= one.quantity
        assert left[one.bucket_id] >= 0
    rooms = {bucket.id: bucket.room for bucket in held}
    assert all(left[one] <= room for one, room in rooms.items()), (
        "more was given back than was drawn"
    )


@given(events(corrections=False), buckets())
def test_ent3_overage_means_that_no_bucket_had_anything_left(
    used: list[Event], held: list[Bucket]
) -> None:
    held = [replace(one, is_blocker=False) for one in held]
    drawn = list(draw(used, held))
    left = {bucket.id: bucket.room for bucket in held}
    for event in sorted(used, key=lambda one: (one.at, one.id)):
        for one in drawn:
            if one.event_id == event.id:
                left[one.bucket_id] -= one.quantity
        if covered(drawn).get(event.id, D(0)) < event.quantity:
            fitting = [one for one in held if one.matches(event) and one.holds(event.at)]
            assert not any(left[one.id] for one in fitting)


@given(events(), buckets(), hours)
def test_ent6_drawing_from_a_moment_on_equals_drawing_everything(
    used: list[Event], held: list[Bucket], moment: datetime
) -> None:
    whole = list(draw(used, held))
    before = list(draw([one for one in used if one.at < moment], held))
    spent: dict[int, Decimal] = defaultdict(Decimal)
    for one in before:
        spent[one.bucket_id] += one.quantity
    running = [
        replace(one, room=one.room - spent[one.id], given=one.given + spent[one.id])
        for one in held
    ]
    after = list(draw([one for one in used if one.at >= moment], running))
    assert before + after == whole


@given(buckets())
def test_ent2_the_order_is_total(held: list[Bucket]) -> None:
    keys = [usage_order(one) for one in held]
    assert len(set(keys)) == len(keys)


@given(amounts, amounts, st.integers(0, 100), st.sampled_from(sorted(RANKS)), st.booleans())
def test_ent4_what_rolls_over_and_what_expires_are_what_was_unused(
    unused: Decimal, cap: Decimal, percent: int, source: str, again: bool
) -> None:
    terms = GrantTerms(
        quantity=D(1),
        rollover_percent=D(percent) / 100,
        rollover_cap=cap,
        re_rolls=again,
        places=2,
    )
    rolled = rolled_over(terms, unused=unused, source=source)
    assert 0 <= rolled <= min(unused, cap)
    if source not in ("GRANT", "ROLLOVER"):
        assert rolled == 0
