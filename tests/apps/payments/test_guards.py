"""Every guard of payments, attacked by raw SQL past the application."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.errors import translate_database_error
from payments import imports, operations
from payments.choices import ReversalKind
from payments.models import Payment, PaymentBatch, UnidentifiedReceipt
from receivables.rules.allocation import Advice

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2027, 3, 1)


def attack(statement: str, *binds: Any) -> str:
    """Run a statement and return the name of the guard that stops it."""
    with pytest.raises(DatabaseError) as refused:
        run_to_the_end(statement, *binds)
    return translate_database_error(refused.value).guard  # type: ignore[attr-defined]


def run_to_the_end(statement: str, *binds: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, binds)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def settle_constraints() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def payment(payer, cheque) -> Payment:
    return operations.record_payment(
        payer=payer,
        amount=D("80.00"),
        currency="EUR",
        tender=cheque,
        received_on=MARCH,
        external_id="CHQ-1",
        remittance=[Advice("INV-1", D("5.00"))],
        request_key="form:1",
        actor=None,
    )


@pytest.fixture
def receipt(entity, cheque) -> UnidentifiedReceipt:
    return operations.record_receipt(
        entity=entity,
        amount=D("35.00"),
        currency="EUR",
        tender=cheque,
        received_on=MARCH,
        external_id="CHQ-2",
        actor=None,
    )


@pytest.fixture
def batch(entity, payer) -> PaymentBatch:
    text = "payer,amount,currency,tender,received_on\nA-100,80.00,EUR,WIRE,2027-03-01\n"
    report = imports.record_payments(
        entity=entity,
        filename="f.csv",
        content=text.encode(),
        as_of=date(2027, 5, 31),
        actor=None,
        control_count=1,
    )
    assert report.batch is not None
    return report.batch


@pytest.mark.parametrize(
    "change",
    [
        *("amount = 81", "payer_id = payer_id + 1", "received_on = received_on + 1"),
        *("clearing_account = '1013'", "external_id = 'X'", "number = 'X'", "currency = 'USD'"),
        *("reference = 'X'", "fx_rate = 2", "tender_id = tender_id + 1", "batch_id = 1"),
    ],
)
def test_a_payment_keeps_its_figures(payment, change) -> None:
    assert attack(f"UPDATE payments_payment SET {change}") == "payments_payment_keeps_figures"


def test_only_a_reversal_turns_a_payment(payment) -> None:
    turned = "payments_payment_turned_by_reversal"
    assert attack("UPDATE payments_payment SET state = 'REVERSED'") == turned
    operations.reverse_payment(
        payment_id=payment.pk,
        kind=ReversalKind.BOUNCED,
        reversed_on=MARCH,
        reason="x",
        actor=None,
    )
    assert attack("UPDATE payments_payment SET state = 'RECEIVED'") == turned


COLUMNS = (
    *("number", "entity_id", "payer_id", "tender_id", "clearing_account", "received_on"),
    *("currency", "amount", "fx_rate", "external_id", "reference", "request_key", "batch_id"),
    "state",
)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"number": "number"}, "payments_payment_number_unique"),
        ({"external_id": "external_id"}, "payments_payment_external_id_once"),
        ({"request_key": "request_key"}, "payments_payment_request_once"),
        ({"amount": "0"}, "payments_payment_amount_positive"),
        ({"amount": "'NaN'"}, "payments_payment_amount_is_money"),
        ({"amount": "1.001"}, "payments_payment_amount_is_money"),
        ({"fx_rate": "0"}, "payments_payment_fx_rate_positive"),
        ({"fx_rate": "'NaN'"}, "payments_payment_fx_rate_is_number"),
        ({"state": "'REVERSED'"}, "payments_payment_starts_received"),
        ({"external_id": "'CHQ-2'"}, "payments_payment_not_a_receipt"),
    ],
)
def test_a_new_payment_is_sound(payment, receipt, changes, guard) -> None:
    base = {"number": "'N-2'", "external_id": "''", "request_key": "''"}
    chosen = ", ".join({**base, **changes}.get(name, name) for name in COLUMNS)
    assert (
        attack(
            f"INSERT INTO payments_payment ({', '.join(COLUMNS)}) SELECT {chosen}"
            " FROM payments_payment"
        )
        == guard
    )


def test_a_state_is_a_known_one(payment) -> None:
    settle_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DISABLE TRIGGER payments_payment_guarded")
    guard = attack("UPDATE payments_payment SET state = 'LOST'")
    assert guard == "payments_payment_state_known"


@pytest.mark.parametrize("table", ["payments_payment", "payments_unidentifiedreceipt"])
@pytest.mark.parametrize("act", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_money_received_is_never_removed(payment, receipt, table, act) -> None:
    settle_constraints()
    assert attack(act.format(table)).endswith(("_never_removed", "_is_append_only"))


@pytest.mark.parametrize(
    "table",
    ["payments_paymentbatch", "payments_remittanceline", "payments_paymentreversal"],
)
@pytest.mark.parametrize(
    "act", ["UPDATE {} SET id = id + 100", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_what_is_written_once_stays(payment, batch, table, act) -> None:
    operations.reverse_payment(
        payment_id=payment.pk,
        kind=ReversalKind.BOUNCED,
        reversed_on=MARCH,
        reason="x",
        actor=None,
    )
    settle_constraints()
    assert attack(act.format(table)).endswith(("_is_append_only", "_never_removed"))


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("amount = 1", "payments_receipt_keeps_figures"),
        ("received_on = received_on + 1", "payments_receipt_keeps_figures"),
        ("state = 'IDENTIFIED'", "payments_unidentifiedreceipt_payment_once_identified"),
        (
            "state = 'IDENTIFIED', identified_on = now(),"  # noqa: ISC004
            " payment_id = (SELECT max(id) FROM payments_payment)",
            "payments_receipt_payment_agrees",
        ),
    ],
)
def test_a_receipt_keeps_its_figures_until_it_has_its_owner(
    payment, receipt, change, guard
) -> None:
    assert attack(f"UPDATE payments_unidentifiedreceipt SET {change}") == guard


def test_the_owner_of_a_receipt_is_named_once(receipt, payer) -> None:
    operations.identify_receipt(
        receipt_id=receipt.pk, payer=payer, identified_on=MARCH, actor=None
    )
    assert (
        attack(
            "UPDATE payments_unidentifiedreceipt"
            " SET state = 'UNIDENTIFIED', payment_id = NULL, identified_on = NULL"
        )
        == "payments_receipt_identified_once"
    )


RECEIPT = (
    *("entity_id", "tender_id", "clearing_account", "received_on", "currency", "amount"),
    *("fx_rate", "external_id", "payer_text", "reference", "match_basis", "confidence"),
    *("state", "next_step", "note"),
)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"external_id": "external_id"}, "payments_unidentifiedreceipt_external_id_once"),
        ({"external_id": "'CHQ-1'"}, "payments_receipt_not_a_payment"),
        ({"amount": "-1"}, "payments_unidentifiedreceipt_amount_positive"),
        ({"amount": "'NaN'"}, "payments_unidentifiedreceipt_amount_is_money"),
        ({"fx_rate": "0"}, "payments_unidentifiedreceipt_fx_rate_positive"),
        ({"fx_rate": "'NaN'"}, "payments_unidentifiedreceipt_fx_rate_is_number"),
        ({"confidence": "101"}, "payments_unidentifiedreceipt_confidence_percent"),
        ({"state": "'IDENTIFIED'"}, "payments_unidentifiedreceipt_payment_once_identified"),
    ],
)
def test_a_new_receipt_is_sound(payment, receipt, changes, guard) -> None:
    chosen = ", ".join({"external_id": "''", **changes}.get(name, name) for name in RECEIPT)
    assert (
        attack(
            f"INSERT INTO payments_unidentifiedreceipt ({', '.join(RECEIPT)}) SELECT {chosen}"
            " FROM payments_unidentifiedreceipt"
        )
        == guard
    )


BATCH = (
    *("entity_id", "import_batch_id", "filename", "currency", "control_count", "control_amount"),
    *("payment_count", "payment_amount", "unidentified_count", "unidentified_amount"),
)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"payment_count": "2", "control_count": "2"}, "payments_paymentbatch_is_sum_of_rows"),
        ({"payment_amount": "79"}, "payments_paymentbatch_is_sum_of_rows"),
        ({"control_count": "2"}, "payments_paymentbatch_count_agrees"),
        ({"control_amount": "81"}, "payments_paymentbatch_amount_agrees"),
        ({"payment_amount": "'NaN'"}, "payments_paymentbatch_payment_amount_is_money"),
        ({"unidentified_amount": "'NaN'"}, "payments_paymentbatch_unidentified_amount_is_money"),
        ({"control_amount": "80.001"}, "payments_paymentbatch_amount_agrees"),
    ],
)
def test_a_batch_is_the_sum_of_its_rows(batch, changes, guard) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_importbatch (kind, filename, sha256, size, state, counts, message)"
            " VALUES ('payments', 'x', 'x', 1, 'DONE', '{}', '') RETURNING id"
        )
        file = cursor.fetchone()[0]
    base = {"import_batch_id": str(file)}
    chosen = ", ".join({**base, **changes}.get(name, name) for name in BATCH)
    assert (
        attack(
            f"INSERT INTO payments_paymentbatch ({', '.join(BATCH)}) SELECT {chosen}"
            " FROM payments_paymentbatch"
        )
        == guard
    )


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("1, 'X', 'EUR', 5", "payments_remittanceline_sequence_unique"),
        ("2, 'X', 'EUR', 0", "payments_remittanceline_amount_positive"),
        ("2, 'X', 'EUR', 'NaN'", "payments_remittanceline_amount_is_money"),
    ],
)
def test_a_remittance_line_is_sound(payment, values, guard) -> None:
    assert (
        attack(
            "INSERT INTO payments_remittanceline (payment_id, sequence, number, currency, amount)"
            f" SELECT id, {values} FROM payments_payment"
        )
        == guard
    )


def test_a_reversal_has_a_kind_and_happens_once(payment) -> None:
    insert = (
        "INSERT INTO payments_paymentreversal (payment_id, kind, reversed_on, reason)"
        " SELECT id, %s, received_on, '' FROM payments_payment"
    )
    assert attack(insert, "WHIM") == "payments_paymentreversal_kind_known"
    operations.reverse_payment(
        payment_id=payment.pk,
        kind=ReversalKind.BOUNCED,
        reversed_on=MARCH,
        reason="x",
        actor=None,
    )
    assert "payment_id" in attack(insert, "BOUNCED")


def test_a_tender_has_a_plain_code(cheque) -> None:
    guard = attack("UPDATE payments_tendertype SET code = 'a b' WHERE id = %s", cheque.pk)
    assert guard == "payments_tendertype_code_plain"


def test_every_trigger_is_always_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relname LIKE 'payments\\_%' AND NOT t.tgisinternal AND t.tgenabled <> 'A'"
        )
        assert cursor.fetchall() == []


def test_the_checks_see_a_book_that_was_tampered_with(payment, receipt, batch) -> None:
    """The identities are seen to fail with the guards switched off."""
    from payments.queries import INTEGRITY

    settle_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE payments_unidentifiedreceipt DISABLE TRIGGER ALL")
        cursor.execute("UPDATE payments_payment SET amount = amount + 1")
        cursor.execute("UPDATE payments_unidentifiedreceipt SET amount = amount + 1")
    assert {check.code for check in INTEGRITY if check.run()} == {"I-3", "I-19", "I-21", "J14"}
