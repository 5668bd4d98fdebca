"""A pinned preview: the order gives the figures that were shown, or says what has changed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import customers.operations
import invoicing.operations
from audit.models import ApprovalPolicy
from customers.choices import AccountRole
from customers.models import Order, Subscription
from customers.operations import ItemInput
from foundation import clock
from foundation.errors import Invalid
from invoicing.operations import PreviewChanged
from tests.apps.invoicing.company import Company, add, submit
from tests.apps.invoicing.test_document_api import post

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))
MID = date(2027, 2, 15)


@pytest.fixture
def sub(company: Company) -> Subscription:
    found = add(company.payer(), company.offer("PLAN", {"price": D(30)}), quantity=2)
    company.bill(FEB)
    return found


def draft(sub: Subscription, quantity: int = 3) -> Order:
    item = ItemInput(action="MODIFY", subscription=sub, quantity=D(quantity), effective_on=MID)
    return customers.operations.place_order(
        account=sub.account, items=[item], requested_on=MID, actor=None
    )


def pinned(order: Order) -> str:
    found = invoicing.operations.preview_draft(order=order, as_of=MID, actor=None)
    return invoicing.operations.pin_of(order, found)


def test_an_order_is_submitted_with_the_figures_that_were_shown(sub: Subscription) -> None:
    order = draft(sub)
    done = invoicing.operations.submit_as_previewed(
        order=order, pin=pinned(order), as_of=MID, actor=None
    )
    assert done.state == "COMPLETED"


def test_what_changed_meanwhile_is_said_and_nothing_is_done(sub: Subscription) -> None:
    order = draft(sub)
    pin = pinned(order)
    price = ItemInput(action="MODIFY", subscription=sub, effective_on=MAR, prices={"C1": D(31)})
    submit(sub.account, price, MID)
    with pytest.raises(PreviewChanged, match=r"no longer: .*90 net.*new: .*93 net"):
        invoicing.operations.submit_as_previewed(order=order, pin=pin, as_of=MID, actor=None)
    order.refresh_from_db()
    assert order.state == "DRAFT"


def test_a_pin_of_another_order_or_of_nobody_is_refused(sub: Subscription) -> None:
    order, other = draft(sub), draft(sub, 4)
    for pin in (pinned(other), "forged", ""):
        with pytest.raises(Invalid):
            invoicing.operations.submit_as_previewed(order=order, pin=pin, as_of=MID, actor=None)


def test_twelve_bills_are_projected_without_and_with_the_order(sub: Subscription) -> None:
    """Two seats at 30.00; three from 15 February: 15.00 more for half of February, then 30.00."""
    (found,) = invoicing.operations.preview_draft(
        order=draft(sub), as_of=MID, actor=None, bills=12
    )
    year = found.projection
    assert [one.bill_date for one in year[:3]] == [MAR, date(2027, 4, 1), date(2027, 5, 1)]
    assert len(year) == 12
    assert year[0].after == found.after.total
    assert {one.before for one in year} == {found.before.total}
    assert [one.difference for one in year[:2]] == [
        found.difference,
        found.before.total / 2,
    ]
    assert {one.difference for one in year[1:]} == {found.before.total / 2}


def test_an_end_stops_the_projection(company: Company, sub: Subscription) -> None:
    end = ItemInput(action="TERMINATE", subscription=sub, effective_on=date(2027, 5, 1))
    submit(sub.account, end, MID)
    year = invoicing.operations.project(account_id=sub.account_id, as_of=MID)
    assert [bool(one.after) for one in year] == [True, True, *[False] * 10]


def test_a_preview_asks_for_no_approval(sub: Subscription) -> None:
    operator = User.objects.create(username="root", is_superuser=True)
    ApprovalPolicy.objects.create(action="customers.order", currency="EUR")
    order = draft(sub)
    (found,) = invoicing.operations.preview_draft(order=order, as_of=MID, actor=operator)
    assert found.difference > 0
    order.refresh_from_db()
    assert order.state == "DRAFT"


def test_the_console_submits_what_it_showed(
    sub: Subscription, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    order = draft(sub)
    page = client.get(reverse("invoicing:order_preview", args=[order.pk])).content.decode()
    assert "Place order" in page
    assert "Next bill dates" in page
    answer = client.post(reverse("invoicing:submit_previewed", args=[order.pk]))
    order.refresh_from_db()
    assert (answer.status_code, order.state) == (302, "COMPLETED")
    ahead = reverse("invoicing:account_next", args=[sub.account_id])
    assert "Next bill dates" not in client.get(ahead).content.decode()
    assert "Next bill dates" in client.get(ahead, {"year": 1}).content.decode()


def test_a_move_is_previewed_and_nothing_moves(
    company: Company, sub: Subscription, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HIER-6: the next period is the new payer's, both of whom see it beforehand."""
    other, mine = company.payer(), sub.account
    found = invoicing.operations.preview_move(
        account=mine, parent=other, role=AccountRole.NON_PAYER, on_date=MAR, as_of=MID, actor=None
    )
    lost, won = found
    assert (lost.after.payer_id, lost.after.total) == (mine.pk, D(0))
    assert (won.before.total, won.after.total) == (D(0), lost.before.total)
    mine.refresh_from_db()
    assert mine.parent_id is None
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    page = reverse("invoicing:move_preview", args=[mine.pk])
    assert client.get(page).status_code == 200
    shown = client.post(
        page, {"parent": other.number, "role": "NON_PAYER", "on_date": str(MAR)}
    ).content.decode()
    assert f"{other.number}: added by the move" in shown
    mine.refresh_from_db()
    assert mine.parent_id is None


def test_machines_preview_pin_and_submit_a_draft(
    sub: Subscription, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three seats for two in the 14 of 28 days from 15 February, and from then on."""
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    order = draft(sub)
    path, body = "/api/v1/order-previews/", {"order": order.number}
    status, (shown,) = post(client, path, body | {"bills": 2})
    assert status == 200
    assert {one["net"]["amount"] for one in shown["charges"]} == {"-30.00", "45.00", "90.00"}
    assert shown["difference"] == {"amount": "53.55", "currency": "EUR"}
    assert [one["difference"]["amount"] for one in shown["projection"]] == ["53.55", "35.70"]
    status, pinned = post(client, f"{path}pinned/", body)
    assert (status, pinned["payers"][0]["after"]) == (200, shown["after"])
    done = post(client, f"{path}submit/", body | {"pin": pinned["pin"]})
    assert done == (200, {"number": order.number, "state": "COMPLETED"})
