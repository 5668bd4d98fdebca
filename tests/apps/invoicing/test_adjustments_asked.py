"""An adjustment above the limit of who asks waits for a second person (ADJ-1, F44)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import audit.operations
import customers.operations
import invoicing.operations
from audit.models import ApprovalPolicy, ApprovalRequest, BusinessEvent
from customers.models import GrantedDiscount, Subscription
from customers.operations import CannotGrantDiscount
from tests.apps.customers import build
from tests.apps.invoicing.company import START, Company
from tests.apps.invoicing.test_adjustments import sub, waive

__all__ = ["sub"]
pytestmark = pytest.mark.django_db
D = Decimal


def test_above_the_limit_a_second_person_approves(company: Company, sub: Subscription) -> None:
    ApprovalPolicy.objects.create(
        action="customers.approve_discount", currency="EUR", free_up_to=D(25)
    )
    mine, boss = build.user("desk"), build.user("approver")
    assert waive(sub, "FEE", mine).state == "GRANTED"
    above = waive(sub, "RENT", mine)
    assert above.state == "PENDING", "20.00 and 31.00 are more than 25.00 in a day"
    now = invoicing.operations.next_invoice(account_id=sub.account_id, as_of=START)
    assert now.net == D(31)
    assert customers.operations.approve_discount(grant=above, approver=boss).state == "GRANTED"
    now = invoicing.operations.next_invoice(account_id=sub.account_id, as_of=START)
    assert now.net == 0
    other = company.payer("Bob")
    by_hand = customers.operations.grant_discount(
        account=other, discount=above.discount, starts=START, actor=mine
    )
    assert by_hand.state == "PENDING", "what adjusts one bill is given for good by nobody alone"


def test_what_waits_can_be_taken_back_by_whoever_may_adjust(
    company: Company, sub: Subscription
) -> None:
    """F44: its request ends as withdrawn, nobody approves it any more, and it is asked anew."""
    boss = build.user("approver")
    first = waive(sub, "FEE", build.user("desk"))
    invoicing.operations.take_adjustment_back(grant=first, actor=build.user("colleague"))
    first.refresh_from_db()
    asked = ApprovalRequest.objects.get()
    assert (asked.payload["charge"], asked.payload["off"]) == ("FEE", "100 %")
    assert (first.state, asked.state, asked.approver) == ("WITHDRAWN", "WITHDRAWN", None)
    ended = BusinessEvent.objects.get(topic="approval.withdrawn")
    assert (ended.subject_id, ended.actor and ended.actor.username) == (asked.pk, "colleague")
    with pytest.raises(CannotGrantDiscount, match="does not wait"):
        customers.operations.approve_discount(grant=first, approver=boss)
    with pytest.raises(audit.operations.CannotDecide, match="withdrawn"):
        audit.operations.approve(request_id=asked.pk, approver=boss)
    with pytest.raises(CannotGrantDiscount, match="withdrawn already"):
        invoicing.operations.take_adjustment_back(grant=first, actor=None)
    second = waive(sub, "FEE", build.user("desk2"))
    audit.operations.reject(request_id=asked_of(second).pk, approver=boss, comment="no")
    invoicing.operations.take_adjustment_back(grant=second, actor=None)
    third = waive(sub, "FEE", build.user("desk3"))
    assert customers.operations.approve_discount(grant=third, approver=boss).state == "GRANTED"


def test_taking_back_what_waits_locks_it_once(company: Company, sub: Subscription) -> None:
    grant = waive(sub, "FEE", build.user("desk"))
    with CaptureQueriesContext(connection) as seen:
        invoicing.operations.take_adjustment_back(grant=grant, actor=build.user("colleague"))
    table = GrantedDiscount._meta.db_table
    locks = [one["sql"] for one in seen if "FOR UPDATE" in one["sql"] and table in one["sql"]]
    assert len(locks) == 1, locks


def test_what_was_asked_for_in_other_terms_is_asked_for_anew(
    company: Company, sub: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An approval is bound to what was said then; whoever decides reads what to do."""
    boss = build.user("approver")
    with monkeypatch.context() as before:
        before.setattr(customers.operations.discounts, "_payload", lambda row: {"grant": row.pk})
        grant = waive(sub, "FEE", build.user("desk"))
    with pytest.raises(audit.operations.PayloadChanged, match="reject it, then ask anew"):
        customers.operations.approve_discount(grant=grant, approver=boss)
    customers.operations.reject_discount(grant=grant, approver=boss, comment="ask anew")
    again = waive(sub, "FEE", build.user("desk2"))
    assert customers.operations.approve_discount(grant=again, approver=boss).state == "GRANTED"


def asked_of(grant: GrantedDiscount) -> ApprovalRequest:
    return ApprovalRequest.objects.get(subject_id=grant.pk, state="PENDING")
