"""Four clerks write the account tree at once, over four real connections (HIER-7, F24).

The same work is done with the lock and, to see that the test can fail, without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import date
from random import Random

import pytest
from django.db import DatabaseError, connection, transaction

from customers import operations, queries
from customers.models import Account, ServiceIdentifier, Subscription
from customers.models import account as account_model
from customers.operations import tree_numbers
from foundation.errors import GuardHeld, Refusal, translate_database_error
from tests.apps.customers import build

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 4, 15
DAY = date(2027, 1, 1)


def at_once(work: Callable[[int], None]) -> list[Exception]:
    """Run the work on four threads, each with a connection of its own."""
    failures: list[Exception] = []
    start = threading.Barrier(WRITERS)

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        except Exception as failure:  # noqa: BLE001 - handed to the test
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def grow(roots: list[Account]) -> Callable[[int], None]:
    def work(number: int) -> None:
        chance = Random(number)
        own = list(roots)
        for step in range(EACH):
            parent = chance.choice(own)
            own.append(build.account(f"{number}/{step}", parent=parent))
            if step % 3 == 2:
                child, target = own[-1], chance.choice(roots)
                operations.move_account(
                    account=child, parent=target, on_date=DAY, as_of=DAY, actor=None
                )

    return work


def test_four_writers_under_the_lock_leave_a_sound_tree() -> None:
    roots = [build.account(f"Root {number}") for number in range(3)]
    assert at_once(grow(roots)) == []
    assert Account.objects.count() == 3 + WRITERS * EACH
    assert queries.hierarchy_findings(DAY) == []


def number_as_seen(*, root_ids: Iterable[int]) -> None:
    """Number trees as a writer sees them who waits for nobody."""
    for root_id in root_ids:
        tree_numbers._write(tree_numbers._differences(root_id, tree_numbers._rows_of(root_id)))


@pytest.mark.parametrize("guarded", [False, True])
def test_a_writer_who_waits_for_nobody_misses_the_account_of_another(
    monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Without the lock, and without the mark on the root that locks its row, numbers are lost."""
    root = build.account("Root")
    if not guarded:
        with connection.cursor() as cursor:
            for trigger, table in (
                ("customers_account_tree_needs_lock", "customers_account"),
                ("customers_account_tree_needs_lock_insert", "customers_account"),
                ("customers_accountposition_needs_lock", "customers_accountposition"),
            ):
                cursor.execute(f"DROP TRIGGER {trigger} ON {table}")
        for module in (account_model, operations.accounts, operations.moves):
            monkeypatch.setattr(module, "take_tree_lock", lambda: None)
        monkeypatch.setattr(operations.accounts, "note_change", number_as_seen)

    def other() -> None:
        try:
            build.account("Two", parent=root)
        finally:
            connection.close()

    writer = threading.Thread(target=other)
    with transaction.atomic():
        build.account("One", parent=root)
        writer.start()
        writer.join(timeout=1.0)
        assert writer.is_alive(), "for the lock, or for the row of the root at the latest"
    writer.join()
    assert Account.objects.filter(parent=root).count() == 2
    assert (queries.hierarchy_findings(DAY) == []) == guarded


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE customers_account SET lft = lft + 1", "customers_account_tree_needs_lock"),
        (
            "INSERT INTO customers_account SELECT * FROM customers_account",
            "customers_account_tree_needs_lock_insert",
        ),
        (
            "UPDATE customers_accountposition SET reason = 'x'",
            "customers_accountposition_needs_lock",
        ),
    ],
)
def test_the_database_demands_the_lock(statement: str, guard: str) -> None:
    build.account()
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        connection.cursor().execute(statement)
    refusal = translate_database_error(caught.value)
    assert isinstance(refusal, GuardHeld)
    assert (refusal.guard, refusal.rule) == (guard, "HIER-7")


def test_two_moves_that_together_make_a_circle_are_not_both_done() -> None:
    root = build.account("Root")
    one, two = build.account("One", parent=root), build.account("Two", parent=root)

    def work(number: int) -> None:
        if number > 1:
            return
        child, target = ((one, two), (two, one))[number]
        operations.move_account(account=child, parent=target, on_date=DAY, as_of=DAY, actor=None)

    failures = at_once(work)
    assert len(failures) == 1
    assert isinstance(failures[0], Refusal)
    assert queries.hierarchy_findings(DAY) == []


def test_two_orders_for_one_number_are_not_both_done() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    owners = [build.account(f"Root {number}") for number in range(WRITERS)]

    def work(number: int) -> None:
        build.add(owners[number], version, DAY, identifiers=[build.number("491")])

    failures = at_once(work)
    assert len(failures) == WRITERS - 1
    (held,) = ServiceIdentifier.objects.filter(value="491")
    assert build.noon(date(2027, 1, 2)) in held.valid


def test_one_order_submitted_by_four_clerks_is_carried_out_once() -> None:
    owner, version = build.account(), build.offer()
    item = operations.ItemInput(
        action="ADD", offer_version=version, quantity=build.ONE, effective_on=DAY
    )
    order = operations.place_order(account=owner, items=[item], requested_on=DAY, actor=None)

    def work(number: int) -> None:
        operations.submit_order(order=order, as_of=DAY, actor=None)

    assert at_once(work) == []
    assert Subscription.objects.count() == 1
