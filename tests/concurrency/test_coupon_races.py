"""A coupon of ten uses, sold by two processes at once, is used ten times (DSC-3, P14).

Nor does an account use it more often than it may. The same races without lock and check oversell.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from decimal import Decimal
from functools import partial
from subprocess import PIPE, Popen
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

import catalog.operations
import customers.operations
from catalog.models import Coupon
from customers.models import CouponRedemption, GrantedDiscount, Subscription
from customers.operations import coupons, discounts
from tests.apps.customers import build
from tests.attacks import raw
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db(transaction=True)
USES, BUYERS = 10, 12

SELLER = """
import sys
import time
from datetime import date
import django
django.setup()
from django.db import DatabaseError, transaction
from catalog.models import Coupon
from customers import operations
from customers.models import Account, CouponRedemption, GrantedDiscount
from foundation.errors import Refusal

def guarded(account):
    operations.redeem_coupon(
        account=account, code="HELLO", starts=date(2027, 1, 1), actor=None)

def naive(account):
    with transaction.atomic():
        coupon = Coupon.objects.select_related("promotion").get(code="HELLO")
        if coupon.used >= coupon.max_uses:
            return
        time.sleep(0.01)
        grant = GrantedDiscount.objects.create(
            account=account, discount_id=coupon.promotion.discount_id, coupon=coupon,
            valid=(date(2027, 1, 1), None), state="GRANTED")
        CouponRedemption.objects.create(coupon=coupon, account=account, grant=grant)
        coupon.used += 1
        coupon.save()

way = {"guarded": guarded, "naive": naive}[sys.argv[1]]
accounts = list(Account.objects.order_by("pk"))[int(sys.argv[2])::2]
print("ready", flush=True)
sys.stdin.readline()
for account in accounts:
    try:
        way(account)
    except (Refusal, DatabaseError):
        pass
"""


def sell(way: str) -> tuple[int, int]:
    """Let two processes sell to every second account; return what the coupon counts, and uses."""
    root = build.account("Buyer 0")
    for number in range(1, 2 * BUYERS):
        build.account(f"Buyer {number}", customer=root.customer)
    discount = catalog.operations.define_discount(
        code="TEN", name="Ten", kind="PERCENT", level="CHARGE", value=Decimal("0.1"),
        starts=date(2027, 1, 1), actor=None,
    )  # fmt: skip
    promotion = catalog.operations.define_promotion(
        code="SPRING", name="Spring", discount=discount, starts=date(2027, 1, 1), actor=None
    )
    catalog.operations.define_coupons(
        promotion=promotion, codes=["HELLO"], max_uses=USES, actor=None
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "billing_site.settings"}
    sellers = [
        Popen(
            [sys.executable, "-c", SELLER, way, str(which)],
            env=environment, stdin=PIPE, stdout=PIPE, text=True,
        )
        for which in (0, 1)
    ]  # fmt: skip
    for one in sellers:
        assert one.stdout is not None
        assert one.stdout.readline().strip() == "ready"
    for one in sellers:
        assert one.stdin is not None
        print("go", file=one.stdin, flush=True)
    for one in sellers:
        one.communicate(timeout=60)
    assert [one.returncode for one in sellers] == [0, 0]
    assert GrantedDiscount.objects.count() == CouponRedemption.objects.count()
    return Coupon.objects.get().used, CouponRedemption.objects.count()


@pytest.mark.usefixtures("database_url")
def test_a_coupon_is_never_oversold() -> None:
    assert sell("guarded") == (USES, USES)


@pytest.mark.usefixtures("database_url")
def test_a_coupon_that_is_looked_at_without_a_lock_is_oversold() -> None:
    connection.ensure_connection()
    raw("ALTER TABLE catalog_coupon DROP CONSTRAINT catalog_coupon_used_within_limit")
    try:
        counted, used = sell("naive")
        assert used > USES, counted
    finally:
        raw("UPDATE catalog_coupon SET max_uses = NULL")
        raw(
            "ALTER TABLE catalog_coupon ADD CONSTRAINT catalog_coupon_used_within_limit "
            "CHECK (max_uses IS NULL OR used <= max_uses)"
        )


def redeem_at_once() -> list[Any]:
    """Let four subscriptions of one account use a coupon that each account has once."""
    root = build.account("Buyer")
    discount = catalog.operations.define_discount(
        code="TEN", name="Ten", kind="PERCENT", level="CHARGE", value=Decimal("0.1"),
        starts=date(2027, 1, 1), actor=None,
    )  # fmt: skip
    promotion = catalog.operations.define_promotion(
        code="SPRING", name="Spring", discount=discount, starts=date(2027, 1, 1), actor=None
    )
    catalog.operations.define_coupons(
        promotion=promotion, codes=["HELLO"], max_uses=None, actor=None
    )
    offer = build.offer()
    bought = [build.add(root, offer) for _ in range(4)]

    def use(one: Subscription) -> Any:
        return customers.operations.redeem_coupon(
            account=root, code="HELLO", starts=date(2027, 1, 1), subscription=one, actor=None
        )

    return race(*[partial(use, one) for one in bought])


def test_an_account_uses_a_coupon_as_often_as_it_may() -> None:
    assert refusals(redeem_at_once(), customers.operations.CannotUseCoupon) == 3
    assert (Coupon.objects.get().used, CouponRedemption.objects.count()) == (1, 1)


def test_without_the_lock_an_account_uses_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    together = Barrier(4)

    def looked_at(code: str, on_date: date) -> Coupon:
        return coupons.usable_coupon(code=code, on_date=on_date)

    def grant(**terms: Any) -> GrantedDiscount:
        together.wait(30)
        return real(**terms)

    real = discounts.enter
    monkeypatch.setattr(coupons, "locked", looked_at)
    monkeypatch.setattr(discounts, "enter", grant)
    assert refusals(redeem_at_once(), customers.operations.CannotUseCoupon) == 0
    assert CouponRedemption.objects.count() == 4
