"""Every field of an order that a body or a file may carry: what it does, when it is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from audit.models import ImportRowError
from customers import operations
from customers.models import Account, Order, OrderItem, Subscription
from tests.apps.customers import build
from tests.apps.customers.test_api import Api

pytestmark = pytest.mark.django_db
JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)
D = Decimal


@pytest.fixture
def api() -> Api:
    return Api(build.user("integration"))


@pytest.fixture
def owner() -> Account:
    fee = {"code": "FEE", "kind": "ONE_TIME", "trigger": "END"}
    build.offer(charges=({}, fee), terms_months=[12])
    return build.account()


def place(api: Api, owner: Account, item: dict[str, Any], on: str = "2027-01-01") -> Any:
    return api.post(
        "orders/",
        {"account": owner.number, "requested_on": on, "submit": True, "items": [item]},
    )


def added(api: Api, owner: Account, **more: Any) -> Subscription:
    answer = place(api, owner, {"action": "ADD", "offer": "FIBER", "quantity": "2", **more})
    assert answer.status_code == 201, answer.json()
    return Subscription.objects.get(number=answer.json()["items"][0]["subscription"])


def changed(api: Api, sub: Subscription, action: str, on: str, **more: Any) -> OrderItem:
    item = {"action": action, "subscription": sub.number, **more}
    answer = place(api, sub.account, item, on)
    assert answer.status_code == 201, answer.json()
    sub.refresh_from_db()
    return OrderItem.objects.filter(subscription=sub, action=action).latest("pk")


def quantities(sub: Subscription) -> list[tuple[date, Decimal]]:
    return [(row[0], row[2]) for row in build.timeline(sub, "C1")]


# -- the API --------------------------------------------------------------------------------------


def test_phases_are_later_states_of_the_same_subscription(api: Api, owner: Account) -> None:
    phases = [
        {"on": "2027-02-01", "quantity": "10"},
        {"on": "2027-03-01", "quantity": "20", "prices": {"C1": "8.50"}},
    ]
    sub = added(api, owner, phases=phases)
    assert quantities(sub) == [(JAN, D(2)), (FEB, D(10)), (MAR, D(20))]
    assert build.timeline(sub, "C1")[-1][3] == D("8.5")


def test_a_trial_is_free_and_ends_as_asked(api: Api, owner: Account) -> None:
    sub = added(api, owner, trial_end_on="2027-02-01", trial_outcome="CONVERT")
    assert sub.trial_end_on == FEB
    assert [row[4] for row in build.timeline(sub, "C1")] == ["OFF", "ON"]
    longer = changed(api, sub, "MODIFY", "2027-01-10", trial_end_on="2027-03-01")
    assert longer.trial_end_on == MAR
    assert build.timeline(sub, "C1")[-1][0] == MAR


@pytest.mark.parametrize("waives", [False, True])
def test_an_early_end_costs_its_fee_unless_it_is_waived(
    api: Api, owner: Account, waives: bool
) -> None:
    sub = added(api, owner, term_months=12)
    changed(api, sub, "TERMINATE", "2027-03-01", waives_fee=waives)
    assert len(build.timeline(sub, "FEE")) == (0 if waives else 1)
    assert sub.end_on == MAR


def test_an_end_may_be_named_by_its_rule(api: Api, owner: Account) -> None:
    sub = added(api, owner, term_months=12)
    changed(api, sub, "TERMINATE", "2027-03-01", end_rule="TERM_END")
    assert sub.end_on == date(2028, 1, 1)


def test_a_pause_and_its_end_carry_policy_reason_and_days(api: Api, owner: Account) -> None:
    sub = added(api, owner)
    pause = changed(
        api, sub, "SUSPEND", "2027-02-01", pause_policy="CONTINUE", pause_reason="FRAUD"
    )
    assert (pause.pause_policy, pause.pause_reason) == ("CONTINUE", "FRAUD")
    end = changed(api, sub, "RESUME", "2027-03-01", credits_days=True)
    assert end.credits_days


def test_a_renewal_and_a_transfer(api: Api, owner: Account) -> None:
    sub = added(api, owner, term_months=12, renewal="AUTO")
    other = build.account("Other")
    renewed = changed(api, sub, "RENEW", "2028-01-01", term_months=12, uplift="0.03")
    assert renewed.uplift == D("0.03")
    item = {"action": "TRANSFER", "subscription": sub.number, "target_account": other.number}
    answer = place(api, owner, item, "2027-06-01")
    assert answer.status_code == 201, answer.json()
    assert Subscription.objects.filter(account=other).count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"phases": [{"quantity": "3"}]}, "items[0].phases[0].on"),
        ({"phases": [{"on": "2027-02-30"}]}, "items[0].phases[0].on"),
        ({"phases": [{"on": "2027-02-01", "quantity": "0"}]}, "items[0].phases[0].quantity"),
        ({"phases": [{"on": "2027-02-01", "nonsense": 1}]}, "items[0].phases[0].nonsense"),
        ({"phases": [{"on": "2027-02-01", "prices": {"C1": "NaN"}}]},
         "items[0].phases[0].prices.C1"),
        ({"phases": "x"}, "items[0].phases"),
        ({"trial_end_on": "soon"}, "items[0].trial_end_on"),
        ({"trial_outcome": "MAYBE"}, "items[0].trial_outcome"),
        ({"term_months": 0}, "items[0].term_months"),
        ({"term_months": 121}, "items[0].term_months"),
        ({"uplift": "-1.5"}, "items[0].uplift"),
        ({"uplift": 0.03}, ""),
        ({"end_rule": "LATER"}, "items[0].end_rule"),
        ({"waives_fee": "perhaps"}, "items[0].waives_fee"),
        ({"pause_policy": "SLOW"}, "items[0].pause_policy"),
        ({"target_account": "A-NONE"}, "items[0].target_account"),
        ({"end_fee": "1.00"}, "items[0].end_fee"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_hold_is_named(
    api: Api, owner: Account, more: dict[str, Any], field: str
) -> None:
    answer = place(api, owner, {"action": "ADD", "offer": "FIBER", "quantity": "1", **more})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    errors = answer.json().get("errors", [])
    assert not field or [one["field"] for one in errors] == [field], errors
    assert not Order.objects.exists()


# -- files ----------------------------------------------------------------------------------------


def take(text: str, on: date = JAN) -> Any:
    return operations.import_file(
        what="orders", content=text.encode(), filename="o.csv", as_of=on, actor=None
    )


def row(owner: Account, **columns: str) -> str:
    given = {"order": "X-1", "account": owner.number, "effective_on": "2027-01-01", **columns}
    return ",".join(given) + "\n" + ",".join(given.values()) + "\n"


def test_columns_of_trial_term_and_end_do_what_the_fields_do(owner: Account) -> None:
    add = {"action": "ADD", "offer": "FIBER", "quantity": "2"}
    take(row(owner, **add, term_months="12", trial_end_on="2027-02-01", trial_outcome="CONVERT",
             renewal="NONE"))  # fmt: skip
    sub = Subscription.objects.get()
    assert sub.trial_end_on == FEB
    end = {"order": "X-2", "action": "TERMINATE", "subscription": sub.number}
    take(row(owner, **end, effective_on="2027-06-01", end_rule="ON_DATE", waives_fee="true"))
    sub.refresh_from_db()
    assert sub.end_on == date(2027, 6, 1)
    assert build.timeline(sub, "FEE") == []


def test_columns_of_pause_renewal_and_transfer(owner: Account) -> None:
    take(row(owner, action="ADD", offer="FIBER", quantity="2", term_months="12"))
    sub, other = Subscription.objects.get(), build.account("Other")
    acts: list[dict[str, str]] = [
        {"action": "SUSPEND", "effective_on": "2027-02-01", "pause_policy": "STOP",
         "pause_reason": "NON_PAYMENT"},
        {"action": "RESUME", "effective_on": "2027-03-01", "credits_days": "false"},
        {"action": "RENEW", "effective_on": "2028-01-01", "term_months": "12", "uplift": "0.03"},
        {"action": "TRANSFER", "effective_on": "2027-04-01", "target_account": other.number},
    ]  # fmt: skip
    for number, act in enumerate(acts, start=2):
        report = take(row(owner, order=f"X-{number}", subscription=sub.number, **act), FEB)
        assert not ImportRowError.objects.exists(), report
    assert Subscription.objects.filter(account=other).count() == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("trial_end_on", "2027-02-30"), ("trial_outcome", "MAYBE"), ("term_months", "0"),
        ("term_months", "x"), ("uplift", "3%"), ("renewal", "SOMETIMES"), ("end_rule", "LATER"),
        ("waives_fee", "perhaps"), ("pause_policy", "SLOW"), ("pause_reason", "WHIM"),
        ("credits_days", "2"), ("target_account", "A-NONE"), ("waived_from", "01.02.2027"),
    ],
)  # fmt: skip
def test_what_a_column_cannot_hold_is_told_by_row_column_and_rule(
    owner: Account, column: str, value: str
) -> None:
    take(row(owner, action="ADD", offer="FIBER", quantity="1", **{column: value}))
    error = ImportRowError.objects.get()
    assert error.row == 2
    assert error.rule
    assert error.column in (column, "")
    assert value in f"{error.value} {error.message}"
    assert not Order.objects.exists()
