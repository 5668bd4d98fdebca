"""A coupon of ten uses, sold by two processes at once, is used ten times (DSC-3, P14).

The same race without the lock and the check is seen to oversell.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from decimal import Decimal
from subprocess import PIPE, Popen

import pytest
from django.db import connection

import catalog.operations
from catalog.models import Coupon
from customers.models import CouponRedemption, GrantedDiscount
from tests.apps.customers import build
from tests.attacks import raw

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
