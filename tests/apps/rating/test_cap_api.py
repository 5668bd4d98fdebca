"""Spend caps over the API: set, changed from a day on, ended, read; as the console does."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

from rating.models import SpendCap
from tests.apps.rating.company import Company, person

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/spend-caps/"
KEYS = count()


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(person("machine", "rating.view_spendcap", "rating.set_cap"))
    return client


def post(client: APIClient, path: str, key: str = "", **body: Any) -> Any:
    key = key or f"spend-cap-{next(KEYS)}"
    return client.post(ROOT + path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def test_a_cap_is_set_changed_and_ended_by_date(api: APIClient, company: Company) -> None:
    number = company.accounts["Household"].number
    first: dict[str, Any] = {
        "account": number,
        "amount": euros("5.00"),
        "blocks": True,
        "start": "2027-05-01",
    }
    made, again = (post(api, "", "the-first-cap", **first) for _ in range(2))
    assert made.status_code == again.status_code == 201, made.content
    assert made.json() == again.json()
    assert (made.json()["amount"], made.json()["end"]) == (euros("5.00"), None)
    second: dict[str, Any] = {"account": number, "amount": euros("9.00"), "start": "2027-06-01"}
    assert post(api, "", **second).json()["blocks"] is False
    before = api.get(f"{ROOT}{made.json()['id']}/").json()
    assert (before["start"], before["end"]) == ("2027-05-01", "2027-06-01")
    late = post(api, "", **{**second, "start": "2027-05-20"})
    assert late.status_code in (409, 422)
    assert late.json()["rule"] == "CAP"
    ended = post(api, "end/", account=number, start="2027-07-01")
    assert ended.status_code == 200, ended.content
    assert ended.json()["end"] == "2027-07-01"
    none = post(api, "end/", account=number, start="2027-08-01")
    assert none.json()["rule"] == "CAP"
    rows = api.get(ROOT, {"account__number": number, "blocks": "true"}).json()["results"]
    assert [one["id"] for one in rows] == [made.json()["id"]]


def test_what_makes_no_sense_and_who_may_not_is_refused(api: APIClient, company: Company) -> None:
    number = company.accounts["Household"].number
    given: dict[str, Any] = {"account": number, "amount": euros("5.00"), "start": "2027-05-01"}
    for change in (
        {"amount": euros("0.00")},
        {"amount": {"amount": "5.00", "currency": "USD"}},
        {"account": "NOBODY"},
    ):
        answer = post(api, "", **{**given, **change})
        assert answer.status_code in (400, 422), answer.content
    viewer = APIClient()
    viewer.force_authenticate(person("viewer", "rating.view_spendcap"))
    assert post(viewer, "", **given).status_code == 403
    assert post(viewer, "end/", account=number, start="2027-05-01").status_code == 403
    assert viewer.get(ROOT).status_code == 200
    assert not SpendCap.objects.exists()
