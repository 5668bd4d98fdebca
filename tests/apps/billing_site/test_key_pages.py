"""API keys in the console and on the command line: issued, approved, used, revoked."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from audit.models import ApiKey, ApprovalRequest

pytestmark = pytest.mark.django_db

LogIn = Callable[[str], Client]
GIVEN = {
    "name": "ERP",
    "user": "integration",
    "days": "90",
    "scopes": ["customers.view_account", "rating.load_usage"],
    "reason": "the ERP reads accounts",
}


def reads(secret: str) -> int:
    headers = {"Authorization": f"Api-Key {secret}"}
    return int(Client().get("/api/v1/accounts/", headers=headers).status_code)


def issued(client: Client, **changes: Any) -> tuple[ApiKey, str]:
    """Issue a key by the form; return it with the secret of the page that answers."""
    answer: Any = client.post(reverse("console:new_key"), {**GIVEN, **changes})
    assert answer.status_code == 200, answer.context["form"].errors
    secret = answer.context["secret"]
    assert f'<code class="hs-secret">{secret}</code>' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    return ApiKey.objects.get(), secret


def test_a_key_is_issued_approved_used_and_revoked(log_in: LogIn) -> None:
    key, secret = issued(log_in("access"))
    assert reads(secret) == 401
    page = reverse("console:key", args=[key.pk])
    for shown in (reverse("console:keys"), page):
        text = log_in("access").get(shown).content.decode()
        assert "Waiting" in text
        assert secret not in text
    request = ApprovalRequest.objects.get()
    asked = log_in("approver").get(reverse("console:approval", args=[request.pk]))
    assert "View account; Load usage files" in asked.content.decode()
    told = log_in("approver").post(
        reverse("console:approve", args=[request.pk]), {"comment": ""}, follow=True
    )
    assert "Approved, and in force." in told.content.decode()
    assert reads(secret) == 200
    text = log_in("access").get(page).content.decode()
    assert "Active" in text
    assert "Load usage" in text
    gone = log_in("access").post(reverse("console:revoke_key", args=[key.pk]), follow=True)
    assert "Nobody comes in with this key any more" in gone.content.decode()
    assert reads(secret) == 401
    assert 'summary class="hs-button hs-button-danger">Revoke' not in gone.content.decode()


def test_whoever_issues_does_not_approve(log_in: LogIn) -> None:
    issued(log_in("access"))
    request = ApprovalRequest.objects.get()
    answer = log_in("access").post(reverse("console:approve", args=[request.pk]))
    assert answer.status_code == 403


def test_a_person_is_not_offered_and_not_taken(log_in: LogIn) -> None:
    client = log_in("access")
    form = client.get(reverse("console:new_key")).context["form"]
    assert [user.username for user in form.fields["user"].queryset] == ["integration"]
    offered = {code for _, group in form.fields["scopes"].choices for code, _ in group}
    assert "rating.load_usage" in offered
    assert not {"audit.add_apikey", "invoicing.approve_credit"} & offered
    answer = client.post(reverse("console:new_key"), {**GIVEN, "user": "approver"})
    assert answer.status_code == 422
    assert "user" in answer.context["form"].errors
    assert not ApiKey.objects.exists()


def test_only_who_may_issues_and_revokes(log_in: LogIn) -> None:
    key, _ = issued(log_in("access"))
    page = reverse("console:key", args=[key.pk])
    assert "Revoke" not in log_in("auditor").get(page).content.decode()
    assert log_in("auditor").post(reverse("console:revoke_key", args=[key.pk])).status_code == 403
    assert log_in("controller").get(reverse("console:new_key")).status_code == 403
    assert log_in("care").get(reverse("console:keys")).status_code == 403


def issue(*words: str) -> str:
    out = StringIO()
    call_command("issue_api_key", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_prints_the_secret_once(people: None) -> None:
    told = json.loads(
        issue("ERP", "--user", "integration", "--scope", "customers.view_account", "--json")
    )
    assert reads(told["secret"]) == 200
    key = ApiKey.objects.get()
    assert (key.pk, key.created_by, key.approved_at is None) == (told["key"], None, False)


def test_the_command_refuses_a_person_and_a_right_that_is_none(people: None) -> None:
    assert User.objects.filter(username="approver", is_staff=True).exists()
    for user, scope in (
        ("approver", "customers.view_account"),
        ("integration", "customers.no_such"),
        ("nobody", "customers.view_account"),
    ):
        with pytest.raises(SystemExit) as ended:
            issue("ERP", "--user", user, "--scope", scope)
        assert ended.value.code in (2, 4)
    assert not ApiKey.objects.exists()
