"""The pages of documents: what each shows, who may see it, how a credit is asked and granted."""

from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from customers.operations import IdentifierInput
from invoicing.models import DocumentArtifact, Invoice, MemoRequest
from tests.apps.invoicing.company import START, Company, add, use

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def invoice(company: Company) -> Invoice:
    offer = company.offer(
        "SEAT",
        {"price": D(30)},
        {"code": "CALLS", "kind": "USAGE", "price_model": "GRADUATED",
         "tiers": [(D(10), D("0.20")), (None, D("0.10"))]},
    )  # fmt: skip
    payer = company.payer("R&D <Labs> Ltd")
    subscription = add(payer, offer, identifiers=[IdentifierInput("MSISDN", "15551")])
    use(subscription, date(2027, 1, 10), "25")
    company.bill(date(2027, 2, 1))
    return Invoice.objects.get(payer=payer)


def staff(name: str, *rights: str) -> Client:
    user = User.objects.create_user(name, password="x", is_staff=True)
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reader() -> Client:
    return staff("reader", "invoicing.view_invoice")


def pages(invoice: Invoice) -> list[str]:
    line = invoice.lines.earliest("seq")
    return [
        reverse("invoicing:invoices"),
        reverse("invoicing:invoice", args=[invoice.pk]),
        reverse("invoicing:pdf", args=[invoice.pk]),
        reverse("invoicing:line", args=[line.pk]),
        reverse("invoicing:account_invoices", args=[invoice.payer_id]),
        reverse("invoicing:register") + "?since=2027-01-01&until=2027-12-31",
        reverse("invoicing:taxes") + "?since=2027-01-01&until=2027-12-31",
    ]


def test_every_page_opens_for_a_reader_and_for_nobody_else(
    invoice: Invoice, reader: Client
) -> None:
    stranger = staff("stranger")
    for page in pages(invoice):
        assert reader.get(page).status_code == 200, page
        assert stranger.get(page).status_code == 403, page
        assert Client().get(page).status_code == 302, page


def test_the_document_shows_lines_taxes_and_what_is_owed(invoice: Invoice, reader: Client) -> None:
    text = reader.get(reverse("invoicing:invoice", args=[invoice.pk])).content.decode()
    for shown in ("Charge 1", "Still owed", "Avalon", "19 %", f"{invoice.total:.2f}"):
        assert shown in text
    assert "R&amp;D &lt;Labs&gt; Ltd" in text


def test_a_line_is_explained_tier_by_tier(invoice: Invoice, reader: Client) -> None:
    line = invoice.lines.get(charge_id__gt=0, text="Charge 2")
    text = reader.get(reverse("invoicing:line", args=[line.pk])).content.decode()
    assert line.net == D("3.50")
    for shown in ("Quantity 25", "rounded once to 3.50 EUR", "Tiers", "0.2", "Order"):
        assert shown in text, shown


def test_lists_cost_the_same_however_long_they_are(
    company: Company, reader: Client, django_assert_max_num_queries: object
) -> None:
    seat = company.offer("SEAT", {"price": D(30)})
    for number in range(12):
        add(company.payer(f"Payer {number}"), seat)
    company.bill(START)
    reader.get(reverse("invoicing:invoices"))
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        reader.get(reverse("invoicing:invoices"))
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        reader.get(reverse("invoicing:register") + "?since=2027-01-01&until=2027-12-31")


def test_the_paper_form_is_kept_and_given_out_again_unchanged(
    invoice: Invoice, reader: Client
) -> None:
    page = reverse("invoicing:pdf", args=[invoice.pk])
    first, second = reader.get(page), reader.get(page)
    assert first["Content-Type"] == "application/pdf"
    assert first.content == second.content
    kept = DocumentArtifact.objects.get()
    assert kept.sha256 == sha256(first.content).hexdigest()


def test_a_draft_is_not_printed(company: Company, reader: Client) -> None:
    add(company.payer(), company.offer("SEAT", {"price": D(30)}))
    company.start(START)
    draft = Invoice.objects.get()
    assert reader.get(reverse("invoicing:pdf", args=[draft.pk])).status_code == 302
    assert not DocumentArtifact.objects.exists()


def test_a_credit_is_asked_for_on_one_page_and_granted_on_another(invoice: Invoice) -> None:
    maker = staff("maker", "invoicing.view_invoice", "invoicing.request_credit")
    checker = staff(
        "checker", "invoicing.view_invoice", "invoicing.view_memorequest",
        "invoicing.approve_credit", "audit.approve_request",
    )  # fmt: skip
    form = reverse("invoicing:request_credit", args=[invoice.pk])
    asked = {"scope": "AMOUNT", "amount": "5.00", "reason_code": "GOODWILL", "comment": "sorry"}
    assert maker.post(form, {**asked, "amount": "5000"}).status_code == 422
    assert maker.post(form, asked).status_code == 302
    request = MemoRequest.objects.get()
    assert "5.00" in checker.get(reverse("invoicing:credits")).content.decode()
    assert checker.get(reverse("invoicing:credit", args=[request.pk])).status_code == 200
    grant = reverse("invoicing:grant_credit", args=[request.pk])
    assert maker.post(grant).status_code == 403
    with time_machine.travel(datetime(2027, 2, 5, 12, tzinfo=UTC)):
        checker.force_login(User.objects.get(username="checker"))
        checker.post(grant)
    note = Invoice.objects.get(doc_type="CREDIT_NOTE")
    assert (note.net, note.refers_to) == (D("5.00"), invoice)
