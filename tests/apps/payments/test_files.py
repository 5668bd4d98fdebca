"""PAY-10, I-19: a file is recorded whole, or not at all."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import transaction
from djmoney.money import Money

import receivables.queries
from audit.models import ImportBatch
from audit.operations import AlreadyImported
from foundation.errors import FileRefused, Forbidden
from ledger.models import JournalLine
from payments import imports, operations, queries
from payments.models import Payment, PaymentBatch, TenderType, UnidentifiedReceipt
from payments.operations import BatchReport, CannotRecordBatch
from payments.rules.matching import creditor_reference
from receivables.models import OpenItem

pytestmark = pytest.mark.django_db
D = Decimal
HEAD = "external_id,payer,amount,currency,tender,received_on,reference,remittance\n"
GOOD = (
    "B-1,A-100,80.00,EUR,WIRE,2027-03-01,February,\n"
    "B-2,,20.00,EUR,CHEQUE,2027-03-01,,INV-2=20.00\n"
    "B-3,Q-9,35.00,EUR,CASH,2027-03-02,who knows,\n"
)


@pytest.fixture
def load(entity, payer) -> Any:
    def call(text: str | bytes, filename: str = "bank.csv", **changes: Any) -> BatchReport:
        content = text if isinstance(text, bytes) else text.encode()
        return imports.record_payments(
            entity=entity,
            filename=filename,
            content=content,
            **{"actor": None, "as_of": date(2027, 5, 31), **changes},
        )

    return call


def green() -> None:
    checks = (*receivables.queries.INTEGRITY, *queries.INTEGRITY)
    found = [finding for check in checks for finding in check.run()]
    assert not found, found


def test_a_file_is_recorded_with_its_control_totals(load, invoice) -> None:
    first, second = invoice("50.00", "INV-1"), invoice("60.00", "INV-2")
    report = load(HEAD + GOOD, control_count=3, control_amount=D("135.00"))
    assert (len(report.payments), len(report.receipts)) == (2, 1)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.open, second.open) == (D(0), D("10.00"))
    batch = PaymentBatch.objects.get()
    assert (batch.payment_amount, batch.unidentified_amount) == (D("100.00"), D("35.00"))
    assert UnidentifiedReceipt.objects.get().payer_text == "Q-9"
    green()


@pytest.mark.parametrize(
    "controls", [{"control_count": 2}, {"control_amount": D("135.01")}], ids=["count", "amount"]
)
def test_control_totals_that_disagree_refuse_the_file(load, controls) -> None:
    with pytest.raises(CannotRecordBatch) as refused:
        load(HEAD + GOOD, **controls)
    assert refused.value.rule == "PAY-10"
    assert not Payment.objects.exists()
    assert ImportBatch.objects.get().state == "REFUSED"
    assert len(load(HEAD + GOOD, control_count=3).outcomes) == 3


def test_the_same_file_is_recorded_once(load) -> None:
    load(HEAD + GOOD)
    with pytest.raises(AlreadyImported):
        load(HEAD + GOOD, filename="again.csv")
    assert Payment.objects.count() == 1


def test_a_receipt_recorded_before_is_refused_by_its_external_id(load) -> None:
    load(HEAD + GOOD)
    report = load(HEAD + GOOD + "B-4,A-100,1.00,EUR,CASH,2027-03-01,,\n")
    assert {(p.row, p.rule) for p in report.problems} == {
        (2, "PAY-10"),
        (3, "PAY-10"),
        (4, "PAY-10"),
    }
    assert report.batch is None


BAD_ROWS = [
    ("B-1,A-100,-1.00,EUR,WIRE,2027-03-01,,", "amount", "RANGE"),
    ("B-1,A-100,0,EUR,WIRE,2027-03-01,,", "amount", "RANGE"),
    ("B-1,A-100,1.005,EUR,WIRE,2027-03-01,,", "amount", "DECIMALS"),
    ("B-1,A-100,NaN,EUR,WIRE,2027-03-01,,", "amount", "NUMBER"),
    ("B-1,A-100,1e9,EUR,WIRE,2027-03-01,,", "amount", "NUMBER"),
    ("B-1,A-100,１.00,EUR,WIRE,2027-03-01,,", "amount", "NUMBER"),
    ('B-1,A-100,"1,000.00",EUR,WIRE,2027-03-01,,', "amount", "NUMBER"),
    ("B-1,A-100,1.00,eur,WIRE,2027-03-01,,", "currency", "CURRENCY"),
    ("B-1,A-100,1.00,USD,WIRE,2027-03-01,,", "currency", "AR-8"),
    ("B-1,A-100,1.00,EUR,GOLD,2027-03-01,,", "tender", "TENDER"),
    ("B-1,A-100,1.00,EUR,WIRE,2027-02-29,,", "received_on", "DATE"),
    ("B-1,A-100,1.00,EUR,WIRE,01.03.2027,,", "received_on", "DATE"),
    ("B-1,A-100,1.00,EUR,WIRE,2025-03-01,,", "received_on", "LED-2"),
    ("B-1,A-100,1.00,EUR,WIRE,2027-03-01,a\u202eb,", "reference", "TEXT"),
    ("B-1,A-100,1.00,EUR,WIRE,2027-03-01,,INV 1", "remittance", "CODE"),
    ("B-1,A-100,1.00,EUR,WIRE,2027-03-01,,INV-1=x", "remittance", "NUMBER"),
]


@pytest.mark.parametrize(("row", "column", "rule"), BAD_ROWS)
def test_a_bad_row_keeps_the_whole_file_out(load, row, column, rule) -> None:
    good = "B-9,A-100,1.00,EUR,WIRE,2027-03-01,,\n"
    text = HEAD + (row + "\n" + good if rule != "AR-8" else row + "\n")
    report = load(text)
    assert [(p.row, p.column, p.rule) for p in report.problems] == [(2, column, rule)]
    assert not Payment.objects.exists()
    assert not UnidentifiedReceipt.objects.exists()
    assert ImportBatch.objects.get().state == "REFUSED"


def test_a_file_has_one_currency_and_no_id_twice(load) -> None:
    report = load(
        HEAD
        + "B-1,A-100,1.00,EUR,WIRE,2027-03-01,,\n"
        + "B-1,A-100,1.00,EUR,WIRE,2027-03-01,,\n"
        + "B-2,,1.00,USD,WIRE,2027-03-01,,\n"
    )
    assert [(p.row, p.column) for p in report.problems] == [(3, "external_id"), (4, "currency")]


def test_an_empty_file_is_refused(load) -> None:
    with pytest.raises(FileRefused) as refused:
        load(HEAD)
    assert refused.value.rule == "EMPTY"


def test_a_rehearsal_shows_everything_and_keeps_nothing(load, invoice) -> None:
    item = invoice("50.00", "INV-1")
    report = load(HEAD + GOOD, is_rehearsal=True)
    assert [outcome.match.basis for outcome in report.outcomes] == ["PAYER", "NONE", "NONE"]
    item.refresh_from_db()
    assert item.open == D("50.00")
    assert not Payment.objects.exists()
    assert not ImportBatch.objects.exists()
    assert len(load(HEAD + GOOD).outcomes) == 3


def test_a_workbook_is_read_like_a_csv_file(load) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD.strip().split(","))
    sheet.append(["B-1", "A-100", "80.00", "EUR", "WIRE", "2027-03-01", "", ""])
    sheet.append(["B-2", "A-100", 20.5, "EUR", "WIRE", date(2027, 3, 1), "", ""])
    out = io.BytesIO()
    book.save(out)
    report = load(out.getvalue(), "bank.xlsx")
    assert [payment.amount for payment in report.payments] == [
        Money("80.00", "EUR"),
        Money("20.50", "EUR"),
    ]


def test_pay10_the_owner_is_found_from_the_surest_clue_to_the_weakest(
    load, invoice, other_payer
) -> None:
    invoice("50.00", "EU-2027-000001")
    invoice("70.00", "EU-2027-000002", owed_by=other_payer)
    reference = creditor_reference("EU-2027-000002")
    report = load(
        HEAD
        + f"C-1,,10.00,EUR,WIRE,2027-03-01,{reference},\n"
        + "C-2,,11.00,EUR,WIRE,2027-03-01,thanks for eu-2027-000001!,\n"
        + "C-3,,50.00,EUR,WIRE,2027-03-01,no clue,\n"
        + "C-4,,12.00,EUR,WIRE,2027-03-01,EU-2027-000001 EU-2027-000002,\n"
    )
    found = [(o.match.basis, o.payment.payer_id if o.payment else None) for o in report.outcomes]
    assert found[0] == ("CREDITOR_REFERENCE", other_payer.pk)
    assert found[1][0] == "FREE_TEXT"
    assert found[2:] == [("AMOUNT", None), ("NONE", None)]
    likely = UnidentifiedReceipt.objects.get(external_id="C-3")
    assert (likely.confidence, likely.likely_payer_id) == (50, found[1][1])


def test_a_file_does_what_single_payments_do(load, invoice, payer, other_payer, entity) -> None:
    """One after the other or all at once: the same debts stay open, by the same entries."""
    for number, amount in (("INV-1", "50.00"), ("INV-2", "60.00"), ("INV-3", "70.00")):
        invoice(amount, number, due=date(2027, 2, 10 + int(amount[0])))
    invoice("90.00", "INV-9", owed_by=other_payer, dated=date(2027, 3, 20))
    rows = [
        ("A-100", "30.00", ""),
        ("A-100", "45.00", "INV-3=40.00; INV-1"),
        ("A-200", "100.00", ""),
        ("A-100", "200.00", ""),
    ]

    def finals() -> list[Any]:
        items = OpenItem.objects.order_by("number").values_list("number", "open")
        return [(number, left) for number, left in items if number.startswith("INV")]

    def entries() -> list[Any]:
        lines = JournalLine.objects.filter(entry__event__in=["J12", "J13"])
        return sorted(
            lines.values_list("entry__accounting_date", "account__number", "debit", "credit")
        )

    singly: list[Any] = []
    try:
        with transaction.atomic():
            for account, amount, remittance in rows:
                operations.record_payment(
                    payer={"A-100": payer, "A-200": other_payer}[account],
                    amount=D(amount),
                    currency="EUR",
                    tender=TenderType.objects.get(code="WIRE"),
                    received_on=date(2027, 3, 1),
                    remittance=imports.remittance_text(remittance, "EUR"),
                    actor=None,
                )
            singly = [finals(), entries()]
            raise Undo
    except Undo:
        pass
    text = "".join(f",{a},{n},EUR,WIRE,2027-03-01,,{r}\n" for a, n, r in rows)
    assert load(HEAD + text).batch is not None
    assert [finals(), entries()] == singly
    green()


class Undo(Exception):
    """Takes the single payments back."""


def test_the_import_asks_for_its_permission(load, person) -> None:
    clerk = person("clerk", "payments.record_payment")
    importer = person("importer", "payments.import_payments")
    with pytest.raises(Forbidden):
        load(HEAD + GOOD, actor=clerk)
    assert load(HEAD + GOOD, actor=importer).batch is not None


def run(path: Path, *options: str, capsys: Any) -> tuple[int, dict[str, Any]]:
    code = 0
    try:
        call_command(
            "record_payments", str(path), "--entity", "EU", "--json",
            "--as-of", "2027-05-31", *options,
        )  # fmt: skip
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(capsys.readouterr().out)


def test_the_command_reports_and_exits_as_promised(payer, tmp_path, capsys) -> None:
    path = tmp_path / "bank.csv"
    path.write_text(HEAD + GOOD)
    code, said = run(path, "--dry-run", capsys=capsys)
    assert (code, said["recorded"], said["payments"]) == (0, False, 1)
    code, said = run(path, "--control-amount", "1.00", capsys=capsys)
    assert (code, said["rule"]) == (4, "PAY-10")
    code, said = run(path, "--control-amount", "135.00", "--control-count", "3", capsys=capsys)
    assert (code, said["recorded"], said["unidentified"]) == (0, True, 2)
    code, said = run(path, capsys=capsys)
    assert (code, said["rule"]) == (4, "ALREADY_IMPORTED")
    path.write_text(HEAD + "B-7,A-100,x,EUR,WIRE,2027-03-01,,\n")
    code, said = run(path, capsys=capsys)
    assert (code, said["problems"][0]["row"]) == (3, 2)
    path.write_text("amount\n1\n")
    code, said = run(path, capsys=capsys)
    assert code == 2
