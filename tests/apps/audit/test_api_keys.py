"""API keys: for service users only, opened by a second person, bound to what was approved."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models.functions import Now

from audit import operations, queries
from audit.models import ApiKey, ApprovalRequest
from audit.operations.api_keys import hash_of
from foundation.errors import Forbidden, Invalid
from tests.attacks import raw, refused_by

pytestmark = pytest.mark.django_db
MAY = "audit.view_reasoncode"


@pytest.fixture
def robot() -> User:
    user = User.objects.create_user("robot")
    user.user_permissions.set(Permission.objects.filter(codename="view_reasoncode"))
    return user


@pytest.fixture
def keeper() -> User:
    user = User.objects.create_user("keeper", is_staff=True)
    rights = ["add_apikey", "change_apikey"]
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


def issued(robot: User, actor: User | None = None, **changes: Any) -> tuple[ApiKey, str]:
    given: Any = {"name": "ERP", "user": robot, "scopes": [MAY], "days": 30, "actor": actor}
    return operations.issue_api_key(**{**given, **changes})


def state(key: ApiKey) -> str:
    return str(queries.api_keys().get(pk=key.pk).state)  # type: ignore[attr-defined]


def opens(secret: str) -> bool:
    return queries.live_api_key(hash_of(secret)) is not None


def test_a_key_of_the_server_opens_at_once_until_revoked_or_expired(robot: User) -> None:
    key, secret = issued(robot)
    assert (opens(secret), state(key)) == (True, "ACTIVE")
    operations.mark_used(key_id=key.pk)
    operations.revoke_api_key(key_id=key.pk, actor=None)
    assert (opens(secret), state(key)) == (False, "REVOKED")
    late, shown = issued(robot)
    ApiKey.objects.filter(pk=late.pk).update(expires_at=Now())
    assert (opens(shown), state(late)) == (False, "EXPIRED")


def test_a_key_that_somebody_issues_opens_nothing_before_another_has_approved(
    robot: User, keeper: User, checker: User
) -> None:
    key, secret = issued(robot, keeper, reason="the ERP reads reasons")
    assert (opens(secret), state(key)) == (False, "WAITING")
    request = ApprovalRequest.objects.get()
    assert request.payload["scopes"] == [MAY]
    with pytest.raises(operations.ApprovalMissing):
        operations.open_api_key(request=request)
    operations.approve(request_id=request.pk, approver=checker)
    operations.open_api_key(request=request)
    assert (opens(secret), state(key)) == (True, "ACTIVE")
    robot.is_active = False
    robot.save()
    assert (opens(secret), state(key)) == (False, "INACTIVE")


def test_a_refused_key_never_opens(robot: User, keeper: User, checker: User) -> None:
    key, secret = issued(robot, keeper)
    request = ApprovalRequest.objects.get()
    operations.reject(request_id=request.pk, approver=checker, comment="for whom?")
    with pytest.raises(operations.ApprovalMissing):
        operations.open_api_key(request=request)
    assert (opens(secret), state(key)) == (False, "REFUSED")


def test_what_cannot_be_a_key_is_said_at_its_field(robot: User, keeper: User) -> None:
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"name": " "}, Invalid, "name"),
        ({"days": 0}, Invalid, "days"),
        ({"days": operations.LONGEST + 1}, Invalid, "days"),
        ({"scopes": []}, Invalid, "scopes"),
        ({"scopes": ["audit.add_apikey"]}, operations.BeyondItsUser, "scopes"),
        ({"scopes": ["no.such_right"]}, operations.BeyondItsUser, "scopes"),
        ({"user": keeper}, operations.NotAServiceUser, "user"),
    ]
    for changes, refusal, field in wrong:
        with pytest.raises(refusal) as refused:
            issued(robot, **changes)
        assert refused.value.column == field  # type: ignore[attr-defined]
    with pytest.raises(Forbidden):
        issued(robot, robot)
    assert not ApiKey.objects.exists()


def test_the_secret_is_kept_nowhere(robot: User) -> None:
    key, secret = issued(robot)
    change: Any = queries.changes_of(key).get()
    assert change.after["secret_hash"] == "***"
    assert secret not in str(change.after) + str(ApiKey.objects.values())


@pytest.mark.parametrize(
    ("guard", "change"),
    [
        ("audit_apikey_is_bound", "scopes = '{audit.approve_request}'"),
        (
            "audit_apikey_is_bound",
            "user_id = (SELECT id FROM auth_user WHERE username = 'keeper')",
        ),
        ("audit_apikey_is_bound", "created_by_id = NULL, approved_at = now()"),
        ("audit_apikey_is_not_lengthened", "expires_at = expires_at + interval '1 second'"),
        ("audit_apikey_takes_two", "approved_at = now()"),
    ],
)
def test_the_database_keeps_a_key_what_was_approved(
    robot: User, keeper: User, guard: str, change: str
) -> None:
    key, _ = issued(robot, keeper)
    assert refused_by(f"UPDATE audit_apikey SET {change} WHERE id = %s", key.pk) == guard


def test_the_database_keeps_keys_and_revocations(robot: User, keeper: User) -> None:
    key, _ = issued(robot)
    operations.revoke_api_key(key_id=key.pk, actor=None)
    assert refused_by("UPDATE audit_apikey SET revoked_at = NULL") == "audit_apikey_stays_revoked"
    assert refused_by("DELETE FROM audit_apikey") == "audit_apikey_is_kept"
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    assert refused_by("TRUNCATE audit_apikey") == "audit_apikey_is_append_only"
    another = (
        "INSERT INTO audit_apikey (name, prefix, secret_hash, scopes, user_id, approved_at, "
        "expires_at, created_by_id) SELECT 'x', 'bk_x', %s, scopes, user_id, now(), expires_at, "
        "%s FROM audit_apikey"
    )
    assert refused_by(another, "0" * 64, keeper.pk) == "audit_apikey_takes_two"
    assert refused_by(another, "plain", None) == "audit_apikey_is_hashed"
