"""Discounts, promotions and coupons over the API, and the use of a coupon (DSC-3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import ledger.operations
from customers.models import Account, CouponRedemption
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN
from tests.apps.customers.test_api import Api
from tests.apps.customers.test_discounts import YEAR, coupon, discount

pytestmark = pytest.mark.django_db
USE = {"code": "hello", "valid_from": JAN.isoformat()}


@pytest.fixture
def api() -> Api:
    return Api(build.user("care"))


def results(api: Api, path: str) -> list[dict[str, Any]]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_discounts_are_listed_and_filtered(api: Api) -> None:
    discount(starts=JAN, ends=YEAR)
    discount("FIVE", kind="AMOUNT", value=5, currency="EUR", max_amount=3, needs_approval=True)
    assert [one["code"] for one in results(api, "discounts/")] == ["FIVE", "TEN"]
    (five,) = results(api, "discounts/?kind=AMOUNT&needs_approval=true")
    assert five["max_amount"] == {"amount": "3.00", "currency": "EUR"}
    assert (five["value"], five["valid_to"]) == ("5.0000000000", None)
    (ten,) = results(api, "discounts/?code=TEN&level=CHARGE")
    assert (ten["max_amount"], ten["valid_from"], ten["valid_to"]) == (
        None, "2027-01-01", "2028-01-01",
    )  # fmt: skip
    assert api.get(f"discounts/{ten['id']}/").json() == ten
    assert [one["code"] for one in results(api, "discounts/?on_date=2028-01-01")] == ["FIVE"]
    assert api.get("discounts/?value=5").status_code == 400


def test_promotions_and_coupons_say_what_is_left(api: Api) -> None:
    coupon(max_uses=2)
    (promotion,) = results(api, "promotions/?discount=TEN&on_date=2027-06-01")
    assert (promotion["runs_from"], promotion["runs_to"]) == ("2027-01-01", "2028-01-01")
    assert results(api, "promotions/?is_stopped=true") == []
    (one,) = results(api, "coupons/?promotion=SPRING")
    assert [one["code"], one["max_uses"], one["used"], one["left"]] == ["HELLO", 2, 0, 2]
    assert (one["usable_from"], one["usable_to"]) == (None, None)


def test_a_coupon_is_used_once_however_often_it_is_sent(api: Api, root: Account) -> None:
    coupon(max_uses=1)
    body = {**USE, "account": root.number}
    made = api.post("coupon-redemptions/", body, key="redeem-0001")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["coupon"], told["discount"], told["state"]) == ("HELLO", "TEN", "GRANTED")
    assert (told["account"], told["subscription"]) == (root.number, None)
    again = api.post("coupon-redemptions/", body, key="redeem-0001")
    assert (again.json(), again["Idempotent-Replayed"]) == (told, "true")
    (left,) = results(api, "coupons/")
    assert (left["used"], left["left"]) == (1, 0)
    other = build.account("Other", customer=root.customer)
    late = api.post("coupon-redemptions/", {**USE, "account": other.number})
    assert (late.status_code, late.json()["rule"]) == (409, "DSC-3")
    assert "used up" in late.json()["detail"]
    assert results(api, f"coupon-redemptions/?account__number={root.number}") == [told]
    assert results(api, f"coupon-redemptions/?account__number={other.number}") == []


def test_a_coupon_is_used_for_a_subscription_of_the_account(api: Api, root: Account) -> None:
    coupon()
    sub = build.add(root, build.offer())
    body = {**USE, "account": root.number, "subscription": sub.number}
    assert api.post("coupon-redemptions/", body).json()["subscription"] == sub.number


def test_who_works_for_another_entity_uses_nothing_here(root: Account) -> None:
    coupon()
    other = ledger.operations.ensure_entity(
        code="US", name="US", country="US", functional_currency="USD",
        time_zone="America/New_York", books_from=date(2027, 1, 1),
    )  # fmt: skip
    clerk = build.user("clerk")
    ledger.operations.limit_to_entities(user=clerk, entities=[other], actor=None)
    answer = Api(clerk).post("coupon-redemptions/", {**USE, "account": root.number})
    assert answer.status_code in (400, 404), answer.content
    assert not CouponRedemption.objects.exists()
    assert results(Api(clerk), "coupon-redemptions/") == []
