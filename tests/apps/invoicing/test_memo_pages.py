"""The forms that ask for memos: who may open them, what they say, what sending them makes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.models import ApprovalPolicy
from catalog.models import GLCode
from invoicing.choices import CreditState
from invoicing.models import Invoice, MemoRequest
from tests.apps.invoicing.company import START, Company, add
from tests.apps.invoicing.test_document_pages import staff

pytestmark = pytest.mark.django_db
D = Decimal
NOW = datetime(2027, 2, 2, 9, tzinfo=UTC)
WORDS = {"comment": "Call-out", "amount": "10.00"}


@pytest.fixture
def invoice(company: Company) -> Invoice:
    """100.00 net, 19.00 VAT."""
    payer = company.payer()
    add(payer, company.offer("SEAT", {"price": D("100.00")}))
    company.bill(START)
    return Invoice.objects.get(payer=payer)


@pytest.fixture
def clerk(invoice: Invoice) -> Iterator[Client]:
    """Log in on the day after the bill."""
    with time_machine.travel(NOW, tick=False):
        yield _asker()


def _asker() -> Client:
    return staff(
        "asker",
        "invoicing.view_invoice",
        "invoicing.view_memorequest",
        "invoicing.request_credit",
        "invoicing.request_debit",
    )


def forms_of(invoice: Invoice) -> dict[str, tuple[str, dict[str, str]]]:
    """Return each form's address and what is sent, by the kind of memo asked for."""
    line, gl_code = invoice.lines.get(), GLCode.objects.earliest("code").code
    document, account = [invoice.pk], [invoice.payer_id]
    return {
        "CREDIT": (
            reverse("invoicing:request_credit", args=document),
            {**WORDS, "scope": "AMOUNT", "reason_code": "BILLING_ERROR"},
        ),
        "DEBIT of a line": (
            reverse("invoicing:line_debit", args=document),
            {**WORDS, "line": str(line.pk), "reason_code": "BILLED_TOO_LITTLE"},
        ),
        "GOODWILL": (
            reverse("invoicing:goodwill", args=account),
            {**WORDS, "reason_code": "GOODWILL"},
        ),
        "DEBIT": (
            reverse("invoicing:debit", args=account),
            {**WORDS, "gl_code": gl_code, "reason_code": "FEE"},
        ),
    }


def test_every_form_opens_for_who_may_ask_and_for_nobody_else(
    invoice: Invoice, clerk: Client
) -> None:
    reader = staff("reader", "invoicing.view_invoice")
    for address, _ in forms_of(invoice).values():
        shown = clerk.get(address)
        assert shown.status_code == 200, address
        assert "no limit of your own" in shown.content.decode(), address
        assert reader.get(address).status_code == 403, address


def test_every_form_asks_for_its_memo_and_leads_to_the_request(
    invoice: Invoice, clerk: Client
) -> None:
    for kind, (address, sent) in forms_of(invoice).items():
        answer = clerk.post(address, sent)
        asked = MemoRequest.objects.latest("pk")
        assert answer.status_code == 302, kind
        assert answer["Location"] == reverse("invoicing:credit", args=[asked.pk])
        assert (asked.kind, asked.amount) == (kind.split()[0], D("10.00"))
        assert asked.state == CreditState.PENDING
    assert MemoRequest.objects.count() == 4


def test_a_form_says_the_limit_and_within_it_leads_to_the_memo(
    invoice: Invoice, clerk: Client
) -> None:
    for action in ("invoicing.credit", "invoicing.debit"):
        ApprovalPolicy.objects.create(action=action, currency="EUR", free_up_to=D("50.00"))
    for kind, (address, sent) in forms_of(invoice).items():
        assert "50.00 EUR in 24 hours" in clerk.get(address).content.decode(), kind
        answer = clerk.post(address, sent)
        memo = MemoRequest.objects.latest("pk").memo
        assert memo is not None, kind
        assert answer["Location"] == reverse("invoicing:invoice", args=[memo.pk])


def test_a_form_keeps_what_was_entered_and_says_what_is_wrong(
    invoice: Invoice, clerk: Client
) -> None:
    for address, sent in forms_of(invoice).values():
        answer = clerk.post(address, {**sent, "amount": "ten"})
        assert answer.status_code == 422
        assert 'value="ten"' in answer.content.decode(), address
    assert not MemoRequest.objects.exists()
