"""Rate anything: by page, by API, and on the page of a stored event; nothing is stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import catalog.operations
from catalog.models import ZoneMap
from rating import queries
from rating.models import SuspenseItem, Usage, UsageAggregate, UsageKey
from rating.views.trying import pasted
from tests.apps.rating.company import RECEIVED, Company, person
from tests.apps.rating.test_api import post
from tests.apps.rating.test_telco import LONG_AGO, load, matrix

pytestmark = pytest.mark.django_db
D = Decimal
DAY = date(2027, 5, 3)
LINES = (
    "event_key,usage_type,event_start,quantity,attr.called\na,INTL,2027-05-03T17:59:30Z,61,431\n"
)


@pytest.fixture
def calls(company: Company) -> Company:
    matrix(company, first_increment=60, next_increment=60)
    return company


def tried(company: Company, text: str) -> list[queries.Tried]:
    account = company.accounts["Caller"]
    return queries.try_events(account=account, rows=pasted(text), as_of=RECEIVED, on_date=DAY)


def nothing_is_stored() -> bool:
    return not any(
        model.objects.exists() for model in (Usage, UsageAggregate, UsageKey, SuspenseItem)
    )


def test_every_step_of_a_call_is_told(calls: Company) -> None:
    (one,) = tried(calls, LINES)
    assert (one.quantity, one.exact, one.amount, one.problem) == (D(120), D("1.85"), D("1.85"), "")
    assert (one.charge, one.group, one.currency) == ("ABROAD/1/INTL", "zone=AT", "EUR")
    assert one.steps == (
        "charge ABROAD/1/INTL by MSISDN 43660, on 3 May 2027",
        "zone AT by prefix 43 of map DEST (RATE)",
        "61 in increments of 60/60 is 120 (UNIT-1)",
        "priced as zone=AT (PRC-3)",
        "from 0 to 60 in band PEAK: 60 · 0.02 = 1.2 (UNIT-5)",
        "from 60 to 120 in band OFF: 60 · 0.01 = 0.6 (UNIT-5)",
        "and the fee of each event, 0.05",
        "is 1.85, rounded by itself to 4 decimals: 1.8500 (UNIT-2)",
    )
    assert nothing_is_stored()


def test_it_is_what_a_load_stores(calls: Company) -> None:
    rows = [("2027-05-03T10:00:00Z", seconds, "43664") for seconds in (1, 0, 59, -61)]
    load(calls, *rows)
    stored = list(Usage.objects.order_by("row_number"))
    text = "usage_type,event_start,quantity,attr.called\n" + "\n".join(
        f"INTL,{start},{seconds},{called}" for start, seconds, called in rows
    )
    for event, one in zip(stored, tried(calls, text), strict=True):
        again = queries.explain_event(event)
        assert one.amount == event.amount_exact == again.amount
        assert one.steps[1:] == again.steps[1:]


def test_why_an_event_has_no_price(calls: Company) -> None:
    text = (
        "usage_type,identifier,quantity,attr.called\n"
        "INTL,43660,10,99\nINTL,0000,10,431\nINTL,4915,10,431\nNONE,43660,1,\nINTL,43660,x,431\n"
    )
    found = tried(calls, text)
    assert [one.problem.split(":")[0] for one in found] == [
        "NO_ZONE", "NO_OWNER", "NO_OWNER", "UNKNOWN_TYPE", "BAD_QUANTITY",
    ]  # fmt: skip
    assert found[0].told.startswith("No zone has the prefix: ")


def test_usage_of_a_line_is_priced_as_if_alone(company: Company) -> None:
    account = company.accounts["Household"]
    rows = [{"usage_type": "DATA", "quantity": "3", "attr.zone": "WORLD"}]
    (one,) = queries.try_events(account=account, rows=rows, as_of=RECEIVED, on_date=DAY)
    assert (one.group, one.amount, one.day) == ("zone=WORLD", D("0.15"), "2027-05-03")
    assert "alone it would be" in one.steps[2]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"attr.Zone": "WORLD"}, "BAD_ATTRIBUTE"),
        ({"attr.": "WORLD"}, "BAD_ATTRIBUTE"),
        ({"quantity": " 3"}, "BAD_QUANTITY"),
    ],
)
def test_what_a_load_refuses_is_not_rated_either(
    company: Company, changes: dict[str, str], problem: str
) -> None:
    """An attribute that is spelled otherwise would be rated as if it were not there."""
    rows = [{"usage_type": "DATA", "quantity": "3", **changes}]
    account = company.accounts["Household"]
    (one,) = queries.try_events(account=account, rows=rows, as_of=RECEIVED, on_date=DAY)
    assert (one.problem.split(":")[0], one.amount) == (problem, None)


def test_the_page_rates_what_is_pasted(calls: Company, client: Client) -> None:
    client.force_login(person("viewer", "rating.view_usageevent"))
    page = reverse("rating:try")
    assert client.get(page).status_code == 200
    data = {"account": calls.accounts["Caller"].number, "on_date": "2027-05-03", "events": LINES}
    answer = client.post(page, data)
    assert answer.status_code == 200
    assert "60 · 0.01 = 0.6" in answer.content.decode()
    for bad in ("x", "usage_type,what\nINTL,1", "usage_type,quantity\nINTL"):
        assert client.post(page, {**data, "events": bad}).status_code == 422
    assert client.post(page, {**data, "account": "none"}).status_code == 422
    client.force_login(person("nobody"))
    assert client.get(page).status_code == 403
    assert nothing_is_stored()


def test_the_page_of_an_event_tells_its_steps(calls: Company, client: Client) -> None:
    load(calls, ("2027-05-03T17:59:30Z", 61, "431"))
    event = Usage.objects.get()
    client.force_login(person("viewer", "rating.view_usageevent"))
    page = client.get(reverse("rating:event", args=[event.account_id, event.id]))
    assert "from 60 to 120 in band OFF" in page.content.decode()


def test_the_api_answers_alike(calls: Company, client: Client) -> None:
    client.force_login(person("machine", "rating.view_usageevent"))
    body: dict[str, Any] = {
        "account_id": calls.accounts["Caller"].pk, "on_date": "2027-05-03",
        "rows": [{"usage_type": "INTL", "event_start": "2027-05-03T17:59:30Z", "quantity": "61",
                  "attributes": {"called": "431"}}],
    }  # fmt: skip
    answer = post(client, "/api/v1/rating-previews/", body)
    assert answer.status_code == 200, answer.content
    many = {**body, "rows": body["rows"] * 201}
    assert post(client, "/api/v1/rating-previews/", many).status_code == 422
    (one,) = answer.json()
    assert (one["amount"], one["charge"]) == ("1.8500", "ABROAD/1/INTL")
    assert D(one["quantity"]) == 120
    tiny = {**body, "account_id": calls.accounts["Household"].pk}
    tiny["rows"] = [{"usage_type": "DATA", "quantity": "0.00000001"}]
    (one,) = post(client, "/api/v1/rating-previews/", tiny).json()
    assert [one["quantity"], D(one["exact"])] == ["0.00000001", D("1e-10")]
    assert "E" not in one["exact"]
    assert nothing_is_stored()


def test_the_map_that_answers_is_told_and_which_said_nothing_before(calls: Company) -> None:
    """A number of no prefix of DEST is found in WORLD, which it falls back to."""
    dest = ZoneMap.objects.get(code="DEST")
    world = catalog.operations.define_zone_map(code="WORLD", name="World", actor=None)
    catalog.operations.import_zones(
        zone_map=world, content=b"prefix,zone\n88,SAT\n", filename="w.csv", starts=LONG_AGO,
        actor=None,
    )  # fmt: skip
    catalog.operations.set_zone_fallbacks(
        zone_map=dest, then=[world], starts=date(2027, 5, 2), actor=None
    )
    text = (
        "usage_type,event_start,quantity,attr.called\n"
        "INTL,2027-05-03T10:00:00Z,60,+8812\nINTL,2027-05-01T10:00:00Z,60,+8812\n"
    )
    found, before = tried(calls, text)
    assert "zone SAT by prefix 88 of map WORLD; no prefix of DEST fits (RATE)" in found.steps
    assert before.problem.startswith("NO_ZONE")
    load(calls, ("2027-05-03T10:00:00Z", 60, "+8812"))
    assert Usage.objects.get().attribute_key == "zone=SAT"
