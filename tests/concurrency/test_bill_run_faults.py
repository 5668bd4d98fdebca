"""A bill run that dies anywhere, is started twice at once, or meets an account it cannot bill.

The sweep counts the boundaries of a run (before and after every statement, COPY and commit; a run
calls nobody outside), lets a real process die at every BILLING_SWEEP_STEP-th of them (1 is all),
carries the run on as an operator would, and compares with a run that nothing happened to. That
each of these tests notices a missing guard is shown in `test_bill_run_twins.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

import invoicing.operations
from customers.models import Account
from invoicing.choices import RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, BillRunChunk
from invoicing.operations import drafting, workers
from invoicing.operations.frame import Frame
from invoicing.operations.moment import Moment, one_moment
from tests.concurrency.street import (
    DIED,
    Boundaries,
    Street,
    at_once,
    in_a_process,
    outcome,
    require_green,
)
from tests.worlds import standing

STEP = int(os.environ.get("BILLING_SWEEP_STEP", "23"))


@pytest.mark.django_db(transaction=True)
def test_a_run_that_dies_anywhere_ends_as_if_nothing_had_happened() -> None:
    """F03: nothing lost, nothing twice, no gap between numbers."""
    street = Street()
    street.carry(street.cycle("WARM"))  # what a process reads only once is read
    calm = street.cycle("CALM")
    with Boundaries() as boundaries:
        street.carry(calm)
    expected = street.books(calm)
    assert len(expected) == 3
    assert boundaries.count > 100

    def live(cycle: BillCycle, last: int) -> None:
        with Boundaries(last):
            street.carry(cycle)

    # A connection of its own asks two things more, so the last boundary of a child lies later.
    points = range(1, boundaries.count, STEP)
    for last in points:
        cycle = street.cycle(f"D{last}")
        assert outcome(in_a_process(lambda c=cycle, k=last: live(c, k))) == DIED, last  # type: ignore[misc]
        run = street.carry(cycle)
        assert run.state == RunState.CLOSED, last
        assert street.books(cycle) == expected, last
    require_green()
    print(f"{len(points)} deaths at {boundaries.count} boundaries: all runs ended alike")


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_from_two_processes_are_one_run() -> None:
    """F01: five times over, since a race is a matter of luck."""
    street = Street()
    calm = street.cycle("CALM")
    street.carry(calm)
    for number in range(5):
        raced = street.cycle(f"RACED{number}")
        assert at_once(lambda cycle=raced: street.carry(cycle)) == [0, 0]  # type: ignore[misc]
        assert street.carry(raced).state == RunState.CLOSED
        assert BillRun.objects.filter(cycle=raced).count() == 1
        assert street.books(raced) == street.books(calm)
    require_green()


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_many_workers_reach_for_at_once_has_killed_none_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F04: each claims it before one of them holds it; none of these claims is a death."""
    street = Street()
    cycle = street.cycle("MAIN", payers=1)
    run = street.start(cycle)
    slowly = f"{workers.READ_BY_KEY}, pg_sleep(0.05)"
    monkeypatch.setattr(workers, "READ_BY_KEY", slowly)
    at_once(lambda: invoicing.operations.continue_run(run_id=run.pk), processes=6)
    assert not BillRunAccount.objects.filter(state="ERROR").exists()
    assert street.carry(cycle).state == RunState.CLOSED
    assert len(street.books(cycle)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_meets_a_moment_nobody_holds_any_more_leaves_its_chunk_to_the_next() -> None:
    """F03: the leader died before this worker looked; nobody is parked for that."""
    street = Street()
    cycle = street.cycle("MAIN", payers=1)
    run = invoicing.operations.continue_run(run_id=street.start(cycle).pk)
    invoicing.operations.approve_run(run_id=run.pk, actor=street.company.boss)
    run = invoicing.operations.post_run(run_id=run.pk, actor=street.company.clerk)
    frame = Frame(run, cycle)
    with one_moment() as frame.moment:
        pass
    frame.moment = Moment(None, frame.moment._name)
    workers._drain(frame, workers.POSTING, until=None)
    assert BillRunChunk.objects.get(run=run).attempts == 0
    assert not BillRunAccount.objects.filter(state="ERROR").exists()
    assert street.carry(cycle).state == RunState.CLOSED
    assert len(street.books(cycle)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_account_that_kills_its_worker_three_times_waits_and_the_others_are_billed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F04: the chunk is split until the account at fault stands alone."""
    street = Street()
    cycle = street.cycle("MAIN", payers=2)
    run = street.start(cycle)
    deadly = Account.objects.latest("id").pk
    charge = drafting.charge_payer

    def die(payer: Any, frame: Any) -> Any:
        if payer.id == deadly:
            os._exit(DIED)
        return charge(payer, frame)

    monkeypatch.setattr(drafting, "charge_payer", die)
    ends: list[int] = []
    while not ends or ends[-1] == DIED:
        work = partial(invoicing.operations.continue_run, run_id=run.pk)
        ends.append(outcome(in_a_process(work)))
    assert ends == [DIED] * 6 + [0]  # of both, then of the one alone
    waiting = BillRunAccount.objects.get(run=run, state="ERROR")
    assert (waiting.payer_id, waiting.reason) == (deadly, "The worker died on it three times.")
    assert street.carry(cycle).state == RunState.CLOSED
    assert len(street.books(cycle)) == 1


def crowded(payers: int = 100) -> Street:
    """Let many payers of one cycle move in."""
    street = Street()
    street.cycle("POISON", payers=payers)
    return street


hundred_world = standing("hundred_world", crowded)


@pytest.mark.django_db
def test_one_account_in_a_hundred_that_cannot_be_charged_waits_and_the_others_are_billed(
    hundred_world: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F04: the calculation fails on one payer."""
    bill_all_but_one(
        hundred_world,
        lambda payer: poison_calculation(monkeypatch, payer),
        "a price that is no number",
    )


@pytest.mark.django_db
def test_one_account_in_a_hundred_that_the_database_refuses_waits_and_the_others_are_billed(
    hundred_world: Street,
) -> None:
    """F04: the chunk is split until the account at fault stands alone."""
    bill_all_but_one(hundred_world, poison_table, "poisoned")


def bill_all_but_one(street: Street, poison: Callable[[int], None], reason: str) -> None:
    """Run a cycle with one account that cannot be billed; that one waits with its reason."""
    cycle, payers = BillCycle.objects.get(code="POISON"), street.doors
    poisoned = Account.objects.latest("id").pk
    poison(poisoned)
    street.carry(cycle)
    waiting = BillRunAccount.objects.get(run__cycle=cycle, state="ERROR")
    assert waiting.payer_id == poisoned
    assert reason in waiting.reason
    assert len(street.books(cycle)) == payers - 1
    require_green()


@pytest.mark.django_db
def test_the_statements_of_a_chunk_do_not_depend_on_its_payers() -> None:
    few, many = statements_of_two_and_of_twelve(Street())
    assert few == many


def poison_calculation(monkeypatch: pytest.MonkeyPatch, poisoned: int) -> None:
    """Let the calculation fail on one payer."""
    charge = drafting.charge_payer

    def fail(payer, frame):
        if payer.id == poisoned:
            raise ArithmeticError("a price that is no number")
        return charge(payer, frame)

    monkeypatch.setattr(drafting, "charge_payer", fail)


def poison_table(poisoned: int) -> None:
    """Let the database refuse the documents of one payer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.payer_id = {poisoned} THEN "
            "RAISE check_violation USING MESSAGE = 'poisoned'; END IF; RETURN NEW; END $$; "
            "CREATE TRIGGER poison BEFORE INSERT ON invoicing_invoice "
            "FOR EACH ROW EXECUTE FUNCTION poison()"
        )


def statements_of_two_and_of_twelve(street: Street) -> tuple[int, int]:
    """Count what a run says to the database for a chunk of two payers, and of twelve."""
    street.carry(street.cycle("WARM", payers=1))
    counts = []
    for code, payers in (("FEW", 2), ("MANY", 12)):
        cycle = street.cycle(code, payers)
        with Boundaries() as said:
            street.carry(cycle)
        counts.append(said.count)
    return counts[0], counts[1]
