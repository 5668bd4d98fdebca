"""Many reserve at once: no bucket is ever overdrawn (ENT-7).

Two things hold it: whoever reserves holds the buckets that it reads, and the database refuses a
bucket below zero. Each is taken away in turn: without the first the second refuses, without both
more is held than there is. `make sweeps` lets ten thousand reserve, the tests of every day 200.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connections

from rating import operations
from rating.models import BalanceBucket, Reservation
from rating.operations import CannotReserve, reserving
from rating.queries import Use, entitled
from rating.queries.entitled import Placed, place
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company, found_company, open_line
from tests.apps.rating.test_loading import findings
from tests.attacks import raw, rows
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2027, 5, 10, 12, tzinfo=UTC)
PROCESSES, EACH, UNITS = 8, 25, 3
MANY = 1_250 if os.environ.get("BILLING_SWEEP_STEP") else EACH
TABLE = "rating_balancebucket"
CHECK = f"{TABLE}_remaining_fits"


@pytest.fixture
def company(transactional_db: None) -> Company:
    made = found_company()
    open_line(made, "4915")
    return made


def reserve(key: str, units: int = UNITS) -> Reservation:
    return operations.reserve(
        use=Use("DATA", "4915", Decimal(units), AT, {"zone": "EU"}), key=key,
        ttl=timedelta(hours=1), as_of=AT, on_date=date(2027, 5, 10),
    )  # fmt: skip


def _sessions(process: int, each: int, told: Any) -> None:
    """Reserve again and again; every fourth lets go, every seventh commits two of three units."""
    seen: Counter[str] = Counter()
    for number in range(each):
        try:
            made = reserve(f"session-{process}-{number}")
            if number % 4 == 0:
                operations.release(reservation_id=made.pk, as_of=AT)
            elif number % 7 == 0:
                operations.commit(
                    reservation_id=made.pk, used=min(Decimal(2), made.held), as_of=AT
                )
            seen["answered"] += 1
        except (CannotReserve, IntegrityError) as error:
            seen[type(error).__name__] += 1
    connections.close_all()
    told.put(seen)


def all_at_once(each: int = EACH) -> Counter[str]:
    """Let processes with connections of their own reserve; return what became of their calls."""
    connections.close_all()
    context = get_context("fork")
    told = context.Queue()
    workers = [
        context.Process(target=_sessions, args=(one, each, told)) for one in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    seen = sum((told.get(timeout=900) for _ in workers), Counter[str]())
    for worker in workers:
        worker.join(timeout=60)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    return seen


def filled(company: Company, count: int = 1, each: int = EACH) -> Decimal:
    """Give the account buckets that hold, all together, half of what is asked for."""
    half = PROCESSES * each * UNITS // 2
    sizes = [half // count + (1 if one < half % count else 0) for one in range(count)]
    for size in sizes:
        bucket(company.accounts["Household"], size)
    return Decimal(half)


def gone() -> Decimal:
    """Return what is held by running sessions or used, by what reservations say of themselves."""
    total = Decimal(0)
    for state, held, used in Reservation.objects.values_list("state", "held", "used"):
        total += {"HELD": held, "COMMITTED": used or Decimal(0)}.get(state, Decimal(0))
    return total


@pytest.mark.parametrize("count", [1, 7])
def test_ent7_sessions_at_once_never_overdraw_a_bucket(company: Company, count: int) -> None:
    units = filled(company, count, MANY)
    assert all_at_once(MANY) == {"answered": PROCESSES * MANY}
    left = sum(BalanceBucket.objects.values_list("remaining", flat=True))
    assert gone() + left == units
    assert left < UNITS, "whoever asked last found nothing"
    assert Reservation.objects.count() == PROCESSES * MANY
    assert findings() == []


def both_look_before_either_writes(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Any], Decimal]:
    """Let two sessions ask, without a lock, for units that are enough for one.

    Returns what became of the two, and the units there were.
    """
    looked = Barrier(2)

    def look(use: Use, **how: Any) -> Placed | str:
        found = place(use, **how)
        looked.wait(30)
        return found

    monkeypatch.setattr(entitled, "HOLD", "")
    monkeypatch.setattr(reserving, "place", look)
    bucket(company.accounts["Household"], UNITS)
    return race(*[partial(reserve, f"session-{number}") for number in range(2)]), Decimal(UNITS)


@pytest.fixture
def no_check(company: Company) -> Iterator[None]:
    """Let buckets fall below zero."""
    ((said,),) = rows(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", CHECK
    )
    raw(f"ALTER TABLE {TABLE} DROP CONSTRAINT {CHECK}")
    yield
    raw(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_kept")
    raw(f"UPDATE {TABLE} SET remaining = 0")
    raw(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_kept")
    raw(f"ALTER TABLE {TABLE} ADD CONSTRAINT {CHECK} {said}")


def test_without_the_lock_the_database_refuses_to_overdraw(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes, units = both_look_before_either_writes(company, monkeypatch)
    assert refusals(outcomes, IntegrityError) == 1
    assert gone() == units
    assert findings() == []


@pytest.mark.usefixtures("no_check")
def test_without_lock_and_check_more_is_held_than_there_is(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes, units = both_look_before_either_writes(company, monkeypatch)
    assert refusals(outcomes, IntegrityError) == 0
    assert gone() == 2 * units


def test_the_same_key_at_the_same_time_holds_once(company: Company) -> None:
    held = bucket(company.accounts["Household"], 20)
    ask: Callable[[], int] = lambda: reserve("one-session", 5).pk  # noqa: E731
    assert len(set(race(*[ask] * 4))) == 1
    held.refresh_from_db()
    assert held.remaining == 15
