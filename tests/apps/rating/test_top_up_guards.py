"""What the database refuses of automatic top-ups, by raw SQL (ENT-8)."""

from __future__ import annotations

import pytest

from customers.models import Account
from rating.models import BalanceBucket, TopUpRequest, TopUpRule
from tests.apps.invoicing.company import Company
from tests.apps.rating.topping_up import ask, capture, fail, money, rule
from tests.attacks import copied, raw, refused_by, unguard

pytestmark = pytest.mark.django_db
RULE, REQUEST = "rating_topuprule", "rating_topuprequest"


@pytest.fixture
def payer(db: None) -> Account:
    return Company().payer()


def inserted(table: str, columns: str, **changes: str) -> str:
    """Return the statement that copies the row of a table with some columns changed."""
    names = columns.split()
    values = ", ".join(changes.get(name, name) for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM "


RULE_COLUMNS = "account_id usage_type_id currency threshold amount most_per_month most_tries valid"
REQUEST_COLUMNS = (
    "rule_id account_id usage_type_id currency amount number month remaining state asked_at"
    " expires_at ended_at reference captured bucket_id reason retry_at"
)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ({"valid": "daterange('2027-06-01', NULL)"}, "one_at_a_time"),
        ({"valid": "'empty'"}, "begins"),
        ({"valid": "daterange(NULL, '2020-01-01')"}, "begins"),
        ({"threshold": "-1"}, "asks_within_its_limits"),
        ({"amount": "0"}, "asks_within_its_limits"),
        ({"amount": "61"}, "asks_within_its_limits"),
        ({"most_tries": "0"}, "asks_within_its_limits"),
        ({"most_tries": "21"}, "asks_within_its_limits"),
        ({"threshold": "1.001"}, "threshold_is_money"),
        ({"amount": "1.001"}, "amount_is_money"),
        ({"most_per_month": "60.001"}, "most_per_month_is_money"),
    ],
)
def test_rules_that_cannot_be(payer: Account, change: dict[str, str], guard: str) -> None:
    rule(payer)
    change = {"valid": "daterange('2020-01-01', '2020-02-01')", **change}
    assert refused_by(inserted(RULE, RULE_COLUMNS, **change) + RULE) == f"{RULE}_{guard}"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE rating_topuprule SET amount = 26",
        "UPDATE rating_topuprule SET threshold = 9",
        "UPDATE rating_topuprule SET most_per_month = 90",
        "UPDATE rating_topuprule SET most_tries = 9",
        "UPDATE rating_topuprule SET usage_type_id = 1",
        "UPDATE rating_topuprule SET valid = daterange('2026-01-01', NULL)",
        "DELETE FROM rating_topuprule",
    ],
)
def test_a_rule_keeps_what_it_says(payer: Account, attack: str) -> None:
    rule(payer)
    assert refused_by(attack) == f"{RULE}_kept"


def test_a_rule_ends_and_only_earlier(payer: Account) -> None:
    rule(payer)
    raw("UPDATE rating_topuprule SET valid = daterange('2027-01-01', '2027-03-01')")
    for end in ("NULL", "'2027-03-02'"):
        attack = f"UPDATE rating_topuprule SET valid = daterange('2027-01-01', {end})"
        assert refused_by(attack) == f"{RULE}_kept"
    raw("UPDATE rating_topuprule SET valid = daterange('2027-01-01', '2027-02-01')")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ({"number": "number + 1"}, "one_in_flight"),
        ({"state": "'EXPIRED'", "ended_at": "asked_at"}, "numbered_once"),
        ({"state": "'LOST'", "ended_at": "asked_at"}, "state_known"),
        ({"amount": "0"}, "asks_for_something"),
        ({"number": "0"}, "asks_for_something"),
        ({"expires_at": "asked_at"}, "asks_for_something"),
        ({"ended_at": "asked_at"}, "end_is_dated"),
        ({"state": "'EXPIRED'"}, "end_is_dated"),
        ({"state": "'CAPTURED'"}, "captured_says_what"),
        ({"reference": "'PSP'"}, "captured_says_what"),
        ({"captured": "1"}, "captured_says_what"),
        ({"bucket_id": "1"}, "captured_says_what"),
        ({"state": "'FAILED'"}, "failed_says_why"),
        ({"reason": "'No'"}, "failed_says_why"),
        ({"retry_at": "asked_at"}, "failed_says_why"),
        ({"amount": "25.001"}, "amount_is_money"),
        ({"remaining": "'NaN'"}, "remaining_is_money"),
        ({"captured": "25.001"}, "captured_is_money"),
    ],
)
def test_requests_that_cannot_be(payer: Account, change: dict[str, str], guard: str) -> None:
    rule(payer)
    ask()
    name = f"{REQUEST}_{guard}"
    if guard in ("one_in_flight", "numbered_once"):
        unguard(REQUEST)
        assert refused_by(inserted(REQUEST, REQUEST_COLUMNS, **change) + REQUEST) == name
        return
    with copied(REQUEST, name) as copy:
        assert refused_by(inserted(copy, REQUEST_COLUMNS, **change) + REQUEST) == name


def test_a_payment_and_a_balance_answer_one_request(payer: Account) -> None:
    rule(payer)
    done = capture(ask())
    for column, guard in (("reference", "paid_once"), ("bucket_id", "sold_once")):
        other = {"reference": "'OTHER'", "bucket_id": "bucket_id + 1", "number": "number + 1"}
        unguard(REQUEST)
        del other[column]
        attack = inserted(REQUEST, REQUEST_COLUMNS, **other) + REQUEST
        assert refused_by(attack) == f"{REQUEST}_{guard}"
    assert TopUpRequest.objects.get() == done


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE rating_topuprequest SET amount = 26",
        "UPDATE rating_topuprequest SET remaining = 26",
        "UPDATE rating_topuprequest SET month = '2027-02-01'",
        "UPDATE rating_topuprequest SET account_id = account_id + 1",
        "UPDATE rating_topuprequest SET expires_at = expires_at + interval '1 day'",
        "DELETE FROM rating_topuprequest",
    ],
)
def test_a_request_keeps_what_was_asked_for(payer: Account, attack: str) -> None:
    rule(payer)
    ask()
    assert refused_by(attack) == f"{REQUEST}_ends_once"


def test_a_request_ends_once_and_begins_by_being_asked_for(payer: Account) -> None:
    rule(payer)
    failed = fail(ask())
    for attack in (
        "UPDATE rating_topuprequest SET state = 'REQUESTED', ended_at = NULL, reason = ''",
        "UPDATE rating_topuprequest SET reason = 'Another'",
        inserted(REQUEST, REQUEST_COLUMNS, number="2") + REQUEST,
    ):
        assert refused_by(attack) == f"{REQUEST}_ends_once"
    assert failed.state == "FAILED"


@pytest.mark.parametrize("captured", ["24", "25"])
def test_a_captured_request_names_what_was_sold_for_it(payer: Account, captured: str) -> None:
    """Neither money that was given nor less than was captured."""
    rule(payer)
    held = money(payer, "25.00", starts=ask().asked_at)
    attack = (
        f"UPDATE rating_topuprequest SET state = 'CAPTURED', ended_at = asked_at,"
        f" reference = 'PSP', captured = {captured}, bucket_id = {held.pk}"
    )
    assert refused_by(attack) == f"{REQUEST}_sells_what_was_captured"
    assert BalanceBucket.objects.get().consideration == 0
    assert TopUpRule.objects.count() == 1
