"""The pages of discounts, promotions and commitments, as a clerk walks them (DSC-3, COM-1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import CommitmentSpec, Coupon, DiscountDef, Product, Promotion
from catalog.operations import define_commitment
from customers import operations
from customers.models import Account, ContractCommitment, GrantedDiscount
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("walker"))
    return client


def fill(clerk: Client, where: str, *args: int, **fields: Any) -> str:
    """Send a form and return the page it leads to."""
    answer = clerk.post(reverse(where, args=args), fields, follow=True)
    assert answer.redirect_chain, answer.content.decode()[:3000]
    return answer.content.decode()


def page(clerk: Client, name: str, *args: int) -> str:
    answer = clerk.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_discount_is_defined_promoted_used_and_ended(clerk: Client, root: Account) -> None:
    """From the definition to the coupon that is used, and what is left of it."""
    shown = fill(
        clerk, "catalog:discount_add", code="welcome", name="Welcome", kind="PERCENT",
        level="CHARGE", value="12.5", starts="2027-01-01", method="COMPOUND", priority="100",
        periods="3", prorates="on",
    )  # fmt: skip
    discount = DiscountDef.objects.get()
    assert (discount.code, discount.value) == ("WELCOME", Decimal("0.125"))
    assert "12.5 %" in shown
    fill(clerk, "catalog:promotion_add", code="spring", name="Spring", discount=discount.pk,
         starts="2027-01-01")  # fmt: skip
    promotion = Promotion.objects.get()
    fill(clerk, "catalog:coupon_add", promotion.pk, codes="HELLO BYE", max_uses="5",
         max_per_account="1")  # fmt: skip
    build.add(root, build.offer())
    shown = fill(clerk, "customers:give_discount", root.pk, code="hello", starts="2027-01-01")
    assert "HELLO" in shown
    assert Coupon.objects.get(code="HELLO").left == 4
    assert "HELLO" in page(clerk, "catalog:promotion", promotion.pk)
    grant = GrantedDiscount.objects.get()
    assert "WELCOME" in page(clerk, "customers:granted_discount", grant.pk)
    fill(clerk, "customers:end_discount", grant.pk, on_date="2027-03-01")
    grant.refresh_from_db()
    assert grant.valid.upper == date(2027, 3, 1)
    fill(clerk, "catalog:promotion_stop", promotion.pk)
    assert Promotion.objects.get().is_stopped
    for name in ("discounts", "promotions", "commitments"):
        page(clerk, f"catalog:{name}")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"value": "1_0"}, "value", "is not a number"),
        ({"value": "\u0661\u0660"}, "value", "is not a number"),
        ({"value": "1e1"}, "value", "is not a number"),
        ({"value": "101"}, "value", "at most 100"),
        ({"priority": "\uff15"}, "priority", "is not a number"),
        ({"starts": "9999-12-31"}, "starts", "is not from 1900-01-01 to 2199-12-31"),
        ({"kind": "AMOUNT", "currency": "JPY", "value": "10.5"}, "value", "more than 0 decimals"),
    ],
)
def test_a_number_or_day_is_one_at_every_door(
    clerk: Client, changes: dict[str, str], field: str, words: str
) -> None:
    """The framework's fields take more than files and API do; amounts fit their currency."""
    fields = {
        "code": "X", "name": "X", "kind": "PERCENT", "level": "CHARGE", "value": "10",
        "starts": "2027-01-01", "method": "COMPOUND", "priority": "100",
    }  # fmt: skip
    answer = clerk.post(reverse("catalog:discount_add"), fields | changes)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert not DiscountDef.objects.exists()


def test_a_coupon_that_cannot_be_used_is_told_on_the_form(clerk: Client, root: Account) -> None:
    answer = clerk.post(
        reverse("customers:give_discount", args=[root.pk]),
        {"code": "NOTHING", "starts": "2027-01-01"},
    )
    assert "There is no coupon" in answer.content.decode()
    assert not GrantedDiscount.objects.exists()


def test_a_discount_that_waits_is_approved_by_another(clerk: Client, root: Account) -> None:
    fill(
        clerk, "catalog:discount_add", code="BIG", name="Big", kind="PERCENT", level="ACCOUNT",
        value="40", starts="2027-01-01", method="COMPOUND", priority="1", needs_approval="on",
    )  # fmt: skip
    shown = fill(clerk, "customers:give_discount", root.pk, code="BIG", starts="2027-01-01")
    assert "Another person approves it" in shown
    grant = GrantedDiscount.objects.get()
    other = Client()
    other.force_login(User.objects.create_superuser("boss"))
    fill(other, "customers:approve_discount", grant.pk)
    grant.refresh_from_db()
    assert grant.state == "GRANTED"


def test_a_commitment_is_defined_and_agreed(clerk: Client, root: Account) -> None:
    build.offer()
    product = Product.objects.get()
    fill(
        clerk, "catalog:commitment_add", code="LEAST", name="Least", kind="MINIMUM",
        amount="100", currency="EUR", window="MONTH", measure="NET_CHARGE", prorates="on",
        shortfall_product=product.pk,
    )  # fmt: skip
    contract = operations.draft_contract(
        account=root, valid_from=JAN, valid_to=date(2028, 1, 1), actor=None
    )
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    shown = fill(
        clerk, "customers:agree_commitment", contract.pk, spec=CommitmentSpec.objects.get().pk,
        starts="2027-01-01", ends="2028-01-01",
    )  # fmt: skip
    assert "LEAST" in shown
    agreed = ContractCommitment.objects.get()
    assert agreed.amount == 100
    ends = reverse("customers:end_commitment", args=[agreed.pk])
    for name, row in (("contract", contract), ("discounts", root)):
        shown = page(clerk, f"customers:{name}", row.pk)
        assert "LEAST" in shown
        assert ends in shown


def promised(account: Account) -> ContractCommitment:
    """Sign a contract that caps what the account is charged each month of 2027."""
    spec = define_commitment(
        code="MOST", name="Most", kind="MAXIMUM", amount=Decimal(50), currency="EUR",
        window="MONTH", actor=None,
    )  # fmt: skip
    ends = date(2028, 1, 1)
    contract = operations.draft_contract(
        account=account, valid_from=JAN, valid_to=ends, actor=None
    )
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    contract.refresh_from_db()
    return operations.agree_commitment(
        contract=contract, spec=spec, starts=JAN, ends=ends, actor=None
    )


def test_a_commitment_ends_before_its_last_day(clerk: Client, root: Account) -> None:
    """COM-1: it ends earlier, once it has begun, and the page leads back to its contract."""
    agreed = promised(root)
    contract = agreed.contract
    form = page(clerk, "customers:end_commitment", agreed.pk)
    assert "greatest amount 50.00 EUR each month, from 1 Jan 2027 to 31 Dec 2027" in form
    assert reverse("customers:contract", args=[contract.pk]) in form
    refused = clerk.post(
        reverse("customers:end_commitment", args=[agreed.pk]), {"on_date": "2027-01-01"}
    )
    assert "It can only end earlier, and after it has begun (COM-1)" in refused.content.decode()
    shown = fill(clerk, "customers:end_commitment", agreed.pk, on_date="2027-07-01")
    assert f"Contract {contract.number}" in shown
    assert "30 Jun 2027" in shown
    agreed.refresh_from_db()
    assert agreed.valid.upper == date(2027, 7, 1)
