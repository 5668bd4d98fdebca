"""Discounts on bills: each an item of its own, owed less billed like its charge (DSC-1 to 6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import catalog.operations
import customers.operations
import foundation.integrity
import invoicing.operations
import invoicing.queries
from catalog.models import DiscountDef
from customers.models import Account, GrantedDiscount, Subscription
from customers.operations import IdentifierInput
from invoicing.models import ChargeItem, Invoice
from tests.apps.invoicing.company import (
    START,
    Company,
    add,
    documents,
    lines,
    person,
    terminate,
    use,
)
from tests.apps.invoicing.test_credits import ask, grant
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR, APR, MAY = (date(2027, month, 1) for month in (2, 3, 4, 5))
PHONE = IdentifierInput(type="MSISDN", value="+4930123456")


def discount(code: str = "TEN", **more: Any) -> DiscountDef:
    terms = {
        "name": "Ten off", "kind": "PERCENT", "level": "CHARGE", "value": D("0.1"),
        "starts": START, "actor": None, **more,
    }  # fmt: skip
    return catalog.operations.define_discount(code=code, **terms)


def give(
    account: Account, discount: DiscountDef, on: date = START, sub: Subscription | None = None
) -> GrantedDiscount:
    return customers.operations.grant_discount(
        account=account, discount=discount, starts=on, subscription=sub, actor=None
    )


def last(payer: Account) -> Invoice:
    found = Invoice.objects.filter(payer=payer, state="POSTED").order_by("id").last()
    assert found is not None
    return found


def is_green() -> None:
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, result


@pytest.fixture
def payer(company: Company) -> Account:
    return company.payer()


@pytest.fixture
def rental(company: Company, payer: Account) -> Subscription:
    return add(payer, company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(30)}))


def test_a_discount_is_a_line_of_its_own_with_the_tax_of_its_charge(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """DSC-3: 10 % of 30.00 is 3.00; VAT of 19 % on the rest. Billed once, never again."""
    give(payer, discount(), sub=rental)
    company.bill(FEB)
    assert lines(last(payer)) == [
        ("01.01.", "Rental", "30.00"),
        ("01.01.", "Ten off: Rental", "-3.00"),
        ("01.02.", "Rental", "30.00"),
        ("01.02.", "Ten off: Rental", "-3.00"),
    ]
    assert documents(payer) == [("INVOICE", "54.00", "64.26")]
    company.bill(MAR)
    assert lines(last(payer)) == [
        ("01.03.", "Rental", "30.00"),
        ("01.03.", "Ten off: Rental", "-3.00"),
    ]
    base, off = ChargeItem.objects.filter(period_start=MAR).order_by("id")
    assert (off.base_item_id, off.tax_category) == (base.pk, "TELECOM")
    is_green()


def test_an_end_in_mid_month_credits_charge_and_discount_in_proportion(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """DSC-6: half of February is given back: 15.00 of the charge, 1.50 of the discount."""
    give(payer, discount(), sub=rental)
    company.bill(FEB)
    terminate(rental, date(2027, 2, 15), date(2027, 2, 15))
    company.bill(MAR)
    assert lines(last(payer)) == [
        ("01.02.", "Credit: Rental", "15.00"),
        ("01.02.", "Taken back: Ten off: Rental", "-1.50"),
    ]
    assert documents(payer)[1] == ("CREDIT_NOTE", "13.50", "16.06")
    company.bill(APR)
    assert len(documents(payer)) == 2
    is_green()


def test_a_discount_given_late_corrects_what_was_billed_and_nothing_twice(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """CHG-5: given in February from January on: a memo over 3.00 a month, taxed as they were."""
    company.bill(FEB)
    give(payer, discount(), sub=rental)
    company.bill(MAR)
    assert documents(payer)[1:] == [
        ("INVOICE", "27.00", "32.13"),
        ("CREDIT_NOTE", "6.00", "7.14"),
    ]
    assert lines(last(payer)) == [
        ("01.01.", "Ten off: Rental", "3.00"),
        ("01.02.", "Ten off: Rental", "3.00"),
    ]
    assert [f"{one.tax:.2f}" for one in last(payer).lines.order_by("seq")] == ["0.57", "0.57"]
    company.bill(APR)
    assert documents(payer)[3:] == [("INVOICE", "27.00", "32.13")]
    is_green()


def test_a_discount_taken_away_is_billed_back(
    company: Company, payer: Account, rental: Subscription
) -> None:
    grant = give(payer, discount(), sub=rental)
    company.bill(FEB)
    customers.operations.end_discount(grant=grant, on_date=FEB, actor=None)
    company.bill(MAR)
    assert lines(last(payer)) == [
        ("01.02.", "Taken back: Ten off: Rental", "3.00"),
        ("01.03.", "Rental", "30.00"),
    ]
    assert documents(payer)[1] == ("INVOICE", "33.00", "39.27")
    is_green()


@pytest.mark.parametrize(("stub", "reduced"), [(False, 4), (True, 3)])
def test_a_discount_lasts_so_many_billed_periods(
    company: Company, payer: Account, stub: bool, reduced: int
) -> None:
    """DSC-5: three periods; the part of January in which it begins counts only if it says so."""
    sub = add(
        payer,
        company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(31)}),
        date(2027, 1, 15),
    )
    give(payer, discount(periods=3, counts_stub=stub), date(2027, 1, 15), sub)
    for month in (FEB, MAR, APR, MAY):
        company.bill(month)
    off = ChargeItem.objects.filter(grant_id__isnull=False).order_by("period_start")
    assert [f"{one.amount.amount:.2f}" for one in off] == ["-1.70", *["-3.10"] * (reduced - 1)]


def test_amounts_percent_and_rebate_come_in_the_order_of_the_stages(
    company: Company, payer: Account
) -> None:
    """DSC-1: 30.00 less 50 % is 15.00, less 5.00 is 10.00, less a tenth for the account is 9.00.

    The amount of the subscription is used up by the rental before the calls.
    """
    offer = company.offer(
        "PLAN",
        {"code": "FEE", "name": "Rental", "price": D(30)},
        {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price": D("0.10")},
    )
    sub = add(payer, offer, identifiers=(PHONE,))
    use(sub, date(2027, 1, 9), "100")
    give(payer, discount("REBATE", name="Rebate", level="ACCOUNT"))
    money = {"kind": "AMOUNT", "value": D(5), "currency": "EUR"}
    give(payer, discount("FIVE", name="Five off", level="OFFER", **money), sub=sub)
    half = discount("HALF", name="Half", value=D("0.5"), charge_kind="RECURRING")
    give(payer, half, sub=sub)
    company.bill(FEB)
    january = [one for one in lines(last(payer)) if one[0] == "01.01."]
    assert january == [
        ("01.01.", "Rental", "30.00"),
        ("01.01.", "Half: Rental", "-15.00"),
        ("01.01.", "Five off: Rental", "-5.00"),
        ("01.01.", "Rebate: Rental", "-1.00"),
        ("01.01.", "Calls", "10.00"),
        ("01.01.", "Rebate: Calls", "-1.00"),
    ]
    use(sub, date(2027, 1, 20), "50")
    company.bill(MAR)
    assert [one for one in lines(last(payer)) if one[0] == "01.01."] == [
        ("01.01.", "Addition: Calls", "5.00"),
        ("01.01.", "Addition: Rebate: Calls", "-0.50"),
    ]
    is_green()


def test_a_rebate_of_an_account_holds_for_those_below_it(company: Company) -> None:
    """HIER-5: the charge of the child is reduced on the bill of the parent that pays."""
    parent = company.payer("Mills")
    child = company.payer("Shop", parent=parent)
    add(child, company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(30)}))
    give(parent, discount(level="ACCOUNT"))
    company.bill(FEB)
    assert documents(parent) == [("INVOICE", "54.00", "64.26")]
    is_green()


@pytest.mark.parametrize(
    ("carries", "second", "third"), [(True, "-30.00", "-10.00"), (False, None, None)]
)
def test_an_amount_off_the_document_is_shared_and_waits_or_lapses(
    company: Company, payer: Account, carries: bool, second: str | None, third: str | None
) -> None:
    """DSC-4: 100.00 off one document of 60.00: 60.00 now; the rest later, or never."""
    add(payer, company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(30)}))
    gift = discount(
        "GIFT", name="Gift", kind="AMOUNT", level="INVOICE", value=D(100), currency="EUR",
        carries_forward=carries, periods=1,
    )  # fmt: skip
    give(payer, gift)
    given = []
    for month in (FEB, MAR, APR, MAY):
        company.bill(month)
        off = ChargeItem.objects.filter(grant_id__isnull=False, period_start=month)
        given += [f"{one.amount.amount:.2f}" for one in off]
    assert given == [one for one in ("-30.00", second, third) if one is not None]
    is_green()


def test_an_amount_off_the_document_shrinks_with_its_charge(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """DSC-4, DSC-6: 10.00 over two months, 5.00 each; half of February back: 2.50 of its part."""
    gift = discount(
        "GIFT", name="Gift", kind="AMOUNT", level="INVOICE", value=D(10), currency="EUR", periods=1
    )
    give(payer, gift)
    company.bill(FEB)
    assert documents(payer) == [("INVOICE", "50.00", "59.50")]
    terminate(rental, date(2027, 2, 15), date(2027, 2, 15))
    company.bill(MAR)
    assert lines(last(payer)) == [
        ("01.02.", "Credit: Rental", "15.00"),
        ("01.02.", "Taken back: Gift: Rental", "-2.50"),
    ]
    is_green()


def test_a_seller_of_negative_lines_corrects_a_late_discount_on_the_next_invoice(
    db: None,
) -> None:
    """CHG-5: January and February less 3.00 each, on the invoice of March; then all is back."""
    company = Company(credit_style="NEGATIVE_LINE")
    payer = company.payer()
    sub = add(payer, company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(30)}))
    company.bill(FEB)
    give(payer, discount(), sub=sub)
    company.bill(MAR)
    assert documents(payer) == [("INVOICE", "60.00", "71.40"), ("INVOICE", "21.00", "24.99")]
    assert lines(last(payer))[:2] == [
        ("01.01.", "Ten off: Rental", "-3.00"),
        ("01.02.", "Ten off: Rental", "-3.00"),
    ]
    terminate(sub, FEB, MAR)
    company.bill(APR)
    assert documents(payer)[2] == ("CREDIT_NOTE", "54.00", "64.26")
    is_green()


def test_a_memo_for_a_late_discount_is_given_back_with_its_charge(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """CHG-11: what was credited by the discount is not credited again with the charge."""
    company.bill(FEB)
    give(payer, discount(), sub=rental)
    company.bill(MAR)
    terminate(rental, FEB, MAR)
    company.bill(APR)
    signs = {"INVOICE": 1, "CREDIT_NOTE": -1}
    assert sum(signs[kind] * D(total) for kind, _, total in documents(payer)) == D("32.13")
    is_green()


@pytest.mark.parametrize("style", ["CREDIT_NOTE", "NEGATIVE_LINE"])
def test_a_memo_by_hand_returns_no_more_than_late_discounts_have_left(
    db: None, style: str
) -> None:
    """CHG-11: 60.00 billed, 6.00 taken off later: 54.00 with their tax are left, once."""
    company = Company(credit_style=style)
    payer = company.payer()
    sub = add(payer, company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(30)}))
    company.bill(FEB)
    first = last(payer)
    give(payer, discount(), sub=sub)
    company.bill(MAR)
    assert [one.left for one in invoicing.queries.creditable_lines(first)] == [D(27), D(27)]
    maker = person("maker", "request_credit")
    with pytest.raises(invoicing.operations.CannotCredit, match=r"54\.00"):
        ask(first, maker, "AMOUNT", amount=D("54.01"))
    memo = grant(ask(first, maker), person("checker", "approve_credit", "request_credit"))
    assert (memo.net, memo.tax) == (D(54), D("10.26"))
    assert [one.left for one in invoicing.queries.creditable_lines(first)] == [D(0), D(0)]
    terminate(sub, FEB, MAR)
    company.bill(APR)
    is_green()


def test_who_bears_redirected_charges_gets_percentages_but_no_amounts(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """HIER-8: the employer pays 30.00 less 10 % each month; 5.00 off stay with the own payer."""
    employer = company.payer("Mills")
    customers.operations.redirect_charges(account=payer, payer=employer, starts=START, actor=None)
    give(payer, discount(), sub=rental)
    money = {"kind": "AMOUNT", "value": D(5), "currency": "EUR"}
    give(payer, discount("FIVE", name="Five off", **money), sub=rental)
    company.bill(FEB)
    assert documents(employer) == [("INVOICE", "54.00", "64.26")]
    assert documents(payer) == []
    is_green()


def test_a_spent_budget_is_given_to_nobody_more(
    company: Company, payer: Account, rental: Subscription
) -> None:
    """DSC-3: 6.00 billed of a budget of 5.00; whoever has it keeps it."""
    ten = discount(budget=D(5), currency="EUR")
    give(payer, ten, sub=rental)
    company.bill(FEB)
    other = company.payer("Bo")
    with pytest.raises(customers.operations.CannotGrantDiscount, match="may not be given"):
        give(other, DiscountDef.objects.get(), on=FEB)
    company.bill(MAR)
    assert documents(payer)[1] == ("INVOICE", "27.00", "32.13")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("base_item_id = NULL", "discount_has_base"),
        ("grant_id = NULL", "discount_has_base"),
        ("amount = 3", "discount_has_base"),
        ("reverses_id = 1", "reversal_reduces"),
    ],
)
def test_a_discount_reduces_an_item(
    company: Company, payer: Account, rental: Subscription, change: str, guard: str
) -> None:
    give(payer, discount(), sub=rental)
    company.start(FEB)
    attack = f"UPDATE invoicing_chargeitem SET {change} WHERE grant_id IS NOT NULL"
    assert refused_by(attack) == f"invoicing_chargeitem_{guard}"
