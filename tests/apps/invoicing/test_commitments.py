"""Promised least amounts and agreed caps on bills (COM-1, COM-2, COM-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import catalog.operations
import customers.operations
from catalog.models import Product
from customers.models import Account, ContractCommitment
from customers.operations import IdentifierInput
from invoicing.models import BillCycle, ChargeItem, InvoiceLine
from tests.apps.invoicing.company import START, Company, add, documents, lines, use
from tests.apps.invoicing.test_discounts import discount, give, is_green, last

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR, APR, MAY = (date(2027, month, 1) for month in (2, 3, 4, 5))
YEAR = date(2028, 1, 1)
PHONE = IdentifierInput(type="MSISDN", value="+4930123456")
CALLS = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price": D("0.10")}


@pytest.fixture
def payer(company: Company) -> Account:
    return company.payer()


def commit(
    account: Account, amount: str, kind: str = "MINIMUM", starts: date = START, **more: Any
) -> ContractCommitment:
    terms = {"name": "Least", "currency": "EUR", "window": "MONTH", "actor": None, **more}
    if kind == "MINIMUM":
        terms["shortfall_product"] = Product.objects.get()
    spec = catalog.operations.define_commitment(code="DEAL", kind=kind, amount=D(amount), **terms)
    contract = customers.operations.draft_contract(
        account=account, valid_from=START, valid_to=YEAR, actor=None
    )
    customers.operations.sign_contract(contract=contract, signed_on=START, actor=None)
    contract.refresh_from_db()
    return customers.operations.agree_commitment(
        contract=contract, spec=spec, starts=starts, ends=YEAR, actor=None
    )


def shortfalls() -> list[tuple[str, str]]:
    """Return first day and amount of the shortfalls that were billed."""
    rows = ChargeItem.objects.filter(subscription_charge_id__lt=0).order_by("id")
    return [(f"{one.period_start:%d.%m.}", f"{one.amount.amount:.2f}") for one in rows]


def test_what_a_month_lacks_is_billed_and_given_back_for_late_usage(
    company: Company, payer: Account
) -> None:
    """COM-1, COM-2: 20.00 promised; 12.00 used in January: 8.00; 5.00 told late: 5.00 back."""
    sub = add(payer, company.offer("PLAN", CALLS), identifiers=(PHONE,))
    use(sub, date(2027, 1, 9), "120")
    commit(payer, "20")
    company.bill(FEB)
    assert lines(last(payer)) == [("01.01.", "Calls", "12.00"), ("01.01.", "Least", "8.00")]
    assert documents(payer) == [("INVOICE", "20.00", "23.80")]
    use(sub, date(2027, 1, 30), "50")
    use(sub, date(2027, 2, 10), "500")
    company.bill(MAR)
    assert shortfalls() == [("01.01.", "8.00"), ("01.01.", "-5.00")]
    late = InvoiceLine.objects.filter(charge_item_id__isnull=False, net="5.00").order_by("id")
    assert {one.text for one in late} == {"Addition: Calls", "Credit: Least"}
    company.bill(APR)
    assert shortfalls()[2:] == [("01.03.", "20.00")]
    is_green()


def test_a_quarter_is_measured_net_of_discounts_but_not_of_coupons(
    company: Company, payer: Account
) -> None:
    """COM-1: 10.00 a month less 10 % are 27.00 a quarter: of 40.00 promised 13.00 lack.

    5.00 off each document count for nothing.
    """
    offer = company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(10)})
    give(payer, discount(level="ACCOUNT"), sub=None)
    money = {"kind": "AMOUNT", "value": D(5), "currency": "EUR"}
    give(payer, discount("GIFT", name="Gift", level="INVOICE", **money))
    add(payer, offer)
    commit(payer, "40", window="QUARTER")
    for month in (FEB, MAR, APR, MAY):
        company.bill(month)
    assert shortfalls() == [("01.01.", "13.00")]
    is_green()


@pytest.mark.parametrize(("measure", "lacks"), [("GROSS", "70.00"), ("NET_ALL", "88.00")])
def test_other_measures_count_otherwise(
    company: Company, payer: Account, measure: str, lacks: str
) -> None:
    """COM-1: 30.00 of charges before discounts; 12.00 after all that was taken off."""
    offer = company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(30)})
    give(payer, discount(level="ACCOUNT"))
    money = {"kind": "AMOUNT", "value": D(30), "currency": "EUR", "periods": 1}
    give(payer, discount("GIFT", name="Gift", level="INVOICE", **money))
    add(payer, offer)
    commit(payer, "100", measure=measure)
    company.bill(FEB)
    assert shortfalls() == [("01.01.", lacks)]


def test_a_promise_cut_short_is_owed_by_days(company: Company, payer: Account) -> None:
    """COM-1: 310.00 a month, from the first to 11 January: ten days are 100.00."""
    company.offer("PLAN", CALLS)
    promise = commit(payer, "310")
    customers.operations.end_commitment(commitment=promise, on_date=date(2027, 1, 11), actor=None)
    company.bill(FEB)
    assert shortfalls() == [("01.01.", "100.00")]
    assert lines(last(payer)) == [("01.01.", "Least", "100.00")]
    is_green()


def test_what_goes_beyond_a_cap_is_taken_off_the_capped_charges(
    company: Company, payer: Account
) -> None:
    """COM-4: 30.00 and 60.00 with a cap of 80.00: 3.33 and 6.67 off, then nothing twice."""
    offer = company.offer(
        "PLAN",
        {"code": "FEE", "name": "Rental", "price": D(30), "timing": "ARREARS"},
        CALLS,
    )
    sub = add(payer, offer, identifiers=(PHONE,))
    use(sub, date(2027, 1, 9), "600")
    commit(payer, "80", kind="MAXIMUM", name="At most 80")
    company.bill(FEB)
    assert lines(last(payer)) == [
        ("01.01.", "Rental", "30.00"),
        ("01.01.", "At most 80: Rental", "-3.33"),
        ("01.01.", "Calls", "60.00"),
        ("01.01.", "At most 80: Calls", "-6.67"),
    ]
    company.bill(MAR)
    assert documents(payer) == [("INVOICE", "80.00", "95.20"), ("INVOICE", "30.00", "35.70")]
    is_green()


def test_a_cap_of_a_quarter_counts_what_was_used_before(company: Company, payer: Account) -> None:
    """COM-4: 50.00 a month with a cap of 120.00 a quarter: 30.00 off in March; April is anew."""
    offer = company.offer(
        "PLAN", {"code": "FEE", "name": "Rental", "price": D(50), "timing": "ARREARS"}
    )
    add(payer, offer)
    commit(payer, "120", kind="MAXIMUM", name="At most", window="QUARTER")
    for month in (FEB, MAR, APR, MAY):
        company.bill(month)
    assert [net for _, net, _ in documents(payer)] == ["50.00", "50.00", "20.00", "50.00"]
    is_green()


def test_who_pays_for_the_charges_of_a_promised_account_does_not_bear_its_promise(
    company: Company,
) -> None:
    """COM-1, HIER-8: the employer is billed in another cycle, and the charge alone."""
    other = BillCycle.objects.create(code="C2", name="First of the month, the others")
    worker, employer = company.payer(cycle_code="C2"), company.payer("Mills")
    fee = {"code": "FEE", "name": "Rental", "price": D(30), "timing": "ARREARS"}
    add(worker, company.offer("PLAN", fee))
    commit(worker, "20")
    customers.operations.redirect_charges(account=worker, payer=employer, starts=START, actor=None)
    company.bill(FEB)
    assert lines(last(employer)) == [("01.01.", "Rental", "30.00")]
    assert shortfalls() == []
    company.cycle = other
    company.bill(FEB)
    assert lines(last(worker)) == [("01.01.", "Least", "20.00")]
    is_green()
