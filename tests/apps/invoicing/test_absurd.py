"""A run over absurd quantities and prices: billed to the cent, or parked with a reason.

What is right is counted in fractions (tests/golden/oracle.py), without any code of ours.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import invoicing.operations
from customers.models import Account
from customers.operations import IdentifierInput
from invoicing.models import BillRun, BillRunAccount, Invoice
from tests.apps.invoicing.company import Company, add, use
from tests.golden.oracle import half_up

pytestmark = pytest.mark.django_db
D, F = Decimal, Fraction
FEB = date(2027, 2, 1)
MOST, LEAST = "9999999999999999.99999999", "0.00000001"
MOST_PRICE, LEAST_PRICE = D("999999999999.9999999999"), D("0.0000000001")
TIERS = ((D(100), D("0.10")), (None, D("0.05")))
EXACT = D("0.0049999999")


def usage(model: str = "PER_UNIT", **more: Any) -> dict[str, Any]:
    return {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": model, **more}


def priced(price: Decimal, **columns: Any) -> dict[str, Any]:
    return usage(price=price, price_columns=columns)


BILLED: dict[str, tuple[dict[str, Any], str, Fraction]] = {
    "the most at the least": (priced(LEAST_PRICE), MOST, F(MOST) * F(LEAST_PRICE)),
    "the least at the most": (priced(MOST_PRICE), LEAST, F(LEAST) * F(MOST_PRICE)),
    "the most taken back": (priced(LEAST_PRICE), f"-{MOST}", -F(MOST) * F(LEAST_PRICE)),
    "half a cent": (priced(D("0.005")), "1", F("0.01")),
    "less than half a cent": (priced(EXACT), "1.00000001", F(EXACT) * F("1.00000001")),
    "half a cent in 50 millions": (priced(LEAST_PRICE), "50000000", F("0.01")),
    "the most that a line holds": (priced(D(1)), "999999999999.99", F("999999999999.99")),
    "a tier to its bound": (usage("GRADUATED", tiers=TIERS), "100", F(10)),
    "a tier by a hair above": (usage("VOLUME", tiers=TIERS), "100.00000001", F(5)),
    "packages of next to nothing": (
        usage("PACKAGE", price=D(7), price_columns={"package_size": D(LEAST)}), "1", F(700000000),
    ),
    "a package of everything": (
        usage("PACKAGE", price=D(7), price_columns={"package_size": D("9999999999999999")}),
        LEAST, F(7),
    ),
    "a hundred per cent": (usage("PERCENT", price_columns={"percent": D(1)}), "0.05", F("0.05")),
    "the highest per cent": (
        usage("PERCENT", price_columns={"percent": D("99.9999999")}), "123.45",
        F("99.9999999") * F("123.45"),
    ),
    "minimum and maximum alike": (
        priced(D("0.01"), min_amount=D(5), max_amount=D(5)), MOST, F(5),
    ),
    "all but a hair is free": (
        usage("OVERAGE", price=D("0.01"), price_columns={"free_units": D("9999999999999999")}),
        MOST, F("0.99999999") * F("0.01"),
    ),
}  # fmt: skip
PARKED = {
    "beyond a line": (priced(D(1)), "1000000000000", "NUM-3: Calls: the amount"),
    "beyond everything": (priced(MOST_PRICE), MOST, "NUM-3: Calls: the amount"),
    "beyond a quantity": (priced(LEAST_PRICE), f"1{MOST}", "NUM-3: Calls: the quantity"),
    "less than no tier": (usage("GRADUATED", tiers=TIERS), "-1", "TIER-2: Calls"),
}


def owner(company: Company, name: str, charge: dict[str, Any], quantity: str) -> Account:
    code = f"P{Account.objects.count()}"
    payer = company.payer(name)
    number = IdentifierInput(type="MSISDN", value=f"49{code}")
    subscription = add(payer, company.offer(code, charge), identifiers=(number,))
    use(subscription, date(2027, 1, 5), quantity)
    return payer


def of(run: BillRun, payer: Account) -> BillRunAccount:
    return BillRunAccount.objects.get(run=run, payer=payer)


def test_each_is_billed_exactly_or_parked_and_the_others_are_posted(company: Company) -> None:
    """NUM-1, NUM-3, F04."""
    payers = {name: owner(company, name, *given[:2]) for name, given in BILLED.items()}
    parked = {name: owner(company, name, *given[:2]) for name, given in PARKED.items()}
    run = company.start(FEB)
    _are_parked(run, parked)
    invoicing.operations.resume_run(run_id=run.pk, actor=company.clerk)  # they try again
    again = invoicing.operations.recalculate_account(
        run_id=run.pk, payer_id=parked["beyond a line"].pk, actor=company.clerk
    )
    assert again.state == "ERROR"
    _are_parked(run, parked)
    invoicing.operations.approve_run(run_id=run.pk, actor=company.boss)
    invoicing.operations.post_run(run_id=run.pk, actor=company.clerk)
    assert invoicing.operations.continue_run(run_id=run.pk).state == "CLOSED"
    for name, (_, _, exact) in BILLED.items():
        invoice = Invoice.objects.filter(payer=payers[name], state="POSTED").first()
        if not half_up(exact):
            assert invoice is None
            assert of(run, payers[name]).state == "NOTHING"
            continue
        assert invoice is not None, name
        sign = -1 if invoice.doc_type == "CREDIT_NOTE" else 1
        assert F(invoice.net) * sign == half_up(exact), name


def _are_parked(run: BillRun, parked: dict[str, Account]) -> None:
    for name, payer in parked.items():
        found = of(run, payer)
        assert (found.state, found.reason[: len(PARKED[name][2])]) == ("ERROR", PARKED[name][2])
        assert not Invoice.objects.filter(payer=payer).exists()


def test_a_document_is_told_that_it_is_too_large_though_its_lines_are_not(
    company: Company,
) -> None:
    """101 lines that a line may hold come to a net total that no document holds."""
    charges = [
        {"code": f"R{number}", "price": D("999999999999"), "timing": "ADVANCE"}
        for number in range(51)
    ]
    payer = company.payer()
    add(payer, company.offer("BIG", *charges))
    reason = of(company.start(FEB), payer).reason
    assert reason.startswith("NUM-3: the net total of the document, 101,999,999,999,898,")
