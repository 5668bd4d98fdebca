"""Orders that a second person approves: above a threshold, if a policy says so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from audit.models import ApprovalPolicy, ApprovalRequest
from customers import operations
from customers.models import Account, Order, Subscription
from customers.operations import ItemInput
from customers.operations.approving import CannotApproveOrder
from customers.queries.worth import worth_of_order
from foundation import clock
from foundation.errors import Forbidden, Refusal
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)


@pytest.fixture
def clerk() -> User:
    return build.user("clerk")


@pytest.fixture
def boss() -> User:
    return build.user("boss")


@pytest.fixture
def threshold() -> ApprovalPolicy:
    return ApprovalPolicy.objects.create(
        action="customers.order", currency="EUR", free_up_to=D("100.00")
    )


def ordered(account: Account, clerk: User, quantity: int, name: str = "FIBER") -> Order:
    """Order something that costs 10.00 each, a month."""
    item = ItemInput(
        action="ADD", offer_version=build.offer(name), quantity=D(quantity), effective_on=JAN
    )
    return operations.place_order(
        account=account, items=[item], requested_on=JAN, actor=clerk, submit_as_of=JAN
    )


def test_without_a_policy_nobody_is_asked(clerk: User) -> None:
    assert ordered(build.account(), clerk, 1000).state == "COMPLETED"


def test_up_to_the_threshold_nobody_is_asked(clerk: User, threshold: ApprovalPolicy) -> None:
    order = ordered(build.account(), clerk, 10)
    assert (worth_of_order(order), order.state) == (D("100.00"), "COMPLETED")
    assert ApprovalRequest.objects.get().alone


def test_above_it_the_order_waits_and_another_person_submits_it(
    clerk: User, boss: User, threshold: ApprovalPolicy
) -> None:
    order = ordered(build.account(), clerk, 11)
    assert order.state == "PENDING_APPROVAL"
    assert not Subscription.objects.exists()
    again = operations.submit_order(order=order, as_of=JAN, actor=clerk)
    assert (again.state, ApprovalRequest.objects.count()) == ("PENDING_APPROVAL", 1)
    with pytest.raises(Refusal, match="request of their own"):
        operations.approve_order(order=order, as_of=JAN, approver=clerk)
    done = operations.approve_order(order=order, as_of=JAN, approver=boss)
    assert done.state == "COMPLETED"
    assert Subscription.objects.get().created_by == clerk
    assert ApprovalRequest.objects.get().state == "USED"
    with pytest.raises(CannotApproveOrder):
        operations.approve_order(order=order, as_of=JAN, approver=boss)


def test_it_is_sent_back_with_a_reason_and_may_be_cancelled(
    clerk: User, boss: User, threshold: ApprovalPolicy
) -> None:
    order = ordered(build.account(), clerk, 11)
    back = operations.send_back_order(order=order, approver=boss, comment="too many")
    assert back.state == "DRAFT"
    assert ApprovalRequest.objects.get().comment == "too many"
    assert operations.submit_order(order=order, as_of=JAN, actor=clerk).state == (
        "PENDING_APPROVAL"
    )
    cancelled = operations.cancel_order(order=order, as_of=JAN, actor=clerk)
    assert cancelled.state == "CANCELLED"
    with pytest.raises(CannotApproveOrder):
        operations.approve_order(order=order, as_of=JAN, approver=boss)


def test_what_the_schedule_orders_asks_nobody(threshold: ApprovalPolicy) -> None:
    sub = build.add(build.account(), build.offer(), JAN, quantity=D(50), term_months=1)
    assert operations.renew_due(as_of=FEB) == 1
    sub.refresh_from_db()
    assert sub.term.lower == FEB


def test_only_who_may_approve_does(clerk: User, threshold: ApprovalPolicy) -> None:
    order = ordered(build.account(), clerk, 11)
    nobody = build.user("nobody", is_superuser=False)
    with pytest.raises(Forbidden):
        operations.approve_order(order=order, as_of=JAN, approver=nobody)


def test_the_order_is_decided_in_the_console(
    clerk: User,
    boss: User,
    threshold: ApprovalPolicy,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: JAN)
    first = ordered(build.account(), clerk, 11)
    second = ordered(build.account(), clerk, 12, "OTHER")
    client.force_login(boss)
    page = client.get(reverse("customers:order", args=[first.pk])).content.decode()
    assert "Approve" in page
    assert "Send back" in page
    client.post(reverse("customers:approve_order", args=[first.pk]))
    client.post(reverse("customers:send_back_order", args=[second.pk]), {"comment": "why?"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("COMPLETED", "DRAFT")
