"""The journal balances, is dated in an open period, and never changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from foundation import copying
from ledger import operations, queries
from ledger.choices import PeriodState, RateKind, Side
from ledger.models import AccountingPeriod, GLAccount, JournalEntry, JournalLine, LegalEntity
from ledger.operations import EntryLine
from tests.attacks import raw, refused_by, unguard

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2027, 5, 1)


def invoice(entity: LegalEntity, source_id: int = 1, **changes) -> JournalEntry:
    details: dict[str, Any] = {
        "entity": entity,
        "source_type": "invoicing.invoice",
        "source_id": source_id,
        "event": "J1",
        "accounting_date": MAY,
        "currency": "EUR",
        "lines": [
            EntryLine(account="1100", debit=D("119.00"), payer_id=7),
            EntryLine(account="2400", credit=D("100.00"), product_id=3),
            EntryLine(account="2200", credit=D("19.00"), jurisdiction_id=1, tax_type="VAT"),
        ],
    }
    return operations.post_entry(**(details | changes))


def test_led_1_posts_a_balanced_entry_once(entity):
    entry = invoice(entity)
    rows = entry.lines.order_by("pk").values_list("account__number", "debit", "credit")
    assert list(rows) == [("1100", D(119), D(0)), ("2400", D(0), D(100)), ("2200", D(0), D(19))]
    with pytest.raises(operations.AlreadyPosted):
        invoice(entity)


def test_led_1_refuses_what_does_not_balance_or_has_no_account(entity):
    with pytest.raises(operations.CannotPost, match=r"debits of 1\.00 and credits of 2\.00"):
        invoice(
            entity,
            lines=[
                EntryLine(account="1100", debit=D("1.00")),
                EntryLine(account="2400", credit=D("2.00")),
            ],
        )
    with pytest.raises(operations.CannotPost, match="account 9999 is not in the chart"):
        invoice(
            entity,
            lines=[
                EntryLine(account="1100", debit=D(1)),
                EntryLine(account="9999", credit=D(1)),
            ],
        )
    assert not JournalEntry.objects.exists()


def test_led_1_balances_in_functional_currency_in_spite_of_rounding(entity):
    operations.add_rate(
        base="USD", quote="EUR", kind=RateKind.SPOT, on_date=date(2027, 4, 28), rate=D("0.9137")
    )
    entry = invoice(
        entity,
        currency="USD",
        lines=[
            EntryLine(account="1100", debit=D("10.00")),
            EntryLine(account="2400", credit=D("3.33")),
            EntryLine(account="2400", credit=D("3.33")),
            EntryLine(account="2200", credit=D("3.34")),
        ],
    )
    rows = entry.lines.order_by("pk").values_list("functional_debit", "functional_credit")
    assert list(rows) == [
        (D("9.14"), D(0)),
        (D(0), D("3.05")),
        (D(0), D("3.04")),
        (D(0), D("3.05")),
    ]
    assert queries.check_trial_balance() == []


def test_fx_rate_missing_when_too_old(entity):
    operations.add_rate(
        base="USD", quote="EUR", kind=RateKind.SPOT, on_date=date(2027, 4, 1), rate=D("0.9")
    )
    with pytest.raises(queries.FxRateMissing):
        invoice(entity, currency="USD")
    with pytest.raises(operations.RateExists):
        operations.add_rate(
            base="USD", quote="EUR", kind=RateKind.SPOT, on_date=date(2027, 4, 1), rate=D("0.8")
        )


def test_led_3_a_reversal_is_the_mirror_linked_and_made_once(entity):
    entry = invoice(entity)
    reversal = operations.reverse_entry(entry_id=entry.pk, accounting_date=date(2027, 6, 1))
    assert reversal.reversal_of == entry
    rows = reversal.lines.order_by("pk").values_list("account__number", "debit", "credit")
    assert list(rows) == [("1100", D(0), D(119)), ("2400", D(100), D(0)), ("2200", D(19), D(0))]
    with pytest.raises(operations.CannotReverse):
        operations.reverse_entry(entry_id=entry.pk, accounting_date=date(2027, 6, 1))
    with pytest.raises(operations.CannotReverse):
        operations.reverse_entry(entry_id=reversal.pk, accounting_date=date(2027, 6, 1))
    balances = queries.trial_balance(entity=entity, as_of=date(2027, 6, 30))
    assert {row.number: row.balance for row in balances} == {"1100": 0, "2200": 0, "2400": 0}


def test_led_2_a_date_in_no_or_a_closed_period_is_refused(entity, controller):
    with pytest.raises(queries.PeriodNotOpen):
        invoice(entity, accounting_date=date(2026, 12, 31))
    period = queries.period_of(entity.pk, MAY)
    assert period is not None
    operations.soft_close_period(period_id=period.pk, actor=controller)
    with pytest.raises(queries.PeriodNotOpen, match="Soft closed"):
        invoice(entity)
    assert invoice(entity, actor=controller).pk


def test_trial_balance_by_currency_as_of_a_date(entity):
    invoice(entity)
    invoice(entity, 2, accounting_date=date(2027, 6, 1))
    rows = queries.trial_balance(entity=entity, as_of=date(2027, 5, 31))
    assert [(row.number, row.currency, row.balance) for row in rows] == [
        ("1100", "EUR", D(119)),
        ("2200", "EUR", D(-19)),
        ("2400", "EUR", D(-100)),
    ]
    june = queries.trial_balance(entity=entity, as_of=date(2027, 6, 30), since=date(2027, 6, 1))
    assert june[0].balance == D(238)
    assert june[0].movement == D(119)


def test_posting_rules_prefer_the_gl_code(entity):
    assert queries.posting_account(entity.pk, "J1", Side.CREDIT, "TAX", MAY) == "2200"
    assert queries.posting_account(entity.pk, "J1", Side.CREDIT, "RECURRING", MAY) == "2400"
    assert queries.posting_account(entity.pk, "J13", Side.DEBIT, "CARD", MAY) == "1010"
    with pytest.raises(queries.NoPostingRule):
        queries.posting_account(entity.pk, "J99", Side.CREDIT, "", MAY)


def test_setting_up_twice_changes_nothing(entity):
    before = (GLAccount.objects.count(), AccountingPeriod.objects.count())
    operations.ensure_entity(
        code="EU",
        name="x",
        country="AV",
        functional_currency="USD",
        time_zone="UTC",
        books_from=date(2027, 1, 1),
    )
    assert (GLAccount.objects.count(), AccountingPeriod.objects.count()) == before
    assert LegalEntity.objects.get().functional_currency == "EUR"


def copied(entity: LegalEntity, debit: str, credit: str, *, account: int | None = None) -> None:
    """Post one entry by COPY, as a bill run does."""
    accounts = queries.account_ids(entity.pk)
    with transaction.atomic(), connection.cursor() as cursor:
        (pk,) = copying.ids(cursor, "ledger_journalentry", 1)
        head = f"{pk}\t{entity.pk}\tx.y\t{pk}\tJ1\t2027-05-01\tEUR\t1\t\\N\n"
        line = "{}\t{}\tEUR\t{}\t{}\t{}\t{}\t\\N\t\\N\t\\N\t\\N\t\n"
        operations.post_in_bulk(
            cursor,
            entries=[head],
            lines=[
                line.format(pk, accounts["1100"], debit, 0, debit, 0),
                line.format(pk, account or accounts["2400"], 0, credit, 0, credit),
            ],
        )


def test_a_bill_run_posts_by_copy_under_the_same_guards(entity):
    copied(entity, "5.00", "5.00")
    assert JournalLine.objects.count() == 2
    with pytest.raises(Exception, match="does not balance"):
        copied(entity, "5.00", "5.01")
    with pytest.raises(Exception, match="not in the chart"):
        copied(entity, "5.00", "5.00", account=999_999)
    with pytest.raises(Exception, match="ledger_journalline_debit_is_money"):
        copied(entity, "5.001", "5.001")


LINE = (
    "INSERT INTO ledger_journalline (entry_id, account_id, currency, debit, credit, "
    "functional_debit, functional_credit) VALUES "
)


def new_entry(entity: LegalEntity, day: str = "2027-05-01") -> str:
    return (
        "WITH e AS (INSERT INTO ledger_journalentry (entity_id, source_type, source_id, event, "
        f"accounting_date, currency) VALUES ({entity.pk}, 'x.y', 1, 'J1', '{day}', 'EUR') "
        "RETURNING id) "
    )


def test_raw_sql_cannot_unbalance_the_journal(entity):
    ids = queries.account_ids(entity.pk)
    a, b = ids["1100"], ids["2400"]
    entry = invoice(entity)

    def guard(*lines: str) -> str:
        return refused_by(LINE + ", ".join(lines))

    assert guard(f"({entry.pk}, {a}, 'EUR', 5, 0, 5, 0)") == "ledger_journalline_balances"
    assert guard(
        f"({entry.pk}, {a}, 'EUR', 5, 0, 5, 0)", f"({entry.pk}, {b}, 'EUR', 0, 5, 0, 4)"
    ) == ("ledger_journalline_balances")
    assert guard(
        f"({entry.pk}, {a}, 'USD', 5, 0, 5, 0)", f"({entry.pk}, {b}, 'USD', 0, 5, 0, 5)"
    ) == ("ledger_journalline_fits_entry")
    assert guard(
        f"({entry.pk}, {a}, 'EUR', 5, 0, 'NaN', 0)", f"({entry.pk}, {b}, 'EUR', 0, 5, 0, 'NaN')"
    ) == ("ledger_journalline_fits_entry")
    assert guard(f"({entry.pk}, {a}, 'EUR', 5, 5, 5, 5)") == "ledger_journalline_has_one_side"
    assert guard(f"({entry.pk}, {a}, 'EUR', -5, 0, -5, 0)") == "ledger_journalline_has_one_side"
    assert guard(f"({entry.pk}, {a}, 'EUR', 0, 0, 0, 0)") == "ledger_journalline_is_not_empty"
    assert guard(f"({entry.pk}, {a}, 'EUR', 'NaN', 0, 0, 0)") == (
        "ledger_journalline_debit_is_money"
    )


def test_raw_sql_cannot_add_to_an_old_entry(entity):
    entry = invoice(entity)
    unguard("ledger_journalentry")
    raw("UPDATE ledger_journalentry SET posted_at = posted_at - interval '1 day'")
    ids = queries.account_ids(entity.pk)
    assert refused_by(
        LINE
        + f"({entry.pk}, {ids['1100']}, 'EUR', 5, 0, 5, 0), "
        + f"({entry.pk}, {ids['2400']}, 'EUR', 0, 5, 0, 5)"
    ) == ("ledger_journalline_joins_no_old_entry")


@pytest.mark.parametrize("mode", ["origin", "replica"])
def test_raw_sql_cannot_add_to_an_entry_that_does_not_exist(entity, mode):
    ids = queries.account_ids(entity.pk)
    raw(f"SET LOCAL session_replication_role = {mode}")
    assert refused_by(
        LINE
        + f"(-5, {ids['1100']}, 'EUR', 5, 0, 5, 0), "
        + f"(-5, {ids['2400']}, 'EUR', 0, 5, 0, 5)"
    ) == ("ledger_journalline_joins_no_old_entry")


def test_raw_sql_cannot_post_to_a_closed_period(entity, controller):
    assert refused_by(new_entry(entity, "2031-05-01") + "SELECT 1") == (
        "ledger_journalentry_in_open_period"
    )
    period = queries.period_of(entity.pk, MAY)
    assert period is not None
    operations.soft_close_period(period_id=period.pk, actor=controller)
    assert refused_by(new_entry(entity) + "SELECT 1") == "ledger_journalentry_in_open_period"


@pytest.mark.parametrize("table", ["ledger_journalentry", "ledger_journalline"])
def test_raw_sql_cannot_change_what_is_posted(entity, table):
    invoice(entity)
    guard = f"{table}_is_append_only"
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    assert refused_by(f"UPDATE {table} SET currency = 'USD'") == guard
    assert refused_by(f"DELETE FROM {table}") == guard
    assert refused_by(f"TRUNCATE {table} CASCADE") in (
        guard,
        "ledger_journalline_is_append_only",
    )
    assert refused_by(f"SET LOCAL session_replication_role = replica; DELETE FROM {table}") == (
        guard
    )


def test_i_7_i_8_i_24_find_books_that_were_forced(entity):
    entry = invoice(entity)
    for check in queries.INTEGRITY:
        assert check.run() == []
    unguard("ledger_journalline")
    raw("UPDATE ledger_journalline SET debit = 120 WHERE entry_id = %s AND debit > 0", entry.pk)
    found = {check.code: check.run() for check in queries.INTEGRITY}
    assert found["I-7"][0].subject == f"entry {entry.pk}"
    assert found["I-8"][0].message == "the trial balance does not balance"
    assert found["I-24"][0].actual == "119.0000"


def test_posted_to_closed_state_words(entity):
    assert PeriodState.SOFT_CLOSED.label == "Soft closed: finance only"


def test_i_7_finds_lines_of_no_entry(entity):
    entry = invoice(entity)
    unguard("ledger_journalline")
    raw("UPDATE ledger_journalline SET entry_id = 90001 WHERE entry_id = %s", entry.pk)
    found = {check.code: check.run() for check in queries.INTEGRITY}
    assert {one.subject for one in found["I-7"]} == {f"entry {entry.pk}", "entry 90001"}
