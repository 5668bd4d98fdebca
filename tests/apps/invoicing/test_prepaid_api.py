"""Balances of money over the API: sold, given, read, paid back, taken; as the console does."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

from customers.models import Account
from foundation import clock
from invoicing.models import Invoice
from rating.models import BalanceBucket
from receivables.models import OpenItem
from tests.apps.invoicing.company import START, Company, add
from tests.apps.invoicing.test_prepaid import books, is_green
from tests.apps.rating.company import person

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/prepaid-balances/"
KEYS = count()
READ, SELL, GIVE = "rating.view_balancebucket", "rating.sell_balance", "rating.adjust_balance"


@pytest.fixture
def payer(company: Company) -> Account:
    """Pays 100.00 a month and 19 % VAT."""
    account = company.payer()
    add(account, company.offer("SEAT", {"price": 100}))
    return account


@pytest.fixture(autouse=True)
def _new_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: START)


def client_of(*rights: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(person(f"machine{next(KEYS)}", *rights))
    return client


def post(client: APIClient, path: str, body: dict[str, Any], key: str = "") -> Any:
    key = key or f"prepaid-{next(KEYS)}"
    return client.post(ROOT + path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def sale(payer: Account, **more: Any) -> dict[str, Any]:
    return {
        "account": payer.number, "amount": euros("500.00"), "start": "2027-01-01",
        "end": "2028-01-01", "name": "Year 2027", **more,
    }  # fmt: skip


def test_a_balance_is_sold_once_pays_and_is_paid_back(company: Company, payer: Account) -> None:
    """500.00 sold with 50.00 on top, 119.00 used, 431.00 left: 391.82 had been paid for them."""
    client = client_of(READ, SELL)
    body = sale(payer, bonus=euros("50.00"), bonus_policy="PROPORTIONAL")
    made, again = (post(client, "", body, key="one-sale-only") for _ in range(2))
    assert made.status_code == again.status_code == 201, made.content
    assert made.json() == again.json()
    told = made.json()
    assert told["initial"] == told["remaining"] == euros("550.00")
    assert told["consideration"] == euros("500.00")
    assert told["ends_at"] == "2027-12-31T23:00:00Z"
    memo = Invoice.objects.get()
    assert told["movements"][0]["document_id"] == memo.pk
    company.bill(START)
    told = client.get(f"{ROOT}{told['id']}/").json()
    assert told["remaining"] == euros("431.00")
    assert [(one["kind"], one["delta"]) for one in told["movements"]] == [
        ("CONSUME", euros("-119.00")), ("GRANT", euros("550.00")),
    ]  # fmt: skip
    back = post(
        client, f"{told['id']}/pay-back/", {"fee": euros("1.00"), "reason": "Gave up the line"}
    )
    assert back.status_code == 200, back.content
    assert back.json()["closed_at"]
    assert OpenItem.objects.get(side="C").open == Decimal("390.82")
    assert books("rating.balancebucket")["2140"] == Decimal("391.82")
    is_green()


def test_money_is_given_with_a_reason_and_taken_by_who_may(payer: Account) -> None:
    gift = sale(payer, amount=euros("19.00"), name="Sorry", reason="A week without service")
    assert post(client_of(READ, SELL), "give/", gift).status_code == 403
    client = client_of(READ, GIVE)
    assert post(client, "", sale(payer)).status_code == 403
    made = post(client, "give/", gift)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["source"], told["consideration"]) == ("PROMO", euros("0.00"))
    taken = post(
        client, f"{told['id']}/take/", {"amount": euros("9.00"), "reason": "Half of it was ours"}
    )
    assert taken.json()["remaining"] == euros("10.00")
    too_much = post(client, f"{told['id']}/take/", {"amount": euros("11.00"), "reason": "All"})
    assert too_much.status_code in (400, 422)
    rows = client.get(ROOT, {"account__number": payer.number, "source": "PROMO"}).json()
    assert [one["id"] for one in rows["results"]] == [told["id"]]
    assert client.get(ROOT, {"closed_at__isnull": "false"}).json()["results"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": {"amount": "5.00", "currency": "USD"}}, "in EUR"),
        ({"bonus": {"amount": "5.00", "currency": "USD"}}, "in EUR"),
        ({"amount": euros("0.00")}, "more than nothing"),
        ({"account": "NOBODY"}, "no such account"),
        ({"usage_type": "SMOKE"}, "no such kind of usage"),
        ({"end": "2027-01-01"}, "ends after it starts"),
        ({"bonus_policy": "HALF"}, "bonus_policy"),
    ],
)
def test_a_sale_that_makes_no_sense_is_refused(
    payer: Account, change: dict[str, Any], said: str
) -> None:
    answer = post(client_of(READ, SELL), "", sale(payer, **change))
    assert answer.status_code in (400, 409, 422), answer.content
    assert said in answer.content.decode()
    assert not BalanceBucket.objects.exists()
    assert not Invoice.objects.exists()
