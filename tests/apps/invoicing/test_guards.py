"""Every guard of documents and runs, attacked by raw SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from invoicing.models import BillRun, DocumentArtifact, Invoice, MemoRequest
from tests.apps.invoicing.company import Company, add, person

pytestmark = pytest.mark.django_db


def attempt(statement: str) -> str:
    """Try a statement and take it back; give the name of the guard that refused it, or ''."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
                assert cursor.rowcount, f"nothing was there to attack: {statement}"
            raise Unhindered
    except IntegrityError as error:
        return _diagnosis(error).constraint_name or ""
    except Unhindered:
        return ""


def _diagnosis(error: IntegrityError) -> Any:
    assert isinstance(error.__cause__, psycopg.Error)
    return error.__cause__.diag


class Unhindered(Exception):
    """The statement went through."""


def copy(table: str, key: int, **changes: str) -> str:
    """Write the statement that copies a row with some columns set to SQL expressions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns"
            " where table_name = %s and column_name <> 'id' order by ordinal_position",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
    assert set(changes) <= set(columns)
    values = ", ".join(changes.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"insert into {table} ({names}) select {values} from {table} where id = {key}"


@pytest.fixture
def posted(company: Company) -> Invoice:
    """A posted invoice of January; the run of February waits in review with its draft."""
    seat = company.offer("SEAT", {"price": Decimal(30)})
    payer = company.payer()
    add(payer, seat)
    company.bill(date(2027, 1, 1))
    company.start(date(2027, 2, 1))
    return Invoice.objects.get(payer=payer, state="POSTED")


@pytest.fixture
def draft(posted: Invoice) -> Invoice:
    return Invoice.objects.get(payer=posted.payer, state="DRAFT")


def ids(table: str, invoice: Invoice) -> int:
    """Give one row of a document's table."""
    where = "invoice_id = %s"
    if table in {"invoicing_taxline", "invoicing_chargeitem"}:
        where = f"line_id in (select id from invoicing_invoiceline where {where})"
    with connection.cursor() as cursor:
        cursor.execute(f"select min(id) from {table} where {where}", [invoice.pk])
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "table",
    [
        "invoicing_invoiceline",
        "invoicing_taxline",
        "invoicing_taxtotal",
        "invoicing_chargeitem",
    ],
)
def test_the_parts_of_a_posted_document_are_final(posted: Invoice, table: str) -> None:
    """D5, CHG-4."""
    key = ids(table, posted)
    amount = "net" if table == "invoicing_invoiceline" else "amount"
    assert attempt(f"update {table} set {amount} = {amount} + 1 where id = {key}") == (
        f"{table}_is_final"
    )
    assert attempt(f"delete from {table} where id = {key}") == f"{table}_is_final"
    if table != "invoicing_chargeitem":
        assert attempt(copy(table, key)) == f"{table}_joins_drafts_only"


@pytest.mark.parametrize(
    ("table", "parent"),
    [
        ("invoicing_invoiceline", "invoice_id"),
        ("invoicing_taxline", "line_id"),
        ("invoicing_taxtotal", "invoice_id"),
    ],
)
def test_nothing_is_part_of_what_does_not_exist(draft: Invoice, table: str, parent: str) -> None:
    """D5: the guards hold these references, foreign keys do not."""
    key = ids(table, draft)
    assert attempt(copy(table, key, **{parent: "-5"})) == f"{table}_joins_drafts_only"
    assert attempt(f"update {table} set {parent} = -5 where id = {key}") == f"{table}_is_final"


def test_a_draft_and_its_lines_keep_their_ids_and_a_line_goes_with_its_taxes(
    draft: Invoice,
) -> None:
    """BR-4: no line and no tax is left behind."""
    of = "update invoicing_invoice set id = -5{} where id = {}"
    assert attempt(of.format("", draft.pk)) == "invoicing_invoice_steps"
    posting = of.format(", state = 'POSTED', number = 'X'", draft.pk)
    assert attempt(posting) == "invoicing_invoice_steps"
    key = ids("invoicing_invoiceline", draft)
    assert attempt(f"update invoicing_invoiceline set id = -5 where id = {key}") == (
        "invoicing_invoiceline_is_final"
    )
    assert attempt(f"delete from invoicing_invoiceline where id = {key}") == (
        "invoicing_invoiceline_goes_with_taxes"
    )


def test_a_posted_document_is_final_and_a_draft_takes_its_steps_only(
    posted: Invoice, draft: Invoice
) -> None:
    """D5, BR-4, F13."""
    of = "update invoicing_invoice set {} where id = {}"
    assert attempt(of.format("po_number = 'x'", posted.pk)) == "invoicing_invoice_is_final"
    assert attempt(f"delete from invoicing_invoice where id = {posted.pk}") == (
        "invoicing_invoice_is_final"
    )
    assert attempt(f"delete from invoicing_invoice where id = {draft.pk}") == (
        "invoicing_invoice_is_kept"
    )
    with connection.cursor() as cursor:
        cursor.execute(of.format("state = 'DISCARDED'", draft.pk))
    assert attempt(of.format("state = 'DRAFT'", draft.pk)) == "invoicing_invoice_steps"


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ("total = total + 1, payable = payable + 1", "invoicing_invoice_net_plus_tax"),
        ("payable = payable + 1", "invoicing_invoice_payable"),
        ("net = -net, tax = -tax, total = -total, payable = -payable",
         "invoicing_invoice_is_not_negative"),
        ("period_end = period_start", "invoicing_invoice_period_ends_later"),
        ("number = 'EU-1'", "invoicing_invoice_number_only_when_posted"),
        ("net = net + 0.001, tax = tax - 0.001", "invoicing_invoice_net_is_money"),
    ],
)  # fmt: skip
def test_the_figures_of_a_document_add_up(draft: Invoice, changes: str, guard: str) -> None:
    """INV-2, NUM-1."""
    assert attempt(f"update invoicing_invoice set {changes} where id = {draft.pk}") == guard


def test_a_number_and_a_cycle_document_exist_once(posted: Invoice, draft: Invoice) -> None:
    """INV-1, BR-2."""
    assert (
        attempt(copy("invoicing_invoice", posted.pk, period_end="period_end + 400"))
        == "invoicing_invoice_number_once"
    )
    assert attempt(copy("invoicing_invoice", draft.pk)) == "invoicing_invoice_one_cycle_document"


def test_a_charge_item_is_billed_once_within_its_period(posted: Invoice) -> None:
    """CHG-4, CHG-8."""
    key = ids("invoicing_chargeitem", posted)
    table = "invoicing_chargeitem"
    assert attempt(copy(table, key)) == "invoicing_chargeitem_identity"
    assert (
        attempt(copy(table, key, generation="generation + 1", segment_end="period_end + 1"))
        == "invoicing_chargeitem_segment_in_period"
    )
    assert (
        attempt(copy(table, key, generation="generation + 1", reverses_id="id"))
        == "invoicing_chargeitem_reversal_reduces"
    )


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("delete from invoicing_billrun where id = {run}", "invoicing_billrun_is_kept"),
        ("update invoicing_billrun set bill_date = bill_date + 1 where id = {run}",
         "invoicing_billrun_is_frozen"),
        ("update invoicing_billrun set state = 'POSTED' where id = {run}",
         "invoicing_billrun_steps"),
        ("update invoicing_billrun set state = 'APPROVED' where id = {run}",
         "invoicing_billrun_posts_only_what_was_approved"),
        ("update invoicing_billrun set approved_by_id = created_by_id where id = {run}",
         "invoicing_billrun_approver_is_not_creator"),
        ("update invoicing_billcycle set day = 32", "invoicing_billcycle_day_is_1_to_31"),
        ("update invoicing_billcycle set months = 0", "invoicing_billcycle_months_positive"),
        (
            "update invoicing_billcycle set corrections = 'GUESS'",
            "invoicing_billcycle_corrections_known",
        ),
    ],
)  # fmt: skip
def test_a_run_goes_its_way(draft: Invoice, statement: str, guard: str) -> None:
    """BR-1, BR-3, BR-6, BR-9."""
    run = BillRun.objects.get(state="IN_REVIEW")
    assert attempt(statement.format(run=run.pk)) == guard


def test_a_run_a_chunk_and_a_payer_exist_once(draft: Invoice) -> None:
    """BR-2, BR-3."""
    run = BillRun.objects.get(state="IN_REVIEW")
    assert attempt(copy("invoicing_billrun", run.pk)) == "invoicing_billrun_one_per_cycle_and_date"
    assert (
        attempt(copy("invoicing_billrun", run.pk, state="'LOST'", bill_date="bill_date + 1"))
        == "invoicing_billrun_state_is_known"
    )
    with connection.cursor() as cursor:
        cursor.execute("select min(id) from invoicing_billrunchunk where run_id = %s", [run.pk])
        chunk = cursor.fetchone()[0]
        cursor.execute("select min(id) from invoicing_billrunaccount where run_id = %s", [run.pk])
        account = cursor.fetchone()[0]
        cursor.execute("select min(id) from invoicing_billrun where id <> %s", [run.pk])
        other = cursor.fetchone()[0]
    assert attempt(copy("invoicing_billrunchunk", chunk)) == "invoicing_billrunchunk_numbered"
    table = "invoicing_billrunaccount"
    assert attempt(copy(table, account)) == "invoicing_billrunaccount_once_per_run"
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {table} where run_id = %s", [other])
    assert attempt(copy(table, account, run_id=str(other))) == (
        "invoicing_billrunaccount_open_in_one_run"
    )


def test_nobody_grants_a_credit_of_their_own_and_none_is_nothing(posted: Invoice) -> None:
    """ADJ-1."""
    asked = MemoRequest.objects.create(
        account_id=posted.payer_id,
        invoice=posted,
        scope="FULL",
        amount=Decimal(5),
        currency="EUR",
        reason_code="GOODWILL",
        requester=person("maker"),
    )
    of = f"update invoicing_memorequest set {{}} where id = {asked.pk}"
    assert attempt(of.format("approver_id = requester_id")) == (
        "invoicing_memorequest_maker_is_not_checker"
    )
    copy = (
        "insert into invoicing_memorequest (kind, account_id, invoice_id, scope, lines, amount, "
        "currency, tax_category, gl_code, reason_code, comment, state, requester_id) "
        "select {}, account_id, invoice_id, scope, lines, {}, currency, '', '', reason_code, '', "
        "'PENDING', requester_id from invoicing_memorequest"
    )
    assert attempt(copy.format("kind", "0")) == "invoicing_memorequest_amount_positive"
    assert attempt(copy.format("'GOODWILL'", "1")) == "invoicing_memorequest_credits_a_document"


def test_a_file_of_a_document_is_kept_once_as_it_was_made(posted: Invoice) -> None:
    made = DocumentArtifact.objects.create(
        invoice=posted, kind="PDF", sha256="0" * 64, content=b"%PDF"
    )
    table = "invoicing_documentartifact"
    assert attempt(copy(table, made.pk)) == "invoicing_documentartifact_one_per_kind"
    assert attempt(f"update {table} set content = 'x' where id = {made.pk}") == (
        "invoicing_documentartifact_is_append_only"
    )
