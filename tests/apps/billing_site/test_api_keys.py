"""Programs come in by key: hashed, scoped, expiring, revocable; their doings carry their name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client

import audit.operations
from audit.models import ApiKey

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.apps.foundation.console_urls")]


@pytest.fixture
def robot() -> User:
    user = User.objects.create_user("robot")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_group", "add_group"]))
    return user


def key_for(user: User, scopes: list[str]) -> tuple[ApiKey, str]:
    return audit.operations.issue_api_key(
        name="erp", user=user, scopes=scopes, days=30, actor=None
    )


def get(secret: str) -> Any:
    return Client().get("/api/t/groups/", headers={"Authorization": f"Api-Key {secret}"})


def test_a_live_key_with_the_scope_reads(robot: User) -> None:
    key, secret = key_for(robot, ["auth.view_group"])
    assert get(secret).status_code == 200
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert secret not in str(ApiKey.objects.values())


def test_a_key_does_not_exceed_its_scope_nor_its_user(robot: User) -> None:
    _, narrow = key_for(robot, ["auth.add_group"])
    assert get(narrow).status_code == 403
    _, wide = key_for(robot, ["auth.view_group"])
    robot.user_permissions.clear()
    assert get(wide).status_code == 403


def test_a_dead_key_is_no_key(robot: User) -> None:
    old, late = key_for(robot, ["auth.view_group"])
    ApiKey.objects.filter(pk=old.pk).update(expires_at=Now() - timedelta(seconds=1))
    assert get(late).status_code == 401
    key, revoked = key_for(robot, ["auth.view_group"])
    audit.operations.revoke_api_key(key_id=key.pk, actor=None)
    assert get(revoked).status_code == 401
    _, orphan = key_for(robot, ["auth.view_group"])
    User.objects.filter(pk=robot.pk).update(is_active=False)
    assert get(orphan).status_code == 401
    for nonsense in ("", "x", "a b", "é" * 10, "x" * 5000):
        assert get(nonsense).status_code in (401, 403)


def test_no_key_is_401_with_a_challenge() -> None:
    response = Client().get("/api/t/groups/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Api-Key"


def test_a_post_by_key_is_done_once_in_the_audit_store(robot: User) -> None:
    _, secret = key_for(robot, ["auth.view_group", "auth.add_group"])
    body = '{"name": "north", "price": {"amount": "1.00", "currency": "EUR"}}'
    headers = {"Authorization": f"Api-Key {secret}", "Idempotency-Key": "abcdefgh-1"}

    def post(text: str) -> Any:
        return Client().post(
            "/api/t/groups/", text, content_type="application/json", headers=headers
        )

    first, second = post(body), post(body)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert Group.objects.filter(name="north").count() == 1
    assert post(body.replace("north", "south")).status_code == 422
    assert not Group.objects.filter(name="south").exists()


def test_the_schema_is_valid_and_complete() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")
