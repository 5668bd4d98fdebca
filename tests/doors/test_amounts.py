"""One table of amounts through every door: parser, API, CSV, workbook and console form agree."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from rest_framework import serializers

from foundation.api import MoneyField
from foundation.parsing import BadValue, amount_text
from payments.imports import read_rows
from payments.views.fields import AmountField

D = Decimal

# What was sent, and the amount in EUR that it means; None: nothing, refuse it.
TABLE: tuple[tuple[str, Decimal | None], ...] = (
    ("1", D(1)),
    ("1.5", D("1.5")),
    ("1.50", D("1.50")),
    ("0.01", D("0.01")),
    ("1.500", D("1.5")),
    ("0001", D(1)),
    ("99999999999999", D("99999999999999")),
    ("12345678901234.56", D("12345678901234.56")),
    ("1.005", None),
    ("0.001", None),
    ("100000000000000000000", None),
    ("1e3", None),
    ("1E3", None),
    ("1e-2", None),
    ("1e999999", None),
    ("NaN", None),
    ("nan", None),
    ("sNaN", None),
    ("-NaN", None),
    ("inf", None),
    ("Infinity", None),
    ("-Infinity", None),
    ("1_000", None),
    ("1,000", None),
    ("1,000.50", None),
    ("1.000,50", None),
    ("1,50", None),
    ("1 000", None),
    ("1\u00a0000", None),
    ("1'000", None),
    ("+1", None),
    ("--1", None),
    ("1-", None),
    ("(1)", None),
    ("−1", None),
    ("–1", None),
    ("€1", None),
    ("$1", None),
    ("1 EUR", None),
    ("EUR1", None),
    ("1%", None),
    (".5", None),
    ("5.", None),
    (".", None),
    ("-", None),
    ("0x10", None),
    ("0b1", None),
    ("٣", None),
    ("१", None),
    ("１２", None),
    ("½", None),
    ("²", None),
    ("Ⅷ", None),
    ("one", None),
    ("null", None),
    ("None", None),
    ("true", None),
    ("=1+1", None),
    ("@1", None),
    ("1;DROP TABLE x", None),
    ("<b>1</b>", None),
    ("1\u200b", None),
    ("\u202e1", None),
    ("1" * 5000, None),
)


def by_parser(text: str) -> Decimal | None:
    try:
        return amount_text(text, currency="EUR")
    except BadValue:
        return None


def by_api(text: str) -> Decimal | None:
    try:
        return MoneyField().to_internal_value({"amount": text, "currency": "EUR"}).amount
    except serializers.ValidationError:
        return None


def by_form(text: str) -> Decimal | None:
    try:
        amount = AmountField().clean(text)
    except ValidationError:
        return None
    return by_parser(str(amount)) if amount is not None else None


HEADING = ("amount", "currency", "tender", "received_on")


def by_csv(text: str) -> Decimal | None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADING, (text, "EUR", "CASH", "2027-01-01")])
    return taken(out.getvalue().encode(), "a.csv")


def by_workbook(text: str) -> Decimal | None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, values in enumerate((HEADING, (text, "EUR", "CASH", "2027-01-01"))):
        for column, value in enumerate(values):
            sheet.write_string(row, column, value)
    book.close()
    return taken(out.getvalue(), "a.xlsx")


def taken(content: bytes, filename: str) -> Decimal | None:
    rows, problems = read_rows(content, filename)
    assert len(rows) + bool(problems) == 1
    if rows:
        return rows[0].amount
    assert all(problem.row == 2 and problem.column == "amount" for problem in problems)
    assert all(len(problem.message) < 300 for problem in problems)
    return None


@pytest.mark.parametrize("door", [by_parser, by_api, by_form, by_csv, by_workbook])
def test_every_door_takes_and_refuses_the_same(door: Callable[[str], Decimal | None]):
    verdicts = {text[:40]: door(text) for text, _ in TABLE}
    assert verdicts == {text[:40]: meant for text, meant in TABLE}


def test_a_number_of_a_workbook_is_read_with_every_digit_it_has():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for column, name in enumerate(HEADING):
        sheet.write_string(0, column, name)
    for row, amount in enumerate((10, 10.5, 0.1, 1.005), start=1):
        sheet.write_number(row, 0, amount)
        for column, value in enumerate(("EUR", "CASH", "2027-01-01"), start=1):
            sheet.write_string(row, column, value)
    book.close()
    rows, problems = read_rows(out.getvalue(), "a.xlsx")
    assert [row.amount for row in rows] == [D(10), D("10.5"), D("0.1")]
    assert [(problem.row, problem.rule) for problem in problems] == [(5, "DECIMALS")]
