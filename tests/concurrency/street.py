"""A street of payers whose runs can be made to die, and the count of where a process may die."""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from multiprocessing import Value, get_context
from typing import Any, ClassVar, Final
from unittest import mock

import psycopg
from django.db import connection

import foundation.integrity
import invoicing.operations
import invoicing.queries
from audit.models import BusinessEvent
from customers.operations import IdentifierInput
from invoicing.choices import RunState
from invoicing.models import BillCycle, BillRun, Invoice, InvoiceLine
from ledger.models import JournalLine
from receivables.models import OpenItem
from tests.apps.invoicing.company import Company, add, noon, use

D = Decimal
BILL_DATE = date(2027, 2, 1)
DIED = 77
COPY: Final = psycopg.Cursor.copy


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

    def start(self, cycle: BillCycle) -> BillRun:
        """Start the run of the cycle, or find the one that was started."""
        return invoicing.operations.start_run(
            cycle=cycle, bill_date=BILL_DATE, cutoff_at=noon(BILL_DATE), actor=self.company.clerk
        )

    def carry(self, cycle: BillCycle) -> BillRun:
        """Do what an operator and an approver do, from wherever the run stands."""
        run = self.start(cycle)
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
            told = BusinessEvent.objects.filter(
                subject_type="invoicing.invoice", subject_id=document.pk
            ).order_by("id")
            found.append(
                (
                    document.net, document.tax, document.total, item.open,
                    list(lines.values_list("text", "net", "tax", "service_start")),
                    list(journal.values_list("account__number", "debit", "credit")),
                    list(told.values_list("topic", "payload__total")),
                )
            )  # fmt: skip
        return found


class Boundaries:
    """Counts the places where a process may die; dies at the one it is told.

    Before and after each statement, each COPY (the driver sends it past Django), each commit, and
    each act on a file that counts: a rename, a folder thrown away. Children are counted with the
    process that began: the one that comes to the last boundary dies alone.
    """

    current: ClassVar[Boundaries]

    def __init__(self, last: int | None = None) -> None:
        Boundaries.current = self
        self.passed = Value("L", 0)
        self.last = last

    @property
    def count(self) -> int:
        return int(self.passed.value)

    def tick(self) -> None:
        with self.passed.get_lock():
            self.passed.value += 1
            here = self.passed.value
        if here == self.last:
            os._exit(DIED)

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """Return the act with a boundary before and one after it."""

        def bounded(*words: Any, **more: Any) -> Any:
            self.tick()
            answer = act(*words, **more)
            self.tick()
            return answer

        return bounded

    def statement(self, execute: Callable[..., Any], *words: Any) -> Any:
        return self.around(execute)(*words)

    def __enter__(self) -> Boundaries:
        connection.ensure_connection()

        @contextmanager
        def copy(cursor: Any, *words: Any, **more: Any) -> Iterator[Any]:
            self.tick()
            with COPY(cursor, *words, **more) as rows:
                yield rows
            self.tick()

        self.undo = ExitStack()
        for owner, name, act in (
            (connection, "commit", self.around(connection.commit)),
            (psycopg.Cursor, "copy", copy),
            (os, "rename", self.around(os.rename)),
            (shutil, "rmtree", self.around(shutil.rmtree)),
        ):
            self.undo.enter_context(mock.patch.object(owner, name, act))
        connection.execute_wrappers.append(self.statement)
        return self

    def __exit__(self, *error: object) -> None:
        connection.execute_wrappers.pop()
        self.undo.close()


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
    except BaseException:
        traceback.print_exc()  # nobody else would tell why it ended so
        raise
    finally:
        os._exit(code)


def outcome(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def at_once(act: Callable[[], object], processes: int = 2) -> list[int]:
    """Let processes with connections of their own begin together; return how each ended."""
    return together(*[act] * processes)


def together(*acts: Callable[[], object]) -> list[int]:
    """Let each act begin at the same moment in a process of its own; return how each ended."""
    start = get_context("fork").Barrier(len(acts))

    def begin(act: Callable[[], object]) -> None:
        connection.ensure_connection()
        start.wait(timeout=30)
        act()

    return [outcome(pid) for pid in [in_a_process(partial(begin, act)) for act in acts]]


def require_green() -> None:
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, (result.check.title, result.findings[:3])
