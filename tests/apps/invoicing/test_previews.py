"""Preview equals posting; the next invoice is always open; nothing of a preview is kept."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import customers.operations
import invoicing.operations
from customers.models import Account, Order, OrderItem, Subscription
from customers.operations import IncompleteOrder, ItemInput
from foundation import clock
from foundation.errors import Forbidden
from invoicing.models import ChargeItem, Invoice, InvoiceLine
from tests.apps.invoicing.company import Company, add, previewed, submit

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))
MID = date(2027, 2, 15)


def posted(payer: Account, bill_date: date) -> list[tuple[Any, ...]]:
    rows = InvoiceLine.objects.filter(
        invoice__payer=payer, invoice__invoice_date=bill_date, invoice__state="POSTED"
    ).select_related("invoice")
    return sorted(
        (row.service_start, row.service_end, row.account_id,
         row.net if row.invoice.doc_type == "INVOICE" else -row.net,
         row.tax if row.invoice.doc_type == "INVOICE" else -row.tax)
        for row in rows
    )  # fmt: skip


def foreseen(found: invoicing.operations.NextInvoice) -> list[tuple[Any, ...]]:
    return sorted((one.start, one.end, one.account_id, one.net, one.tax) for one in found.lines)


@pytest.fixture
def sub(company: Company) -> Subscription:
    offer = company.offer("PLAN", {"price": D(30)}, {"price": D(7), "timing": "ARREARS"})
    found = add(company.payer(), offer, quantity=2)
    company.bill(FEB)
    return found


ACTIONS: list[dict[str, Any]] = [
    {"action": "MODIFY", "quantity": D(5)},
    {"action": "MODIFY", "quantity": D(1)},
    {"action": "MODIFY", "prices": {"C1": D(12)}},
    {"action": "SUSPEND"},
    {"action": "SUSPEND", "pause_policy": "REDUCE", "prices": {"C1": D(3)}},
    {"action": "TERMINATE"},
    {"action": "TERMINATE", "end_rule": "PERIOD_END"},
    {"action": "TERMINATE", "advance_fate": "KEPT"},
    {"action": "TERMINATE", "advance_fate": "FREED"},
]


@pytest.mark.parametrize("given", ACTIONS, ids=lambda one: "-".join(map(str, one.values())))
def test_what_is_previewed_is_what_is_posted(
    company: Company, sub: Subscription, given: dict[str, Any]
) -> None:
    """Issue 4: preview equals posting; half of the actions are told late, one by one."""
    day = MID if ACTIONS.index(given) % 2 else date(2027, 1, 20)
    item = ItemInput(subscription=sub, effective_on=day, **given)
    (preview,) = previewed(sub.account, item, MID)
    assert preview.after.bill_date == MAR
    submit(sub.account, item, MID)
    as_it_stands = invoicing.operations.next_invoice(account_id=sub.account_id, as_of=MID)
    assert as_it_stands == preview.after
    company.bill(MAR)
    assert foreseen(preview.after) == posted(sub.account, MAR)
    assert preview.difference == preview.after.total - preview.before.total


def test_what_is_previewed_of_a_bundle_is_what_is_posted(company: Company) -> None:
    """30.00 of the home, nothing for the box, 8.00 for the phone; then two of it."""
    for code in ("BOX", "PHONE"):
        company.offer(code, {"price": D(8)})
    home = company.offer("HOME", {"price": D(30)}, BOX="INCLUDED", PHONE="LIST")
    payer = company.payer()
    whole = ItemInput(action="ADD", offer_version=home, quantity=D(1), effective_on=FEB)
    (preview,) = previewed(payer, whole, FEB)
    assert sorted(line.net for line in preview.after.lines) == [D(8), D(30)]
    submit(payer, whole, FEB)
    company.bill(FEB)
    assert foreseen(preview.after) == posted(payer, FEB)
    bundle = Subscription.objects.get(account=payer, bundle=None)
    more = ItemInput(action="MODIFY", subscription=bundle, quantity=D(2), effective_on=MID)
    (preview,) = previewed(payer, more, MID)
    assert preview.charges
    submit(payer, more, MID)
    company.bill(MAR)
    assert foreseen(preview.after) == posted(payer, MAR)


def test_nothing_of_a_preview_is_kept(company: Company, sub: Subscription) -> None:
    def counted() -> list[int]:
        return [one.objects.count() for one in (Order, OrderItem, ChargeItem, Invoice)]

    item = ItemInput(action="TERMINATE", subscription=sub, effective_on=MID)
    order = customers.operations.place_order(
        account=sub.account, items=[item], requested_on=MID, actor=None
    )
    before = counted()
    invoicing.operations.preview_draft(order=order, as_of=MID, actor=None)
    assert counted() == before
    order.refresh_from_db()
    assert order.state == "DRAFT"
    sub.refresh_from_db()
    assert (sub.state, sub.end_on) == ("ACTIVE", None)


def test_a_preview_names_what_is_missing_and_asks_for_the_right(
    company: Company, sub: Subscription
) -> None:
    item = ItemInput(action="MODIFY", subscription=sub, effective_on=MID)
    with pytest.raises(IncompleteOrder):
        previewed(sub.account, item, MID)
    with pytest.raises(Forbidden):
        previewed(sub.account, item, MID, actor=User.objects.create(username="nobody"))


def test_an_ending_in_full_gives_everything_back(company: Company, sub: Subscription) -> None:
    """CHG-3: what was billed of a charge whose whole timeline is gone comes back."""
    item = ItemInput(action="TERMINATE", subscription=sub, effective_on=JAN)
    submit(sub.account, item, MID)
    company.bill(MAR)
    assert sum(row[3] for row in posted(sub.account, MAR) + posted(sub.account, FEB)) == 0


@pytest.fixture
def clerk(company: Company) -> Client:
    User.objects.create_superuser("chief", password="x")
    client = Client()
    client.login(username="chief", password="x")
    return client


def test_the_pages_show_the_next_invoice_and_the_preview(
    company: Company, sub: Subscription, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat("2027-02-15T12:00:00+00:00"))
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    page = clerk.get(reverse("invoicing:account_next", args=[sub.account_id]))
    assert "74.00" in page.content.decode(), "60 for March, 14 for February in arrears"
    draft = customers.operations.place_order(
        account=sub.account,
        items=[ItemInput(action="MODIFY", subscription=sub, effective_on=MAR, quantity=D(3))],
        requested_on=MID,
        actor=None,
    )
    page = clerk.get(reverse("invoicing:order_preview", args=[draft.pk]))
    assert "Added by the order" in page.content.decode()
    draft.refresh_from_db()
    assert draft.state == "DRAFT"
    customers.operations.submit_order(order=draft, as_of=MID, actor=None)
    page = clerk.get(reverse("invoicing:account_next", args=[sub.account_id]))
    assert draft.number in page.content.decode(), "among the upcoming changes"


def test_the_preview_of_an_end_shows_what_was_chosen_and_what_is_open(
    company: Company, sub: Subscription, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat("2027-02-15T12:00:00+00:00"))
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    chosen: dict[str, Any] = {"advance_fate": "FREED", "waived_from": FEB, "sets_off": True}
    item = ItemInput(action="TERMINATE", subscription=sub, effective_on=MID, **chosen)
    draft = customers.operations.place_order(
        account=sub.account, items=[item], requested_on=MID, actor=None
    )
    text = clerk.get(reverse("invoicing:order_preview", args=[draft.pk])).content.decode()
    for words in ("Open now", "The whole period is credited", "waived from 2027-02-01", "settled"):
        assert words in text
