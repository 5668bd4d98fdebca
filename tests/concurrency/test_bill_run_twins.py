"""The same faults with their guards removed do harm, and the tests of the faults would see it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from django.db import connection

import receivables.operations
from foundation.copying import copy_lines
from invoicing.choices import RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, BillRunChunk, Invoice
from invoicing.operations import drafting, posting, runs, workers
from invoicing.operations.moment import NOW
from tests.apps.invoicing.company import Company
from tests.attacks import raw
from tests.concurrency import test_bill_run_faults as faults
from tests.concurrency.crossing import (
    NEXT_DATE,
    ORDERS,
    Crossing,
    Family,
    calm,
    cross,
    payer_by_payer,
    serial,
)
from tests.concurrency.street import Boundaries, Street, at_once, in_a_process, outcome

CHANGED = posting._changed


@pytest.mark.django_db(transaction=True)
def test_the_sweep_sees_a_run_that_commits_a_part_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that opens receivables over a connection of its own is caught by some death."""

    def leak(cursor: Any, chunks: Iterable[str]) -> None:
        columns = ", ".join(receivables.operations.OPEN_ITEM_COLUMNS)
        with (
            psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other,
            other.cursor().copy(f"COPY receivables_openitem ({columns}) FROM STDIN") as copy,
        ):
            for chunk in chunks:
                copy.write(chunk)

    street = Street()
    street.carry(street.cycle("WARM"))
    opened: list[int] = []
    whole = receivables.operations.open_items_in_bulk
    calm = street.cycle("CALM")

    def noted(cursor: Any, chunks: Iterable[str]) -> None:
        opened.append(boundaries.count)
        whole(cursor, chunks)

    monkeypatch.setattr(receivables.operations, "open_items_in_bulk", noted)
    with Boundaries() as boundaries:
        street.carry(calm)
    monkeypatch.setattr(receivables.operations, "open_items_in_bulk", leak)

    def live(cycle: BillCycle, last: int) -> None:
        with Boundaries(last):
            street.carry(cycle)

    def survives(last: int) -> bool:
        cycle = street.cycle(f"T{last}")
        outcome(in_a_process(lambda: live(cycle, last)))
        try:
            return street.carry(cycle).state == RunState.CLOSED and len(street.books(cycle)) == 3
        except psycopg.errors.UniqueViolation:
            return False

    # From the opening of receivables to the commit of their chunk.
    assert not all(survives(last) for last in range(opened[0] + 4, opened[0] + 16, 2))


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a start look without locking, and hesitate before it commits."""
    monkeypatch.setattr(runs, "advisory_lock", lambda *key: None)
    monkeypatch.setattr(runs, "record", lambda *event: time.sleep(0.2))


@pytest.mark.django_db(transaction=True)
def test_two_starts_without_lock_and_constraint_are_two_runs(unlocked: None) -> None:
    street = Street()
    cycle = street.cycle("RACED", payers=1)
    raw("DROP INDEX invoicing_billrun_one_per_cycle_and_date")
    at_once(lambda: street.start(cycle))
    assert BillRun.objects.filter(cycle=cycle).count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_test_of_two_starts_fails_without_lock_and_constraint(unlocked: None) -> None:
    raw("DROP INDEX invoicing_billrun_one_per_cycle_and_date")
    with pytest.raises(AssertionError):
        faults.test_two_starts_at_once_from_two_processes_are_one_run()


@pytest.mark.django_db(transaction=True)
def test_two_starts_without_lock_are_held_to_one_run_by_the_constraint(unlocked: None) -> None:
    street = Street()
    cycle = street.cycle("RACED", payers=1)
    assert sorted(at_once(lambda: street.start(cycle))) == [0, 1]
    assert BillRun.objects.filter(cycle=cycle).count() == 1


@pytest.mark.django_db
def test_the_test_of_a_failing_calculation_fails_when_nothing_is_parked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_way(payer: Any, error: Exception) -> Any:
        raise error

    monkeypatch.setattr(drafting, "_failed", give_way)
    with pytest.raises(ArithmeticError):
        faults.bill_all_but_one(
            faults.crowded(6),
            lambda payer: faults.poison_calculation(monkeypatch, payer),
            "a price",
        )
    assert not Invoice.objects.exists()


@pytest.mark.django_db
def test_the_test_of_a_refused_account_fails_when_its_chunk_is_not_split(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def park_all(chunk_id: int, work: workers.Work, payers: int, reason: str) -> None:
        BillRunAccount.objects.filter(chunk_id=chunk_id).update(state="ERROR", reason=reason)
        BillRunChunk.objects.filter(pk=chunk_id).update(stage=work.done)

    monkeypatch.setattr(workers, "_give_up", park_all)
    with pytest.raises(BillRunAccount.MultipleObjectsReturned):
        faults.bill_all_but_one(faults.crowded(6), faults.poison_table, "poisoned")
    assert not Invoice.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["statement", "copy"])
def test_a_statement_for_each_payer_is_counted(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    charge = drafting.charge_payer

    def ask_first(payer: Any, frame: Any) -> Any:
        with connection.cursor() as cursor:
            if way == "copy":
                copy_lines(cursor, "SELECT 1")
            else:
                cursor.execute("SELECT 1")
        return charge(payer, frame)

    monkeypatch.setattr(drafting, "charge_payer", ask_first)
    few, many = faults.statements_of_two_and_of_twelve(Street())
    # For ten payers more: before and after, drafted and, in a test's transaction, once again.
    assert many - few == 40


def at_a_moment_of_its_own(cursor: Any, frame: Any, payer_ids: Any) -> set[int]:
    frame.moment, frame.suspects = NOW, None
    return CHANGED(cursor, frame, payer_ids)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("between", "unguarded", "instead"),
    [
        ("draft_chunk", (posting, "_changed"), lambda *_: set()),
        ("post_chunk", (posting, "_changed"), at_a_moment_of_its_own),
    ],
    ids=["drafts are posted whatever has changed", "each chunk looks at a moment of its own"],
)
def test_a_move_between_two_payers_is_seen_by_one_of_them_only(
    monkeypatch: pytest.MonkeyPatch, between: str, unguarded: tuple[Any, str], instead: Any
) -> None:
    """The sweep of crossings notices: with the guard both payers agree, without it they do not."""
    company = Company()
    calm(company)
    expected = serial(company, ["move"])["move"]
    work, counts = getattr(workers, between), []

    def noted(*words: Any, **more: Any) -> Any:
        counts.append(boundaries.count)
        return work(*words, **more)

    quiet = Family(company, "NOTED")
    with monkeypatch.context() as noting, payer_by_payer(), Crossing() as boundaries:
        noting.setattr(workers, between, noted)
        quiet.run()
    _, second = counts
    for code in ("GUARDED", "UNGUARDED"):
        if code == "UNGUARDED":
            monkeypatch.setattr(*unguarded, instead)
        family = Family(company, code)
        assert cross(family, ORDERS["move"], second)
        family.run(NEXT_DATE)
        assert (family.books() in expected) == (code == "GUARDED"), code
