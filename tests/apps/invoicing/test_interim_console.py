"""Limits in the console: who is near one, what would be billed, billed now (UNIT-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import customers.queries
from catalog.models import Charge
from customers.models import Account, Subscription
from customers.operations import IdentifierInput
from foundation import clock
from invoicing import operations, tasks
from invoicing.models import BillRun, Invoice
from tests.apps.billing_site.access.books import OURS, THEIRS, two_entities
from tests.apps.invoicing.company import Company, add, person, use
from tests.apps.invoicing.limited import JAN, post_run, sold

pytestmark = pytest.mark.django_db
D = Decimal
LIMITS = "/console/invoicing/limits/"
FIFTH = date(2027, 1, 5)
queued: list[int] = []


@pytest.fixture(autouse=True)
def _fifth_of_january(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 5, 6, tzinfo=UTC))
    monkeypatch.setattr(clock, "today", lambda zone: FIFTH)
    monkeypatch.setattr(tasks, "enqueue", queued.append)
    queued.clear()


@pytest.fixture
def three(company: Company) -> list[Subscription]:
    """Ada has used 12.00 of 10.00, Bob 9.00, Cid 1.00."""
    found = sold(company, "Ada", "Bob", "Cid")
    for one, quantity in zip(found, ("140", "90", "10"), strict=True):
        use(one, date(2027, 1, 3), quantity)
    return found


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(person("teller", "view_billrun", "start_run", "approve_run"))
    return client


def standings(client: Client, **asked: Any) -> list[list[str]]:
    answer = client.get(LIMITS, asked)
    assert answer.status_code == 200, answer.content
    return [[cell.text for cell in line[1:]] for line in answer.context["table"].lines]


def bill_now(one: Subscription) -> str:
    return reverse("invoicing:bill_now", args=[one.account_id])


def test_who_is_near_a_limit_stands_first_to_last(
    clerk: Client, three: list[Subscription]
) -> None:
    days = "1 Jan 2027 \N{EN DASH} 31 Jan 2027"
    ada = ["Ada", "PLAN/1/CALLS", days, "12.00", "10.00", "120", "", "Bill now"]
    bob = ["Bob", "PLAN/1/CALLS", days, "9.00", "10.00", "90", "", ""]
    cid = ["Cid", "PLAN/1/CALLS", days, "1.00", "10.00", "10", "", ""]
    number = three[2].account.number
    assert standings(clerk) == [ada, bob]
    assert standings(clerk, standing="REACHED") == [ada]
    assert standings(clerk, standing="") == [ada, bob, cid]
    assert standings(clerk, standing="", account=number) == [cid]
    assert standings(clerk, standing="", account="NOBODY") == []
    totals = clerk.get(LIMITS, {"standing": ""}).context["totals"]
    assert [(one.amount, one.currency) for one in totals] == [(D("22.00"), "EUR")]
    charge = Charge.objects.get(code="CALLS")
    assert standings(clerk, charge=charge.pk, standing="REACHED") == [ada]
    reader = Client()
    reader.force_login(person("reads-only", "view_billrun"))
    assert b"Bill now</a>" not in reader.get(LIMITS).content
    assert reader.get(bill_now(three[0])).status_code == 403


def test_what_is_shown_is_what_is_billed(
    clerk: Client, company: Company, three: list[Subscription]
) -> None:
    """12.00 are shown and billed; asked again it is the run of the day; nobody approves alone."""
    page = clerk.get(bill_now(three[0]))
    facts = {one.label: one.value for one in page.context["facts"]}
    assert (facts["Net"], facts["Bill date"]) == (D("12.00"), FIFTH)
    assert not BillRun.objects.exists()
    assert not Invoice.objects.exists()
    done = clerk.post(bill_now(three[0]))
    run = BillRun.objects.get()
    assert done["Location"] == reverse("invoicing:run", args=[run.pk])
    assert (run.kind, run.bill_date, queued) == ("INTERIM", FIFTH, [run.pk])
    again = clerk.get(bill_now(three[0]))
    assert f"Run {run.pk} of today bills it already." in again.content.decode()
    assert [one.url for one in again.context["facts"] if one.label == "Run"] == [done["Location"]]
    assert b'">Bill now</button>' not in again.content
    assert b'">Bill now</button>' in page.content
    assert clerk.post(bill_now(three[0]))["Location"] == done["Location"]
    assert standings(clerk, standing="REACHED")[0][-2:] == [str(run.pk), ""]
    operations.continue_run(run_id=run.pk)
    assert run.created_by is not None
    with pytest.raises(operations.CannotApproveRun, match="does not approve"):
        operations.approve_run(run_id=run.pk, actor=run.created_by)
    post_run(company, run)
    bill = Invoice.objects.get()
    assert (bill.net, bill.total) == (facts["Net"], facts["Total"])
    assert standings(clerk, standing="", account=three[0].account.number)[0][3] == "0.00"


def test_below_its_limit_nobody_is_billed(clerk: Client, three: list[Subscription]) -> None:
    page = clerk.get(bill_now(three[1])).content.decode()
    assert "PLAN/1/CALLS stands at 9.00 of 10.00 EUR" in page
    assert "What would be billed" not in page
    assert '">Bill now</button>' not in page
    refused = clerk.post(bill_now(three[1]))
    assert (refused.status_code, BillRun.objects.exists(), queued) == (422, False, [])
    assert "stands at 9.00 of 10.00 EUR" in refused.content.decode()


def test_an_empty_list_says_what_to_do(clerk: Client, company: Company) -> None:
    assert "No charge has a limit" in clerk.get(LIMITS).content.decode()
    sold(company, "Ada")
    assert "Nobody is near a limit" in clerk.get(LIMITS).content.decode()
    shown = clerk.get(LIMITS, {"standing": ""}).content.decode()
    assert "Nothing to be billed above a limit" in shown


def test_the_usage_of_an_account_leads_to_its_limits(
    client: Client, company: Company, three: list[Subscription]
) -> None:
    client.force_login(User.objects.create_superuser("reader"))
    other = company.payer("Dan")
    for account, is_led in ((three[0].account, True), (other, False)):
        page = client.get(reverse("rating:account_usage", args=[account.pk]))
        link = f"{LIMITS}?standing=&amp;account={account.number}"
        assert (link in page.content.decode()) is is_led


def test_who_pays_is_asked_only_for_those_who_may_be_meant(
    company: Company, three: list[Subscription], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three owners, one of them asked for; a child is looked up with whoever pays for it."""
    asked: list[int] = []

    def payers_of(pairs: Any) -> Any:
        asked.extend(account for account, _ in pairs)
        return known(pairs)

    known = customers.queries.payers_of
    monkeypatch.setattr(customers.queries, "payers_of", payers_of)
    ada, bob, _ = (one.account for one in three)
    only = Account.objects.filter(pk=ada.pk)
    (found,) = operations.standings_of(payers=only, day=FIFTH)
    assert (found.payer, found.worth, asked) == (ada, D("12.00"), [ada.pk])
    child = company.payer("Child", parent=bob)
    number = IdentifierInput(type="MSISDN", value="+49309990")
    sale = add(child, three[0].items.get().offer_version, JAN, identifiers=(number,))
    use(sale, date(2027, 1, 3), "20")
    asked.clear()
    (found,) = operations.standings_of(payers=Account.objects.filter(pk=bob.pk), day=FIFTH)
    assert (found.payer, found.worth, asked) == (bob, D("11.00"), sorted([bob.pk, child.pk]))


def test_as_many_queries_for_three_as_for_one(
    clerk: Client, company: Company, three: list[Subscription]
) -> None:
    counts = []
    for asked in ({"standing": "REACHED"}, {"standing": ""}):
        clerk.get(LIMITS, asked)
        with CaptureQueriesContext(connection) as seen:
            clerk.get(LIMITS, asked)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 34


def test_of_another_entity_nothing_is_shown_or_billed(client: Client, db: None) -> None:
    books = two_entities()
    client.force_login(books.clerk)
    theirs = books.payers[THEIRS]
    page = client.get(LIMITS, {"standing": ""})
    assert THEIRS not in page.content.decode()
    assert books.payers[OURS].entity_id != theirs.entity_id
    assert client.get(reverse("invoicing:bill_now", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("invoicing:bill_now", args=[theirs.pk])).status_code == 404
