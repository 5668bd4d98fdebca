"""Approved and taken back at the same moment, what waits ends in one of the two (ADJ-1, F44)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

import customers.operations
import invoicing.operations
from audit.models import ApprovalRequest
from customers.models import GrantedDiscount
from foundation.errors import Refusal
from invoicing.operations import Adjustment
from tests.apps.customers import build
from tests.apps.invoicing.company import START, Company, add
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def test_f44_what_waits_is_approved_or_taken_back_never_both() -> None:
    """Taken back after it was approved it is withdrawn all the same: nothing has been billed."""
    company = Company()
    clerk, boss = build.user("desk"), build.user("approver")
    sub = add(company.payer(), company.offer("PLAN", {"price": Decimal(31), "code": "RENT"}))
    for _ in range(ROUNDS):
        grant = invoicing.operations.adjust_next_bill(
            account=sub.account,
            asked=Adjustment(amount=Decimal(5)),
            reason_code="GOODWILL",
            as_of=START,
            actor=clerk,
        )
        approved, _back = race(
            partial(customers.operations.approve_discount, grant=grant, approver=boss),
            partial(invoicing.operations.take_adjustment_back, grant=grant, actor=clerk),
        )
        request = ApprovalRequest.objects.get(subject_id=grant.pk)
        was_approved = isinstance(approved, GrantedDiscount)
        assert was_approved or isinstance(approved, Refusal), approved
        assert request.state == ("USED" if was_approved else "WITHDRAWN")
        grant.refresh_from_db()
        assert grant.state == "WITHDRAWN", "it may be taken back after it was approved, too"
