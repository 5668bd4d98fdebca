"""A session counts once, whether its record comes with the commit, before or after (ENT-7).

All worked by hand: DATA costs 0.01 a unit, the household holds 100 units.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from foundation.errors import Forbidden, Invalid
from rating import operations
from rating.choices import Verdict
from rating.models import BalanceBucket, BalanceMovement, Reservation, SuspenseItem, Usage
from rating.operations import CannotCommit, SessionRecord
from tests.apps.rating.buckets import JUNE, bucket
from tests.apps.rating.company import Company, person
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_reservations import AT, left, reserve

pytestmark = pytest.mark.django_db
D = Decimal
START = "2027-05-10T11:00:00Z"


@pytest.fixture
def held(company: Company) -> BalanceBucket:
    return bucket(company.accounts["Household"], 100)


def record(company: Company, key: str = "cdr-1", **more: Any) -> SessionRecord:
    given = {"event_start": START, "attributes": {"zone": "EU"}, **more}
    return SessionRecord(company.source, key, **given)


def commit(company: Company, used: int, **more: Any) -> Reservation:
    given: dict[str, Any] = {"record": record(company), "as_of": AT, **more}
    return operations.commit(reservation_id=Reservation.objects.get().pk, used=D(used), **given)


def send(company: Company, quantity: str, **more: Any) -> Verdict:
    """Send the record of the session as usage; return what became of it."""
    fields = {
        "event_key": "cdr-1", "usage_type": "DATA", "identifier_type": "MSISDN",
        "identifier": "4915", "event_start": START, "quantity": quantity, "attr.zone": "EU",
        **more,
    }  # fmt: skip
    _, (told,) = operations.load_events(
        source=company.source, rows=[fields], request_id=f"call {quantity} {more}", received_at=AT
    )
    return told.verdict


def covers() -> list[tuple[Decimal, Decimal | None]]:
    return list(Usage.objects.values_list("quantity", "covered_quantity"))


def test_ent7_a_commit_with_its_record_is_a_usage_event(
    held: BalanceBucket, company: Company
) -> None:
    reserve(30)
    assert commit(company, 12).state == "COMMITTED"
    assert (left(held), covers()) == (D(88), [(D(12), D(12))])
    kinds = BalanceMovement.objects.exclude(kind="GRANT").order_by("id")
    assert [(one.kind, one.delta) for one in kinds] == [
        ("RESERVE", D(-30)), ("RELEASE", D(30)), ("CONSUME", D(-12)),
    ]  # fmt: skip
    assert commit(company, 12).used == D(12)  # asked again: the same answer, nothing twice
    assert send(company, "12") == Verdict.DUPLICATE  # whoever brings the record later
    assert (left(held), len(covers())) == (D(88), 1)
    assert findings() == []


def test_what_goes_beyond_what_is_held_is_charged(held: BalanceBucket, company: Company) -> None:
    assert reserve(130).held == 100
    commit(company, 130)
    assert (left(held), covers()) == (D(0), [(D(130), D(100))])
    assert findings() == []


def test_without_its_record_no_more_is_consumed_than_is_held(
    held: BalanceBucket, company: Company
) -> None:
    reserve(130)
    with pytest.raises(Invalid, match="needs its record"):
        commit(company, 101, record=None)
    commit(company, 100, record=None)
    assert (left(held), covers()) == (D(0), [])


def test_a_record_that_came_first_counts(held: BalanceBucket, company: Company) -> None:
    reserve(30)
    assert send(company, "12") == Verdict.LOADED
    assert left(held) == 58  # 30 held, 12 drawn
    commit(company, 12)
    assert (left(held), covers()) == (D(88), [(D(12), D(12))])
    assert findings() == []


def test_a_record_that_says_something_else_never_counts_besides(
    held: BalanceBucket, company: Company
) -> None:
    """Later it waits in suspense; before, the commit is refused and what is held stays held."""
    reserve(30)
    commit(company, 12)
    assert send(company, "13") == Verdict.SUSPENDED
    assert SuspenseItem.objects.get().reason == "DUP_CONFLICT"
    assert (left(held), len(covers())) == (D(88), 1)
    assert send(company, "5", event_key="cdr-2") == Verdict.LOADED
    made = reserve(30, key="session-2")
    with pytest.raises(CannotCommit, match="DUP_CONFLICT"):
        operations.commit(
            reservation_id=made.pk, used=D(6), record=record(company, "cdr-2"), as_of=AT
        )
    made.refresh_from_db()
    assert (made.state, left(held)) == ("HELD", D(53))


def test_an_earlier_event_draws_before_the_session(held: BalanceBucket, company: Company) -> None:
    """An earlier event that found the bucket held draws before it, in the order of time."""
    reserve(100)
    assert send(company, "40", event_key="early", event_start="2027-05-09T10:00:00Z")
    assert (left(held), covers()) == (D(0), [(D(40), None)])
    commit(company, 100)
    assert left(held) == 0
    assert sorted(covers(), key=str) == [(D(100), D(60)), (D(40), D(40))]
    assert findings() == []


def test_the_rest_of_a_bucket_that_has_ended_expires(
    held: BalanceBucket, company: Company
) -> None:
    reserve(30, ttl=timedelta(hours=20), as_of=JUNE - timedelta(hours=1))
    operations.settle_balances(as_of=JUNE + timedelta(hours=1))
    assert left(held) == 0
    commit(company, 12, as_of=JUNE + timedelta(hours=2))
    assert (left(held), covers()) == (D(0), [(D(12), D(12))])
    last = BalanceMovement.objects.order_by("-id").first()
    assert last is not None
    assert (last.kind, last.delta) == ("EXPIRE", D(-18))
    assert findings() == []


def test_a_record_takes_the_right_to_load_usage_and_must_be_readable(
    held: BalanceBucket, company: Company
) -> None:
    reserve(30)
    with pytest.raises(Forbidden):
        commit(company, 12, actor=person("gateway", "rating.reserve_balance"))
    with pytest.raises(CannotCommit, match="BAD_TIME"):
        commit(company, 12, record=record(company, event_start="yesterday"))
    assert (left(held), covers(), SuspenseItem.objects.count()) == (D(70), [], 0)


def test_by_api(
    held: BalanceBucket, company: Company, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 5, 10, 12, 1, tzinfo=UTC))
    rights = ("reserve_balance", "load_usage", "view_reservation")
    client.force_login(person("gateway", *(f"rating.{one}" for one in rights)))
    made = reserve(30)
    answer = client.post(
        f"/api/v1/reservations/{made.pk}/commit/",
        json.dumps(
            {
                "used": "12",
                "record": {
                    "source": "MED", "event_key": "cdr-1", "event_start": START,
                    "attributes": {"zone": "EU"},
                },
            }
        ),
        content_type="application/json",
        headers={"Idempotency-Key": "commit-0001"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "COMMITTED"
    assert (left(held), covers()) == (D(88), [(D(12), D(12))])


def test_what_is_reserved_is_let_go_by_api(
    held: BalanceBucket, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 5, 10, 12, 1, tzinfo=UTC))
    client.force_login(person("gateway", "rating.reserve_balance", "rating.view_reservation"))
    made = reserve(30)
    answer = client.post(
        f"/api/v1/reservations/{made.pk}/release/",
        "{}",
        content_type="application/json",
        headers={"Idempotency-Key": "release-0001"},
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "RELEASED")
    assert left(held) == D(100)
