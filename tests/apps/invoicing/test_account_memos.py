"""Debit memos (J6), goodwill on account (J9), earned credits (J8), limits of one person."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

import foundation.integrity
import invoicing.operations
import invoicing.queries
import ledger.queries
import receivables.queries
from audit.models import ApprovalPolicy, ApprovalRequest, ReasonCode
from catalog.models import GLCode
from foundation.errors import Forbidden
from invoicing.models import Invoice, MemoRequest
from invoicing.operations import CannotCredit
from ledger.models import JournalEntry
from receivables.models import OpenItem
from tests.apps.invoicing.company import START, Company, add, person
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db
D = Decimal
FEBRUARY = date(2027, 2, 1)
RIGHTS = ("request_credit", "request_debit")


@pytest.fixture
def maker(company: Company) -> User:
    return person("maker", *RIGHTS)


@pytest.fixture
def checker(company: Company) -> User:
    return person("checker", "approve_credit", "approve_debit")


@pytest.fixture
def invoice(company: Company) -> Invoice:
    """100.00 net, 19.00 VAT."""
    payer = company.payer()
    add(payer, company.offer("SEAT", {"price": D("100.00")}))
    company.bill(START)
    return Invoice.objects.get(payer=payer)


def goodwill(invoice: Invoice, maker: User, amount: str = "10.00", **more: Any) -> MemoRequest:
    return invoicing.operations.request_goodwill(
        account_id=invoice.payer_id, amount=D(amount), reason_code="GOODWILL",
        comment="With our apologies", requester=maker, on_date=FEBRUARY, **more,
    )  # fmt: skip


def debit(invoice: Invoice, maker: User, amount: str = "50.00", **more: Any) -> MemoRequest:
    return invoicing.operations.request_debit(
        account_id=invoice.payer_id, amount=D(amount), reason_code="FEE", comment="Call-out",
        requester=maker, on_date=FEBRUARY, **more,
    )  # fmt: skip


def grant(request: MemoRequest, checker: User) -> Invoice:
    return invoicing.operations.grant_memo(
        request_id=request.pk, approver=checker, on_date=FEBRUARY
    )


def entry(memo: Invoice) -> tuple[str, dict[str, Decimal]]:
    """Return event, and debit less credit by account."""
    found = JournalEntry.objects.get(source_type="invoicing.invoice", source_id=memo.pk)
    sums: dict[str, Decimal] = {}
    for line in found.lines.select_related("account"):
        number = line.account.number
        sums[number] = sums.get(number, D(0)) + line.debit - line.credit
    return found.event, sums


def all_green() -> None:
    checks = (
        *invoicing.queries.INTEGRITY, *receivables.queries.INTEGRITY, *ledger.queries.INTEGRITY,
    )  # fmt: skip
    for result in foundation.integrity.run_checks(checks):
        assert result.is_green, result


def test_goodwill_without_tax_is_a_credit_on_account(
    invoice: Invoice, maker: User, checker: User
) -> None:
    """J9: 4800 to 2100."""
    memo = grant(goodwill(invoice, maker), checker)
    assert (memo.doc_type, memo.number, memo.total) == ("CREDIT_NOTE", "EU-C2027-000001", D(10))
    assert entry(memo) == ("J9", {"4800": D(10), "2100": D(-10)})
    item = OpenItem.objects.get(source_id=memo.pk, side="C")
    assert (item.open, memo.refers_to) == (D(10), None)
    assert memo.buyer["name"] == invoice.buyer["name"]
    all_green()


def test_taxable_goodwill_gives_todays_tax_back(
    invoice: Invoice, maker: User, checker: User
) -> None:
    """J9 with tax: 10.00 at 19 % is 1.90."""
    memo = grant(goodwill(invoice, maker, tax_category="TELECOM"), checker)
    assert (memo.net, memo.tax) == (D(10), D("1.90"))
    assert entry(memo) == ("J9", {"4800": D(10), "2200": D("1.90"), "2100": D("-11.90")})
    all_green()


def test_a_debit_memo_is_owed_taxed_and_due_like_an_invoice(
    company: Company, invoice: Invoice, maker: User, checker: User
) -> None:
    """J6: 50.00 and 9.50 tax; 30 days."""
    memo = grant(debit(invoice, maker, gl_code="RECURRING", tax_category="TELECOM"), checker)
    assert (memo.doc_type, memo.number) == ("DEBIT_NOTE", "EU-D2027-000001")
    assert entry(memo) == ("J6", {"1100": D("59.50"), "2400": D(-50), "2200": D("-9.50")})
    item = OpenItem.objects.get(source_id=memo.pk, side="D")
    assert (item.open, item.due_date) == (D("59.50"), date(2027, 3, 3))
    assert bytes(invoicing.operations.pdf_of(invoice_id=memo.pk).content).startswith(b"%PDF")
    company.bill(FEBRUARY)
    assert Invoice.objects.filter(payer=invoice.payer, doc_type="INVOICE").count() == 2
    all_green()


def test_more_of_a_billed_line_bears_that_lines_tax(
    invoice: Invoice, maker: User, checker: User
) -> None:
    """TAX-12: a third of 100.00 is taxed by the line's own 19.00."""
    line = invoice.lines.get()
    memo = grant(debit(invoice, maker, "33.33", line_id=line.pk), checker)
    assert (memo.refers_to, memo.tax) == (invoice, D("6.33"))
    assert invoicing.queries.creditable_lines(invoice)[0].left == D(100)
    all_green()


def test_what_was_income_when_billed_is_credited_from_there(
    invoice: Invoice, maker: User, checker: User
) -> None:
    """J8: a late fee went to 4450, so its credit comes from 4450."""
    GLCode.objects.create(code="LATE_FEE", name="Late fee", revenue_account="4450")
    fee = grant(debit(invoice, maker, "5.00", gl_code="LATE_FEE"), checker)
    assert entry(fee) == ("J6", {"1100": D(5), "4450": D(-5)})
    asked = invoicing.operations.request_credit(
        invoice_id=fee.pk, scope="FULL", reason_code="GOODWILL", requester=maker, on_date=FEBRUARY
    )
    memo = grant(asked, checker)
    assert entry(memo) == ("J8", {"4450": D(5), "2100": D(-5)})
    assert OpenItem.objects.get(source_id=fee.pk, side="D").open == 0
    all_green()


def test_within_the_limit_the_memo_is_issued_at_once(invoice: Invoice, maker: User) -> None:
    ApprovalPolicy.objects.create(
        action="invoicing.credit", currency="EUR", free_up_to=D(25), free_share=D("0.1")
    )
    first = goodwill(invoice, maker, "20.00")
    assert (first.state, first.approver) == ("POSTED", None)
    assert ApprovalRequest.objects.get(pk=first.approval_id or 0).alone
    assert goodwill(invoice, maker, "5.01").state == "PENDING"
    asked = invoicing.operations.request_credit(
        invoice_id=invoice.pk, scope="AMOUNT", amount=D(5), reason_code="GOODWILL",
        requester=maker, on_date=FEBRUARY,
    )  # fmt: skip
    assert asked.state == "POSTED"
    all_green()


def test_who_may_what(invoice: Invoice, maker: User, checker: User) -> None:
    with pytest.raises(Forbidden):
        goodwill(invoice, checker)
    with pytest.raises(Forbidden):
        debit(invoice, checker, gl_code="RECURRING")
    with pytest.raises(Forbidden):
        grant(debit(invoice, maker, gl_code="RECURRING"), person("other", "approve_credit"))
    for wrong in ({"gl_code": "NONE"}, {"gl_code": "RECURRING", "tax_category": "NONE"}):
        with pytest.raises(CannotCredit):
            debit(invoice, maker, **wrong)
    with pytest.raises(CannotCredit):
        goodwill(invoice, maker, "0.001")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("amount = 1000", "is_bound"),
        ("account_id = account_id + 1", "is_bound"),
        ("state = 'POSTED', memo_id = {invoice}", "is_approved"),
        ("state = 'POSTED'", "is_approved"),
        ("memo_id = {invoice}", "posted_with_memo"),
    ],
)
def test_raw_sql_issues_nothing_without_its_approval(
    invoice: Invoice, maker: User, change: str, guard: str
) -> None:
    request = goodwill(invoice, maker)
    statement = f"UPDATE invoicing_memorequest SET {change} WHERE id = {request.pk}"
    held = refused_by(statement.format(invoice=invoice.pk))
    assert held == f"invoicing_memorequest_{guard}"


def test_a_request_is_kept_and_its_decision_final(
    invoice: Invoice, maker: User, checker: User
) -> None:
    granted, turned_down = goodwill(invoice, maker), goodwill(invoice, maker, "11.00")
    grant(granted, checker)
    invoicing.operations.refuse_memo(
        request_id=turned_down.pk, approver=checker, comment="Not our fault"
    )
    for request in (granted, turned_down):
        delete = f"DELETE FROM invoicing_memorequest WHERE id = {request.pk}"
        assert refused_by(delete) == "invoicing_memorequest_is_kept"
    again = f"UPDATE invoicing_memorequest SET state = 'PENDING' WHERE id = {turned_down.pk}"
    assert refused_by(again) == "invoicing_memorequest_is_final"
    columns = (
        "kind, account_id, invoice_id, scope, lines, line_id, amount, currency, tax_category, "
        "gl_code, reason_code, comment, requester_id, approver_id"
    )
    ready = (
        f"INSERT INTO invoicing_memorequest ({columns}, state) "
        f"SELECT {columns}, state FROM invoicing_memorequest WHERE id = {turned_down.pk}"
    )
    assert refused_by(ready) == "invoicing_memorequest_starts_pending"


def test_a_reason_is_a_row_that_says_what_it_is_booked_on_and_taxed_as(
    invoice: Invoice, maker: User, checker: User
) -> None:
    code = GLCode.objects.order_by("code").first()
    assert code is not None
    ReasonCode.objects.create(
        domain="DEBIT_MEMO", code="CALL_OUT", text="Call-out of a technician", gl_code=code.code,
        tax_treatment=invoice.lines.get().tax_category,
    )  # fmt: skip
    asked = invoicing.operations.request_debit(
        account_id=invoice.payer_id, amount=D(50), reason_code="CALL_OUT", comment="",
        requester=maker, on_date=FEBRUARY,
    )  # fmt: skip
    assert asked.gl_code == code.code
    memo = grant(asked, checker)
    assert memo.tax == D("9.50")
    assert (memo.reason, memo.lines.get().text) == ("Call-out of a technician",) * 2
    assert ApprovalRequest.objects.latest("pk").reason == "Call-out of a technician"


def test_a_reason_that_is_not_offered_is_refused_with_those_that_are(
    invoice: Invoice, maker: User
) -> None:
    for code in ("NO_SUCH", "CANCELLED"):
        with pytest.raises(CannotCredit, match=r"The reasons are: .*FEE"):
            invoicing.operations.request_debit(
                account_id=invoice.payer_id, amount=D(5), reason_code=code, comment="",
                requester=maker, on_date=FEBRUARY, gl_code="X",
            )  # fmt: skip
    ReasonCode.objects.filter(domain="DEBIT_MEMO", code="FEE").update(is_active=False)
    with pytest.raises(CannotCredit, match="no reason FEE"):
        debit(invoice, maker)
    with pytest.raises(CannotCredit, match="names none"):
        invoicing.operations.request_debit(
            account_id=invoice.payer_id, amount=D(5), reason_code="DAMAGE", comment="",
            requester=maker, on_date=FEBRUARY,
        )  # fmt: skip
