"""The doors to a bill run: console, command, API; each refuses whoever lacks the permission."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

import invoicing.operations
from invoicing.models import BillCycle, BillRun, BillRunAccount
from tests.apps.invoicing.company import Company, add, person

pytestmark = pytest.mark.django_db
FEB = date(2027, 2, 1)


@pytest.fixture
def billed(company: Company) -> Company:
    """Let one payer have something to bill."""
    seat = company.offer("SEAT", {"price": Decimal(30)})
    add(company.payer(), seat)
    return company


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def carried(run_id: int) -> BillRun:
    """Do what the queue would do."""
    return invoicing.operations.continue_run(run_id=run_id)


def test_a_run_is_taken_from_start_to_post_in_the_console(billed: Company) -> None:
    clerk = browser(person("billing", "view_billrun", "start_run", "post_run", "cancel_run"))
    chief = browser(person("chief", "view_billrun", "approve_run"))
    form = {"cycle": billed.cycle.pk, "bill_date": "2027-02-01"}
    answer = clerk.post("/console/invoicing/runs/start/", form)
    run = BillRun.objects.get()
    page = f"/console/invoicing/runs/{run.pk}/"
    assert answer.url == page  # type: ignore[attr-defined]
    carried(run.pk)
    text = clerk.get(page).content.decode()
    assert "Control totals" in text
    assert "BR-5-FIRST" in text
    assert "Approve" not in [b.label for b in clerk.get(page).context["buttons"]]
    clerk.post(f"{page}approve_run/")
    assert BillRun.objects.get().state == "IN_REVIEW"
    chief.post(f"{page}approve_run/")
    clerk.post(f"{page}post_run/")
    assert carried(run.pk).state == "CLOSED"
    payer = BillRunAccount.objects.get().payer_id
    for path in ("", "?part=progress", "accounts/", "findings/", f"accounts/{payer}/"):
        assert clerk.get(page + path).status_code == 200
    assert clerk.get("/console/invoicing/runs/").status_code == 200
    assert clerk.get("/console/invoicing/held/").status_code == 200


def test_an_account_is_held_and_released_with_a_reason(billed: Company) -> None:
    run = billed.start(FEB)
    payer = BillRunAccount.objects.get().payer_id
    clerk = browser(person("billing", "view_billrun", "hold_account"))
    page = f"/console/invoicing/runs/{run.pk}/accounts/{payer}/"
    clerk.post(f"{page}hold/", {"reason": "Ask the customer"})
    assert BillRunAccount.objects.get().state == "HELD"
    clerk.post(f"{page}release/", {"reason": "Asked"})
    assert BillRunAccount.objects.get().state == "DRAFTED"


def test_whoever_lacks_the_permission_is_refused(billed: Company) -> None:
    nobody, viewer = browser(person("nobody")), browser(person("viewer", "view_billrun"))
    run = billed.start(FEB)
    assert nobody.get("/console/invoicing/runs/").status_code == 403
    assert viewer.get("/console/invoicing/runs/start/").status_code == 403
    for verb in ("approve_run", "recalculate", "resume"):
        viewer.post(f"/console/invoicing/runs/{run.pk}/{verb}/")
    assert viewer.get(f"/console/invoicing/runs/{run.pk}/cancel/").status_code == 403
    payer = BillRunAccount.objects.get().payer_id
    viewer.post(f"/console/invoicing/runs/{run.pk}/accounts/{payer}/hold/", {"reason": "because"})
    run.refresh_from_db()
    assert (run.state, BillRunAccount.objects.get().state) == ("IN_REVIEW", "DRAFTED")


def test_a_cycle_is_defined_in_the_console(company: Company) -> None:
    clerk = browser(person("billing", "add_billcycle", "view_billcycle"))
    form = {
        "code": "Q15",
        "name": "Quarterly",
        "day": 15,
        "months": 3,
        "anchor": "2027-01-15",
        "usage_delay_days": 2,
        "rebill_periods": 2,
        "corrections": "NET",
        "approval_mode": "MANUAL",
        "zero_documents": "SUPPRESS",
        "warn_percent": 50,
        "hold_percent": 900,
    }
    clerk.post("/console/invoicing/cycles/new/", form)
    assert BillCycle.objects.get(code="Q15").rhythm.boundary(1) == date(2027, 4, 15)
    assert clerk.get("/console/invoicing/cycles/").status_code == 200


def command(*words: str) -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    try:
        call_command("run_billing", *words, "--json", stdout=out)
    except SystemExit as exit_:
        return int(str(exit_.code)), json.loads(out.getvalue() or "{}")
    return 0, json.loads(out.getvalue())


def test_a_run_is_taken_through_by_command(billed: Company) -> None:
    code, told = command("start", "--cycle", "C1", "--as-of", "2027-02-01", "--by", "clerk")
    run = str(told["run"])
    assert (code, told["state"]) == (0, "IN_REVIEW")
    assert told["totals"]["EUR"]["DRAFTED"]["payers"] == 1
    assert command("approve", "--run", run, "--by", "clerk")[0] == 4
    assert command("approve", "--run", run, "--by", "boss")[1]["state"] == "APPROVED"
    assert command("post", "--run", run, "--by", "clerk")[1]["state"] == "CLOSED"
    assert command("cancel", "--run", run, "--reason", "late")[0] == 4
    assert command("status", "--run", run)[0] == 0
    assert command("start", "--cycle", "NONE")[0] == 2
    assert command("start", "--cycle", "C1", "--as-of", "2027-02-02")[0] == 4


def test_a_command_says_that_accounts_are_parked(billed: Company) -> None:
    run = billed.start(FEB)
    payer = BillRunAccount.objects.get().payer_id
    invoicing.operations.hold_account(
        run_id=run.pk, payer_id=payer, reason="ask", actor=billed.clerk
    )
    assert command("status", "--run", str(run.pk))[0] == 3
    assert command("cancel", "--run", str(run.pk), "--reason", "wrong date")[0] == 0


def post(client: APIClient, path: str, body: dict[str, Any], key: str) -> Any:
    return client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=f"{key}-0123456789")


def test_a_run_is_taken_through_by_api(billed: Company) -> None:
    clerk, chief = APIClient(), APIClient()
    clerk.force_authenticate(person("billing", "view_billrun", "start_run", "post_run"))
    chief.force_authenticate(person("chief", "view_billrun", "approve_run"))
    body = {"cycle": "C1", "bill_date": "2027-02-01"}
    answer = post(clerk, "/api/v1/bill-runs/", body, "start-1")
    assert answer.status_code == 201, answer.content
    run = answer.json()["id"]
    assert post(clerk, "/api/v1/bill-runs/", body, "start-1").json()["id"] == run
    carried(run)
    page = f"/api/v1/bill-runs/{run}/"
    assert post(clerk, f"{page}approve/", {}, "a-1").status_code == 403
    assert post(clerk, f"{page}resume/", {}, "r-1").json()["state"] == "IN_REVIEW"
    assert post(chief, f"{page}approve/", {}, "a-2").json()["state"] == "APPROVED"
    assert post(clerk, f"{page}post/", {}, "p-1").json()["state"] == "POSTING"
    carried(run)
    told = clerk.get(page).json()
    assert told["state"] == "CLOSED"
    assert told["totals"]["EUR"]["POSTED"]["amount"] == "71.4000"
    assert clerk.get(f"/api/v1/bill-run-accounts/?run={run}").json()["results"][0]["state"]
    assert APIClient().get(page).status_code in (401, 403)
