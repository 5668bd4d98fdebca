"""Usage by API: bulk events with a verdict per row, once per key; files; suspense."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from foundation import clock
from rating.models import SuspenseItem, UsageFile
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    load,
    person,
    row,
    stored_events,
    sums,
)
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/usage-events/"


@pytest.fixture
def api(client: Client, company: Company) -> Client:
    client.force_login(
        person(
            "machine",
            *("rating.load_usage", "rating.view_usageevent", "rating.view_usagefile"),
            *("rating.view_suspenseitem", "rating.recycle_suspense", "rating.write_off_usage"),
        )
    )
    return client


def event(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "event_key": key,
        "usage_type": "DATA",
        "identifier_type": "MSISDN",
        "identifier": "4915",
        "event_start": "2027-05-03T10:15:22Z",
        "quantity": "1.5",
        "attributes": {"zone": "EU"},
        **changes,
    }


def post(client: Client, url: str, body: Any, key: str = "") -> Any:
    return client.post(
        url,
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key or str(uuid4())},
    )


@pytest.fixture(autouse=True)
def _in_june(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: RECEIVED)


def test_each_row_has_its_verdict(api: Client, company: Company) -> None:
    load(company, row("old", quantity="1.5"))
    answer = post(
        api,
        EVENTS,
        {
            "source": "MED",
            "rows": [
                event("a"),
                event("old"),
                event("b", identifier="4999"),
                event("c", quantity="NaN"),
                event("d", quantity=7),
            ],
        },
    )
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert [(one["row"], one["verdict"], one["reason"]) for one in found["results"]] == [
        (1, "LOADED", ""),
        (2, "DUPLICATE", ""),
        (3, "SUSPENDED", "NO_OWNER"),
        (4, "SUSPENDED", "BAD_QUANTITY"),
        (5, "LOADED", ""),
    ]
    assert (found["received"], found["loaded"], found["suspended"]) == (5, 2, 2)
    assert findings() == []


def test_the_same_request_is_carried_out_once(api: Client, company: Company) -> None:
    body = {"source": "MED", "rows": [event("a")]}
    first = post(api, EVENTS, body, key="key-12345678")
    again = post(api, EVENTS, body, key="key-12345678")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert UsageFile.objects.count() == 1
    other = post(api, EVENTS, body)
    assert other.json()["results"][0]["verdict"] == "DUPLICATE"
    assert stored_events() == 1


def test_a_thousand_events_and_one_aggregate_sum_alike(api: Client, company: Company) -> None:
    """C14: the same usage sent in many events or in one gives the same quantity."""
    rows = [event(f"k{number}", quantity="0.25") for number in range(1000)]
    assert post(api, EVENTS, {"source": "MED", "rows": rows}).json()["loaded"] == 1000
    many = sums()[0][3]
    post(api, EVENTS, {"source": "MED", "rows": [event("one", quantity="250")]})
    assert sums()[0][3] == 2 * many


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source": "MED", "rows": []}, 400),
        ({"source": "MED", "rows": "x"}, 400),
        ({"source": "MED", "rows": [1]}, 400),
        ({"source": "MED"}, 400),
        ({"source": "NOBODY", "rows": [event("a")]}, 422),
        ({"source": "MED", "rows": [event("a", price="1")]}, 400),
        ({"source": "MED", "rows": [event("a", identifier=None)]}, 400),
        ({"source": "MED", "rows": [event("a", attributes={"zone": {"x": 1}})]}, 400),
        ({"source": "MED", "rows": [event("a", attributes=["zone"])]}, 400),
        ({"source": "MED", "rows": [event("a", attributes={"Zone": "WORLD"})]}, 422),
        ({"source": "MED", "rows": [event("a", attributes={"zone ": "WORLD"})]}, 422),
        ({"source": "MED", "rows": [event("a", attributes={"": "WORLD"})]}, 422),
        ({"source": "MED", "rows": [event("a", attributes={"a\0": "WORLD"})]}, 422),
        ({"source": "MED", "rows": [event("a", quantity=True)]}, 400),
        ({"source": "MED", "rows": [event("a")], "dry_run": True}, 400),
        ('{"source": "MED", "rows": [{"event_key": "a", "quantity": 1.5}]}', 400),
        ('{"source": "MED", "rows": [{"event_key": "a", "event_key": "b"}]}', 400),
        ("[]", 400),
        ("{", 400),
    ],
)
def test_what_is_no_call_is_refused_whole(
    api: Client, company: Company, body: Any, status: int
) -> None:
    answer = post(api, EVENTS, body)
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert not UsageFile.objects.exists()


def test_more_than_ten_thousand_rows_are_refused(api: Client, company: Company) -> None:
    answer = post(api, EVENTS, {"source": "MED", "rows": [{}] * 10_001})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\ud800", "\u202e", "\ufffe", "\x1b[31m", "a\tb", "\\N", "\\."]
)
def test_odd_characters_end_in_suspense_or_are_kept_as_they_are(
    api: Client, company: Company, text: str
) -> None:
    answer = post(api, EVENTS, {"source": "MED", "rows": [event(f"k{text}"), event("fine")]})
    assert answer.status_code == 200
    first, second = answer.json()["results"]
    assert second["verdict"] == "LOADED"
    assert first["verdict"] in ("LOADED", "SUSPENDED")
    if first["verdict"] == "SUSPENDED":
        assert first["reason"] == "BAD_TEXT"
        assert SuspenseItem.objects.get().fields["event_key"]
    assert findings() == []


def test_events_of_an_account_are_read_by_day(api: Client, company: Company) -> None:
    load(company, row("a"))
    account = str(company.accounts["Household"].pk)
    answer = api.get(EVENTS, {"account_id": account, "from": "2027-05-01", "to": "2027-06-01"})
    assert [one["event_key"] for one in answer.json()["results"]] == ["a"]
    wrong: list[dict[str, str]] = [
        {},
        {"account_id": account},
        {"account_id": "²", "from": "2027-05-01", "to": "2027-06-01"},
        {"account_id": account, "from": "1.5.2027", "to": "2027-06-01"},
        {"account_id": account, "from": "2027-05-01", "to": "2027-06-01", "sort": "x"},
    ]
    for asked in wrong:
        assert api.get(EVENTS, asked).status_code == 400


def test_files_and_suspense_are_read_and_worked(api: Client, company: Company) -> None:
    file = load(company, row("a", identifier="4999"), row("b", identifier="4998"))
    assert api.get(f"/api/v1/usage-files/{file.pk}/").json()["suspended_count"] == 2
    for asked, ids in (("CSV", [file.pk]), ("XLSX", [])):
        found = api.get("/api/v1/usage-files/", {"format": asked}).json()["results"]
        assert [one["id"] for one in found] == ids
    items = api.get("/api/v1/suspense/", {"state": "OPEN"}).json()["results"]
    assert {one["identifier"] for one in items} == {"4999", "4998"}
    first, second = (one["id"] for one in items)
    answer = post(
        api,
        "/api/v1/suspense/recycle/",
        {"item_ids": [first], "corrections": {"identifier": "4915"}},
    )
    assert answer.json() == {"stored": 1, "duplicates": 0, "still_open": 0}
    again = post(api, "/api/v1/suspense/recycle/", {"item_ids": [first]})
    assert again.status_code == 409
    answer = post(
        api, "/api/v1/suspense/write-off/", {"item_ids": [second], "reason": "test traffic"}
    )
    assert answer.status_code == 201
    asked = answer.json()
    assert (asked["state"], asked["row_count"]) == ("PENDING", 1)
    assert [
        one["id"]
        for one in api.get("/api/v1/suspense/", {"write_off": asked["id"]}).json()["results"]
    ] == [second]
    assert findings() == []


def test_a_view_only_user_reads_and_does_no_more(client: Client, company: Company) -> None:
    load(company, row("a", identifier="4999"))
    client.force_login(person("viewer", "rating.view_suspenseitem", "rating.view_usagefile"))
    assert client.get("/api/v1/suspense/").status_code == 200
    assert client.get(EVENTS, {"account_id": 1}).status_code == 403
    for url, body in (
        (EVENTS, {"source": "MED", "rows": [event("a")]}),
        ("/api/v1/suspense/recycle/", {"item_ids": [1]}),
        ("/api/v1/suspense/write-off/", {"item_ids": [1], "reason": "test traffic"}),
    ):
        assert post(client, url, body).status_code == 403
    assert stored_events() == 0
