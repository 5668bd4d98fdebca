"""Every guard of receivables, attacked by raw SQL past the application."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.errors import translate_database_error
from receivables import operations
from receivables.models import Allocation, AllocationBatch, OpenItem
from receivables.operations import OPEN_ITEM_COLUMNS

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2027, 3, 1)


def attack(statement: str, *binds: Any) -> str:
    """Run a statement and return the name of the guard that stops it."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as c:
        c.execute(statement, binds)
    return translate_database_error(refused.value).guard  # type: ignore[attr-defined]


@pytest.fixture
def settled(debit, credit) -> tuple[OpenItem, OpenItem, AllocationBatch]:
    item, payment = debit("50.00"), credit("80.00")
    batch = operations.allocate(
        debit_item_id=item.pk,
        credit_item_id=payment.pk,
        amount=D("30.00"),
        on_date=MARCH,
        actor=None,
    )
    return item, payment, batch


def new_batch(like: OpenItem, amount: str, on_date: date = MARCH) -> int:
    return AllocationBatch.objects.create(
        entity_id=like.entity_id,
        payer_id=like.payer_id,
        kind="APPLY" if D(amount) > 0 else "REVERSE",
        strategy="EXPLICIT",
        on_date=on_date,
        currency=like.currency,
        amount=D(amount),
    ).pk


INSERT = (
    "INSERT INTO receivables_allocation (batch_id, debit_item_id, credit_item_id, currency,"
    " amount, functional_debit, functional_credit, realised_fx, on_date, reverses_id)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def allocate(
    debit: OpenItem,
    credit: OpenItem,
    amount: str,
    *,
    batch: int | None = None,
    on_date: date = MARCH,
    currency: str = "EUR",
    functional: str = "",
    fx: str = "0",
    reverses: int | None = None,
) -> str:
    """Insert an allocation and return the guard that stops it."""
    worth = functional or amount
    return attack(
        INSERT,
        batch or new_batch(debit, amount, on_date),
        debit.pk,
        credit.pk,
        currency,
        amount,
        worth,
        worth,
        fx,
        on_date,
        reverses,
    )


def test_no_item_is_settled_beyond_its_amount(settled) -> None:
    item, payment, _ = settled
    assert (
        allocate(item, payment, "20.01", functional="20.00")
        == "receivables_openitem_open_within_amount"
    )


def test_functional_amounts_stay_within_theirs(settled) -> None:
    item, payment, _ = settled
    assert (
        allocate(item, payment, "10.00", functional="60.00")
        == "receivables_openitem_functional_open_within_amount"
    )


def test_an_item_wholly_settled_keeps_no_functional_rest(settled) -> None:
    item, payment, _ = settled
    assert (
        allocate(item, payment, "20.00", functional="19.00")
        == "receivables_openitem_functional_open_within_amount"
    )


@pytest.mark.parametrize("swap", [True, False])
def test_an_allocation_joins_a_debit_and_a_credit(settled, debit, swap) -> None:
    item, payment, _ = settled
    sides = (payment, item) if swap else (item, debit("10.00"))
    assert allocate(*sides, "5.00") == "receivables_allocation_fits_its_items"


def test_an_allocation_joins_items_of_one_payer(settled, debit, other_payer) -> None:
    _, payment, _ = settled
    alien = debit("10.00", payer=other_payer)
    assert allocate(alien, payment, "5.00") == "receivables_allocation_fits_its_items"


def test_an_allocation_is_in_the_currency_of_its_items(settled) -> None:
    item, payment, _ = settled
    assert (
        allocate(item, payment, "5.00", currency="USD") == "receivables_allocation_fits_its_items"
    )


def test_an_allocation_is_not_older_than_its_documents(settled) -> None:
    item, payment, _ = settled
    early = date(2027, 1, 31)
    assert (
        allocate(item, payment, "5.00", on_date=early) == "receivables_allocation_fits_its_items"
    )


def test_a_mirror_has_a_negative_amount_and_a_first_allocation(settled) -> None:
    item, payment, batch = settled
    first = batch.allocations.get().pk
    sign = "receivables_allocation_sign_follows_reverses"
    assert allocate(item, payment, "-5.00") == sign
    assert allocate(item, payment, "5.00", reverses=first) == sign


def test_a_mirror_is_exact(settled) -> None:
    item, payment, batch = settled
    first = batch.allocations.get().pk
    assert (
        allocate(item, payment, "-29.00", reverses=first)
        == "receivables_allocation_mirrors_exactly"
    )


def test_an_allocation_is_mirrored_once(settled) -> None:
    item, payment, batch = settled
    first = batch.allocations.get().pk
    operations.reverse_allocations(allocation_ids=[first], on_date=MARCH, reason="x", actor=None)
    assert "reverses_id" in allocate(item, payment, "-30.00", reverses=first)


def test_a_credit_given_back_is_not_taken_again(credit) -> None:
    payment = credit("80.00")
    batch = operations.return_credit(
        credit_item_id=payment.pk,
        source_type="tests.refund",
        source_id=1,
        number="R-1",
        on_date=MARCH,
        actor=None,
    )
    back = batch.allocations.get()
    assert (
        allocate(back.debit_item, payment, "-80.00", reverses=back.pk)
        == "receivables_allocation_mirrors_exactly"
    )


def test_no_day_of_the_past_is_settled_beyond_the_amount(debit, credit) -> None:
    item, payment = debit("50.00"), credit("80.00")
    later = operations.allocate(
        debit_item_id=item.pk,
        credit_item_id=payment.pk,
        amount=D("50.00"),
        on_date=MARCH,
        actor=None,
    )
    operations.reverse_allocations(
        allocation_ids=[later.allocations.get().pk],
        on_date=date(2027, 3, 20),
        reason="x",
        actor=None,
    )
    assert (
        allocate(item, payment, "10.00", on_date=date(2027, 2, 20))
        == "receivables_allocation_every_day_within_amount"
    )


def test_the_realised_difference_is_a_difference(settled) -> None:
    item, payment, _ = settled
    assert (
        allocate(item, payment, "5.00", fx="1.00")
        == "receivables_allocation_realised_fx_is_difference"
    )


@pytest.mark.parametrize("amount", ["NaN", "5.001"])
def test_an_allocation_is_money(settled, amount) -> None:
    item, payment, _ = settled
    batch = new_batch(item, "5.00")
    guard = allocate(item, payment, amount, batch=batch, functional="5.00")
    assert guard == "receivables_allocation_amount_is_money"


@pytest.mark.parametrize("table", ["receivables_allocation", "receivables_allocationbatch"])
@pytest.mark.parametrize(
    "act", ["UPDATE {} SET amount = amount + 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_allocations_are_written_once(settled, table, act) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert attack(act.format(table)).endswith("_is_append_only")


@pytest.mark.parametrize(
    "column",
    [
        *("amount = 51", "payer_id = payer_id + 1", "due_date = due_date + 30", "number = 'X'"),
        *("side = 'C'", "doc_date = doc_date + 1", "currency = 'USD'", "fx_rate = 2"),
        *("functional_amount = 51", "source_id = 99", "entity_id = entity_id + 1"),
    ],
)
def test_an_item_keeps_the_figures_of_its_document(settled, column) -> None:
    guard = attack(f"UPDATE receivables_openitem SET {column} WHERE id = %s", settled[0].pk)
    assert guard == "receivables_openitem_keeps_document"


@pytest.mark.parametrize("column", ["open = open - 1", "functional_open = functional_open - 1"])
def test_only_allocations_move_what_is_open(settled, column) -> None:
    guard = attack(f"UPDATE receivables_openitem SET {column} WHERE id = %s", settled[0].pk)
    assert guard == "receivables_openitem_moved_by_allocations"


@pytest.mark.parametrize("act", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_items_are_never_removed(settled, act) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    guard = attack(act.format("receivables_openitem"))
    assert guard == "receivables_openitem_never_removed"


COPY_OF = f"INSERT INTO receivables_openitem ({', '.join(OPEN_ITEM_COLUMNS)}) SELECT {{}}"


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({}, "receivables_openitem_one_per_document"),
        ({"source_id": "9", "open": "open - 1"}, "receivables_openitem_starts_open"),
        ({"source_id": "9", "disputed": "1"}, "receivables_openitem_starts_open"),
        ({"source_id": "9", "open": "51"}, "receivables_openitem_open_within_amount"),
        ({"source_id": "9", "side": "'X'"}, "receivables_openitem_side_known"),
        ({"source_id": "9", "fx_rate": "0"}, "receivables_openitem_fx_rate_positive"),
        ({"source_id": "9", "fx_rate": "'NaN'"}, "receivables_openitem_fx_rate_is_number"),
        (
            {"source_id": "9", "amount": "'NaN'", "open": "'NaN'"},
            "receivables_openitem_amount_is_money",
        ),
        (
            {"source_id": "9", "amount": "50.001", "open": "50.001"},
            "receivables_openitem_amount_is_money",
        ),
        (
            {"source_id": "9", "functional_amount": "'NaN'", "functional_open": "'NaN'"},
            "receivables_openitem_functional_amount_is_number",
        ),
    ],
)
def test_a_new_item_is_sound(debit, changes, guard) -> None:
    item = debit("50.00")
    columns = ", ".join(changes.get(name, name) for name in OPEN_ITEM_COLUMNS)
    assert attack(
        COPY_OF.format(columns) + " FROM receivables_openitem WHERE id = %s", item.pk
    ) in (
        guard,
        guard.replace("amount_is", "open_is"),
    )


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [
        ("kind", "REVERSE", "receivables_allocationbatch_sign_follows_kind"),
        ("strategy", "WHIM", "receivables_allocationbatch_strategy_known"),
        ("amount", "NaN", "receivables_allocationbatch_amount_is_money"),
    ],
)
def test_a_batch_is_sound(settled, column, value, guard) -> None:
    names = [
        "entity_id",
        "payer_id",
        "kind",
        "strategy",
        "on_date",
        "currency",
        "amount",
        "reason",
    ]
    chosen = ", ".join("%s" if name == column else name for name in names)
    assert (
        attack(
            f"INSERT INTO receivables_allocationbatch ({', '.join(names)}) SELECT {chosen}"
            " FROM receivables_allocationbatch LIMIT 1",
            value,
        )
        == guard
    )


def test_guards_hold_for_a_session_in_replication_role(settled) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        guard = attack("UPDATE receivables_openitem SET open = 0 WHERE id = %s", settled[0].pk)
    assert guard == "receivables_openitem_moved_by_allocations"


def test_every_trigger_is_always_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relname LIKE 'receivables\\_%%' AND NOT t.tgisinternal"
            " AND t.tgenabled <> 'A'"
        )
        assert cursor.fetchall() == []


def test_the_checks_see_a_book_that_was_tampered_with(settled) -> None:
    """The identities are seen to fail with the guards switched off."""
    from receivables.queries import INTEGRITY

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE receivables_openitem DISABLE TRIGGER ALL")
        cursor.execute("UPDATE receivables_openitem SET open = open - 1 WHERE side = 'D'")
    red = {check.code for check in INTEGRITY if check.run()}
    assert red == {"I-1", "I-15", "AR-1"}


def test_movement_notices_a_document_without_its_entry(payer, settled) -> None:
    from receivables.queries import INTEGRITY

    operations.open_debit(
        payer_id=payer.pk,
        entity_id=payer.entity_id,
        source_type="tests.silent",
        source_id=1,
        number="S-1",
        doc_date=MARCH,
        due_date=MARCH,
        amount=D("7.00"),
        currency="EUR",
    )
    assert {check.code for check in INTEGRITY if check.run()} == {"I-1", "I-2", "I-15"}
    assert Allocation.objects.count() == 1
