"""What commits in parts, killed at its boundaries and done again, ends as if nothing had happened.

Each test lets a real process die at every BILLING_SWEEP_STEP-th boundary of an act (1 is all of
them; without it a few), begins each time from the same database, does the act again, and compares
every row of every table. The bill run from its start to its end is in `test_bill_run_faults.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import LazySettings, settings

import invoicing.operations
import rating.queries
from audit.operations import AlreadyImported
from customers.models import Account
from invoicing import bill_run
from invoicing.choices import RunState
from invoicing.models import BillRun, BillRunAccount, Invoice
from invoicing.operations import posting, workers
from payments import imports
from rating import operations
from rating.operations.receiving import AlreadyLoaded
from rating.rules import scanning
from tests.apps.catalog import price_files, shop
from tests.apps.payments.conftest import open_payer
from tests.apps.rating import company as usage
from tests.attacks import raw
from tests.concurrency.street import DIED, Street, in_a_process, outcome
from tests.concurrency.sweep import sweep, until_done
from tests.concurrency.test_bill_run_faults import poison_table

pytestmark = pytest.mark.django_db(transaction=True)
STEP = os.environ.get("BILLING_SWEEP_STEP")
NUMBER = r"EU-2027-\d+"
ROWS = [
    usage.row(f"k{number % 11}", quantity=str(1 + number % 11),
              identifier="4915" if number % 11 % 3 else f"49{number % 11}")
    for number in range(14)
]  # fmt: skip
PRICES = (
    price_files.HEAD
    + "FIBER/1/RENTAL,USD,2027-04-01,FLAT,29.99\n"
    + "FIBER/1/INSTALL,USD,2027-04-01,FLAT,49.00\n"
    + "FIBER/1/GHOST,USD,2027-04-01,FLAT,1\n"
)
MONEY = (
    "external_id,payer,amount,currency,tender,received_on,reference,remittance\n"
    "B-1,A-100,80.00,EUR,WIRE,2027-03-01,February,\n"
    "B-2,A-100,20.00,EUR,CHEQUE,2027-03-01,,\n"
    "B-3,Q-9,35.00,EUR,CASH,2027-03-02,who knows,\n"
)


def dies(act: Callable[[], Any], times: int = 4, *, mask: str = "", hands: int = 1) -> None:
    """Sweep an act, at every BILLING_SWEEP_STEP-th boundary if asked, else at a few of them.

    Where two have hands in it, how many boundaries there are is a matter of who comes first, so
    that the last of them may not be met.
    """

    def points(boundaries: int) -> range:
        if STEP:
            return range(1, boundaries, int(STEP))
        return range(boundaries // times // 2, boundaries, boundaries // times)

    swept = sweep(act, points, mask=mask)
    assert swept.wrong == {}
    assert swept.deaths >= (swept.tried if hands == 1 else times - 1)
    print(f"{swept.deaths} deaths at {swept.boundaries} boundaries: all ended alike")


@pytest.fixture
def mobile(settings: LazySettings, tmp_path: Path) -> usage.Company:
    settings.VAR_DIR = tmp_path
    made = usage.found_company()
    usage.open_line(made, "4915")
    return made


def small_parts(size: int) -> int:
    return scanning.part_count(size, part_bytes=250)


@pytest.mark.parametrize("hands", [1, 2])
def test_a_load_of_usage(mobile: usage.Company, hands: int) -> None:
    """F09: with two workers, whichever comes to the boundary dies; the other goes on."""

    with mock.patch("rating.operations.receiving.part_count", small_parts):
        dies(loads(mobile, hands), hands=hands)


def loads(mobile: usage.Company, hands: int = 1) -> Callable[[], None]:
    def load() -> None:
        try:
            usage.load(mobile, *ROWS, workers=hands)
        except AlreadyLoaded:
            assert not list((Path(settings.VAR_DIR) / "usage").glob("*-*"))

    return load


def test_rating_again(mobile: usage.Company) -> None:
    dies(rates_again(mobile))


def rates_again(mobile: usage.Company) -> Callable[[], None]:
    line = usage.open_line(mobile, "4916", name="Second")
    usage.load(mobile, *ROWS, *(usage.row(f"m{n}", identifier="4916") for n in range(4)))
    usage.close_line(line, date(2027, 5, 2))

    def rate() -> None:
        operations.rerate(start=date(2027, 5, 1), end=date(2027, 6, 1), as_of=usage.RECEIVED)

    return rate


def test_recycling_of_suspense(mobile: usage.Company) -> None:
    dies(recycles(mobile))


def recycles(mobile: usage.Company) -> Callable[[], None]:
    usage.load(mobile, *ROWS)
    for number in (0, 3, 6):
        usage.open_line(mobile, f"49{number}", name=f"Late {number}")

    def recycle() -> None:
        untried = rating.queries.suspense().filter(attempts=0)  # a second try is counted by right
        waiting = list(untried.order_by("id").values_list("id", flat=True))
        for start in range(0, len(waiting), 2):
            operations.recycle(item_ids=waiting[start : start + 2], as_of=usage.RECEIVED)

    return recycle


def test_an_import_of_prices() -> None:
    dies(takes_prices())


def takes_prices() -> Callable[[], None]:
    shop.open_shop()

    def take() -> None:
        with suppress(AlreadyImported):
            price_files.send(PRICES)

    return take


def test_a_file_of_payments() -> None:
    dies(records_payments(), mask=r"receipt \d+")


def records_payments() -> Callable[[], None]:
    street = Street()
    open_payer(street.company.entity, "A-100", "Brightwater Mills")

    def record() -> None:
        with suppress(AlreadyImported):
            imports.record_payments(
                entity=street.company.entity, filename="bank.csv", content=MONEY.encode(),
                as_of=date(2027, 5, 31), actor=None,
            )  # fmt: skip

    return record


def test_a_run_that_is_cancelled_and_run_again() -> None:
    street = Street()
    cycle = street.cycle("MAIN")
    run = invoicing.operations.continue_run(run_id=street.start(cycle).pk)
    assert run.state == RunState.IN_REVIEW

    def cancel() -> None:
        invoicing.operations.cancel_run(
            run_id=run.pk, actor=street.company.clerk, reason="wrong prices"
        )
        closed(street.carry(cycle))

    dies(cancel, mask=r"Bill run \d+")  # a start that is rolled back has used up an id


def test_a_run_that_is_resumed_after_an_account_failed() -> None:
    street = Street()
    cycle = street.cycle("MAIN")
    poison_table(Account.objects.latest("id").pk)
    run = invoicing.operations.continue_run(run_id=street.start(cycle).pk)
    assert BillRunAccount.objects.filter(run=run, state="ERROR").count() == 1
    raw("DROP FUNCTION poison CASCADE")

    def resume() -> None:
        if BillRunAccount.objects.filter(run=run, state="ERROR").exists():
            invoicing.operations.resume_run(run_id=run.pk, actor=street.company.clerk)
        closed(street.carry(cycle))
        assert numbers() == ["EU-2027-000001", "EU-2027-000002", "EU-2027-000003"]

    dies(resume, mask=NUMBER)


def test_a_run_of_two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """F03: whichever process comes to the boundary dies, leader or worker; the other goes on."""
    monkeypatch.setattr(bill_run, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(bill_run, "LARGEST_CHUNK", 1)
    street = Street()
    cycle = street.cycle("MAIN", payers=4)
    street.start(cycle)
    BillRun.objects.update(workers=2)

    def carry() -> None:
        closed(street.carry(cycle))
        assert numbers() == [f"EU-2027-00000{number}" for number in range(1, 5)]

    dies(carry, mask=NUMBER, hands=2)


def test_a_leader_that_dies_leaves_no_lock_to_its_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F03: it dies with numbers drawn; the worker that waits for the series goes on."""
    monkeypatch.setattr(bill_run, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(bill_run, "LARGEST_CHUNK", 1)
    street = Street()
    cycle = street.cycle("MAIN", payers=4)
    street.start(cycle)
    BillRun.objects.update(workers=2)
    post = posting.post_chunk

    def lead() -> None:
        leader = os.getpid()

        def post_or_die(*words: Any) -> Any:
            while os.getpid() != leader == os.getppid():
                time.sleep(0.01)
            posted = post(*words)
            if os.getpid() == leader:
                os._exit(DIED)
            return posted

        monkeypatch.setattr(workers, "post_chunk", post_or_die)
        street.carry(cycle)

    assert outcome(in_a_process(lead)) == DIED
    until_done(lambda: closed(street.carry(cycle)))
    assert numbers() == [f"EU-2027-00000{number}" for number in range(1, 5)]


def numbers() -> list[str | None]:
    """Return all numbers; who gets which depends on who worked on which chunk."""
    return list(Invoice.objects.order_by("number").values_list("number", flat=True))


def closed(run: BillRun) -> None:
    if run.state != RunState.CLOSED:
        raise invoicing.operations.CannotChangeRun("somebody still works on it")
