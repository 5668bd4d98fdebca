"""An order that crosses a bill run: let in between any two statements of the run, and the books.

The run stands still before a statement; the order is carried out over a connection of its own. If
it has to wait for the run (the database says so), the run goes on and the order follows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from threading import Event, Thread, get_ident
from typing import Any, Final
from unittest import mock

import psycopg
from django.db import connection

import catalog.operations
import customers.operations
import invoicing.operations
from catalog.models import PriceVersion, Product, RevenueRule
from customers.models import Account
from invoicing import bill_run
from invoicing.choices import AccountState, RunKind, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, Invoice
from tests.apps.invoicing.company import Company, add, modify, noon, terminate
from tests.concurrency.street import BILL_DATE, Boundaries

D = Decimal
NEXT_DATE: Final = date(2027, 3, 1)
CHANGED_ON: Final = date(2027, 1, 20)
Books = dict[str, list[tuple[Any, ...]]]


class Family:
    """Two payers; the first pays for a child, whom the orders concern.

    They are billed in a cycle of their own, unless they share one with other families.
    """

    def __init__(self, company: Company, code: str, cycle: BillCycle | None = None) -> None:
        self.company = company
        self.cycle = cycle or new_cycle(code)
        self.offer = company.offer(code, {"price": D("31")})
        Product.objects.filter(code=code).update(revenue_rule=by_day())
        self.head = company.payer("Head", cycle_code=self.cycle.code)
        self.child = company.payer("Child", parent=self.head)
        self.other = company.payer("Other", cycle_code=self.cycle.code)
        start = date(2027, 1, 5)
        self.line = add(self.child, self.offer, start)
        for account in (self.head, self.other):
            add(account, self.offer, start, quantity=2)
        self.names = {self.head.pk: "head", self.child.pk: "child", self.other.pk: "other"}

    def run(self, bill_date: date = BILL_DATE) -> None:
        """Do what an operator and an approver do until everybody is billed, as they would be told.

        A payer whose draft was overtaken is held at posting; a catch-up run bills it.
        """
        self._carry(bill_date, RunKind.CYCLE)
        while self._left(bill_date):
            self._carry(bill_date, RunKind.CATCH_UP)

    def _carry(self, bill_date: date, kind: RunKind) -> None:
        run = invoicing.operations.start_run(
            cycle=self.cycle,
            bill_date=bill_date,
            cutoff_at=noon(bill_date),
            kind=kind,
            actor=self.company.clerk,
        )
        run = invoicing.operations.continue_run(run_id=run.pk)
        if run.state == RunState.IN_REVIEW:
            run = invoicing.operations.approve_run(run_id=run.pk, actor=self.company.boss)
            invoicing.operations.post_run(run_id=run.pk, actor=self.company.clerk)
            run = invoicing.operations.continue_run(run_id=run.pk)
        assert run.state == RunState.CLOSED, (run.state, run.error)

    def _left(self, bill_date: date) -> bool:
        """Tell whether the last run of the date let somebody go unbilled."""
        last = BillRun.objects.filter(cycle=self.cycle, bill_date=bill_date).latest("pk")
        return BillRunAccount.objects.filter(run=last, state=AccountState.HELD).exists()

    def books(self) -> Books:
        """Return the posted documents of both payers with their lines, without ids and numbers."""
        found: Books = {"head": [], "other": []}
        documents = Invoice.objects.filter(payer_id__in=self.names, state="POSTED")
        for document in documents.order_by("invoice_date", "doc_type", "pk"):
            lines = [
                (self.names[line.account_id], line.service_start, line.service_end, line.net)
                for line in document.lines.all()
            ]
            head = (document.doc_type, document.invoice_date, document.net, document.total)
            found[self.names[document.payer_id]].append((*head, sorted(lines)))
        return found


def new_cycle(code: str) -> BillCycle:
    cycle: BillCycle = invoicing.operations.define_cycle(code=code, name=code, actor=None)
    return cycle


def by_day() -> RevenueRule:
    """Return the rule without which no price is published."""
    rule, _ = RevenueRule.objects.get_or_create(
        code="DAILY", defaults={"name": "By day", "pattern": "RATABLE_DAILY"}
    )
    return rule


def upgrade(family: Family) -> None:
    modify(family.line, CHANGED_ON, BILL_DATE, quantity=D(3))


def cancel(family: Family) -> None:
    terminate(family.line, CHANGED_ON, BILL_DATE)


def move(family: Family) -> None:
    customers.operations.move_account(
        account=Account.objects.get(pk=family.child.pk),
        parent=family.other,
        on_date=BILL_DATE,
        as_of=BILL_DATE,
        actor=None,
    )


def change_price(family: Family) -> None:
    """Publish a price that corrects the one in force, for the days billed before too."""
    wrong = PriceVersion.objects.get(charge__offer_version=family.offer)
    price = catalog.operations.draft_price(
        charge=wrong.charge,
        currency=wrong.currency,
        starts=wrong.valid.lower,
        supersedes=wrong,
        unit_price=D("62"),
        actor=None,
    )
    catalog.operations.submit_price(price_id=price.pk, actor=None)
    catalog.operations.approve_price(price_id=price.pk, actor=None)
    catalog.operations.publish_price(price_id=price.pk, on_date=BILL_DATE, actor=None)


ORDERS: Final[dict[str, Callable[[Family], None]]] = {
    "upgrade": upgrade,
    "cancel": cancel,
    "move": move,
    "price": change_price,
}


class Crossing(Boundaries):
    """Lets an order in at one boundary of whatever this thread says to the database."""

    def __init__(self, at: int = 0, order: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.at = at
        self.order = order
        self.thread = get_ident()
        self.waited = False
        self.failure: Exception | None = None
        self._walker: Thread | None = None
        self._pid = 0
        self._ready, self._done = Event(), Event()

    def tick(self) -> None:
        if get_ident() != self.thread:
            return
        self.passed.value += 1
        if self.count == self.at:
            self._walker = Thread(target=self._walk, daemon=True)
            self._walker.start()
            self._let_in()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._walker is not None:
            self._walker.join(timeout=30)
            assert self._done.is_set(), "the order never ended"
        if self.failure is not None and not any(error):
            raise self.failure

    def _walk(self) -> None:
        try:
            connection.ensure_connection()
            self._pid = connection.connection.info.backend_pid
            self._ready.set()
            assert self.order is not None
            self.order()
        except Exception as failure:  # noqa: BLE001  (raised where the run ends)
            self.failure = failure
        finally:
            self._done.set()
            connection.close()

    def _let_in(self) -> None:
        """Wait until the order is done, or waits for a lock that the run holds."""
        assert self._ready.wait(timeout=30)
        if self._done.wait(timeout=0.1):
            return
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as watch:
            while not self._done.wait(timeout=0.01):
                row = watch.execute("SELECT pg_blocking_pids(%s)", [self._pid]).fetchone()
                if row is not None and row[0]:
                    self.waited = True
                    return


def cross(family: Family, order: Callable[[Family], None], at: int) -> bool:
    """Let the order in before the at-th boundary of the run; tell whether it came to pass."""
    with payer_by_payer(), Crossing(at, lambda: order(family)) as crossing:
        family.run()
    return crossing.count >= at


def calm(company: Company) -> int:
    """Run twice without any order, the first time to read what is read once; count boundaries."""
    Family(company, "WARM").run()
    family = Family(company, "CALM")
    with payer_by_payer(), Crossing() as boundaries:
        family.run()
    return boundaries.count


def serial(company: Company, names: Iterable[str]) -> dict[str, tuple[Books, Books]]:
    """Return, for each order, the books of two months with it before the run, and after it.

    No order concerns more than its own family, so that all of them are billed together.
    """
    cycle = new_cycle("SERIAL")
    before = {name: Family(company, f"{name}-BEFORE", cycle) for name in names}
    after = {name: Family(company, f"{name}-AFTER", cycle) for name in names}
    for name, family in before.items():
        ORDERS[name](family)
    family.run()
    for name, family in after.items():
        ORDERS[name](family)
    family.run(NEXT_DATE)
    books = {name: (before[name].books(), after[name].books()) for name in before}
    assert all(one != two for one, two in books.values()), "an order that changes nothing"
    return books


def payer_by_payer() -> AbstractContextManager[Any]:
    """Let each payer be a chunk, so that an order also falls between two payers."""
    return mock.patch.multiple(bill_run, SMALLEST_CHUNK=1, LARGEST_CHUNK=1)
