"""Many reserve at once: a bucket is never overdrawn, and a naive twin does overdraw it (ENT-7)."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction

from rating import operations
from rating.models import BalanceBucket, BalanceMovement, PendingDraw, Reservation
from rating.operations import CannotReserve
from rating.queries import Use
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company, found_company, load, open_line, row
from tests.apps.rating.test_loading import findings
from tests.attacks import unguard
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2027, 5, 10, 12, tzinfo=UTC)
PROCESSES, EACH, UNITS = 4, 25, 60


@pytest.fixture
def company(transactional_db: None) -> Company:
    made = found_company()
    open_line(made, "4915")
    return made


def _reserve(process: int) -> None:
    for number in range(EACH):
        try:
            operations.reserve(
                use=Use("DATA", "4915", Decimal(1), AT, {"zone": "EU"}),
                key=f"session-{process}-{number}",
                ttl=timedelta(hours=1),
                as_of=AT,
                on_date=date(2027, 5, 10),
            )
        except CannotReserve:
            continue
    connections.close_all()


def test_ent7_processes_that_reserve_at_once_never_overdraw(company: Company) -> None:
    held = bucket(company.accounts["Household"], UNITS)
    connections.close_all()
    context = get_context("fork")
    workers = [context.Process(target=_reserve, args=(one,)) for one in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    held.refresh_from_db()
    assert held.remaining == 0
    assert sum(Reservation.objects.values_list("held", flat=True)) == UNITS
    assert Reservation.objects.count() == PROCESSES * EACH
    assert findings() == []


def test_reading_first_and_writing_back_does_overdraw(company: Company) -> None:
    """What the lock and the trigger are for: without them, units are held twice."""
    held = bucket(company.accounts["Household"], 20)
    unguard("rating_balancebucket")
    unguard("rating_balancemovement")

    def reserve_naively() -> int:
        taken = 0
        for _ in range(10):
            with transaction.atomic():
                left = BalanceBucket.objects.get(pk=held.pk).remaining
                time.sleep(0.002)
                if left >= 1:
                    BalanceMovement.objects.create(bucket=held, kind="RESERVE", delta=-1)
                    BalanceBucket.objects.filter(pk=held.pk).update(remaining=left - 1)
                    taken += 1
        return taken

    assert sum(race(*[reserve_naively] * 4)) > 20


def test_the_same_key_at_the_same_time_holds_once(company: Company) -> None:
    held = bucket(company.accounts["Household"], 20)

    def ask() -> Any:
        return operations.reserve(
            use=Use("DATA", "4915", Decimal(5), AT, {"zone": "EU"}), key="one-session",
            ttl=timedelta(hours=1), as_of=AT, on_date=date(2027, 5, 10),
        ).pk  # fmt: skip

    assert len(set(race(*[ask] * 4))) == 1
    held.refresh_from_db()
    assert held.remaining == 15


def test_loads_of_one_account_at_once_draw_as_one_after_the_other(company: Company) -> None:
    """Two files with the usage of one account, drawn by two sessions from one bucket."""
    open_line(company, "4916")
    held = bucket(company.accounts["Household"], 500)

    def send(number: int, identifier: str) -> None:
        rows = [
            row(f"{number}-{at}", identifier=identifier, quantity="10",
                event_start=f"2027-05-{1 + at % 28:02}T10:{at % 60:02}:00Z")
            for at in range(40)
        ]  # fmt: skip
        load(company, *rows, name=f"{number}.csv")

    outcomes = race(lambda: send(1, "4915"), lambda: send(2, "4916"))
    assert outcomes == [None, None]
    operations.draw_pending()
    held.refresh_from_db()
    assert held.remaining == 0
    covered = -sum(BalanceMovement.objects.exclude(kind="GRANT").values_list("delta", flat=True))
    assert covered == 500
    assert findings() == []


def test_a_call_never_waits_for_a_drawer_that_may_wait_for_it(company: Company) -> None:
    """Whoever holds sums passes over an account that is being drawn; the next one draws it."""
    household = company.accounts["Household"]
    held = bucket(household, 100)
    taken, sent = Event(), Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('balance:' || %s, 0))",
                [household.pk],
            )
            taken.set()
            assert sent.wait(30)

    def send() -> None:
        assert taken.wait(30)
        with transaction.atomic():
            load(company, row("a", quantity="10"))
        sent.set()

    assert race(hold, send) == [None, None]
    assert PendingDraw.objects.filter(account_id=household.pk).exists()
    assert operations.draw_pending() == 1
    held.refresh_from_db()
    assert held.remaining == 90
