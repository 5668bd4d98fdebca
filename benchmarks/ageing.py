"""Ageing of 100,000 open items of 20,000 payers, whole and by page; allocations in bulk.

Three debits of five were settled some weeks after they were due, a tenth of those settlements was
taken back; a past day therefore differs from today by tens of thousands of allocations.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from functools import partial

from django.db import connection, transaction

import ledger.operations
from benchmarks.figures import Figure, Repetitions
from customers.models import Customer
from receivables import queries

ITEMS, PAYERS, TURNS = 100_000, 20_000, 7
TODAY = date(2027, 12, 31)
PAST = {"half_year_ago": date(2027, 6, 30), "first_month": date(2027, 1, 31)}

ACCOUNTS = """
INSERT INTO customers_account (number, customer_id, parent_id, name, role, entity_id, currency,
    time_zone, cycle_code, cycle_day, cycle_months, invoice_mode, terms_kind, terms_days, language,
    delivery, po_number, cost_centre, billing_hold_reason, status, opened_on, lft, rght, tree_id,
    level)
SELECT 'P-' || g, %(customer)s, NULL, 'Payer ' || g, 'PAYER', %(entity)s, 'EUR', 'Etc/UTC', '', 1,
       1, 'CONSOLIDATED', 'NET', 30, 'en', 'EMAIL', '', '', '', 'ACTIVE', '2027-01-01', 1, 2, g, 0
  FROM generate_series(1, %(payers)s) g;
INSERT INTO customers_accountposition (account_id, valid, parent_id, role, reason)
SELECT id, daterange('2027-01-01', NULL), NULL, 'PAYER', '' FROM customers_account
"""
ITEM_COLUMNS = """
INSERT INTO receivables_openitem (payer_id, entity_id, source_type, source_id, number, side,
    doc_date, due_date, currency, amount, open, disputed, fx_rate, functional_amount,
    functional_open)
"""
DEBITS = f"""
{ITEM_COLUMNS}
SELECT p.id, %(entity)s, 'bench.debit', g, 'D-' || g, 'D', d.day, d.day + 30, 'EUR', a.amount,
       a.amount, 0, 1, a.amount, a.amount
  FROM generate_series(1, %(items)s) g
  JOIN customers_account p ON p.number = 'P-' || (g %% %(payers)s + 1)
  CROSS JOIN LATERAL (SELECT date '2027-01-01' + ((g::bigint * 7919) %% 330)::int AS day) d
  CROSS JOIN LATERAL (SELECT ((g::bigint * 104729) %% 49500 + 500) / 100.0 AS amount) a
"""
CREDITS = f"""
{ITEM_COLUMNS}
SELECT payer_id, entity_id, 'bench.credit', source_id, 'C-' || source_id, 'C',
       due_date + (source_id * 31 %% 60)::int - 20, due_date, 'EUR', amount, amount, 0, 1, amount,
       amount
  FROM receivables_openitem WHERE side = 'D' AND source_id %% 5 < 3
"""
BATCHES = """
INSERT INTO receivables_allocationbatch (entity_id, payer_id, kind, strategy, on_date, currency,
    amount, reason)
SELECT entity_id, payer_id, 'APPLY', 'EXPLICIT', doc_date, 'EUR', amount, source_id::text
  FROM receivables_openitem WHERE side = 'C'
"""
ALLOCATIONS = """
INSERT INTO receivables_allocation (batch_id, debit_item_id, credit_item_id, currency, amount,
    functional_debit, functional_credit, realised_fx, on_date)
SELECT b.id, d.id, c.id, 'EUR', c.amount, c.amount, c.amount, 0, b.on_date
  FROM receivables_allocationbatch b
  JOIN receivables_openitem c ON c.source_type = 'bench.credit' AND c.source_id = b.reason::bigint
  JOIN receivables_openitem d ON d.source_type = 'bench.debit' AND d.source_id = c.source_id
"""
MIRROR_BATCHES = """
INSERT INTO receivables_allocationbatch (entity_id, payer_id, kind, strategy, on_date, currency,
    amount, reason)
SELECT entity_id, payer_id, 'REVERSE', 'MIRROR', on_date + 20, currency, -amount, id::text
  FROM receivables_allocationbatch WHERE id %% 10 = 0
"""
MIRRORS = """
INSERT INTO receivables_allocation (batch_id, debit_item_id, credit_item_id, currency, amount,
    functional_debit, functional_credit, realised_fx, on_date, reverses_id)
SELECT m.id, a.debit_item_id, a.credit_item_id, a.currency, -a.amount, -a.functional_debit,
       -a.functional_credit, 0, m.on_date, a.id
  FROM receivables_allocationbatch m
  JOIN receivables_allocation a ON a.batch_id = m.reason::bigint
 WHERE m.kind = 'REVERSE'
"""


def run(scale: float) -> list[Figure]:
    """Fill a book, then age it."""
    items, payers = round(ITEMS * scale), max(1, round(PAYERS * scale))
    rate = _fill(items, payers)
    figures = [
        Figure("receivables.allocations_per_second", rate, "rows/s", note="guarded, in bulk"),
        _timed("ageing.today_ms", lambda: queries.ageing(as_of=TODAY)),
    ]
    for name, day in PAST.items():
        figures.append(_timed(f"ageing.{name}_ms", lambda day=day: queries.ageing(as_of=day)))  # type: ignore[misc]
    for name, day in {"today": TODAY, **PAST}.items():
        page = partial(queries.ageing, as_of=day, most=50)
        figures.append(_timed(f"ageing.{name}_page_ms", page))
    return figures


def _fill(items: int, payers: int) -> float:
    """Fill the book through all guards; return how many allocations a second went in."""
    entity = ledger.operations.ensure_entity(
        code="B",
        name="Bench",
        country="AV",
        functional_currency="EUR",
        time_zone="Etc/UTC",
        books_from=date(2027, 1, 1),
    )
    customer = Customer.objects.create(number="B-1", kind="ORG", legal_name="Bench")
    binds = {
        "entity": entity.pk,
        "customer": customer.pk,
        "items": items,
        "payers": payers,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT customers_tree_lock()")
        for statement in (ACCOUNTS, DEBITS, CREDITS, BATCHES):
            cursor.execute(statement, binds)
    for table in ("customers_account", "receivables_openitem", "receivables_allocationbatch"):
        _analyse(table)
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALLOCATIONS)
        written = cursor.rowcount
    took = time.perf_counter() - began
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MIRROR_BATCHES, {})
        cursor.execute(MIRRORS)
    for table in ("receivables_openitem", "receivables_allocation"):
        _analyse(table)
    return written / took


def _analyse(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {table}")


def _timed(name: str, work: Callable[[], object]) -> Figure:
    work()
    seconds = []
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    found = Repetitions(seconds)
    return Figure(name, found.median * 1000, "ms", spread=found.spread)
