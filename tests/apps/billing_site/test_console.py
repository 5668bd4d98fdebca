"""The roof's own pages: home, approvals, integrity, history, errors, people, sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

import audit.operations
from audit.models import ApprovalRequest, Change, JobRun, ReasonCode
from billing_site import operations, sidebar
from billing_site.reports import GROUPS
from billing_site.tabs import CONSOLE_TABS, SharedTab
from foundation.integrity import Check, Finding

LogIn = Callable[[str], Client]
STAFF = ["auditor", "care", "catalog", "operator", "cash", "collector", "approver", "controller"]


@pytest.fixture
def asked(people: None) -> ApprovalRequest:
    subject = ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")
    return audit.operations.request_approval(
        action="invoicing.approve_credit",
        subject=subject,
        payload={"amount": "12.00", "note": "<b>bold</b>"},
        requester=User.objects.get(username="operator"),
        reason="late delivery",
    )


@pytest.mark.parametrize("username", [*STAFF, "access"])
def test_everybody_has_a_home_and_a_way_from_it(log_in: LogIn, username: str) -> None:
    client = log_in(username)
    assert client.get("/", follow=True).status_code == 200
    page = client.get(reverse("console:home"))
    assert page.status_code == 200
    for section in page.context["sidebar_navigation"]:
        for item in section["items"]:
            assert client.get(item["link"]).status_code == 200, (username, item)


def test_the_sidebar_hides_what_would_be_refused(log_in: LogIn) -> None:
    page = log_in("access").get(reverse("console:home")).content.decode()
    assert "Approvals" not in page


def test_one_entry_of_the_sidebar_is_marked(log_in: LogIn) -> None:
    client = log_in("auditor")
    for name in ("console:approvals", "console:home"):
        page = client.get(reverse(name))
        items = [i for s in page.context["sidebar_navigation"] for i in s["items"]]
        assert [i["link"] for i in items if i["active"]] == [reverse(name)]


def test_every_entry_of_the_sidebar_has_a_page() -> None:
    for section in sidebar.SECTIONS:
        for entry in section.entries:
            assert reverse(entry.url_name)


def test_a_waiting_request_is_counted_and_listed(log_in: LogIn, asked: ApprovalRequest) -> None:
    client = log_in("approver")
    home = client.get(reverse("console:home"))
    first = home.context["waiting"][0]
    assert (first.title, first.count) == ("Approvals", 1)
    assert "Approve credit" in client.get(reverse("console:approvals")).content.decode()
    page = client.get(reverse("console:approval", args=[asked.pk])).content.decode()
    assert "&lt;b&gt;bold" in page
    assert "late delivery" in page


@pytest.mark.parametrize(
    "asked", ["2027-05", "", "x", "2027-13", "0000-01", "9999-12", "0001-01", "9" * 40, "२०२७-०५"]
)
def test_the_home_shows_the_month_asked_for(log_in: LogIn, asked: str) -> None:
    page = log_in("auditor").get(reverse("console:home"), {"month": asked})
    assert page.status_code == 200
    if asked == "2027-05":
        assert "May 2027" in page.content.decode()


def test_a_second_person_approves_the_first_does_not(
    log_in: LogIn, asked: ApprovalRequest
) -> None:
    client = log_in("operator")
    page = client.get(reverse("console:approval", args=[asked.pk])).content.decode()
    assert "another person decides" in page
    assert client.post(reverse("console:approve", args=[asked.pk])).status_code == 403
    client = log_in("approver")
    assert client.post(reverse("console:approve", args=[asked.pk])).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "APPROVED"
    again = client.post(reverse("console:approve", args=[asked.pk]))
    assert again.status_code == 422
    assert "not waiting any more" in again.content.decode()


def test_a_rejection_says_why(log_in: LogIn, asked: ApprovalRequest) -> None:
    client = log_in("approver")
    url = reverse("console:reject", args=[asked.pk])
    assert client.post(url).status_code == 422
    assert client.post(url, {"comment": "no proof"}).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "REJECTED"


def test_history_says_who_changed_what_by_which_way(log_in: LogIn) -> None:
    client = log_in("access")
    clerk = User.objects.get(username="cash")
    code = ReasonCode.objects.create(domain="CREDIT", code="X", text="Before")
    with audit.operations.context(actor=clerk, via="console", reason="typo"):
        ReasonCode.objects.filter(pk=code.pk).update(text="After")
    url = reverse("console:history", args=["audit.reasoncode", code.pk])
    assert client.get(url).status_code == 403
    page = log_in("auditor").get(url).content.decode()
    assert "text: Before → After" in page
    assert "typo" in page
    assert "cash" in page


@pytest.mark.parametrize("label", ["auth.user", "sessions.session", "no.such", "x"])
def test_history_shows_nothing_but_our_own(log_in: LogIn, label: str) -> None:
    url = reverse("console:history", args=[label, 1])
    assert log_in("auditor").get(url).status_code == 404


def test_errors_stand_in_the_frame(log_in: LogIn, client: Client) -> None:
    anonymous = Client().get("/nowhere/")
    assert anonymous.status_code == 404
    assert "Nothing at this address" in anonymous.content.decode()
    page = log_in("auditor").get("/nowhere/").content.decode()
    assert "nav-sidebar" in page
    response = client.get("/api/v1/nowhere/")
    assert response["Content-Type"] == "application/problem+json"


def test_an_error_of_ours_has_a_plain_page(monkeypatch: pytest.MonkeyPatch, log_in: LogIn) -> None:
    client = log_in("auditor")
    client.raise_request_exception = False

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("billing_site.queries.home.waiting", broken)
    response = client.get(reverse("console:home"))
    assert response.status_code == 500
    assert "Something broke here" in response.content.decode()


# -- identities -----------------------------------------------------------------------------------


def fake_checks() -> list[Check]:
    wrong = Finding("I-7", "entry 5", "does not balance", "0.00", "1.00")
    return [Check("I-1", "Items are the ledger", list), Check("I-7", "Balance", lambda: [wrong])]


@pytest.mark.django_db(transaction=True)
def test_the_board_keeps_the_last_run_and_drills_down(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr("billing_site.operations.integrity.checks", fake_checks)
    client.force_login(User.objects.create_superuser("root"))
    assert "not checked yet" in client.get(reverse("console:integrity")).content.decode()
    response = client.post(reverse("console:integrity_run"), follow=True)
    page = response.content.decode()
    assert "Red: I-7." in page
    assert "The books disagree" in page
    findings = client.get(reverse("console:findings", args=["I-7"])).content.decode()
    assert "entry 5" in findings
    assert client.get(reverse("console:findings", args=["I-99"])).status_code == 404
    assert JobRun.objects.get().state == "DONE"


@pytest.mark.django_db
def test_the_command_exits_with_four_when_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing_site.operations.integrity.checks", fake_checks)
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("check_integrity", "--json", stdout=out)
    assert stop.value.code == 4
    assert json.loads(out.getvalue())["checks"][1]["findings"][0]["subject"] == "entry 5"
    call_command("check_integrity", "--only", "I-1", stdout=StringIO())


@pytest.mark.django_db
def test_every_identity_of_the_rooms_runs_on_an_empty_book() -> None:
    results = operations.check_integrity()
    assert results
    assert [r.check.code for r in results if not r.is_green] == []


# -- people ---------------------------------------------------------------------------------------


def test_access_admin_gives_roles_but_no_forbidden_pair(log_in: LogIn) -> None:
    client = log_in("access")
    person = User.objects.create_user("newcomer", is_staff=True)
    url = reverse("admin:auth_user_change", args=[person.pk])
    form = {
        "username": "newcomer",
        "is_active": "on",
        "is_staff": "on",
        "groups": [Group.objects.get(name=n).pk for n in ("Cash clerk", "Finance approver")],
    }
    refused = client.post(url, form)
    assert refused.status_code == 200
    assert "SOD-1" in refused.content.decode()
    form["groups"] = [Group.objects.get(name="Auditor").pk]
    assert client.post(url, form).status_code == 302
    assert [group.name for group in person.groups.all()] == ["Auditor"]


def test_access_admin_cannot_make_a_superuser_nor_raise_themselves(log_in: LogIn) -> None:
    client = log_in("access")
    access = User.objects.get(username="access")
    url = reverse("admin:auth_user_change", args=[access.pk])
    form = {
        "username": "access",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [Group.objects.get(name="Auditor").pk],
    }
    response = client.post(url, form, follow=True)
    access.refresh_from_db()
    assert not access.is_superuser
    assert [group.name for group in access.groups.all()] == ["Access admin"]
    assert "nobody changes their own roles" in response.content.decode()


def test_rights_of_roles_are_only_looked_at(log_in: LogIn) -> None:
    client = log_in("access")
    group = Group.objects.get(name="Cash clerk")
    page = client.get(reverse("admin:auth_group_change", args=[group.pk]))
    assert page.status_code == 200
    assert client.get(reverse("admin:auth_group_add")).status_code == 403


def test_nobody_schedules_a_function(people: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(reverse("admin:django_q_schedule_add")).status_code == 403
    assert client.get(reverse("admin:django_q_schedule_changelist")).status_code == 200
    assert client.get("/admin/django_q/ormq/").status_code == 404


# -- sessions and headers -------------------------------------------------------------------------


def test_pages_load_nothing_from_elsewhere(log_in: LogIn) -> None:
    response = log_in("auditor").get(reverse("console:home"))
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    page = response.content.decode()
    assert 'src="http' not in page
    assert 'href="http' not in page


@pytest.mark.parametrize("key", ["started_at", "seen_at"])
def test_a_session_ends(log_in: LogIn, key: str) -> None:
    client = log_in("auditor")
    client.get(reverse("console:home"))
    session = client.session
    old = datetime.now(tz=UTC) - timedelta(hours=13 if key == "started_at" else 1)
    session[key] = int(old.timestamp())
    session.save()
    response = client.get(reverse("console:home"))
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")
    assert client.get(reverse("console:home")).status_code == 302


def test_what_a_request_changes_is_recorded_as_its_doing(log_in: LogIn) -> None:
    client = log_in("approver")
    subject = ReasonCode.objects.create(domain="CREDIT", code="Y", text="Y")
    asked = audit.operations.request_approval(
        action="a.b",
        subject=subject,
        payload={},
        requester=User.objects.get(username="operator"),
    )
    client.post(reverse("console:approve", args=[asked.pk]))
    change = Change.objects.filter(table_name="audit_approvalrequest", operation="UPDATE").last()
    if change is not None:
        assert change.actor_id == User.objects.get(username="approver").pk
        assert change.via == "console"
        assert change.request_id


# -- pages of several rooms -----------------------------------------------------------------------


def test_every_shared_tab_has_a_page_and_a_right(people: None) -> None:
    rights = {f"{r.content_type.app_label}.{r.codename}" for r in Permission.objects.all()}
    for group in CONSOLE_TABS:
        for tab in group:
            assert reverse(tab.url_name, kwargs={"pk": 1})
            assert tab.permission in rights


def test_every_report_has_a_page() -> None:
    for _, reports in GROUPS:
        for report in reports:
            assert reverse(report.url_name)


def test_tabs_of_other_rooms_stand_on_a_page_by_right(
    log_in: LogIn, settings: Any, asked: ApprovalRequest
) -> None:
    settings.CONSOLE_TABS = (
        (
            SharedTab("Request", "console:approval", "audit.view_approvalrequest"),
            SharedTab("Decide", "console:approve", "audit.approve_request"),
            SharedTab("Elsewhere", "nowhere:page", "audit.view_change"),
            SharedTab("Keys", "console:import", "audit.view_apikey"),
        ),
    )
    page = log_in("operator").get(reverse("console:approval", args=[asked.pk]))
    assert [(tab.label, tab.active) for tab in page.context["tabs"]] == [("Request", True)]
