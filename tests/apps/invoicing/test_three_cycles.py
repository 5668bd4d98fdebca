"""A customer's months: upgrade, late usage, backdated end, quantity, tree, credit notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import customers.operations
import foundation.integrity
import invoicing.queries
import ledger.operations
import tax.operations
from audit.models import BusinessEvent
from catalog.models import Charge, OfferVersion
from customers.choices import AccountRole
from customers.models import Account
from customers.operations import IdentifierInput
from invoicing.models import BillRun, BillRunAccount, BillRunFinding, Invoice, InvoiceLine, TaxLine
from ledger.choices import RateKind
from receivables.models import OpenItem
from tests.apps.invoicing.company import (
    Company,
    add,
    documents,
    lines,
    modify,
    terminate,
    use,
)

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR, APR, MAY = (date(2027, month, 1) for month in (2, 3, 4, 5))
PHONE = IdentifierInput(type="MSISDN", value="+4930123456")
TIERS = ((D(100), D("0.10")), (None, D("0.05")))


def plan(company: Company) -> OfferVersion:
    return company.offer(
        "PLAN",
        {"code": "FEE", "name": "Rental", "price": D(30)},
        {"code": "SETUP", "name": "Set-up", "kind": "ONE_TIME", "price": D(50)},
        {
            "code": "CALLS",
            "name": "Calls",
            "kind": "USAGE",
            "price_model": "GRADUATED",
            "tiers": TIERS,
        },
    )


def is_green() -> None:
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, result


def test_three_cycles_of_a_changing_customer(company: Company) -> None:
    """Usage, late usage, an upgrade in the middle and a backdated end, each by difference."""
    payer = company.payer()
    subscription = add(payer, plan(company), identifiers=(PHONE,))
    use(subscription, date(2027, 1, 9), "150")
    company.bill(FEB)
    first = Invoice.objects.get(payer=payer)
    assert lines(first) == [
        ("01.01.", "Rental", "30.00"),
        ("01.02.", "Rental", "30.00"),
        ("01.01.", "Set-up", "50.00"),
        ("01.01.", "Calls", "12.50"),
    ]
    # Late calls of January, an upgrade to three on 15 February.
    use(subscription, date(2027, 1, 30), "30")
    use(subscription, date(2027, 2, 3), "10")
    modify(subscription, date(2027, 2, 15), date(2027, 2, 15), quantity=D(3))
    company.bill(MAR)
    second = Invoice.objects.get(payer=payer, period_end=MAR, origin="CYCLE")
    assert lines(second) == [
        ("15.02.", "Rental", "45.00"),
        ("01.03.", "Rental", "90.00"),
        ("01.01.", "Addition: Calls", "1.50"),
        ("01.02.", "Calls", "1.00"),
    ]
    # The shortened first half of February comes back as a credit note of its own.
    credit = Invoice.objects.get(payer=payer, origin="CORRECTION")
    assert (credit.doc_type, credit.refers_to) == ("CREDIT_NOTE", first)
    assert lines(credit) == [("01.02.", "Credit: Rental", "15.00")]
    # Ended on 10 March, told on 20 March: what was billed for the rest comes back.
    terminate(subscription, date(2027, 3, 10), date(2027, 3, 20))
    company.bill(APR)
    back = Invoice.objects.filter(payer=payer).latest("id")
    assert lines(back) == [("01.03.", "Credit: Rental", "63.87")]
    assert back.refers_to == second
    company.bill(MAY)
    assert Invoice.objects.filter(payer=payer).count() == 4
    is_green()


def test_a_reduction_carries_the_tax_of_the_line_it_reduces(company: Company) -> None:
    """CHG-5, TAX-12: billed at 19 %, given back at 19 % although the rate is 25 % by now."""
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer()
    subscription = add(payer, seat)
    company.bill(FEB)
    tax.operations.add_rate(
        jurisdiction=company.place, tax_type=company.vat, rate=D("0.25"), starts=FEB,
        on_date=FEB, actor=None,
    )  # fmt: skip
    terminate(subscription, date(2027, 1, 16), FEB)
    company.bill(MAR)
    credit = Invoice.objects.filter(payer=payer, doc_type="CREDIT_NOTE").get()
    assert lines(credit) == [
        ("01.01.", "Credit: Charge 1", "15.48"),
        ("01.02.", "Credit: Charge 1", "30.00"),
    ]
    assert {row.rate for row in TaxLine.objects.filter(line__invoice=credit)} == {D("0.19")}
    assert (credit.net, credit.tax) == (D("45.48"), D("8.64"))
    item = OpenItem.objects.get(source_id=credit.pk)
    assert (item.side, item.amount) == ("C", D("54.12"))
    for line in InvoiceLine.objects.filter(invoice=credit):
        assert line.original_line is not None
    is_green()


def test_with_negative_lines_a_document_below_zero_becomes_a_credit_note(db: None) -> None:
    """INV-3: amounts positive, lines with reversed sign, an open credit."""
    company = Company(credit_style="NEGATIVE_LINE")
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer()
    subscription = add(payer, seat)
    company.bill(FEB)
    terminate(subscription, date(2027, 1, 16), FEB)
    company.bill(MAR)
    assert documents(payer) == [
        ("INVOICE", "60.00", "71.40"),
        ("CREDIT_NOTE", "45.48", "54.12"),
    ]
    is_green()


def test_with_negative_lines_reductions_are_lines_of_the_next_invoice(db: None) -> None:
    company = Company(credit_style="NEGATIVE_LINE")
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer()
    subscription = add(payer, seat, quantity=5)
    company.bill(FEB)
    modify(subscription, FEB, FEB, quantity=D(3))
    company.bill(MAR)
    invoice = Invoice.objects.filter(payer=payer).latest("id")
    assert lines(invoice) == [
        ("01.02.", "Credit: Charge 1", "-60.00"),
        ("01.03.", "Charge 1", "90.00"),
    ]
    assert (invoice.net, invoice.tax, invoice.total) == (D("30.00"), D("5.70"), D("35.70"))
    is_green()


def test_sub_accounts_are_billed_to_their_payer_each_in_its_section(company: Company) -> None:
    """HIER-3, HIER-4: one consolidated invoice; a line names its owner."""
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer("Household")
    child = company.payer("Student", parent=payer, role=AccountRole.NON_PAYER)
    add(payer, seat)
    add(child, seat)
    company.bill(FEB)
    (invoice,) = Invoice.objects.all()
    owners = [line.account_id for line in invoice.lines.order_by("seq")]
    assert owners == [payer.pk, payer.pk, child.pk, child.pk]
    assert invoice.payer == payer
    is_green()


def test_a_contract_price_of_the_node_above_is_billed(company: Company) -> None:
    """PRC-2, HIER-5."""
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer("Corp")
    child = company.payer("Site", parent=payer, role=AccountRole.NON_PAYER)
    add(child, seat)
    charge = Charge.objects.get(code="C1")
    _sign(payer, charge)
    company.bill(FEB)
    assert documents(payer) == [("INVOICE", "40.00", "47.60")]


def _sign(payer: Account, charge: Charge) -> None:
    contract = customers.operations.draft_contract(
        account=payer, valid_from=date(2027, 1, 1), actor=None
    )
    customers.operations.set_contract_price(
        contract=contract, currency="EUR", charge=charge, unit_price=D(20), actor=None
    )
    customers.operations.sign_contract(contract=contract, signed_on=date(2027, 1, 1), actor=None)


def test_a_zero_document_is_kept_without_a_number(company: Company) -> None:
    """BR-10 SUPPRESS."""
    free = company.offer("FREE", {"price": D(0), "show_zero": True})
    payer = company.payer()
    add(payer, free)
    run = company.bill(FEB)
    (invoice,) = Invoice.objects.all()
    assert (invoice.state, invoice.number, invoice.total) == ("SUPPRESSED", None, D(0))
    assert BillRunAccount.objects.get(run=run).state == "SUPPRESSED"
    assert not BusinessEvent.objects.filter(topic="invoice.posted").exists()
    company.bill(MAR)
    assert lines(Invoice.objects.latest("id")) == [("01.03.", "Charge 1", "0.00")]
    is_green()


def test_a_foreign_currency_document_balances_in_functional_currency(db: None) -> None:
    """Functional amounts are shared out, so that rounding never unbalances an entry."""
    company = Company(currency="USD", functional_currency="EUR")
    ledger.operations.add_rate(
        base="USD", quote="EUR", kind=RateKind.SPOT, on_date=FEB, rate=D("0.9137"), actor=None
    )
    seat = company.offer("SEAT", {"price": D("30.01")})
    payer = company.payer()
    add(payer, seat)
    company.bill(FEB)
    (invoice,) = Invoice.objects.all()
    assert (invoice.total, invoice.functional_total) == (D("71.42"), D("65.26"))
    is_green()


def test_findings_tell_a_reviewer_what_stands_out(company: Company) -> None:
    """BR-5: first bill; a total that doubles; usage that fell silent."""
    payer = company.payer()
    subscription = add(payer, plan(company), identifiers=(PHONE,))
    use(subscription, date(2027, 1, 9), "150")
    run = company.bill(FEB)
    assert rules(run) == {"BR-5-FIRST"}
    modify(subscription, FEB, FEB, quantity=D(9))
    run = company.bill(MAR)
    assert rules(run) == {"BR-5-VARIANCE", "BR-5-USAGE"}


def rules(run: BillRun) -> set[str]:
    return set(BillRunFinding.objects.filter(run=run).values_list("rule", flat=True))


def test_a_runaway_total_is_held_and_the_others_are_posted(company: Company) -> None:
    """F05: an absurd price holds its account and only that."""
    seat = company.offer("SEAT", {"price": D(30)})
    good, bad = company.payer("Good"), company.payer("Bad")
    add(good, seat)
    wild = add(bad, seat)
    company.bill(FEB)
    modify(wild, MAR, FEB, quantity=D(900))
    run = company.bill(MAR)
    assert documents(good)[-1] == ("INVOICE", "30.00", "35.70")
    assert documents(bad) == [("INVOICE", "60.00", "71.40")]
    parked = invoicing.queries.parked_accounts().get()
    assert (parked.payer, parked.run, parked.state) == (bad, run, "HELD")
    assert "%" in parked.reason
    is_green()
