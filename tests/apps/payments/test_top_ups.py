"""Automatic top-ups on pages and over the API: set, asked for, answered, who may (ENT-8)."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from customers.models import Account
from foundation import clock
from payments.models import Payment
from rating.models import BalanceBucket, TopUpRequest, TopUpRule
from tests.apps.invoicing.company import Company
from tests.apps.rating.company import person
from tests.apps.rating.topping_up import NOW, ask, fail, rule, tender

pytestmark = pytest.mark.django_db
RULES, REQUESTS = "/api/v1/top-up-rules/", "/api/v1/top-up-requests/"
SEE = ("rating.view_topuprule", "rating.view_topuprequest")
ANSWER = ("rating.answer_top_up", "payments.record_payment")
KEYS = count()


@pytest.fixture
def payer(db: None) -> Account:
    return Company().payer()


@pytest.fixture(autouse=True)
def _january(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda zone: NOW.date())


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def machine(*rights: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(person(f"machine{next(KEYS)}", *rights))
    return client


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=f"top-up-{next(KEYS)}")


def test_a_machine_sets_a_rule_and_answers_what_it_asks_for(payer: Account) -> None:
    body = {
        "account": payer.number, "threshold": euros("10.00"), "amount": euros("25.00"),
        "most_per_month": euros("60.00"), "start": "2027-01-01",
    }  # fmt: skip
    setter = machine(*SEE, "rating.set_top_up")
    assert post(machine(*SEE), RULES, body).status_code == 403
    dollars = {"amount": "9.00", "currency": "USD"}
    assert post(setter, RULES, {**body, "threshold": dollars}).status_code == 422
    made = post(setter, RULES, body)
    assert made.status_code == 201, made.content
    assert (made.json()["most_tries"], made.json()["end"]) == (3, None)
    asked = ask()
    client = machine(*SEE, *ANSWER)
    told = client.get(REQUESTS, {"state": "REQUESTED"}).json()["results"][0]
    assert told["idempotency_key"] == f"TOPUP-{made.json()['id']}-1"
    answer = {"amount": euros("25.00"), "reference": "PSP-1", "tender": tender().code}
    address = f"{REQUESTS}{asked.pk}/capture/"
    assert post(setter, address, answer).status_code == 403
    for _ in range(2):  # under two keys: what is sold once is told by the request itself
        done = post(client, address, answer)
        assert done.status_code == 200, done.content
        assert done.json()["captured"] == euros("25.00")
    assert BalanceBucket.objects.get().pk == done.json()["bucket_id"]
    assert Payment.objects.get().reference == told["idempotency_key"]
    late = post(client, f"{REQUESTS}{asked.pk}/fail/", {"reason": "Card declined"})
    assert (late.status_code, late.json()["rule"]) == (409, "ENT-8")
    ended = post(setter, f"{RULES}{made.json()['id']}/end/", {"end": "2027-02-01"})
    assert ended.json()["end"] == "2027-02-01"


def test_a_machine_says_that_a_payment_failed(payer: Account) -> None:
    rule(payer)
    address = f"{REQUESTS}{ask().pk}/fail/"
    client = machine(*SEE, *ANSWER)
    body = {"reason": "Card declined", "retry_at": "2027-01-06T12:00:00Z"}
    for _ in range(2):
        told = post(client, address, body).json()
        assert (told["state"], told["retry_at"]) == ("FAILED", "2027-01-06T12:00:00Z")


@pytest.fixture
def clerk(client: Client, payer: Account) -> Client:
    rights = (*SEE, *ANSWER, "rating.set_top_up", "rating.view_balancebucket")
    client.force_login(person("topper", *rights, "payments.view_payment"))
    return client


def text_of(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(f"rating:{name}", args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_rule_is_set_and_ended_on_pages(clerk: Client, payer: Account) -> None:
    assert "No automatic top-up" in text_of(clerk, "account_top_ups", payer.pk)
    assert reverse("rating:account_top_ups", args=[payer.pk]) in text_of(
        clerk, "account_balances", payer.pk
    )
    answer = clerk.post(
        reverse("rating:top_up_set", args=[payer.pk]),
        {"usage_type": "", "threshold": "10", "amount": "25", "most_per_month": "60",
         "most_tries": "3", "starts": "2027-01-01"},
    )  # fmt: skip
    made = TopUpRule.objects.get()
    assert answer["Location"] == reverse("rating:account_top_ups", args=[payer.pk])
    assert "asks next" in text_of(clerk, "account_top_ups", payer.pk)
    ask()
    assert "a request is in flight" in text_of(clerk, "account_top_ups", payer.pk)
    assert "when 10.00 EUR are left, 25.00 EUR are asked" in text_of(clerk, "top_up_end", made.pk)
    clerk.post(reverse("rating:top_up_end", args=[made.pk]), {"ends": "2027-01-05"})
    made.refresh_from_db()
    assert str(made.last_day) == "2027-01-04"
    assert "not in force" in text_of(clerk, "account_top_ups", payer.pk)


def test_requests_are_listed_and_answered_on_pages(clerk: Client, payer: Account) -> None:
    assert "No top-up was asked for" in text_of(clerk, "top_ups")
    rule(payer)
    first = ask()
    page = reverse("rating:top_up", args=[first.pk])
    assert page in text_of(clerk, "top_ups")
    assert page not in text_of(clerk, "top_ups", query="?waiting=1")
    assert page not in text_of(clerk, "top_ups", query="?state=FAILED")
    mine = f"?account={payer.number}"
    assert page in text_of(clerk, "top_ups", query=mine)
    assert page not in text_of(clerk, "top_ups", query="?account=other")
    assert f"{reverse('rating:top_ups')}{mine}" in text_of(clerk, "account_top_ups", payer.pk)
    fail_page = reverse("rating:fail_top_up", args=[first.pk])
    assert fail_page in text_of(clerk, "top_up", first.pk)
    clerk.post(fail_page, {"reason": "Card declined", "retry_on": "2027-01-06"})
    text = text_of(clerk, "top_up", first.pk)
    assert "Card declined" in text
    assert fail_page not in text
    second = ask(NOW.replace(day=6))
    address = reverse("payments:capture_top_up", args=[second.pk])
    assert 'value="25.00"' in clerk.get(address).content.decode()
    answer = clerk.post(
        address,
        {"amount": "20.00", "reference": "PSP-2", "tender": tender().pk,
         "received_on": f"{NOW:%Y-%m-%d}"},
    )  # fmt: skip
    assert answer["Location"] == reverse("rating:top_up", args=[second.pk])
    bucket = BalanceBucket.objects.get()
    text = text_of(clerk, "top_up", second.pk)
    assert reverse("rating:balance", args=[bucket.pk]) in text
    assert "PSP-2" in text


def test_who_may_only_look_answers_nothing(client: Client, payer: Account) -> None:
    made = rule(payer)
    asked = ask()
    client.force_login(person("viewer", *SEE, "rating.view_balancebucket"))
    assert "Captured" not in text_of(client, "top_up", asked.pk)
    for name, key in (("rating:top_up_set", payer.pk), ("rating:top_up_end", made.pk),
                      ("rating:fail_top_up", asked.pk),
                      ("payments:capture_top_up", asked.pk)):  # fmt: skip
        assert client.get(reverse(name, args=[key])).status_code == 403
        assert client.post(reverse(name, args=[key]), {}).status_code == 403
    fail(asked)
    assert TopUpRequest.objects.get().state == "FAILED"
