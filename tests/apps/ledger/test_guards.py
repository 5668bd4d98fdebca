"""Every remaining guard of the ledger, attacked by raw SQL; each statement names its guard."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from ledger import operations, queries
from ledger.models import LegalEntity, NumberSeries
from ledger.operations import EntryLine
from tests.attacks import raw, refused_by

pytestmark = pytest.mark.django_db

RATE = (
    "INSERT INTO ledger_exchangerate (base, quote, kind, on_date, rate, source) "
    "VALUES ('{base}', '{quote}', 'SPOT', '2027-01-01', '{rate}', '')"
)
RULE = (
    "INSERT INTO ledger_postingrule (entity_id, event, gl_code, debit_number, credit_number,"
    " valid) SELECT id, 'J1', '', '1', '2', '{valid}' FROM ledger_legalentity"
)


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("ledger_exchangerate_is_positive", RATE.format(base="USD", quote="EUR", rate="0")),
        ("ledger_exchangerate_is_positive", RATE.format(base="USD", quote="EUR", rate="-1")),
        ("ledger_exchangerate_is_of_two", RATE.format(base="EUR", quote="EUR", rate="1")),
        ("ledger_exchangerate_rate_is_number", RATE.format(base="USD", quote="EUR", rate="NaN")),
        ("ledger_exchangerate_is_unique", RATE.format(base="GBP", quote="EUR", rate="1.2")),
        ("ledger_currency_minor_units", "UPDATE ledger_currency SET minor_units = 5"),
        ("ledger_currency_cash_step", "UPDATE ledger_currency SET cash_step = -0.05"),
        (
            "ledger_legalentity_fiscal_year_start",
            "UPDATE ledger_legalentity SET fiscal_year_start = 13",
        ),
        (
            "ledger_legalentity_code_key",
            (
                'INSERT INTO ledger_legalentity SELECT (json_populate_record(e, \'{"id": '
                "999}')).* "
                "FROM ledger_legalentity AS e"
            ),
        ),
        (
            "ledger_legalentity_keeps_currency",
            "UPDATE ledger_legalentity SET functional_currency = 'USD'",
        ),
        ("ledger_glaccount_is_kept", "DELETE FROM ledger_glaccount WHERE number = '5300'"),
        ("ledger_glaccount_is_kept", "UPDATE ledger_glaccount SET number = number || 'x'"),
        ("ledger_glaccount_is_append_only", "TRUNCATE ledger_glaccount CASCADE"),
        (
            "ledger_glaccount_is_unique",
            (
                "INSERT INTO ledger_glaccount (entity_id, number, name, kind, is_control, "
                "is_active) "
                "SELECT id, '1100', 'x', 'ASSET', false, true FROM ledger_legalentity"
            ),
        ),
        ("ledger_postingrule_no_overlap", RULE.format(valid="[2027-01-01,2027-02-01)")),
        ("ledger_postingrule_valid_is_not_empty", RULE.format(valid="empty")),
        (
            "ledger_numberseries_is_unique",
            (
                "INSERT INTO ledger_numberseries (entity_id, doc_type, fiscal_year, "
                "prefix, next_no, "
                "width) SELECT id, 'INVOICE', 2027, '', 1, 6 FROM ledger_legalentity"
            ),
        ),
        ("ledger_numberseries_is_append_only", "TRUNCATE ledger_numberseries"),
        ("ledger_accountingperiod_is_append_only", "TRUNCATE ledger_accountingperiod"),
        ("ledger_accountingperiod_state", "UPDATE ledger_accountingperiod SET state = 'AJAR'"),
        (
            "ledger_journalentry_once_per_event",
            (
                "INSERT INTO ledger_journalentry (entity_id, source_type, source_id, event, "
                "accounting_date, currency) SELECT entity_id, source_type, source_id, event, "
                "accounting_date, currency FROM ledger_journalentry"
            ),
        ),
    ],
)
def test_raw_sql_is_refused(entity: LegalEntity, guard: str, statement: str):
    operations.post_entry(
        entity=entity,
        source_type="x.y",
        source_id=1,
        event="J1",
        accounting_date=date(2027, 1, 1),
        currency="EUR",
        lines=[
            EntryLine(account="1100", debit=Decimal(1)),
            EntryLine(account="2400", credit=Decimal(1)),
        ],
    )
    raw(RATE.format(base="GBP", quote="EUR", rate="1.1"))
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    if guard == "ledger_accountingperiod_state":
        raw("ALTER TABLE ledger_accountingperiod DISABLE TRIGGER ledger_accountingperiod_guard")
    assert refused_by(statement) == guard


def test_i_14_finds_gaps_and_doubles(entity: LegalEntity):
    operations.draw_numbers(
        entity_id=entity.pk, doc_type="INVOICE", on_date=date(2027, 1, 1), count=4
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE documents (entity_id bigint, number text)")
        cursor.execute(
            "INSERT INTO documents SELECT %s, 'EU-2027-' || lpad(n::text, 6, '0') "
            "FROM generate_series(1, 4) AS n",
            [entity.pk],
        )
        assert queries.number_gaps("documents", ["INVOICE"]) == []
        cursor.execute("INSERT INTO documents VALUES (%s, NULL)", [entity.pk])
        assert queries.number_gaps("documents", ["INVOICE"]) == []
        cursor.execute("UPDATE documents SET number = 'EU-2027-000004' WHERE number LIKE '%3'")
        (finding,) = queries.number_gaps("documents", ["INVOICE"])
        assert finding.actual == "4 documents, 3 numbers, highest 4"
        cursor.execute("DELETE FROM documents WHERE number LIKE '%4'")
        (finding,) = queries.number_gaps("documents", ["INVOICE"])
    assert finding.expected == "4"
    assert str(NumberSeries.objects.get(doc_type="INVOICE")) == "INVOICE 2027"
