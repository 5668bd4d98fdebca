"""Each identity of documents turns red on rows that somebody forced past the guards."""

from datetime import date
from decimal import Decimal

import pytest

import invoicing.queries
from invoicing.models import ChargeItem, Invoice
from tests.apps.invoicing.company import Company, add
from tests.attacks import raw, unguard

pytestmark = pytest.mark.django_db
D = Decimal
DOCUMENT_TABLES = ("invoice", "invoiceline", "taxline", "taxtotal", "chargeitem")


@pytest.fixture
def posted(company: Company) -> Invoice:
    payer = company.payer()
    add(payer, company.offer("SEAT", {"price": D(30)}), date(2027, 1, 1), quantity=2)
    assert company.bill(date(2027, 2, 1)).state == "CLOSED"
    assert set(faults()) == set()
    for name in DOCUMENT_TABLES:
        unguard(f"invoicing_{name}")
    return Invoice.objects.get(payer=payer)


def faults() -> dict[str, str]:
    """Return the first finding of each identity that is red."""
    return {
        found[0].code: found[0].message
        for check in invoicing.queries.INTEGRITY
        if (found := check.run())
    }


def test_i_7_a_posted_document_without_its_entry(posted: Invoice) -> None:
    unguard("ledger_journalentry")
    raw("UPDATE ledger_journalentry SET source_id = source_id + 1")
    assert faults() == {"I-7": f"Document {posted.pk}: has 0 journal entries."}


def test_i_9_lines_that_do_not_add_up(posted: Invoice) -> None:
    raw("UPDATE invoicing_taxtotal SET amount = amount + 0.01")
    assert faults() == {"I-9": f"Document {posted.pk}: the tax totals do not add up."}


@pytest.mark.parametrize("table", ["invoiceline", "taxline", "taxtotal"])
def test_i_9_parts_of_no_document(posted: Invoice, table: str) -> None:
    parent = "line_id" if table == "taxline" else "invoice_id"
    moved = f'{{"id": 90001, "{parent}": 90002}}'
    raw(
        f"INSERT INTO invoicing_{table} SELECT n.* FROM invoicing_{table} t "
        f"CROSS JOIN jsonb_populate_record(NULL::invoicing_{table}, to_jsonb(t) || %s::jsonb) n "
        "LIMIT 1",
        moved,
    )
    assert "Document 90002: there is no such" in faults()["I-9"]


def test_i_10_an_item_beside_its_line(posted: Invoice) -> None:
    ChargeItem.objects.update(amount=D(59))
    item = ChargeItem.objects.first()
    assert item is not None
    assert faults()["I-10"] == f"Document {posted.pk}: item {item.pk} and its line differ."


def test_i_14_a_number_that_no_document_carries(posted: Invoice) -> None:
    unguard("ledger_numberseries")
    raw("UPDATE ledger_numberseries SET next_no = next_no + 1 WHERE doc_type = 'INVOICE'")
    assert "has drawn 2 numbers and 1 documents carry them" in faults()["I-14"]


def test_i_19_documents_beside_what_the_run_posted(posted: Invoice) -> None:
    raw("UPDATE invoicing_billrunaccount SET amount = amount + 1")
    assert "the documents in EUR do not add up to what was posted" in faults()["I-19"]
