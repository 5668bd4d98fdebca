"""Discounts and coupons that come with an order (DSC-3, P3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Coupon
from customers import operations
from customers.models import Account, GrantedDiscount, Order, Subscription
from customers.operations import ItemInput
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN, refused
from tests.apps.customers.test_discounts import coupon, discount

pytestmark = pytest.mark.django_db
MAY = date(2027, 5, 1)


def order(account: Account, *codes: str, actor: Any = None, submit: bool = True) -> Order:
    item = ItemInput(
        action="ADD", offer_version=build.offer(), quantity=Decimal(1), effective_on=MAY,
        discounts=codes,
    )  # fmt: skip
    return operations.place_order(
        account=account, items=[item], requested_on=JAN, actor=actor,
        submit_as_of=JAN if submit else None,
    )  # fmt: skip


def test_an_order_gives_what_it_asks_for_from_its_day_on(root: Account) -> None:
    coupon()
    discount("REBATE", level="ACCOUNT")
    placed = order(root, "hello", "REBATE")
    assert placed.state == "SUBMITTED"
    of_line, of_account = GrantedDiscount.objects.order_by("discount__code")[::-1]
    assert (of_line.subscription, of_line.valid.lower) == (Subscription.objects.get(), MAY)
    assert (of_account.subscription, of_account.account) == (None, root)
    assert Coupon.objects.get().used == 1
    operations.cancel_order(order=placed, as_of=JAN, actor=None)
    assert {one.state for one in GrantedDiscount.objects.all()} == {"WITHDRAWN"}
    assert Coupon.objects.get().used == 0


def test_a_code_that_cannot_be_used_is_told_at_its_line(root: Account) -> None:
    with pytest.raises(operations.InvalidItem, match="no coupon 'NOTHING'") as wrong:
        order(root, "NOTHING")
    assert (wrong.value.item, wrong.value.field, wrong.value.rule) == (1, "discounts", "DSC-3")


def test_an_order_with_a_discount_that_needs_approval_waits(root: Account) -> None:
    """P3: whoever asks for it does not approve it; nothing is given before."""
    clerk, boss = build.user(), build.user("boss")
    discount(needs_approval=True)
    placed = order(root, "TEN", actor=clerk)
    assert placed.state == "PENDING_APPROVAL"
    assert not GrantedDiscount.objects.exists()
    assert refused("DELETE FROM customers_orderitemdiscount") == "customers_orderitemdiscount_kept"
    done = operations.approve_order(order=placed, as_of=JAN, approver=boss)
    assert done.state == "SUBMITTED"
    assert GrantedDiscount.objects.get().state == "GRANTED"


def test_a_draft_asks_for_a_discount_once(root: Account) -> None:
    discount()
    order(root, "TEN", "TEN", submit=False)
    assert refused(
        "INSERT INTO customers_orderitemdiscount (item_id, discount_id) "
        "SELECT item_id, discount_id FROM customers_orderitemdiscount"
    ) == "customers_orderitemdiscount_once"  # fmt: skip


def test_an_imported_order_brings_its_codes(root: Account) -> None:
    build.offer()
    discount()
    head = "order,account,action,effective_on,offer,quantity,discounts"
    row = f"{head}\nX1,{root.number},ADD,{MAY},FIBER,1,TEN\n"
    report = operations.import_file(
        what="orders", content=row.encode(), filename="o.csv", as_of=JAN, actor=build.user()
    )
    assert report.problems == []
    assert GrantedDiscount.objects.get().discount.code == "TEN"
