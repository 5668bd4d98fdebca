"""A first run: from subscriptions to posted, taxed documents with receivable and journal."""

from datetime import date
from decimal import Decimal

import pytest

import foundation.integrity
import invoicing.queries
from audit.models import BusinessEvent
from invoicing.models import ChargeItem, Invoice
from ledger.models import JournalLine
from receivables.models import OpenItem
from tests.apps.invoicing.company import Company, add, documents, lines

pytestmark = pytest.mark.django_db
D = Decimal


def test_a_recurring_charge_is_billed_taxed_and_posted(company: Company) -> None:
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer()
    add(payer, seat, date(2027, 1, 19), quantity=2)
    run = company.bill(date(2027, 2, 1))
    assert run.state == "CLOSED"
    invoice = Invoice.objects.get(payer=payer)
    assert (invoice.state, invoice.number) == ("POSTED", "EU-2027-000001")
    assert lines(invoice) == [("19.01.", "Charge 1", "25.16"), ("01.02.", "Charge 1", "60.00")]
    assert (invoice.net, invoice.tax, invoice.total) == (D("85.16"), D("16.18"), D("101.34"))
    assert invoice.due_date == date(2027, 3, 3)
    item = OpenItem.objects.get(source_id=invoice.pk)
    assert (item.side, item.open, item.number) == ("D", D("101.34"), invoice.number)
    journal = {
        line.account.number: line.debit - line.credit
        for line in JournalLine.objects.select_related("account")
    }
    assert journal == {"1100": D("101.34"), "2400": D("-85.16"), "2200": D("-16.18")}
    told = BusinessEvent.objects.get(topic="invoice.posted")
    assert (told.subject_type, told.subject_id, told.actor) == (
        "invoicing.invoice", invoice.pk, None,
    )  # fmt: skip
    assert told.payload == {
        "number": invoice.number, "payer_id": payer.pk, "total": "101.34", "payable": "101.34",
        "currency": "EUR", "invoice_date": "2027-02-01", "due_date": "2027-03-03",
    }  # fmt: skip
    assert ChargeItem.objects.count() == 2
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, result


def test_the_next_run_bills_the_next_period_only(company: Company) -> None:
    """CHG-8."""
    seat = company.offer("SEAT", {"price": D(30)})
    payer = company.payer()
    add(payer, seat)
    company.bill(date(2027, 1, 1))
    company.bill(date(2027, 2, 1))
    assert documents(payer) == [("INVOICE", "30.00", "35.70")] * 2
