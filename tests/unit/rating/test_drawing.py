"""Worked examples of ENT-1, ENT-2, ENT-3, ENT-5 and ENT-6: which bucket covers what."""

from datetime import UTC, datetime
from decimal import Decimal

from rating.rules.drawing import Bucket, Draw, Event, candidates, draw, usage_order

D = Decimal
MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))


def bucket(number: int, room: int, **terms: object) -> Bucket:
    given = {"usage_type": "VOICE", "start": MAY, "end": JUNE, **terms}
    return Bucket(id=number, room=D(room), **given)  # type: ignore[arg-type]


def event(number: int, quantity: int, day: int = 10, **terms: object) -> Event:
    given = {"at": datetime(2026, 5, day, tzinfo=UTC), "service_id": 7, "usage_type": "VOICE"}
    return Event(id=number, quantity=D(quantity), **{**given, **terms})  # type: ignore[arg-type]


def test_ent1_only_buckets_of_the_service_the_filter_and_the_time_are_used() -> None:
    buckets = [
        bucket(1, 10, service_id=8),
        bucket(2, 10, filter=(("zone", "EU"),)),
        bucket(3, 10, usage_type="DATA"),
        bucket(4, 10, start=JUNE, end=JULY),
        bucket(5, 10, service_id=7, filter=(("zone", "US"),)),
    ]
    call = event(1, 5, attributes={"zone": "US", "peak": "yes"})
    assert [one.id for one in candidates(call, buckets)] == [5]


def test_ent1_the_end_of_a_bucket_is_no_longer_its_own() -> None:
    late = event(1, 5, at=JUNE)
    assert candidates(late, [bucket(1, 10)]) == []
    assert [one.id for one in candidates(late, [bucket(1, 10, end=None)])] == [1]


def test_ent2_priority_then_expiry_then_source_then_age() -> None:
    buckets = [
        bucket(9, 1, source="GRANT"),
        bucket(8, 1, source="GRANT"),
        bucket(7, 1, source="TOPUP"),
        bucket(6, 1, source="ROLLOVER"),
        bucket(5, 1, source="PROMO"),
        bucket(4, 1, end=None),
        bucket(3, 1, end=JULY),
        bucket(2, 1, priority=50, end=None),
    ]
    assert [one.id for one in sorted(buckets, key=usage_order)] == [2, 5, 6, 8, 9, 7, 3, 4]


def test_ent2_nothing_is_drawn_behind_a_blocker() -> None:
    buckets = [bucket(1, 3, priority=1, is_blocker=True), bucket(2, 100)]
    assert list(draw([event(1, 5)], buckets)) == [Draw(1, 1, D(3))]
    assert list(draw([event(1, 5)], [bucket(1, 0, priority=1, is_blocker=True), buckets[1]])) == []


def test_ent3_an_event_splits_over_buckets_and_the_rest_is_overage() -> None:
    buckets = [bucket(1, 40, source="ROLLOVER"), bucket(2, 50)]
    assert list(draw([event(1, 100)], buckets)) == [Draw(1, 1, D(40)), Draw(1, 2, D(50))]


def test_c17_ten_downloads_are_included_and_the_eleventh_is_not() -> None:
    drawn = list(draw([event(n, 1, day=n) for n in range(1, 12)], [bucket(1, 10)]))
    assert [one.event_id for one in drawn] == list(range(1, 11))


def test_ent5_a_late_event_uses_what_was_rolled_over_from_its_own_days_first() -> None:
    closed = bucket(1, 0, is_closed=True)
    rolled = bucket(2, 30, source="ROLLOVER", parent_id=1, start=JUNE, end=JULY)
    further = bucket(3, 5, source="ROLLOVER", parent_id=2, start=JULY, end=None)
    other = bucket(4, 500, priority=999)
    drawn = list(draw([event(1, 45)], [closed, rolled, further, other]))
    assert drawn == [Draw(1, 2, D(30)), Draw(1, 3, D(5)), Draw(1, 4, D(10))]


def test_ent5_what_has_expired_is_overage_and_an_open_grant_lends_nothing_ahead() -> None:
    expired = bucket(1, 0, is_closed=True)
    assert list(draw([event(1, 45)], [expired])) == []
    opened = bucket(1, 10)
    rolled = bucket(2, 30, source="ROLLOVER", parent_id=1, start=JUNE, end=JULY)
    assert list(draw([event(1, 45)], [opened, rolled])) == [Draw(1, 1, D(10))]


def test_ent6_a_correction_gives_back_what_was_used_last() -> None:
    buckets = [bucket(1, 10, source="PROMO"), bucket(2, 10)]
    calls = [event(1, 14, day=3), event(2, -6, day=4), event(3, 1, day=5)]
    assert list(draw(calls, buckets)) == [
        Draw(1, 1, D(10)),
        Draw(1, 2, D(4)),
        Draw(2, 2, D(-4)),
        Draw(2, 1, D(-2)),
        Draw(3, 1, D(1)),
    ]


def test_ent6_a_correction_never_gives_back_more_than_was_drawn() -> None:
    assert list(draw([event(1, -6)], [bucket(1, 10)])) == []
    assert list(draw([event(1, -6)], [bucket(1, 10, given=D(2))])) == [Draw(1, 1, D(-2))]
