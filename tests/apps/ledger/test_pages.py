"""The ledger's pages: what they show, what they do, whom they refuse."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import audit.operations
from audit.models import ApprovalRequest
from foundation import clock
from foundation.tabular import read_table
from ledger import operations, queries
from ledger.choices import PeriodState, RateKind
from ledger.models import (
    AccountingPeriod,
    ExchangeRate,
    GLAccount,
    JournalEntry,
    LegalEntity,
    NumberSeries,
    PostingRule,
)
from ledger.operations import EntryLine

pytestmark = pytest.mark.django_db


def staff(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def controller(db: None) -> User:
    return staff(
        "controller",
        "view_journalentry",
        "view_accountingperiod",
        "close_period",
        "reopen_period",
        "view_exchangerate",
        "add_exchangerate",
        "export_lists",
    )


@pytest.fixture
def browser(controller: User) -> Client:
    client = Client()
    client.force_login(controller)
    return client


@pytest.fixture
def entry(entity: LegalEntity) -> JournalEntry:
    return operations.post_entry(
        entity=entity,
        source_type="ledger.legalentity",
        source_id=entity.pk,
        event="J1",
        accounting_date=date(2027, 1, 15),
        currency="EUR",
        lines=[
            EntryLine(account="1100", debit=Decimal("119.00"), payer_id=7),
            EntryLine(account="2400", credit=Decimal("119.00")),
        ],
    )


def test_the_trial_balance_leads_to_lines_entry_and_document(browser, entry, entity):
    page = browser.get(reverse("ledger:trial_balance"), {"as_of": "2027-01-31"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "119.00" in text
    account = queries.account_ids(entity.pk)["1100"]
    lines_url = f"{reverse('ledger:lines')}?account={account}&amp;currency=EUR"
    assert lines_url in text
    lines = browser.get(reverse("ledger:lines"), {"account": account, "currency": "EUR"})
    assert reverse("ledger:entry", args=[entry.pk]) in lines.content.decode()
    shown = browser.get(reverse("ledger:entry", args=[entry.pk])).content.decode()
    assert "1100 Accounts receivable" in shown
    assert reverse("admin:ledger_legalentity_change", args=[entity.pk]) in shown
    assert browser.get(reverse("ledger:entries"), {"event": "J1"}).status_code == 200


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_trial_balance_is_handed_out_as_a_file(browser, entry, file_format):
    response = browser.get(
        reverse("ledger:trial_balance"), {"as_of": "2027-01-31", "export": file_format}
    )
    rows = list(
        read_table(
            response.content,
            f"a.{file_format}",
            required=["Account", "Debit", "Balance"],
            optional=[
                "Name",
                "Debit currency",
                "Credit",
                "Credit currency",
                "Functional debit",
                "Functional debit currency",
                "Functional credit",
                "Functional credit currency",
                "Balance currency",
                "Movement",
                "Movement currency",
            ],
        )
    )
    assert [Decimal(row.values["Balance"]) for row in rows] == [119, -119]
    assert rows[0].values["Balance currency"] == "EUR"


def test_a_period_is_closed_and_reopened_from_its_page(browser, entity, second):
    period = queries.period_of(entity.pk, date(2027, 1, 1))
    assert period is not None

    def state() -> str:
        return AccountingPeriod.objects.get(pk=period.pk).state

    def press(name: str, **data: str) -> None:
        response = browser.post(reverse(f"ledger:{name}", args=[period.pk]), data)
        assert response.status_code == 302

    def agree() -> None:
        (request,) = ApprovalRequest.objects.filter(state="PENDING")
        audit.operations.approve(request_id=request.pk, approver=second)

    press("soft_close")
    assert state() == PeriodState.SOFT_CLOSED
    press("close")
    assert state() == PeriodState.SOFT_CLOSED
    asking = browser.get(reverse("ledger:ask_close", args=[period.pk])).content.decode()
    assert f"Ask for the close of January 2027 of {entity.code}" in asking
    press("ask_close")
    agree()
    assert (
        "Close this period for good?"
        in browser.get(reverse("ledger:period", args=[period.pk])).content.decode()
    )
    press("close")
    assert state() == PeriodState.CLOSED
    refused = browser.post(reverse("ledger:ask_reopen", args=[period.pk]), {"reason": ""})
    assert refused.status_code == 422
    press("ask_reopen", reason="late credit note")
    agree()
    press("reopen")
    assert state() == PeriodState.OPEN
    assert browser.get(reverse("ledger:periods")).status_code == 200


def test_a_period_leads_to_its_journal_and_its_balances(browser, entry, entity):
    period = queries.period_of(entity.pk, date(2027, 1, 1))
    assert period is not None
    page = browser.get(reverse("ledger:period", args=[period.pk])).content.decode()
    days = f"since=2027-01-01&until=2027-01-31&entity={entity.pk}"
    ways = [unescape(one) for one in re.findall(r'href="([^"]+)"', page) if "entity=" in one]
    journal, balances = ways
    asked = [dict(parse_qsl(urlsplit(one).query)) for one in ways]
    assert asked[0] == dict(parse_qsl(days))
    assert asked[1] == {"entity": str(entity.pk), "as_of": "2027-01-31", "since": "2027-01-01"}
    assert reverse("ledger:entry", args=[entry.pk]) in browser.get(journal).content.decode()
    assert "119.00" in browser.get(balances).content.decode()


def test_the_list_of_periods_begins_with_those_worked_on(
    browser, entity, monkeypatch: pytest.MonkeyPatch
):
    """Two years are open ahead; what is closed, or has not begun, is found by the filter."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 3, 10, 12, tzinfo=UTC))
    other = operations.ensure_entity(
        code="AA", name="Larkfield AA", country="AV", functional_currency="EUR",
        time_zone="Europe/Berlin", books_from=date(2027, 3, 1), months=2,
    )  # fmt: skip
    january = queries.require_open_period(entity.pk, date(2027, 1, 1))
    february = queries.require_open_period(entity.pk, date(2027, 2, 1))
    march = [queries.require_open_period(one.pk, date(2027, 3, 1)) for one in (other, entity)]
    operations.soft_close_period(period_id=january.pk, actor=None)

    def listed(**query: object) -> list[AccountingPeriod]:
        answer = browser.get(reverse("ledger:periods"), query)
        return list(answer.context["table"].rows)

    assert listed() == [*march, february, january]
    assert listed(state="SOFT_CLOSED") == [january]
    assert listed(state="NOW", entity=entity.pk) == [march[1], february, january]
    assert {one.period.lower for one in listed(state="AHEAD", entity=other.pk)} == {
        date(2027, 4, 1)
    }
    assert len(listed(state="")) == 26


def test_a_rate_is_added_once(browser):
    data = {
        "base": "USD",
        "quote": "EUR",
        "kind": RateKind.SPOT,
        "on_date": "2027-01-15",
        "rate": "0.91",
    }
    assert browser.post(reverse("ledger:add_rate"), data).status_code == 302
    assert ExchangeRate.objects.get().rate == Decimal("0.91")
    for bad in ({"rate": "NaN"}, {"rate": "-1"}, {"rate": "0.92"}, {"base": "XXX"}):
        assert browser.post(reverse("ledger:add_rate"), data | bad).status_code == 422
    assert ExchangeRate.objects.count() == 1
    assert "0.91" in browser.get(reverse("ledger:rates"), {"base": "USD"}).content.decode()


@pytest.mark.parametrize("name", ["trial_balance", "lines", "entries", "periods", "rates"])
def test_whoever_lacks_the_right_is_refused(name, entity):
    client = Client()
    assert client.get(reverse(f"ledger:{name}")).status_code == 302
    client.force_login(staff("stranger"))
    assert client.get(reverse(f"ledger:{name}")).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"entity": "999"},
        {"entity": "x"},
        {"as_of": "2027-02-30"},
        {"as_of": "\x00"},
        {"as_of": "9999-12-31"},
        {"page": "-1"},
    ],
)
def test_strange_addresses_are_answered_calmly(browser, entry, query):
    response = browser.get(reverse("ledger:trial_balance"), query)
    assert response.status_code in (200, 422)


def test_an_entity_is_added_with_all_that_its_first_document_needs(client: Client) -> None:
    """Its chart, posting rules, number series and periods: without them nothing can be posted."""
    client.force_login(User.objects.create_superuser("root"))
    given = {
        "code": "NEW", "name": "New GmbH", "country": "DE", "functional_currency": "EUR",
        "time_zone": "Europe/Berlin", "fiscal_year_start": "1", "tax_rounding": "LINE",
        "credit_style": "CREDIT_NOTE", "books_from": "2027-01-01",
    }  # fmt: skip
    address = reverse("admin:ledger_legalentity_add")
    assert "books_from" in client.get(address).content.decode()
    assert client.post(address, {**given, "books_from": ""}).status_code == 200
    assert not LegalEntity.objects.filter(code="NEW").exists()
    client.post(address, given)
    made = LegalEntity.objects.get(code="NEW")
    periods = AccountingPeriod.objects.filter(entity=made).order_by("period")
    assert (periods[0].period.lower, len(periods)) == (date(2027, 1, 1), 24)
    for model in (GLAccount, PostingRule, NumberSeries):
        assert model.objects.filter(entity=made).exists()
    change = reverse("admin:ledger_legalentity_change", args=[made.pk])
    assert "books_from" not in client.get(change).content.decode()
    client.post(change, {**given, "name": "Newer GmbH"})
    made.refresh_from_db()
    assert made.name == "Newer GmbH"


def post(entity: LegalEntity, source_type: str, source_id: int) -> JournalEntry:
    return operations.post_entry(
        entity=entity,
        source_type=source_type,
        source_id=source_id,
        event="J1",
        accounting_date=date(2027, 1, 15),
        currency="EUR",
        lines=[
            EntryLine(account="1100", debit=Decimal("1.00")),
            EntryLine(account="2400", credit=Decimal("1.00")),
        ],
    )


def test_documents_are_named_as_staff_name_them_and_lead_to_their_own_pages(browser, entity):
    """A number where the document has one, its kind and id elsewhere, whatever posted."""
    account = queries.account_ids(entity.pk)["1100"]
    for source_type, source_id in (("ledger.glaccount", account), ("bench.debit", 7)):
        post(entity, source_type, source_id)
    for address in (reverse("ledger:entries"), reverse("ledger:lines")):
        shown = browser.get(address).content.decode()
        assert ">1100</a>" in shown
        assert reverse("admin:ledger_glaccount_change", args=[account]) in shown
        assert "bench.debit 7" in shown
        exported = browser.get(address, {"export": "csv"}).content.decode()
        assert ",1100," in exported


def test_naming_documents_takes_no_query_per_row(browser, entity, django_assert_max_num_queries):
    accounts = list(queries.account_ids(entity.pk).values())
    post(entity, "ledger.glaccount", accounts[0])
    with CaptureQueriesContext(connection) as few:
        browser.get(reverse("ledger:entries"))
    for account in accounts[1:12]:
        post(entity, "ledger.glaccount", account)
    with django_assert_max_num_queries(len(few)):
        browser.get(reverse("ledger:entries"))


def test_currencies_of_the_entities_come_first_and_the_only_one_is_proposed(browser, entity):
    blank, ours, others = queries.currency_choices("Any")
    assert (blank, ours) == (("", "Any"), ("Of the legal entities", [("EUR", "EUR")]))
    assert ("CHF", "CHF") in others[1]
    assert ("EUR", "EUR") not in others[1]
    assert queries.only_currency() == "EUR"
    page = browser.get(reverse("ledger:add_rate")).content.decode()
    assert page.count('<option value="EUR" selected>') == 1, "the quote begins with it"
    operations.ensure_entity(
        code="US", name="US", country="US", functional_currency="USD", time_zone="UTC",
        books_from=date(2027, 1, 1),
    )  # fmt: skip
    assert queries.only_currency() == ""
