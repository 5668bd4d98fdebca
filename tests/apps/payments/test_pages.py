"""The pages of payments: what a clerk sees and does, and whom they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments import operations
from payments.choices import ReceiptState, ReversalKind
from payments.models import Payment, PaymentBatch, UnidentifiedReceipt

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2027, 3, 1)
RIGHTS = (
    "payments.view_payment",
    "payments.export_lists",
    "payments.view_paymentbatch",
    "payments.view_unidentifiedreceipt",
    "payments.record_payment",
    "payments.import_payments",
    "payments.reverse_payment",
    "receivables.allocate",
    "receivables.view_openitem",
)
VIEWS = (
    "payments.view_payment",
    "payments.view_paymentbatch",
    "payments.view_unidentifiedreceipt",
)


@pytest.fixture(autouse=True)
def _june(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the money of these tests have come."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 6, 1, 12, tzinfo=UTC))


@pytest.fixture
def browser(person) -> Client:
    client = Client()
    client.force_login(person("clerk", *RIGHTS))
    return client


@pytest.fixture
def viewer(person) -> Client:
    client = Client()
    client.force_login(person("viewer", *VIEWS))
    return client


@pytest.fixture
def form(payer, cheque) -> dict[str, Any]:
    return {
        "payer": "A-100",
        "amount": "80.00",
        "currency": "",
        "tender": cheque.pk,
        "received_on": "2027-03-01",
        "reference": "February",
        "external_id": "CHQ-1",
        "remittance": "",
        "form_key": "0b0e7f56-5c1c-4a2f-9a3e-000000000001",
    }


@pytest.fixture
def payment(payer, cheque) -> Payment:
    return operations.record_payment(
        payer=payer,
        amount=D("80.00"),
        currency="EUR",
        tender=cheque,
        received_on=MARCH,
        actor=None,
    )


@pytest.fixture
def receipt(entity, cash) -> UnidentifiedReceipt:
    return operations.record_receipt(
        entity=entity,
        amount=D("35.00"),
        currency="EUR",
        tender=cash,
        received_on=MARCH,
        payer_text="Q-9",
        actor=None,
    )


def test_what_a_payment_settles_is_shown_before_it_is_recorded(browser, invoice, form) -> None:
    invoice("50.00", "INV-1")
    shown = browser.post(reverse("payments:record"), form)
    assert shown.status_code == 200
    page = shown.content.decode()
    assert "INV-1" in page
    assert "Unapplied: 30.00 EUR" in page
    assert page.count("hs-button-primary") == 1, "recording is what comes next"
    assert not Payment.objects.exists()
    form = {**form, "step": "record", "seen": shown.context["seen"]}
    unseen = browser.post(reverse("payments:record"), {**form, "amount": "90.00"})
    assert "Unapplied: 40.00 EUR" in unseen.content.decode()
    assert not Payment.objects.exists()
    done = browser.post(reverse("payments:record"), form, follow=True)
    payment = Payment.objects.get()
    assert done.redirect_chain[-1][0] == reverse("payments:payment", args=[payment.pk])
    assert f"Payment {payment.number} is recorded." in done.content.decode()
    browser.post(reverse("payments:record"), form)
    assert Payment.objects.count() == 1


def test_the_payer_is_found_by_a_part_of_the_name(browser, form, other_payer) -> None:
    shown = browser.post(reverse("payments:record"), {**form, "payer": "brightw"})
    assert "A-100 Brightwater Mills" in shown.content.decode()
    several = browser.post(reverse("payments:record"), {**form, "payer": "A-"})
    assert several.status_code == 422
    assert "A-200 Tern Logistics" in several.content.decode()
    nobody = browser.post(reverse("payments:record"), {**form, "payer": "nobody"})
    assert "No account has" in nobody.content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"currency": "USD"}, "AR-8"),
        ({"amount": "80.001"}, "whole minor units"),
        ({"amount": "-1"}, "whole minor units"),
        ({"amount": "NaN"}, "is not a number"),
        ({"amount": "9" * 21}, "is more than 99999999999999"),
        ({"received_on": "2025-01-01"}, "LED-2"),
        ({"received_on": "2027-06-02"}, "record it on the day it comes. (PAY-10)"),
        ({"remittance": "INV 1"}, "is not a code"),
        ({"reference": "a\u202eb"}, "hidden character"),
    ],
)
def test_what_cannot_be_recorded_is_said_above_the_form(browser, form, change, says) -> None:
    form = {**form, **change, "step": "record"}
    answer = browser.post(reverse("payments:record"), form)
    if answer.status_code == 200:
        answer = browser.post(reverse("payments:record"), {**form, "seen": answer.context["seen"]})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_pages_show_what_was_done(browser, payment, receipt, invoice) -> None:
    for name, args, says in (
        ("payments:payments", [], payment.number),
        ("payments:payment", [payment.pk], "Apply what is unapplied"),
        ("payments:payment", [payment.pk], "J13"),
        ("payments:account_payments", [payment.payer_id], payment.number),
        ("payments:unidentified", [], "Q-9"),
        ("payments:unidentifiedreceipt", [receipt.pk], "Search our own records"),
        ("payments:batches", [], "No batch yet"),
        ("payments:cash", [], "Cash application"),
    ):
        answer = browser.get(reverse(name, args=args))
        assert answer.status_code == 200, name
        assert says in answer.content.decode(), name
    cash = browser.get(
        reverse("payments:cash"),
        {"from_day": "2027-03-01", "to_day": "2027-03-31", "export": "csv"},
    )
    assert "1012,Cheque,80.00" in cash.content.decode()


def test_unapplied_money_is_applied_from_the_page(browser, payment, invoice) -> None:
    item = invoice("50.00", "INV-1")
    browser.post(
        reverse("payments:apply", args=[payment.pk]),
        {"remittance": "INV-1=20.00", "on_date": "2027-03-02"},
    )
    item.refresh_from_db()
    assert item.open == D("30.00")


def test_a_payment_is_reversed_from_the_page(browser, payment) -> None:
    answer = browser.post(
        reverse("payments:reverse", args=[payment.pk]),
        {"kind": ReversalKind.BOUNCED, "reversed_on": "2027-03-05", "reason": "no funds"},
        follow=True,
    )
    assert "Cheque bounced" in answer.content.decode()
    payment.refresh_from_db()
    assert payment.is_reversed
    page = reverse("payments:paymentreversal", args=[payment.reversal.pk])
    assert browser.get(page).headers["Location"] == reverse("payments:payment", args=[payment.pk])


def test_money_of_nobody_is_recorded_and_waits(browser, entity, cheque) -> None:
    """J14; PAY-10: not for a day that has not come, and not twice."""
    address = reverse("payments:record_receipt")
    assert address in browser.get(reverse("payments:unidentified")).content.decode()
    given = {
        "entity": entity.pk, "amount": "35.00", "currency": "", "tender": cheque.pk,
        "received_on": "2027-03-01", "external_id": "CHQ-9", "payer_text": "Q-9", "reference": "",
    }  # fmt: skip
    assert browser.get(address).status_code == 200
    late = browser.post(address, {**given, "received_on": "2027-06-03"})
    assert (late.status_code, "received_on" in late.context["form"].errors) == (422, True)
    told = browser.post(address, given, follow=True).content.decode()
    assert "It is a liability until it has its owner" in told
    made = UnidentifiedReceipt.objects.get()
    assert (made.amount.amount, made.currency, made.payer_text) == (D("35.00"), "EUR", "Q-9")
    assert made.state == ReceiptState.UNIDENTIFIED
    assert browser.post(address, given).status_code == 422
    assert UnidentifiedReceipt.objects.count() == 1


def test_a_receipt_gets_its_owner_from_the_queue(browser, receipt, payer) -> None:
    browser.post(
        reverse("payments:next_step", args=[receipt.pk]),
        {"next_step": "ASK_BANK", "next_step_on": "2027-03-04", "note": "branch 7"},
    )
    assert "Ask the bank" in browser.get(reverse("payments:unidentified")).content.decode()
    browser.post(
        reverse("payments:identify", args=[receipt.pk]),
        {"payer": "A-100", "identified_on": "2027-03-05", "remittance": ""},
    )
    receipt.refresh_from_db()
    assert receipt.state == ReceiptState.IDENTIFIED


def test_a_file_is_rehearsed_then_recorded(browser, entity, payer, monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 5, 31, 12, tzinfo=UTC))

    def send(text: str, **fields: str) -> Any:
        file = SimpleUploadedFile("bank.csv", text.encode())
        return browser.post(
            reverse("payments:import"), {"entity": entity.pk, "file": file, **fields}, follow=True
        )

    head = "payer,amount,currency,tender,received_on\n"
    good = head + "A-100,80.00,EUR,WIRE,2027-03-01\nQ-9,5.00,EUR,WIRE,2027-03-01\n"
    assert "Rehearsed" in send(good, is_rehearsal="on").content.decode()
    assert not Payment.objects.exists()
    assert "PAY-10" in send(good, control_amount="80.00").content.decode()
    bad = send(head + "A-100,x,EUR,WIRE,2027-03-01\n")
    assert bad.status_code == 422
    assert "is not a number" in bad.content.decode()
    broken = send("amount\n1\n")
    assert broken.status_code == 422
    done = send(good, control_amount="85.00", control_count="2")
    batch = PaymentBatch.objects.get()
    assert done.redirect_chain[-1][0] == reverse("payments:batch", args=[batch.pk])
    assert "1 unidentified" in done.content.decode()


def test_whoever_may_only_look_does_nothing(viewer, form, payment, receipt, entity) -> None:
    file = SimpleUploadedFile("bank.csv", b"payer\n")
    attempts: tuple[tuple[str, list[int], dict[str, Any]], ...] = (
        ("payments:record", [], {**form, "step": "record"}),
        ("payments:import", [], {"entity": entity.pk, "file": file}),
        ("payments:apply", [payment.pk], {"on_date": "2027-03-02"}),
        (
            "payments:reverse",
            [payment.pk],
            {"kind": "BOUNCED", "reversed_on": "2027-03-05", "reason": "x"},
        ),
        ("payments:identify", [receipt.pk], {"payer": "A-100", "identified_on": "2027-03-05"}),
        ("payments:next_step", [receipt.pk], {"next_step": "RETURN"}),
    )
    for name, args, fields in attempts:
        address = reverse(name, args=args)
        assert viewer.get(address).status_code == 403, name
        assert viewer.post(address, fields).status_code == 403, name
    page = viewer.get(reverse("payments:payment", args=[payment.pk])).content.decode()
    assert "/reverse/" not in page
    payment.refresh_from_db()
    assert not payment.is_reversed
    assert Payment.objects.count() == 1
    assert Client().get(reverse("payments:payments")).status_code == 302


@pytest.mark.parametrize(
    "model", ["payment", "paymentbatch", "paymentreversal", "unidentifiedreceipt", "tendertype"]
)
def test_the_admin_only_shows(person, model, payment, receipt) -> None:
    client = Client()
    client.force_login(person("looker", f"payments.view_{model}"))
    assert client.get(reverse(f"admin:payments_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:payments_{model}_add")).status_code == 403
    other = "payments.view_tendertype" if model != "tendertype" else "payments.view_payment"
    client.force_login(person("stranger", other))
    assert client.get(reverse(f"admin:payments_{model}_changelist")).status_code == 403


def test_a_tender_is_added_in_the_admin(person) -> None:
    client = Client()
    client.force_login(person("owner", "payments.view_tendertype", "payments.add_tendertype"))
    client.post(
        reverse("admin:payments_tendertype_add"),
        {"code": "VOUCHER", "name": "Voucher", "clearing_account": "1013", "is_active": "on"},
    )
    from payments.models import TenderType

    assert TenderType.objects.get(code="VOUCHER").created_by is not None
