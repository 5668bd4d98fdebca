"""Usage held for sessions: never more than there is, and the same key the same answer (ENT-7)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ledger.operations
from foundation.errors import Forbidden, Invalid
from foundation.scope import OtherEntity
from rating import operations
from rating.models import BalanceBucket, BalanceMovement, PendingDraw, Reservation
from rating.operations import CannotReserve, ReservationEnded, draw_pending
from rating.queries import Use
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company, person, row
from tests.apps.rating.test_entitled import include_one
from tests.apps.rating.test_guards import _refused
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
D = Decimal
AT = datetime(2027, 5, 10, 12, tzinfo=UTC)
TABLE = "rating_reservation"


@pytest.fixture
def held(company: Company) -> BalanceBucket:
    return bucket(company.accounts["Household"], 100)


def reserve(quantity: int = 30, key: str = "session-1", **more: Any) -> Reservation:
    use = Use("DATA", more.pop("identifier", "4915"), D(quantity), AT, {"zone": "EU"})
    given = {"ttl": timedelta(minutes=5), "as_of": AT, "on_date": date(2027, 5, 10), **more}
    return operations.reserve(use=use, key=key, **given)


def left(bucket: BalanceBucket) -> Decimal:
    bucket.refresh_from_db()
    return bucket.remaining


def test_what_is_used_is_consumed_and_the_rest_let_go(held: BalanceBucket) -> None:
    made = reserve()
    assert [made.held, left(held)] == [30, 70]
    done = operations.commit(reservation_id=made.pk, used=D(12), as_of=AT)
    assert (done.state, left(held)) == ("COMMITTED", D(88))
    kinds = BalanceMovement.objects.filter(reservation=made).order_by("id")
    assert [(one.kind, one.delta) for one in kinds] == [
        ("RESERVE", D(-30)), ("RELEASE", D(30)), ("CONSUME", D(-12)),
    ]  # fmt: skip
    again = operations.commit(reservation_id=made.pk, used=D(12), as_of=AT)
    assert (again.used, left(held)) == (D(12), D(88))
    with pytest.raises(ReservationEnded):
        operations.commit(reservation_id=made.pk, used=D(13), as_of=AT)
    with pytest.raises(ReservationEnded):
        operations.release(reservation_id=made.pk, as_of=AT)
    assert findings() == []


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "commit", "release", "expire"]),
        st.integers(0, 3),
        st.integers(1, 60),
    ),
    max_size=10,
)


@given(steps)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_ent7_what_is_left_is_what_was_neither_held_nor_used(
    company: Company, told: list[tuple[str, int, int]]
) -> None:
    """Against sums kept by hand: whatever is asked for in whatever order, again and too late."""
    with transaction.atomic():
        held = bucket(company.accounts["Household"], 100)
        made: dict[int, Reservation] = {}
        open_: dict[int, Decimal] = {}
        used = D(0)
        for verb, number, quantity in told:
            if verb == "reserve" and number not in made:
                made[number] = reserve(quantity, key=f"session-{number}")
                open_[number] = min(D(quantity), D(100) - used - sum(open_.values(), D(0)))
                assert made[number].held == open_[number]
            elif verb == "expire":
                late = AT + timedelta(hours=1)
                assert operations.expire_reservations(as_of=late) == len(open_)
                open_.clear()
            elif number in open_ and verb == "release":
                operations.release(reservation_id=made[number].pk, as_of=AT)
                del open_[number]
            elif number in open_ and verb == "commit":
                part = min(D(quantity), open_.pop(number))
                operations.commit(reservation_id=made[number].pk, used=part, as_of=AT)
                used += part
            elif number in made and verb == "commit":
                with pytest.raises(ReservationEnded):
                    operations.commit(reservation_id=made[number].pk, used=D(61), as_of=AT)
            assert left(held) == D(100) - used - sum(open_.values(), D(0))
        assert findings() == []
        transaction.set_rollback(True)


def test_the_same_key_gets_the_same_answer(held: BalanceBucket) -> None:
    made = reserve()
    assert reserve() == made
    assert left(held) == 70
    with pytest.raises(Invalid, match="another reservation"):
        reserve(identifier="4999")


def test_it_is_split_over_buckets_and_what_is_left_over_is_not_held(held: BalanceBucket) -> None:
    more = bucket(held.account, 20)
    made = reserve(130)
    assert [made.quantity, made.held, left(held), left(more)] == [130, 120, 0, 0]
    operations.commit(reservation_id=made.pk, used=D(110), as_of=AT)
    assert [left(held), left(more)] == [0, 10]


def test_beyond_a_blocking_entitlement_nothing_is_reserved(company: Company) -> None:
    include_one(company, overage="BLOCK")
    with pytest.raises(CannotReserve, match="only 300 are left"):
        reserve(301)
    assert reserve(300).held == 300


def test_what_is_let_go_or_forgotten_comes_back(held: BalanceBucket) -> None:
    made = reserve()
    assert operations.release(reservation_id=made.pk, as_of=AT).state == "RELEASED"
    assert operations.release(reservation_id=made.pk, as_of=AT).state == "RELEASED"
    late = reserve(key="session-2")
    assert operations.expire_reservations(as_of=AT + timedelta(minutes=4)) == 0
    after = AT + timedelta(minutes=5)
    with pytest.raises(ReservationEnded):
        operations.commit(reservation_id=late.pk, used=D(1), as_of=after)
    assert operations.expire_reservations(as_of=after) == 1
    assert operations.expire_reservations(as_of=after) == 0
    assert left(held) == 100


def test_usage_that_found_the_bucket_held_draws_once_it_is_let_go(held: BalanceBucket) -> None:
    made = reserve(100)
    load_one = "2027-05-03T10:15:22Z"
    company_load(load_one)
    assert left(held) == 0
    operations.release(reservation_id=made.pk, as_of=AT)
    assert PendingDraw.objects.count() == 1
    draw_pending()
    assert left(held) == 60
    assert findings() == []


def company_load(start: str) -> None:
    from rating.models import UsageSource
    from tests.apps.rating.company import RECEIVED, csv_of

    operations.load_file(
        source=UsageSource.objects.get(), filename="u.csv", received_at=RECEIVED,
        content=csv_of(row("a", quantity="40", event_start=start)),
    )  # fmt: skip


def test_who_may_not_reserve_is_refused_and_what_makes_no_sense_too(held: BalanceBucket) -> None:
    nobody = person("nobody")
    with pytest.raises(Forbidden):
        reserve(actor=nobody)
    made = reserve()
    with pytest.raises(Forbidden):
        operations.commit(reservation_id=made.pk, used=D(1), as_of=AT, actor=nobody)
    with pytest.raises(Forbidden):
        operations.release(reservation_id=made.pk, as_of=AT, actor=nobody)
    for refused in (
        lambda: reserve(0, key="x"),
        lambda: reserve(key="x", ttl=timedelta(days=2)),
        lambda: operations.commit(reservation_id=made.pk, used=D(31), as_of=AT),
        lambda: operations.commit(reservation_id=0, used=D(1), as_of=AT),
    ):
        with pytest.raises(Invalid):
            refused()
    with pytest.raises(CannotReserve, match="NO_OWNER"):
        reserve(key="x", identifier="0000")


def test_who_works_for_another_entity_reserves_nothing_here(
    held: BalanceBucket, company: Company
) -> None:
    other = ledger.operations.ensure_entity(
        code="US", name="US", country="US", functional_currency="USD",
        time_zone="America/New_York", books_from=date(2027, 1, 1),
    )  # fmt: skip
    program = person("program", "rating.reserve_balance")
    ledger.operations.limit_to_entities(user=program, entities=[other], actor=None)
    with pytest.raises(OtherEntity):
        reserve(actor=program)
    made = reserve()
    with pytest.raises(OtherEntity):
        reserve(actor=program)  # the key of somebody else's session tells nothing either
    ledger.operations.limit_to_entities(user=program, entities=[company.entity], actor=None)
    assert reserve(actor=program).pk == made.pk


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("held = 31", "ends_once"),
        ("quantity = 100", "ends_once"),
        ("key = 'other'", "ends_once"),
        ("state = 'LOST', ended_at = now()", "state_known"),
        ("state = 'RELEASED'", "end_is_dated"),
        ("state = 'COMMITTED', ended_at = now()", "committed_says_how_much"),
        ("state = 'COMMITTED', ended_at = now(), used = 31", "holds_what_was_asked"),
        ("state = 'COMMITTED', ended_at = now(), used = 'NaN'", "holds_what_was_asked"),
    ],
)
def test_attacks_on_a_reservation(held: BalanceBucket, change: str, guard: str) -> None:
    reserve()
    _refused(f"UPDATE {TABLE} SET {change}", f"{TABLE}_{guard}")
    _refused(f"DELETE FROM {TABLE}", f"{TABLE}_ends_once")
    operations.release(reservation_id=Reservation.objects.get().pk, as_of=AT)
    _refused(f"UPDATE {TABLE} SET state = 'HELD', ended_at = NULL", f"{TABLE}_ends_once")
