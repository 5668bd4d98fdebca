"""J13, J14, J17: record, apply, identify, reverse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import receivables.operations
import receivables.queries
from audit.models import BusinessEvent
from customers.choices import AccountRole
from foundation.errors import Forbidden
from ledger.models import JournalEntry, JournalLine
from payments import operations, queries
from payments.choices import NextStep, ReceiptState, ReversalKind
from payments.models import Payment, PaymentReversal, TenderType
from payments.operations import (
    CannotIdentifyReceipt,
    CannotRecordPayment,
    CannotReversePayment,
)
from receivables.models import OpenItem
from receivables.rules.allocation import Advice
from tests.apps.payments.conftest import open_payer

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2027, 3, 1)
NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def record(payer, cheque) -> Any:
    def call(amount: str, **changes: Any) -> Payment:
        given: dict[str, Any] = {
            "payer": payer,
            "amount": D(amount),
            "currency": "EUR",
            "tender": cheque,
            "received_on": MARCH,
            "actor": None,
        }
        return operations.record_payment(**{**given, **changes})

    return call


def opened(item: OpenItem) -> Decimal:
    item.refresh_from_db()
    return item.open


def balances() -> dict[str, Decimal]:
    """Return the accounts that the tests move, debit positive."""
    found: dict[str, Decimal] = {}
    for line in JournalLine.objects.select_related("account"):
        number = line.account.number
        found[number] = found.get(number, D(0)) + line.debit - line.credit
    return {number: amount for number, amount in found.items() if amount and number != "4200"}


def green() -> None:
    checks = (*receivables.queries.INTEGRITY, *queries.INTEGRITY)
    found = [finding for check in checks for finding in check.run()]
    assert not found, found


def test_j13_a_payment_settles_the_oldest_and_keeps_the_rest(record, invoice) -> None:
    late = invoice("60.00", "INV-2", due=date(2027, 2, 20))
    early = invoice("50.00", "INV-1", due=date(2027, 2, 10))
    payment = record("80.00", reference="February")
    assert (opened(early), opened(late)) == (D(0), D("30.00"))
    assert balances() == {"1012": D(80), "1100": D(30)}
    assert payment.number == "EU-R2027-000001"
    use = queries.use_of(payment)
    assert (use.allocated, use.unapplied, use.reversed) == (D("80.00"), D(0), D(0))
    assert BusinessEvent.objects.filter(topic="payment.recorded", subject_id=payment.pk).exists()
    green()


def test_an_overpayment_stays_unapplied_until_applied(record, invoice) -> None:
    invoice("50.00", "INV-1")
    payment = record("80.00")
    assert queries.use_of(payment).unapplied == D("30.00")
    assert vars(Payment.objects.with_unapplied().get())["unapplied"] == D("30.00")
    newer = invoice("100.00", "INV-2")
    operations.apply_unapplied(payment_id=payment.pk, on_date=MARCH, actor=None)
    assert opened(newer) == D("70.00")
    assert not operations.apply_unapplied(payment_id=payment.pk, on_date=MARCH, actor=None)
    green()


def test_a_remittance_is_followed_and_kept(record, invoice) -> None:
    first = invoice("50.00", "INV-1", due=date(2027, 2, 2))
    second = invoice("60.00", "INV-2")
    payment = record("80.00", remittance=[Advice("INV-2"), Advice("INV-1", D("5.00"))])
    assert (opened(first), opened(second)) == (D("45.00"), D(0))
    assert queries.use_of(payment).unapplied == D("15.00")
    assert [line.number for line in payment.remittance.order_by("sequence")] == ["INV-2", "INV-1"]
    green()


def test_a_payment_for_a_child_is_the_payers(record, payer, entity, invoice) -> None:
    invoice("50.00", "INV-1")
    child = open_payer(entity, "A-101", "Brightwater North", parent=payer)
    assert child.role == AccountRole.NON_PAYER
    assert record("50.00", payer=child).payer_id == payer.pk


def test_a_preview_writes_nothing(payer, invoice) -> None:
    invoice("50.00", "INV-1")
    preview = operations.preview_payment(
        payer=payer, amount=D("80.00"), currency="EUR", received_on=MARCH, as_of=NOW
    )
    assert [(line.item.number, line.amount) for line in preview.settlements] == [
        ("INV-1", D("50.00"))
    ]
    assert preview.unapplied == D("30.00")
    assert not Payment.objects.exists()


def test_ar8_another_currency_is_refused_by_name(record, payer) -> None:
    for act in (
        lambda: record("80.00", currency="USD"),
        lambda: operations.preview_payment(
            payer=payer, amount=D("80.00"), currency="USD", received_on=MARCH, as_of=NOW
        ),
    ):
        with pytest.raises(CannotRecordPayment, match="AR-8") as refused:
            act()
        assert refused.value.rule == "AR-8"


@pytest.mark.parametrize("amount", ["0", "-5.00", "5.001"])
def test_only_money_is_recorded(record, amount) -> None:
    with pytest.raises(CannotRecordPayment):
        record(amount)


def test_pay10_one_receipt_of_money_is_recorded_once(record, entity, cheque) -> None:
    record("80.00", external_id="CHQ-7")
    with pytest.raises(CannotRecordPayment, match="already") as refused:
        record("80.00", external_id="CHQ-7")
    assert refused.value.rule == "PAY-10"
    with pytest.raises(CannotRecordPayment):
        operations.record_receipt(
            entity=entity,
            amount=D("80.00"),
            currency="EUR",
            tender=cheque,
            received_on=MARCH,
            external_id="CHQ-7",
            actor=None,
        )


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (NOW, date(2027, 6, 1)),
        (datetime(2027, 6, 1, 23, tzinfo=UTC), date(2027, 6, 2)),  # one in the morning in Berlin
    ],
)
def test_pay10_money_of_a_later_day_has_not_come(record, payer, now, last) -> None:
    later = last + timedelta(days=1)
    given = {"payer": payer, "amount": D("80.00"), "currency": "EUR", "as_of": now}
    for act in (
        lambda: record("80.00", received_on=later, as_of=now),
        lambda: operations.preview_payment(received_on=later, **given),
    ):
        with pytest.raises(CannotRecordPayment, match="not been received yet") as refused:
            act()
        assert (refused.value.rule, refused.value.column) == ("PAY-10", "received_on")
    assert operations.preview_payment(received_on=last, **given).unapplied == D("80.00")
    assert record("80.00", received_on=last, as_of=now).received_on == last


def test_pay10_the_day_by_utc_that_the_console_proposes_is_taken(record, payer) -> None:
    """At three in the morning by UTC it is still the day before in Chicago."""
    type(payer.entity).objects.filter(pk=payer.entity_id).update(time_zone="America/Chicago")
    payer.refresh_from_db()
    now = datetime(2027, 6, 1, 3, tzinfo=UTC)
    assert record("80.00", received_on=date(2027, 6, 1), as_of=now).number
    with pytest.raises(CannotRecordPayment, match="after 2027-05-31"):
        record("80.00", received_on=date(2027, 6, 2), as_of=now)


def test_a_form_sent_twice_records_once(record) -> None:
    first = record("80.00", request_key="form:1")
    assert record("80.00", request_key="form:1") == first
    assert Payment.objects.count() == 1


def test_a_new_tender_is_a_row(record, invoice) -> None:
    voucher = TenderType.objects.create(code="VOUCHER", name="Voucher", clearing_account="1013")
    invoice("80.00", "INV-1")
    record("80.00", tender=voucher)
    assert balances() == {"1013": D(80)}
    (line,) = queries.cash_application(from_day=MARCH, to_day=MARCH)
    assert (line.tender, line.received, line.allocated) == ("Voucher", D("80.00"), D("80.00"))


def test_a_tender_out_of_use_is_refused(record, cheque) -> None:
    cheque.is_active = False
    cheque.save()
    with pytest.raises(CannotRecordPayment, match="out of use"):
        record("80.00")


def test_j17_a_bounced_cheque_brings_the_debts_back(record, invoice) -> None:
    item = invoice("50.00", "INV-1", due=date(2027, 2, 10))
    payment = record("80.00")
    reversal = operations.reverse_payment(
        payment_id=payment.pk,
        kind=ReversalKind.BOUNCED,
        reversed_on=date(2027, 3, 9),
        reason="no funds",
        actor=None,
    )
    assert opened(item) == D("50.00")
    assert item.due_date == date(2027, 2, 10)
    payment.refresh_from_db()
    use = queries.use_of(payment)
    assert payment.is_reversed
    assert (use.allocated, use.unapplied, use.reversed) == (D(0), D(0), D("80.00"))
    assert balances() == {"1100": D("50.00")}
    moved: dict[str, Decimal] = {}
    that_day = JournalLine.objects.filter(entry__accounting_date=date(2027, 3, 9))
    for line in that_day.select_related("account"):
        number = line.account.number
        moved[number] = moved.get(number, D(0)) + line.debit - line.credit
    assert moved == {"1100": D("50.00"), "2100": D("30.00"), "1012": D("-80.00")}
    assert JournalEntry.objects.filter(
        source_type="payments.paymentreversal", source_id=reversal.pk, event="J17"
    ).exists()
    green()


def test_a_payment_is_reversed_once_and_not_before_it_came(record) -> None:
    payment = record("80.00")
    call: dict[str, Any] = {
        "payment_id": payment.pk,
        "kind": ReversalKind.RETURNED,
        "reason": "x",
        "actor": None,
    }
    with pytest.raises(CannotReversePayment, match="before"):
        operations.reverse_payment(reversed_on=date(2027, 2, 27), **call)
    operations.reverse_payment(reversed_on=MARCH, **call)
    with pytest.raises(CannotReversePayment, match="already"):
        operations.reverse_payment(reversed_on=MARCH, **call)
    assert PaymentReversal.objects.count() == 1
    with pytest.raises(receivables.operations.CannotAllocate):
        operations.apply_unapplied(
            payment_id=payment.pk, on_date=MARCH, remittance=[Advice("INV-1")], actor=None
        )


def test_an_error_is_taken_back_by_its_maker(record, person) -> None:
    rights = ("payments.record_payment", "payments.reverse_payment")
    maker, colleague = person("maker", *rights), person("colleague", *rights)
    chief = person("chief", *rights, "payments.reverse_any_payment")
    payment = record("80.00", actor=maker)
    call: dict[str, Any] = {
        "payment_id": payment.pk,
        "kind": ReversalKind.RECORDED_IN_ERROR,
        "reversed_on": MARCH,
        "reason": "wrong payer",
    }
    with pytest.raises(CannotReversePayment):
        operations.reverse_payment(actor=colleague, **call)
    assert operations.reverse_payment(actor=chief, **call).recorded_by == chief


@pytest.fixture
def receipt(entity, cash) -> Any:
    return operations.record_receipt(
        entity=entity,
        amount=D("80.00"),
        currency="EUR",
        tender=cash,
        received_on=MARCH,
        payer_text="B Mills",
        actor=None,
    )


def test_j14_money_without_owner_is_a_liability_until_identified(receipt, payer, invoice) -> None:
    assert balances() == {"1013": D(80), "2120": D(-80)}
    green()
    item = invoice("50.00", "INV-1")
    call: dict[str, Any] = {
        "receipt_id": receipt.pk,
        "payer": payer,
        "identified_on": date(2027, 3, 5),
        "actor": None,
    }
    payment = operations.identify_receipt(**call)
    assert opened(item) == D(0)
    assert balances() == {"1013": D(80), "2100": D(-30)}
    receipt.refresh_from_db()
    assert (receipt.state, receipt.payment) == (ReceiptState.IDENTIFIED, payment)
    assert payment.received_on == MARCH
    green()
    with pytest.raises(CannotIdentifyReceipt):
        operations.identify_receipt(**call)


def test_the_next_step_of_a_receipt_is_planned(receipt, entity) -> None:
    operations.plan_next_step(
        receipt_id=receipt.pk,
        next_step=NextStep.ASK_BANK,
        next_step_on=date(2027, 3, 8),
        note="branch 7",
        actor=None,
    )
    (waiting,) = queries.waiting_receipts(entity.pk)
    assert (waiting.next_step, waiting.note) == (NextStep.ASK_BANK, "branch 7")
    assert waiting.age_in_days(date(2027, 3, 11)) == 10


def test_each_verb_asks_for_its_permission(record, person, payer, receipt) -> None:
    viewer = person("viewer", "payments.view_payment")
    clerk = person("clerk", "payments.record_payment")
    payment = record("80.00", actor=clerk)
    attempts: list[Any] = [
        lambda: record("1.00", actor=viewer),
        lambda: operations.apply_unapplied(payment_id=payment.pk, on_date=MARCH, actor=clerk),
        lambda: operations.reverse_payment(
            payment_id=payment.pk,
            kind=ReversalKind.BOUNCED,
            reversed_on=MARCH,
            reason="",
            actor=clerk,
        ),
        lambda: operations.identify_receipt(
            receipt_id=receipt.pk, payer=payer, identified_on=MARCH, actor=viewer
        ),
        lambda: operations.plan_next_step(
            receipt_id=receipt.pk,
            next_step=NextStep.RETURN,
            next_step_on=MARCH,
            note="",
            actor=viewer,
        ),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
