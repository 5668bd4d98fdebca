"""Roles: the table is the truth, setting up repeats, and nobody checks their own work."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, connection, transaction

from billing_site import operations, roles
from foundation.errors import Forbidden
from foundation.sql import statement


def test_the_database_refuses_exactly_the_pairs_of_the_table() -> None:
    text = statement("billing_site", "forbidden_pairs")
    in_sql = re.findall(r"\('([^']+)', '([^']+)'\)", text)
    assert {frozenset(pair) for pair in in_sql} == {
        frozenset(pair) for pair in roles.FORBIDDEN_PAIRS
    }


def test_every_role_of_a_pair_exists() -> None:
    assert {name for pair in roles.FORBIDDEN_PAIRS for name in pair} <= set(roles.BY_NAME)


def test_patterns_name_what_there_is() -> None:
    found, absent = roles.expand(("a.view_*", "a.go", "b.no"), {"a.view_x", "a.go", "a.add_x"})
    assert found == {"a.view_x", "a.go"}
    assert absent == {"b.no"}


def test_no_checker_makes_what_it_checks() -> None:
    makers = {
        "invoicing.approve_run": "invoicing.start_run",
        "invoicing.approve_credit": "invoicing.request_credit",
        "catalog.publish_price": "catalog.draft_price",
        "catalog.publish_offer": "catalog.draft_offer",
        "customers.approve_discount": "customers.adjust_next_bill",
        "customers.sign_contract": "customers.set_contract_price",
        "customers.approve_certificate": "customers.request_certificate",
    }
    for role in roles.ROLES:
        for check, act in makers.items():
            assert not {check, act} <= set(role.may), role.name


def test_who_grants_access_holds_no_right_over_money() -> None:
    rights = roles.BY_NAME[roles.ACCESS].may
    assert all(name.startswith(("auth.", "audit.")) for name in rights)
    assert "audit.approve_request" not in rights


@pytest.mark.django_db
def test_setting_up_makes_the_groups_and_repeats_without_change() -> None:
    first = operations.setup_roles()
    assert set(first.rights) == set(roles.BY_NAME)
    assert operations.setup_roles().changed == ()
    extra = Permission.objects.get(codename="delete_group")
    Group.objects.get(name=roles.AUDITOR).permissions.add(extra)
    assert operations.setup_roles().changed == (roles.AUDITOR,)


@pytest.mark.django_db
def test_one_demo_user_per_role_and_no_superuser() -> None:
    operations.setup_roles()
    made = operations.create_demo_users(password="a long demo password")
    operations.create_demo_users(password="a long demo password")
    assert len(made) == len(roles.ROLES) - 1
    assert not User.objects.filter(is_superuser=True).exists()
    for role in roles.ROLES:
        user = User.objects.get(username=role.username)
        assert [group.name for group in user.groups.all()] == [role.name]
    assert not User.objects.get(username="integration").has_usable_password()


@pytest.mark.django_db
@pytest.mark.parametrize("pair", roles.FORBIDDEN_PAIRS, ids=" and ".join)
def test_a_forbidden_pair_is_refused(pair: tuple[str, str]) -> None:
    operations.setup_roles()
    user = User.objects.create_user("both")
    with pytest.raises(operations.ConflictingRoles):
        operations.assign_roles(user=user, names=pair, actor=None)
    groups = [Group.objects.get(name=name) for name in pair]
    with pytest.raises(IntegrityError), transaction.atomic():
        user.groups.set(groups)


@pytest.mark.django_db
def test_raw_sql_cannot_give_a_forbidden_pair_either() -> None:
    """Attack: billing_site_user_groups_forbidden_pair."""
    operations.setup_roles()
    user = User.objects.create_user("both")
    with pytest.raises(IntegrityError, match="may not be both"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth_user_groups (user_id, group_id) "
            "SELECT %s, id FROM auth_group WHERE name IN ('Cash clerk', 'Finance approver')",
            [user.pk],
        )


@pytest.mark.django_db
def test_roles_are_given_by_whoever_may_and_never_to_oneself() -> None:
    operations.setup_roles()
    operations.create_demo_users(password="a long demo password")
    clerk = User.objects.get(username="cash")
    with pytest.raises(Forbidden):
        operations.assign_roles(user=clerk, names=[roles.OPERATOR], actor=clerk)
    access = User.objects.get(username="access")
    operations.assign_roles(user=clerk, names=[roles.AUDITOR], actor=access)
    assert [group.name for group in clerk.groups.all()] == [roles.AUDITOR]
    with pytest.raises(operations.ConflictingRoles):
        operations.assign_roles(user=access, names=[roles.AUDITOR], actor=access)
    with pytest.raises(operations.UnknownRole):
        operations.assign_roles(user=clerk, names=["King"], actor=access)
