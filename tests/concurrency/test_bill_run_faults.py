"""A bill run that dies anywhere, is started twice at once, or meets an account it cannot bill.

The sweep counts the boundaries of a run (before and after every statement and commit), lets a real
process die at every BILLING_SWEEP_STEP-th of them (1 is all), carries the run on as an operator
would, and compares with a run that nothing happened to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import foundation.integrity
import invoicing.operations
import invoicing.queries
import receivables.operations
from customers.models import Account
from customers.operations import IdentifierInput
from invoicing.choices import RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, Invoice, InvoiceLine
from invoicing.operations import drafting
from ledger.models import JournalLine
from receivables.models import OpenItem
from tests.apps.invoicing.company import Company, add, noon, use

D = Decimal
BILL_DATE = date(2027, 2, 1)
STEP = int(os.environ.get("BILLING_SWEEP_STEP", "23"))
DIED = 77


class Street:
    """A company, and payers of cycles of their own who all buy the same."""

    def __init__(self) -> None:
        self.company = Company()
        self.offer = self.company.offer(
            "SEAT", {"price": D("30.01")}, {"code": "CALLS", "kind": "USAGE", "price": D("0.10")}
        )
        self.doors = 0

    def cycle(self, code: str, payers: int = 3) -> BillCycle:
        """Let payers of a new cycle move in."""
        cycle = invoicing.operations.define_cycle(code=code, name=code, actor=None)
        for _ in range(payers):
            self.doors += 1
            payer = self.company.payer(f"Payer {self.doors}", cycle_code=code)
            subscription = add(
                payer, self.offer, date(2027, 1, 5),
                identifiers=[IdentifierInput("MSISDN", f"1555{self.doors:05d}")],
            )  # fmt: skip
            use(subscription, date(2027, 1, 9), "12")
        return cycle

    def carry(self, cycle: BillCycle) -> BillRun:
        """Do what an operator and an approver do, from wherever the run stands."""
        run = invoicing.operations.start_run(
            cycle=cycle, bill_date=BILL_DATE, cutoff_at=noon(BILL_DATE), actor=self.company.clerk
        )
        run = invoicing.operations.continue_run(run_id=run.pk)
        if run.state == RunState.IN_REVIEW:
            run = invoicing.operations.approve_run(run_id=run.pk, actor=self.company.boss)
        if run.state == RunState.APPROVED:
            invoicing.operations.post_run(run_id=run.pk, actor=self.company.clerk)
        return invoicing.operations.continue_run(run_id=run.pk)

    def books(self, cycle: BillCycle) -> list[tuple[Any, ...]]:
        """Return everything a cycle's run left behind, without ids and numbers."""
        found: list[tuple[Any, ...]] = []
        documents = Invoice.objects.filter(payer__cycle_code=cycle.code, state="POSTED")
        for document in documents.order_by("payer_id"):
            lines = InvoiceLine.objects.filter(invoice=document).order_by("seq")
            item = OpenItem.objects.get(source_type="invoicing.invoice", source_id=document.pk)
            journal = JournalLine.objects.filter(
                entry__source_type="invoicing.invoice", entry__source_id=document.pk
            ).order_by("account__number")
            found.append(
                (
                    document.net, document.tax, document.total, item.open,
                    list(lines.values_list("text", "net", "tax", "service_start")),
                    list(journal.values_list("account__number", "debit", "credit")),
                )
            )  # fmt: skip
        return found


class Boundaries:
    """Counts the places where a process may die; dies at the one it is told."""

    def __init__(self, last: int | None = None) -> None:
        self.count = 0
        self.last = last

    def tick(self) -> None:
        self.count += 1
        if self.count == self.last:
            os._exit(DIED)

    def __enter__(self) -> Boundaries:
        connection.ensure_connection()
        self.commit = connection.commit

        def commit() -> None:
            self.tick()
            self.commit()
            self.tick()

        def statement(execute: Callable[..., Any], *words: Any) -> Any:
            self.tick()
            answer = execute(*words)
            self.tick()
            return answer

        connection.commit = commit  # type: ignore[method-assign]
        connection.execute_wrappers.append(statement)
        return self

    def __exit__(self, *error: object) -> None:
        connection.execute_wrappers.pop()
        connection.commit = self.commit  # type: ignore[method-assign]


def in_a_process(act: Callable[[], object]) -> int:
    """Run `act` in a process with a connection of its own; return its pid."""
    connection.close()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        act()
        code = 0
    finally:
        os._exit(code)


def outcome(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def require_green() -> None:
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, (result.check.title, result.findings[:3])


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
    for last in range(1, boundaries.count, STEP):
        cycle = street.cycle(f"D{last}")
        assert outcome(in_a_process(lambda c=cycle, k=last: live(c, k))) == DIED, last  # type: ignore[misc]
        run = street.carry(cycle)
        assert run.state == RunState.CLOSED, last
        assert street.books(cycle) == expected, last
    require_green()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_sees_a_run_that_commits_a_part_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A twin that opens receivables over a connection of its own is caught by some death."""

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
    with Boundaries() as boundaries:
        street.carry(street.cycle("CALM"))
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

    # Posting lies in the second quarter of the boundaries; what follows checks and closes.
    posting = range(boundaries.count // 2, boundaries.count // 5, -7)
    assert not all(survives(last) for last in posting)


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_from_two_processes_are_one_run() -> None:
    """F01."""
    street = Street()
    calm, raced = street.cycle("CALM"), street.cycle("RACED")
    street.carry(calm)
    for pid in [in_a_process(lambda: street.carry(raced)) for _ in range(2)]:
        outcome(pid)
    assert street.carry(raced).state == RunState.CLOSED
    assert BillRun.objects.filter(cycle=raced).count() == 1
    assert street.books(raced) == street.books(calm)
    require_green()


@pytest.mark.django_db
def test_an_account_that_cannot_be_charged_waits_and_the_others_are_billed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F04: the core fails on one payer of twenty."""
    street = Street()
    cycle = street.cycle("POISON", payers=20)
    poisoned = Account.objects.latest("id").pk
    charge = drafting.charge_payer

    def fail(payer: Any, frame: Any) -> Any:
        if payer.id == poisoned:
            raise ArithmeticError("a price that is no number")
        return charge(payer, frame)

    monkeypatch.setattr(drafting, "charge_payer", fail)
    street.carry(cycle)
    waiting = BillRunAccount.objects.get(run__cycle=cycle, payer_id=poisoned)
    assert waiting.state == "ERROR"
    assert "a price that is no number" in waiting.reason
    assert len(street.books(cycle)) == 19
    require_green()


@pytest.mark.django_db
def test_an_account_that_the_database_refuses_waits_and_the_others_are_billed() -> None:
    """F04: the chunk is split until the account at fault stands alone."""
    street = Street()
    cycle = street.cycle("POISON", payers=6)
    poisoned = Account.objects.latest("id").pk
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.payer_id = {poisoned} THEN RAISE check_violation; END IF; "
            "RETURN NEW; END $$; "
            "CREATE TRIGGER poison BEFORE INSERT ON invoicing_invoice "
            "FOR EACH ROW EXECUTE FUNCTION poison()"
        )
    street.carry(cycle)
    assert BillRunAccount.objects.get(run__cycle=cycle, payer_id=poisoned).state == "ERROR"
    assert len(street.books(cycle)) == 5
    require_green()


@pytest.mark.django_db
def test_the_statements_of_a_chunk_do_not_depend_on_its_payers() -> None:
    street = Street()
    few, many = street.cycle("FEW", payers=2), street.cycle("MANY", payers=12)
    street.carry(street.cycle("WARM", payers=1))
    counts = []
    for cycle in (few, many):
        with CaptureQueriesContext(connection) as captured:
            street.carry(cycle)
        counts.append(len(captured))
    assert counts[0] == counts[1]
