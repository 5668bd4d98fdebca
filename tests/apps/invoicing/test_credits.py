"""Credit memos by hand: whole, by line, by amount, with the original tax (ADJ-1, TAX-12, J7)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

import audit.operations
import foundation.integrity
import invoicing.operations
import invoicing.queries
import tax.operations
from foundation.errors import Forbidden
from invoicing.models import Invoice, MemoRequest
from invoicing.operations import CannotCredit
from ledger.models import JournalLine
from receivables.models import OpenItem
from tests.apps.invoicing.company import START, Company, add, documents, person

pytestmark = pytest.mark.django_db
D = Decimal
FEBRUARY, MARCH = date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture
def maker(company: Company) -> User:
    return person("maker", "request_credit")


@pytest.fixture
def checker(company: Company) -> User:
    return person("checker", "approve_credit", "request_credit")


@pytest.fixture
def invoice(company: Company) -> Invoice:
    """33.33 and 60.00 net, 17.73 VAT."""
    company_offer = company.offer("SEAT", {"price": D("33.33")}, {"price": D("60.00")})
    payer = company.payer()
    add(payer, company_offer)
    company.bill(START)
    return Invoice.objects.get(payer=payer)


def ask(invoice: Invoice, maker: User, scope: str = "FULL", **more: Any) -> MemoRequest:
    return invoicing.operations.request_credit(
        invoice_id=invoice.pk,
        scope=scope,
        reason_code="GOODWILL",
        requester=maker,
        on_date=FEBRUARY,
        **more,
    )


def grant(request: MemoRequest, checker: User) -> Invoice:
    return invoicing.operations.grant_memo(
        request_id=request.pk, approver=checker, on_date=FEBRUARY
    )


def test_a_full_credit_returns_net_and_tax_and_settles_the_invoice(
    invoice: Invoice, maker: User, checker: User
) -> None:
    note = grant(ask(invoice, maker), checker)
    assert (note.doc_type, note.number, note.net, note.tax) == (
        "CREDIT_NOTE", "EU-C2027-000001", invoice.net, invoice.tax,
    )  # fmt: skip
    assert [item.open for item in OpenItem.objects.order_by("id")] == [D(0), D(0)]
    journal: dict[str, D] = {}
    for line in JournalLine.objects.select_related("account"):
        journal[line.account.number] = (
            journal.get(line.account.number, D(0)) + line.debit - line.credit
        )
    assert set(journal.values()) == {D(0)}
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, result


def test_parts_of_a_line_return_exactly_its_tax_in_the_end(
    invoice: Invoice, maker: User, checker: User
) -> None:
    """TAX-12: three thirds of 33.33 return 6.33, not three times a rounded third."""
    line = invoice.lines.earliest("seq")
    notes = [
        grant(ask(invoice, maker, "LINES", lines={line.pk: D("11.11")}), checker) for _ in range(3)
    ]
    assert sum((note.net for note in notes), D(0)) == D("33.33")
    assert sum((note.tax for note in notes), D(0)) == line.tax == D("6.33")
    with pytest.raises(CannotCredit, match=r"0\.00 are left"):
        ask(invoice, maker, "LINES", lines={line.pk: D("0.01")})


def test_an_amount_is_spread_and_a_rate_that_has_changed_does_not_matter(
    company: Company, invoice: Invoice, maker: User, checker: User
) -> None:
    tax.operations.add_rate(
        jurisdiction=company.place, tax_type=company.vat, rate=D("0.25"), starts=FEBRUARY,
        on_date=FEBRUARY, actor=None,
    )  # fmt: skip
    note = grant(ask(invoice, maker, "AMOUNT", amount=D("10.00")), checker)
    assert note.net == D("10.00")
    assert {one.rate for one in note.tax_totals.all()} == {D("0.19")}
    assert note.tax == D("1.90")
    assert OpenItem.objects.get(source_id=invoice.pk).open == invoice.total - D("11.90")


def test_the_next_run_does_not_bill_a_credit_back(
    company: Company, invoice: Invoice, maker: User, checker: User
) -> None:
    """CHG-11."""
    grant(ask(invoice, maker, "AMOUNT", amount=D("10.00")), checker)
    company.bill(FEBRUARY)
    assert documents(invoice.payer) == [
        ("INVOICE", "93.33", "111.06"),
        ("CREDIT_NOTE", "10.00", "11.90"),
        ("INVOICE", "93.33", "111.06"),
    ]


def test_a_credit_on_a_paid_invoice_stays_unapplied(
    invoice: Invoice, maker: User, checker: User
) -> None:
    first = grant(ask(invoice, maker), checker)
    assert OpenItem.objects.get(source_id=first.pk, side="C").open == D(0)
    with pytest.raises(CannotCredit, match="left to credit"):
        ask(invoice, maker)


def test_whoever_asks_does_not_grant(invoice: Invoice, maker: User, checker: User) -> None:
    own = ask(invoice, checker)
    with pytest.raises(audit.operations.CannotDecide):
        grant(own, checker)
    assert not Invoice.objects.filter(doc_type="CREDIT_NOTE").exists()
    with pytest.raises(Forbidden):
        grant(ask(invoice, maker, "AMOUNT", amount=D(1)), maker)


def test_granting_twice_issues_one_memo(invoice: Invoice, maker: User, checker: User) -> None:
    request = ask(invoice, maker)
    assert grant(request, checker).pk == grant(request, checker).pk


def test_a_request_overtaken_by_another_is_refused_and_nothing_is_issued(
    invoice: Invoice, maker: User, checker: User
) -> None:
    first, second = ask(invoice, maker), ask(invoice, maker, "AMOUNT", amount=D(50))
    grant(first, checker)
    with pytest.raises(CannotCredit, match="Meanwhile"):
        grant(second, checker)
    assert Invoice.objects.filter(doc_type="CREDIT_NOTE").count() == 1


def test_a_refused_request_issues_nothing(invoice: Invoice, maker: User, checker: User) -> None:
    request = ask(invoice, maker)
    invoicing.operations.refuse_memo(request_id=request.pk, approver=checker, comment="no case")
    with pytest.raises(CannotCredit, match="decided"):
        grant(request, checker)


def test_the_database_refuses_one_person_for_both(
    invoice: Invoice, maker: User, checker: User
) -> None:
    request = ask(invoice, maker)
    with (
        pytest.raises(DatabaseError, match="maker_is_not_checker"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE invoicing_memorequest SET approver_id = requester_id WHERE id = %s",
            [request.pk],
        )
