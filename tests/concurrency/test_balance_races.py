"""Usage is drawn by several sessions at once as by one after the other (ENT-6)."""

from __future__ import annotations

from threading import Event

import pytest
from django.db import connection, transaction

from rating import operations
from rating.models import BalanceMovement, PendingDraw
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company, found_company, load, open_line, row
from tests.apps.rating.test_loading import findings
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db: None) -> Company:
    made = found_company()
    open_line(made, "4915")
    return made


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
