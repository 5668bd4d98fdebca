"""A role over money, and a limit of what one person does alone, take two people (6.2)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

import audit.operations
from audit.models import ApprovalPolicy, ApprovalRequest
from billing_site import operations, roles
from billing_site.demo.limits import set_limits

pytestmark = pytest.mark.django_db

LogIn = Callable[[str], Client]


def person(name: str) -> User:
    return User.objects.get(username=name)


def held(name: str) -> list[str]:
    return sorted(person(name).groups.values_list("name", flat=True))


def wanted(client: Client, name: str, *names: str) -> str:
    """Choose the roles in the admin, as an access administrator does."""
    groups = Group.objects.filter(name__in=names).values_list("pk", flat=True)
    page = client.post(
        reverse("admin:auth_user_change", args=[person(name).pk]),
        {"username": name, "is_active": "on", "is_staff": "on", "groups": list(groups),
         "last_login_0": "", "last_login_1": "", "date_joined_0": "", "date_joined_1": ""},
        follow=True,
    )  # fmt: skip
    return page.content.decode()


def test_a_role_over_money_is_held_when_another_has_agreed(log_in: LogIn) -> None:
    told = wanted(log_in("access"), "auditor", roles.CASH)
    assert "Cash clerk: held when a second person has agreed" in told
    assert held("auditor") == []  # what is taken away takes effect at once
    request = ApprovalRequest.objects.get()
    page = log_in("approver").post(reverse("console:approve", args=[request.pk]), follow=True)
    assert "Approved, and in force." in page.content.decode()
    assert held("auditor") == [roles.CASH]


def test_a_harmless_role_waits_for_nobody(log_in: LogIn) -> None:
    wanted(log_in("access"), "care", roles.AUDITOR)
    assert held("care") == [roles.AUDITOR]
    assert not ApprovalRequest.objects.exists()


def test_nobody_approves_a_role_of_their_own(people: None) -> None:
    asked = operations.request_roles(
        user=person("approver"), names=[roles.APPROVER, roles.CONTROLLER], actor=person("access")
    )
    assert asked is not None
    with pytest.raises(operations.ConflictingRoles):
        operations.approve(request_id=asked.pk, approver=person("approver"))
    asked.refresh_from_db()
    assert asked.state == "PENDING"
    operations.approve(request_id=asked.pk, approver=person("controller"))
    assert held("approver") == [roles.CONTROLLER, roles.APPROVER]


def test_without_approval_the_act_is_refused(people: None) -> None:
    with pytest.raises(audit.operations.ApprovalMissing):
        operations.assign_roles(user=person("auditor"), names=[roles.CASH], actor=person("access"))


def test_an_approval_is_void_when_the_roles_changed_since(people: None) -> None:
    access = person("access")
    asked = operations.request_roles(user=person("cash"), names=[roles.CARE], actor=access)
    assert asked is not None
    operations.assign_roles(user=person("cash"), names=[roles.AUDITOR], actor=access)
    with pytest.raises(audit.operations.PayloadChanged):
        operations.approve(request_id=asked.pk, approver=person("approver"))
    assert held("cash") == [roles.AUDITOR]


def test_a_limit_changes_when_another_has_agreed(log_in: LogIn) -> None:
    set_limits()
    policy = ApprovalPolicy.objects.get(action="invoicing.credit", currency="EUR")
    given = {"free_up_to": "250", "share": "12.5", "is_active": "on", "reason": "fewer queues"}
    page = log_in("controller").post(
        reverse("console:limit", args=[policy.pk]), given, follow=True
    )
    assert "You asked for this; another person decides." in page.content.decode()
    policy.refresh_from_db()
    assert policy.free_up_to == Decimal(100)
    request = ApprovalRequest.objects.get()
    shown = log_in("approver").post(reverse("console:approve", args=[request.pk]), follow=True)
    assert "Approved, and in force." in shown.content.decode()
    policy.refresh_from_db()
    assert (policy.free_up_to, policy.free_share) == (Decimal(250), Decimal("0.125"))


def test_a_new_limit_frees_nobody_before_it_is_approved(log_in: LogIn) -> None:
    given = {"action": "invoicing.debit", "role": roles.OPERATOR, "currency": "EUR",
             "free_up_to": "40", "is_active": "on", "reason": "small corrections"}  # fmt: skip
    log_in("controller").post(reverse("console:new_limit"), given)
    operator = person("operator")
    assert not audit.queries.free_limit("invoicing.debit", person=operator, currency="EUR")
    request = ApprovalRequest.objects.get()
    operations.approve(request_id=request.pk, approver=person("approver"))
    limit = audit.queries.free_limit("invoicing.debit", person=operator, currency="EUR")
    assert limit is not None
    assert limit.amount == Decimal(40)
    assert ApprovalPolicy.objects.get().permissions == ["invoicing.approve_debit"]


def test_a_limit_as_it_is_asks_nobody(log_in: LogIn) -> None:
    set_limits()
    policy = ApprovalPolicy.objects.get(action="invoicing.debit", currency="EUR")
    given = {"free_up_to": "100.00", "is_active": "on", "reason": "none"}
    page = log_in("controller").post(reverse("console:limit", args=[policy.pk]), given)
    assert "This is the limit that is in force (LIMIT_UNCHANGED)" in page.content.decode()
    assert not ApprovalRequest.objects.exists()
