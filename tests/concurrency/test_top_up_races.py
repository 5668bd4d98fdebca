"""Two draws cross the threshold at once and ask once; two captures sell one balance (ENT-8).

Processes of their own. Three things hold it: who asks takes the account's turn and looks again,
who answers holds the request, and the database refuses a second request in flight and a second
balance of one payment.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from multiprocessing import get_context
from typing import Any

import pytest
from django.db import connections, transaction

import rating.operations
from audit.models import BusinessEvent
from customers.models import Account
from payments.models import Payment
from rating.models import BalanceBucket, TopUpRequest
from rating.operations import settle_balances
from tests.apps.invoicing.company import Company
from tests.apps.rating.topping_up import NOW, ask, capture, fail, money, rule, tender
from tests.attacks import rows

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 6
D = Decimal


@pytest.fixture
def payer(transactional_db: None) -> Account:
    return Company().payer()


def _at(start: Any, act: Callable[[int], Any], number: int, told: Any) -> None:
    start.wait(timeout=60)
    try:
        told.put(str(act(number)))
    except Exception as error:  # noqa: BLE001  (an outcome like any other)
        told.put(type(error).__name__)
    connections.close_all()


def at_once(act: Callable[[int], Any]) -> list[str]:
    """Let processes do the same at the same moment; return what each got."""
    connections.close_all()
    context = get_context("fork")
    told, start = context.Queue(), context.Barrier(PROCESSES)
    workers = [
        context.Process(target=_at, args=(start, act, number, told)) for number in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    found = [told.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(timeout=60)
    return sorted(found)


def test_ent8_draws_that_cross_the_threshold_at_once_ask_once(payer: Account) -> None:
    held = money(payer, "30.00")
    rule(payer)

    def draw_and_look(number: int) -> int:
        with transaction.atomic():
            rating.operations.draw_money([(held.pk, D("4.00"), number + 1)])
        return settle_balances(as_of=NOW).topped_up

    assert at_once(draw_and_look) == ["0"] * (PROCESSES - 1) + ["1"]
    assert TopUpRequest.objects.get().number == 1
    assert BusinessEvent.objects.filter(topic="top_up.requested").count() == 1
    assert BalanceBucket.objects.get().remaining == D(6)


def test_ent8_answers_at_once_sell_one_balance(payer: Account) -> None:
    rule(payer)
    asked, kind = ask(), tender()
    found = at_once(lambda number: capture(asked, tender=kind).bucket_id)
    assert len(set(found)) == 1, found
    assert str(BalanceBucket.objects.get().pk) == found[0]
    assert Payment.objects.count() == 1
    assert rows("SELECT sum(debit) = sum(credit) FROM ledger_journalline") == [(True,)]


def test_ent8_of_two_answers_that_differ_one_counts(payer: Account) -> None:
    rule(payer)
    asked, kind = ask(), tender()

    def answer(number: int) -> str:
        done = fail(asked) if number % 2 else capture(asked, tender=kind)
        return str(done.state)

    found = at_once(answer)
    half = PROCESSES // 2
    assert found in (
        ["CannotTopUp"] * half + ["FAILED"] * half, ["CAPTURED"] * half + ["CannotTopUp"] * half,
    )  # fmt: skip
    state = TopUpRequest.objects.get().state
    assert BalanceBucket.objects.count() == (1 if state == "CAPTURED" else 0)
