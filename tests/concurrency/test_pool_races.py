"""A pool is drawn by two processes at once as by one after the other (POOL-1, ENT-6).

Never is more drawn than the pool holds, and nothing is counted twice. Whoever draws holds the
accounts that share the pool, takes what was asked for all of them, and holds the buckets. Without
all that the database refuses a bucket below zero; without its check more is drawn than there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from typing import Any

import pytest

from foundation import sql
from rating.models import BalanceBucket, BalanceMovement, PendingDraw, PoolShare, Usage
from rating.operations import draw_pending, drawing
from rating.queries.drawing import holdings
from tests.apps.rating.company import Company, found_company
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_pools import charged, found_family, opened, used
from tests.attacks import raw, rows
from tests.concurrency.street import together

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
POOL = 300
TABLE = "rating_balancebucket"
CHECK = f"{TABLE}_remaining_fits"


@pytest.fixture
def family(transactional_db: None) -> Company:
    """Three lines that bring 100 each to their pool."""
    made = found_family(found_company())
    opened(made)
    return made


def send(family: Company, number: str, quantity: int, files: int = 1) -> None:
    """Load the usage of a line, file by file; each is drawn as it comes."""
    for one in range(files):
        used(family, (number, quantity, 3 + one), name=f"{number}-{one}-")


def covered() -> Decimal:
    """Return what events say that the pool covers of them."""
    parts = Usage.objects.values_list("covered_quantity", flat=True)
    return sum((part for part in parts if part is not None), D(0))


def drawn() -> Decimal:
    """Return what was drawn from the pool by its ledger."""
    moved = BalanceMovement.objects.filter(kind__in=("CONSUME", "REVERSE"))
    return -sum(moved.values_list("delta", flat=True), D(0))


def test_pool1_two_processes_draw_what_there_is_and_no_more(family: Company) -> None:
    """Twelve files of 30 each by two processes: 360 used of 300, shared by what each used."""
    ann, bob = (partial(send, family, number, 30, 6) for number in ("51", "52"))
    assert together(ann, bob) == [0, 0]
    draw_pending()
    assert not PendingDraw.objects.exists()
    assert drawn() == covered() == POOL
    assert charged() == {"Ann": 30, "Bob": 30}
    assert sum(BalanceBucket.objects.values_list("remaining", flat=True)) == 0
    assert sorted(PoolShare.objects.values_list("used", "covered")) == [
        (D(0), D(0)), (D(180), D(150)), (D(180), D(150))
    ]  # fmt: skip
    assert findings() == []


def without_locks(monkeypatch: pytest.MonkeyPatch, family: Company) -> list[int]:
    """Let Bob use and be drawn when Ann's usage was looked at and nothing is written yet."""
    processes = get_context("fork")
    begun, looked = processes.Event(), processes.Barrier(2)
    text, read = sql.statement, holdings
    done: list[bool] = []

    def without(app: str, name: str) -> str:
        said = text(app, name).replace("FOR NO KEY UPDATE OF b", "")
        for word, held in (("pg_advisory", "''"), ("pg_try_advisory", "true")):
            said = said.replace(
                f"{word}_xact_lock(hashtextextended('balance:' || account_id, 0))", held
            )
        return said

    def look(cursor: Any, wanted: Any, *more: Any) -> Any:
        found = read(cursor, wanted, *more)
        if not wanted:
            return found
        begun.set()
        looked.wait(timeout=30)
        return found

    def asked(cursor: Any, held: list[int]) -> dict[int, datetime]:
        if done:
            return {}
        done.append(True)  # each process once
        wanted = PendingDraw.objects.filter(account_id__in=held)
        return dict(wanted.values_list("account_id", "since"))

    monkeypatch.setattr(sql, "statement", without)
    monkeypatch.setattr(drawing, "_taken", asked)
    monkeypatch.setattr(drawing, "holdings", look)

    def follow() -> None:
        assert begun.wait(30)
        send(family, "52", 200)

    return together(partial(send, family, "51", 200), follow)


@pytest.fixture
def no_check(transactional_db: None) -> Iterator[None]:
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


def test_without_the_locks_the_database_refuses_to_draw_more_than_there_is(
    family: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sorted(without_locks(monkeypatch, family)) == [0, 1]
    assert drawn() <= POOL


@pytest.mark.usefixtures("no_check")
def test_without_locks_and_check_more_is_drawn_than_there_is(
    family: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert without_locks(monkeypatch, family) == [0, 0]
    assert drawn() > POOL
