"""Two clerks on one payment, in two processes, a thousand times: no over-allocation (F17, AR-1).

The same race without the guard is seen to over-allocate.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

import receivables.queries
from receivables import operations
from receivables.models import Allocation, OpenItem
from tests.apps.receivables.conftest import open_item, open_payer
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
D = Decimal
RACES, NAIVE_RACES = 1000, 150


class Clerk:
    """One clerk's process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.clerk"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "billing_site.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.hear() == "ready"

    def tell(self, *words: object) -> None:
        assert self.process.stdin is not None
        print(*words, file=self.process.stdin, flush=True)

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go_home(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


@pytest.fixture
def clerks(database_url: str) -> Iterator[tuple[Clerk, Clerk]]:
    pair = (Clerk(), Clerk())
    yield pair
    for clerk in pair:
        clerk.go_home()


def desk(count: int) -> tuple[list[OpenItem], OpenItem, OpenItem]:
    """Return payments of 100.00, and the two debts that the clerks would settle with them."""
    from ledger import operations as ledger_operations

    entity = ledger_operations.ensure_entity(
        code="EU",
        name="Larkfield EU",
        country="AV",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=date(2027, 1, 1),
    )
    payer = open_payer(entity, "A-100", "Brightwater Mills")
    day = date(2027, 2, 1)

    def one(side: str, amount: str) -> OpenItem:
        return open_item(
            side, payer, amount, due=day, dated=day, number="", currency="EUR", rate="1"
        )

    debts = (one("D", "1000000.00"), one("D", "1000000.00"))
    return [one("C", "100.00") for _ in range(count)], *debts


def run(
    way: str, clerks: tuple[Clerk, Clerk], count: int, *, guard: bool = True
) -> tuple[Counter[str], int]:
    """Let both take 80.00 of each payment of 100.00; return answers and over-allocations."""
    payments, first, second = desk(count)
    if not guard:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE receivables_allocation"
                " DISABLE TRIGGER receivables_allocation_keeps_open"
            )
    answers: Counter[str] = Counter()
    for payment in payments:
        for clerk, debt in zip(clerks, (first, second), strict=True):
            clerk.tell(way, debt.pk, payment.pk, "80.00")
        answers.update(clerk.hear() for clerk in clerks)
    settled: Counter[int] = Counter()
    for credit, amount in Allocation.objects.values_list("credit_item_id", "amount"):
        settled[credit] += int(amount)
    return answers, sum(amount > 100 for amount in settled.values())


def test_two_clerks_on_one_payment_a_thousand_times(clerks: tuple[Clerk, Clerk]) -> None:
    answers, over_allocated = run("guarded", clerks, RACES)
    assert over_allocated == 0
    assert answers == {"done": RACES, "refused": RACES}
    assert not [finding for check in receivables.queries.INTEGRITY for finding in check.run()]


def test_the_same_clerks_without_the_guard_over_allocate(clerks: tuple[Clerk, Clerk]) -> None:
    _, over_allocated = run("naive", clerks, NAIVE_RACES, guard=False)
    assert over_allocated > 0


def test_the_guard_alone_stops_naive_code(clerks: tuple[Clerk, Clerk]) -> None:
    """Code that takes no lock is stopped by the database alone."""
    answers, over_allocated = run("naive", clerks, NAIVE_RACES)
    assert over_allocated == 0
    assert answers == {"done": NAIVE_RACES, "refused": NAIVE_RACES}


def test_f21_payments_reversals_and_credits_at_once_do_not_deadlock() -> None:
    payments, first, second = desk(24)
    payer_id = first.payer_id
    day = date(2027, 3, 1)

    def settle() -> None:
        for payment in payments:
            operations.allocate_oldest(
                payer_id=payer_id,
                currency="EUR",
                on_date=day,
                credit_item_id=payment.pk,
                actor=None,
            )

    def take_back() -> None:
        for payment in reversed(payments):
            operations.reverse_allocations_of_credit(
                credit_item_id=payment.pk, on_date=day, reason="race", actor=None
            )

    assert race(settle, take_back, settle, take_back) == [None] * 4
    second.refresh_from_db()
    assert not [finding for check in receivables.queries.INTEGRITY for finding in check.run()]
