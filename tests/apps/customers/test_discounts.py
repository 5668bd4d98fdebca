"""Discounts given, coupons used, amounts promised: the verbs and their guards (DSC-3, COM-1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import catalog.operations
from catalog.models import Coupon, DiscountDef
from customers import operations
from customers.models import Account, ContractCommitment, CouponRedemption, GrantedDiscount
from foundation.errors import Forbidden, Invalid
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN, refused

pytestmark = pytest.mark.django_db
D = Decimal
FEB, YEAR = date(2027, 2, 1), date(2028, 1, 1)


def discount(code: str = "TEN", **more: Any) -> DiscountDef:
    terms = {
        "name": "Ten percent", "kind": "PERCENT", "level": "CHARGE", "value": D("0.1"),
        "starts": JAN, "actor": None, **more,
    }  # fmt: skip
    return catalog.operations.define_discount(code=code, **terms)


def given(account: Account, **more: Any) -> GrantedDiscount:
    """Give a discount of these terms from their first day on."""
    return operations.grant_discount(
        account=account, discount=discount(**more), starts=more.get("starts", JAN), actor=None
    )


def coupon(max_uses: int | None = 2, **more: Any) -> Coupon:
    promotion = catalog.operations.define_promotion(
        code="SPRING", name="Spring", discount=discount(), starts=JAN, ends=YEAR, actor=None
    )
    return catalog.operations.define_coupons(
        promotion=promotion, codes=["HELLO"], max_uses=max_uses, actor=None, **more
    )[0]


def test_a_discount_is_given_once_for_the_same_days(root: Account) -> None:
    grant = operations.grant_discount(account=root, discount=discount(), starts=JAN, actor=None)
    assert (grant.state, grant.valid.lower, grant.periods) == ("GRANTED", JAN, None)
    with pytest.raises(operations.CannotGrantDiscount, match="was given from 2027-01-01"):
        operations.grant_discount(account=root, discount=grant.discount, starts=FEB, actor=None)
    ended = operations.end_discount(grant=grant, on_date=FEB, actor=None)
    assert (ended.state, ended.valid.upper) == ("GRANTED", FEB)
    operations.grant_discount(account=root, discount=grant.discount, starts=FEB, actor=None)


def test_a_discount_that_ends_before_it_began_never_was(root: Account) -> None:
    grant = operations.grant_discount(account=root, discount=discount(), starts=FEB, actor=None)
    assert operations.end_discount(grant=grant, on_date=JAN, actor=None).state == "WITHDRAWN"
    for state in ("PENDING", "GRANTED", "REJECTED"):
        assert refused(f"UPDATE {GRANT} SET state = '{state}'") == f"{GRANT}_kept"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"level": "ACCOUNT"}, "given to an account"),
        ({"kind": "AMOUNT", "value": D(5), "currency": "USD"}, "is in USD"),
        ({"ends": FEB, "starts": date(2026, 1, 1), "code": "OLD"}, "may not be given"),
    ],
)
def test_a_discount_fits_whoever_is_given_it(root: Account, terms: Any, words: str) -> None:
    sub = build.add(root, build.offer())
    with pytest.raises(operations.CannotGrantDiscount, match=words):
        operations.grant_discount(
            account=root, discount=discount(**terms), starts=date(2027, 3, 1), subscription=sub,
            actor=None,
        )  # fmt: skip


def test_a_discount_that_needs_a_second_person_waits_for_one(root: Account) -> None:
    clerk, boss = build.user(), build.user("boss")
    wanted = discount(needs_approval=True)
    grant = operations.grant_discount(account=root, discount=wanted, starts=JAN, actor=clerk)
    assert grant.state == "PENDING"
    assert refused(
        f"UPDATE customers_granteddiscount SET approved_by_id = {clerk.pk}"
    ) == "customers_granteddiscount_second_person"  # fmt: skip
    assert operations.approve_discount(grant=grant, approver=boss).approved_by == boss


def test_a_refused_discount_gives_the_use_of_its_coupon_back(root: Account) -> None:
    clerk, boss = build.user(), build.user("boss")
    one = coupon()
    discount(needs_approval=True)
    grant = operations.redeem_coupon(account=root, code="HELLO", starts=JAN, actor=clerk)
    one.refresh_from_db()
    assert (one.used, one.left, grant.state) == (1, 1, "PENDING")
    refusal = operations.reject_discount(grant=grant, approver=boss, comment="Too dear.")
    one.refresh_from_db()
    assert (one.used, refusal.state) == (0, "REJECTED")
    assert refused("UPDATE customers_couponredemption SET given_back_at = NULL") == (
        "customers_couponredemption_kept"
    )
    assert operations.redeem_coupon(account=root, code="HELLO", starts=JAN, actor=clerk)


def test_a_coupon_is_used_as_often_as_it_says(root: Account) -> None:
    coupon(max_uses=1)
    operations.redeem_coupon(account=root, code=" hello ", starts=JAN, actor=None)
    other = build.account("Other", customer=root.customer)
    with pytest.raises(operations.CannotUseCoupon, match="used up"):
        operations.redeem_coupon(account=other, code="HELLO", starts=JAN, actor=None)
    with pytest.raises(operations.CannotUseCoupon, match="no coupon"):
        operations.redeem_coupon(account=other, code="BYE", starts=JAN, actor=None)
    with pytest.raises(operations.CannotUseCoupon, match="may not be used"):
        operations.usable_coupon(code="HELLO", on_date=YEAR)
    with pytest.raises(catalog.operations.CannotDefineDiscount, match="another promotion"):
        catalog.operations.define_coupons(
            promotion=catalog.operations.define_promotion(
                code="FALL", name="Fall", discount=discount(), starts=JAN, actor=None
            ),
            codes=["HELLO"],
            actor=None,
        )


def test_an_account_uses_a_coupon_once_and_never_after_the_promotion_stopped(
    root: Account,
) -> None:
    one = coupon(max_uses=None)
    sub = build.add(root, build.offer())
    operations.redeem_coupon(account=root, code="HELLO", starts=JAN, subscription=sub, actor=None)
    with pytest.raises(operations.CannotUseCoupon, match="has used HELLO 1 times"):
        operations.redeem_coupon(account=root, code="HELLO", starts=JAN, actor=None)
    catalog.operations.stop_promotion(promotion=one.promotion, actor=None)
    with pytest.raises(operations.CannotUseCoupon, match="was stopped"):
        operations.redeem_coupon(account=root, code="HELLO", starts=JAN, actor=None)


def test_whoever_lacks_the_permission_gives_nothing(root: Account) -> None:
    nobody = build.user("nobody", is_superuser=False)
    wanted = discount()
    for act in (
        lambda: operations.grant_discount(account=root, discount=wanted, starts=JAN, actor=nobody),
        lambda: discount("OTHER", actor=nobody),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_definition_that_was_given_is_kept(root: Account) -> None:
    wanted = discount()
    assert discount(value=D("0.2")).value == D("0.2")
    operations.grant_discount(account=root, discount=wanted, starts=JAN, actor=None)
    with pytest.raises(catalog.operations.CannotDefineDiscount, match="is kept as it was"):
        discount(value=D("0.3"))
    ended = catalog.operations.end_discount_def(discount=wanted, on_date=FEB, actor=None)
    assert ended.valid.upper == FEB
    with pytest.raises(Invalid):
        discount("BAD", kind="PERCENT", value=D(2))


@pytest.fixture
def promise(root: Account) -> ContractCommitment:
    build.offer()
    from catalog.models import Product

    spec = catalog.operations.define_commitment(
        code="LEAST", name="Least", kind="MINIMUM", amount=D(100), currency="EUR",
        window="MONTH", shortfall_product=Product.objects.get(), actor=None,
    )  # fmt: skip
    contract = operations.draft_contract(account=root, valid_from=JAN, valid_to=YEAR, actor=None)
    with pytest.raises(operations.CannotAgreeCommitment, match="not signed"):
        operations.agree_commitment(
            contract=contract, spec=spec, starts=JAN, ends=YEAR, actor=None
        )
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    contract.refresh_from_db()
    return operations.agree_commitment(
        contract=contract, spec=spec, starts=JAN, ends=YEAR, actor=None
    )


def test_a_commitment_is_agreed_once_and_may_end_earlier(promise: ContractCommitment) -> None:
    assert promise.amount == 100
    with pytest.raises(operations.CannotAgreeCommitment, match="already"):
        operations.agree_commitment(
            contract=promise.contract, spec=promise.spec, starts=FEB, ends=YEAR, actor=None
        )
    ended = operations.end_commitment(commitment=promise, on_date=FEB, actor=None)
    assert ended.valid.upper == FEB
    with pytest.raises(operations.CannotAgreeCommitment, match="only end earlier"):
        operations.end_commitment(commitment=promise, on_date=YEAR, actor=None)


GRANT, PROMISE = "customers_granteddiscount", "customers_contractcommitment"


@pytest.mark.parametrize(
    ("attack", "guard"),
    [
        (f"UPDATE {GRANT} SET periods = 9", f"{GRANT}_kept"),
        (f"UPDATE {GRANT} SET state = 'PENDING'", f"{GRANT}_kept"),
        (f"UPDATE {GRANT} SET state = 'WON'", f"{GRANT}_kept"),
        (f"UPDATE {GRANT} SET valid = 'empty'", f"{GRANT}_kept"),
        (f"DELETE FROM {GRANT}", f"{GRANT}_never_deleted"),
        ("DELETE FROM customers_couponredemption", "customers_couponredemption_kept"),
        ("UPDATE catalog_coupon SET used = 3", "catalog_coupon_used_within_limit"),
        ("UPDATE catalog_coupon SET max_uses = 0", "catalog_coupon_used_within_limit"),
        ("UPDATE catalog_coupon SET \"window\" = 'empty'", "catalog_coupon_has_days"),
        ("UPDATE catalog_coupon SET code = 'BYE'", "catalog_coupon_keeps_its_source"),
        ("UPDATE catalog_promotion SET code = 'X'", "catalog_promotion_keeps_its_source"),
        ("UPDATE catalog_promotion SET \"window\" = 'empty'", "catalog_promotion_has_days"),
        ("UPDATE catalog_discountdef SET value = 0.5", "catalog_discountdef_is_kept"),
        ("DELETE FROM catalog_discountdef", "catalog_discountdef_is_kept"),
        ("UPDATE catalog_discountdef SET valid = 'empty'", "catalog_discountdef_has_days"),
    ],
)  # fmt: skip
def test_what_was_given_is_kept(root: Account, attack: str, guard: str) -> None:
    coupon()
    operations.redeem_coupon(account=root, code="HELLO", starts=JAN, actor=None)
    assert refused(attack) == guard
    assert (GrantedDiscount.objects.count(), CouponRedemption.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("method = 'GIFT'", "words_are_known"),
        ("value = 2", "value_fits_its_kind"),
        ("kind = 'AMOUNT', value = -1, currency = 'EUR'", "value_fits_its_kind"),
        ("kind = 'AMOUNT'", "money_has_currency"),
        ("max_amount = 5", "money_has_currency"),
        ("kind = 'FREE_UNITS', level = 'ACCOUNT'", "kind_fits_its_level"),
        ("max_amount = 0, currency = 'EUR'", "bounds_are_positive"),
        ("max_amount = 0.001, currency = 'EUR'", "max_amount_is_money"),
        ("budget = 0.001, currency = 'EUR'", "budget_is_money"),
        ("kind = 'PRICE_OVERRIDE', currency = 'EUR', value = 'NaN'", "value_is_number"),
    ],
)
def test_a_definition_is_sound(change: str, guard: str) -> None:
    discount()
    assert refused(f"UPDATE catalog_discountdef SET {change}") == f"catalog_discountdef_{guard}"


@pytest.mark.parametrize(
    ("attack", "guard"),
    [
        (f"UPDATE {PROMISE} SET amount = 5", f"{PROMISE}_kept"),
        (f"UPDATE {PROMISE} SET valid = '[2027-01-01,2029-01-01)'", f"{PROMISE}_kept"),
        (f"UPDATE {PROMISE} SET currency = 'USD'", f"{PROMISE}_same_money"),
        (f"DELETE FROM {PROMISE}", f"{PROMISE}_never_deleted"),
        ("UPDATE catalog_commitmentspec SET amount = 5", "catalog_commitmentspec_is_kept"),
    ],
)
def test_what_was_promised_is_kept(promise: ContractCommitment, attack: str, guard: str) -> None:
    assert refused(attack) == guard


COPY = (
    f"INSERT INTO {PROMISE} (contract_id, account_id, spec_id, amount, currency, valid) "
    f"SELECT contract_id, account_id, spec_id, %s, currency, %s FROM {PROMISE}"
)
CLONE = (
    f"INSERT INTO {GRANT} (account_id, discount_id, valid, periods, state, reason) "
    f"SELECT account_id, discount_id, %s, %s, %s, '' FROM {GRANT}"
)


@pytest.mark.parametrize(
    ("amount", "days", "guard"),
    [
        ("5", "'[2027-02-01,2027-03-01)'", "one_at_a_time"),
        ("0", "'[2029-02-01,2029-03-01)'", "amount_positive"),
        ("0.001", "'[2029-02-01,2029-03-01)'", "amount_is_money"),
        ("5", "'[2029-02-01,)'", "has_days"),
    ],
)
def test_a_new_promise_is_sound(
    promise: ContractCommitment, amount: str, days: str, guard: str
) -> None:
    assert refused(COPY % (amount, days)) == f"{PROMISE}_{guard}"


@pytest.mark.parametrize(
    ("days", "periods", "state", "guard"),
    [
        ("'empty'", "NULL", "'GRANTED'", "has_days"),
        ("'[2027-01-01,)'", "0", "'GRANTED'", "periods_positive"),
        ("'[2027-01-01,)'", "NULL", "'WON'", "state_known"),
    ],
)
def test_a_new_grant_is_sound(
    root: Account, days: str, periods: str, state: str, guard: str
) -> None:
    operations.grant_discount(account=root, discount=discount(), starts=JAN, actor=None)
    assert refused(CLONE % (days, periods, state)) == f"{GRANT}_{guard}"


def test_money_off_is_in_the_currency_of_the_account(root: Account) -> None:
    operations.grant_discount(account=root, discount=discount(), starts=JAN, actor=None)
    dollars = discount("USD5", kind="AMOUNT", value=D(5), currency="USD")
    attack = CLONE.replace("SELECT account_id, discount_id", f"SELECT account_id, {dollars.pk}")
    assert refused(attack % ("'[2027-01-01,)'", "NULL", "'GRANTED'")) == f"{GRANT}_same_money"


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("kind = 'OTHER'", "words_are_known"),
        ("amount = 0", "amount_positive"),
        ("amount = 0.001", "amount_is_money"),
        ("shortfall_product_id = NULL", "shortfall_has_product"),
    ],
)
def test_a_commitment_is_sound(promise: ContractCommitment, change: str, guard: str) -> None:
    spec = catalog.operations.define_commitment(
        code="FREE", name="Free", kind="MINIMUM", amount=D(5), currency="EUR", window="YEAR",
        shortfall_product=promise.spec.shortfall_product, actor=None,
    )  # fmt: skip
    attack = f"UPDATE catalog_commitmentspec SET {change} WHERE id = {spec.pk}"
    assert refused(attack) == f"catalog_commitmentspec_{guard}"
