"""Rating for carriers and partners over the API: agreed, derived, ended, refused, whose it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

import audit.operations
from catalog.models import Charge
from customers.models import Account
from rating import operations
from rating.models import RatingAgreement, Usage
from tests.apps.billing_site.access.books import OURS, THEIRS, two_entities
from tests.apps.rating.carriers import call, carrier_charge
from tests.apps.rating.company import RECEIVED, Company, load, open_line, person

pytestmark = pytest.mark.django_db
ROOT, DERIVED = "/api/v1/rating-agreements/", "/api/v1/derived-ratings/"
SEE = ("rating.view_ratingagreement", "rating.view_usageevent")
DAYS: dict[str, Any] = {"from": "2027-05-01", "to": "2027-06-01"}
KEYS = count()


@pytest.fixture
def carrier(company: Company) -> Account:
    open_line(company, "999", name="Carrier")
    return company.accounts["Carrier"]


@pytest.fixture
def transit(company: Company) -> Charge:
    return carrier_charge(company)


@pytest.fixture
def api(db: None) -> APIClient:
    return machine(*SEE, "rating.agree_rating")


def machine(*rights: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(person(f"machine{next(KEYS)}", *rights))
    return client


def post(client: APIClient, path: str, key: str = "", **body: Any) -> Any:
    key = key or f"agreement-{next(KEYS)}"
    return client.post(ROOT + path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def by_charge(carrier: Account, **change: Any) -> dict[str, Any]:
    return {
        "charge": "MOBILE/1/CALLS", "purpose": "WHOLESALE", "account": carrier.number,
        "own_charge": "TRANSIT/1/TRANSIT", "start": "2027-05-01", **change,
    }  # fmt: skip


def derive() -> None:
    operations.derive_pending(on_date=RECEIVED.date())


def test_what_is_agreed_is_derived_read_and_ended(
    api: APIClient, company: Company, carrier: Account, transit: Charge
) -> None:
    """61 s: 0.061 to the carrier of 0.15 retail, a fifth of it to the partner (RATE)."""
    made, again = (post(api, "", "agree-once", **by_charge(carrier)) for _ in range(2))
    assert made.status_code == again.status_code == 201, made.content
    assert made.json() == again.json()
    assert (made.json()["own_charge"], made.json()["end"]) == (transit.reference, None)
    share = by_charge(carrier, purpose="PARTNER", own_charge=None, share="0.2")
    partner = post(api, "", **share).json()
    assert (partner["share"], partner["own_charge"], partner["attributes"]) == (
        "0.2000000", "", {},
    )  # fmt: skip
    load(company, call("a", 61))
    derive()
    event = Usage.objects.get()
    asked: dict[str, Any] = {"account_id": event.account_id, **DAYS}
    rows = api.get(DERIVED, asked).json()["results"]
    assert [(one["event_id"], one["purpose"], one["amount"]) for one in rows] == [
        (event.id, "PARTNER", "0.0300000000"), (event.id, "WHOLESALE", "0.0610000000"),
    ]  # fmt: skip
    (margin,) = api.get(f"{DERIVED}margins/", DAYS).json()
    assert (margin["charge"], margin["events"]) == ("MOBILE/1/CALLS", 1)
    assert Decimal(margin["margin"]) == Decimal("0.059")
    ended = post(api, f"{partner['id']}/end/", end="2027-05-03")
    assert ended.status_code == 200, ended.content
    assert ended.json()["end"] == "2027-05-03"
    derive()
    assert [one["purpose"] for one in api.get(DERIVED, asked).json()["results"]] == ["WHOLESALE"]
    listed = api.get(ROOT, {"purpose": "WHOLESALE", "account__number": carrier.number}).json()
    assert [one["id"] for one in listed["results"]] == [made.json()["id"]]
    late = post(api, f"{partner['id']}/end/", end="2027-05-09")
    assert (late.status_code, late.json()["rule"]) == (409, "RATE")


def test_attributes_say_which_events_are_meant(
    api: APIClient, carrier: Account, transit: Charge
) -> None:
    made = post(api, "", **by_charge(carrier, attributes={"zone": "EU", "band": "PEAK"}))
    assert made.json()["attributes"] == {"band": "PEAK", "zone": "EU"}
    assert RatingAgreement.objects.get().attribute_key == "band=PEAK,zone=EU"
    assert transit.pk == RatingAgreement.objects.get().own_charge_id


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"account": "NOBODY"}, 400, "account"),
        ({"charge": "MOBILE/1/NONE"}, 400, "charge"),
        ({"own_charge": "NONE/1/NONE"}, 400, "own_charge"),
        ({"purpose": "RETAIL"}, 400, "purpose"),
        ({"share": 0.2}, 400, "number"),
        ({"own_charge": None, "share": "-0.1"}, 400, "share"),
        ({"own_charge": None, "share": "0"}, 422, "above zero"),
        ({"own_charge": None, "share": "1.5"}, 422, "at most the whole"),
        ({"share": "0.2"}, 422, "either a charge or a share"),
        ({"own_charge": None}, 422, "either a charge or a share"),
        ({"own_charge": "MOBILE/1/DATA"}, 409, "does not price each event"),
        ({"attributes": {"zone": "EU,band=PEAK"}}, 422, "without commas"),
        ({"attributes": {"zone": ""}}, 400, "attributes"),
        ({"attributes": {"zone": "E" * 100, "band": "P" * 100}}, 422, "fewer attributes"),
        ({"start": "2027-02-30"}, 400, "start"),
        ({"nonsense": "1"}, 400, "nonsense"),
    ],
)
def test_what_cannot_be_agreed_is_refused_in_words(
    change: dict[str, Any], status: int, told: str, api: APIClient, carrier: Account,
    transit: Charge,
) -> None:  # fmt: skip
    answer = post(api, "", **by_charge(carrier, **change))
    assert (answer.status_code, told in answer.content.decode()) == (status, True), answer.content
    assert not RatingAgreement.objects.exists()
    assert transit.pk


def test_who_may_not_and_which_key_is_not_for_it(carrier: Account, transit: Charge) -> None:
    given = by_charge(carrier)
    assert post(machine(*SEE), "", **given).status_code == 403
    nobody = machine()
    for path in (ROOT, f"{DERIVED}margins/", DERIVED):
        assert nobody.get(path).status_code == 403
    both = person("both", *SEE, "rating.agree_rating")
    both.is_staff = False
    both.save()
    _, secret = audit.operations.issue_api_key(
        name="reader", user=both, scopes=list(SEE), days=30, actor=None
    )  # fmt: skip
    client = APIClient(headers={"Authorization": f"Api-Key {secret}"})
    assert client.get(ROOT).status_code == 200
    assert post(client, "", **given).status_code == 403
    assert not RatingAgreement.objects.exists()
    assert transit.pk


def test_lists_are_asked_by_account_and_days(api: APIClient) -> None:
    for asked in ({}, {"account_id": "x", **DAYS}, {"account_id": "1", "from": "2027-05-01"}):
        assert api.get(DERIVED, asked).status_code == 400
    long = api.get(DERIVED, {"account_id": "1", "from": "2027-01-01", "to": "2028-01-03"})
    assert (long.status_code, "366 days" in long.json()["detail"]) == (400, True)
    assert api.get(DERIVED, {"account_id": "1", "from": "2027-01-01", "to": "2028-01-02"}).json()
    assert api.get(f"{DERIVED}margins/", {"from": "2027-05-01", "to": "soon"}).status_code == 400


def test_of_another_entity_nothing_is_read_or_ended(db: None) -> None:
    books = two_entities()
    client = APIClient()
    client.force_authenticate(books.clerk)
    theirs = books.payers[THEIRS]
    days: dict[str, Any] = {"from": "2027-01-01", "to": "2028-01-01"}
    assert not client.get(DERIVED, {"account_id": theirs.pk, **days}).json()["results"]
    assert client.get(DERIVED, {"account_id": books.payers[OURS].pk, **days}).json()["results"]
    events = [one["events"] for one in client.get(f"{DERIVED}margins/", days).json()]
    everybody = machine(*SEE)
    of_all = [one["events"] for one in everybody.get(f"{DERIVED}margins/", days).json()]
    assert sum(events) < sum(of_all)
    agreement = RatingAgreement.objects.get(account=theirs)
    assert post(client, f"{agreement.pk}/end/", end="2027-06-01").status_code == 404
    body = by_charge(books.payers[OURS], charge=agreement.charge.reference)
    refused = post(client, "", **body)
    assert (refused.status_code, refused.json()["rule"]) == (403, "ENTITY")
    agreement.refresh_from_db()
    assert (agreement.valid.lower, agreement.valid.upper) == (date(2027, 1, 1), None)
