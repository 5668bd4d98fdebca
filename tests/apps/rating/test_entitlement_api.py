"""Entitlements by API: a check has no effect and reads its buckets by key (C17, ENT-3)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from django.test import Client

from foundation import sql
from rating import queries
from rating.models import BalanceBucket
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company, person

pytestmark = pytest.mark.django_db
CHECK = "/api/v1/entitlements/check/"
USE = {
    "usage_type": "DATA", "identifier": "4915", "quantity": "12", "at": "2027-05-10T12:00:00Z",
    "attributes": {"zone": "EU"},
}  # fmt: skip


@pytest.fixture
def api(client: Client, company: Company) -> Client:
    client.force_login(person("machine", "rating.view_balancebucket"))
    return client


def ask(api: Client, **more: Any) -> Any:
    return api.post(CHECK, json.dumps(USE | more), content_type="application/json")


def rows_by_table() -> dict[str, int]:
    """Return how many rows every table holds."""
    return {one._meta.db_table: one._base_manager.count() for one in apps.get_models()}


def test_c17_a_check_answers_and_leaves_no_trace(api: Client, company: Company) -> None:
    held = bucket(company.accounts["Household"], 10)
    before = rows_by_table()
    for _ in range(2):  # asked again without a key, it is answered anew
        answer = ask(api)
        assert answer.status_code == 200
        assert not answer.has_header("Idempotent-Replayed")
        told = answer.json()
        assert (told["allowed"], told["covered"], told["billable"]) == (
            True, "10.00000000", "2.00000000",
        )  # fmt: skip
        assert Decimal(told["next_price"]) == Decimal("0.01")
        assert Decimal(told["amount"]) == Decimal("0.02")
    assert rows_by_table() == before
    held.refresh_from_db()
    assert held.remaining == 10


def test_the_smallest_amount_has_no_exponent(api: Client) -> None:
    told = ask(api, quantity="0.00000001").json()
    assert Decimal(told["amount"]) == Decimal("1e-10")
    assert not any("E" in str(told[name]) for name in ("amount", "next_price", "prepaid")), told


def test_an_attribute_that_no_file_may_hold_is_no_answer(api: Client) -> None:
    """It would be answered as if it were not there, at another price."""
    told = ask(api, attributes={"Zone": "WORLD"}).json()
    assert told["problem"].startswith("BAD_ATTRIBUTE"), told


def test_the_database_refuses_whatever_a_check_would_write(
    api: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bucket(company.accounts["Household"], 10)
    monkeypatch.setattr(
        queries, "check", lambda use, on_date: BalanceBucket.objects.update(name="Written")
    )
    with pytest.raises(DatabaseError, match="read-only transaction"):
        ask(api)
    held.refresh_from_db()
    assert held.name != "Written"


def test_buckets_are_found_by_their_account_however_many_there_are(company: Company) -> None:
    """The plan of the one statement that reads buckets, beside an account with 5,000 others."""
    held = bucket(company.accounts["Household"], 10)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rating_balancebucket (account_id, usage_type_id, usage_filter, name,"
            " source, priority, is_blocker, initial, remaining, valid)"
            " SELECT account_id, usage_type_id, '{}', 'Other', 'PROMO', 100, false, 1, 0, valid"
            " FROM rating_balancebucket, generate_series(1, 5000) WHERE id = %s",
            [held.pk],
        )
        cursor.execute("ANALYZE rating_balancebucket")
        another = held.account_id + 1
        asked: dict[str, Any] = {"account": another, "service": 1, "kind": "DATA", "at": USE["at"]}
        asked["day"] = "2027-05-10"
        cursor.execute("EXPLAIN " + sql.statement("rating", "buckets_at"), asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "rating_balancebucket_holder" in plan, plan
    assert "Seq Scan on rating_balancebucket" not in plan, plan
