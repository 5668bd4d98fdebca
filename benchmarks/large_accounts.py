"""Large payers in a bill run, and a run over payers that it has billed already.

One account with 10,000 subscriptions, and one tree of 20,000 accounts under one payer, stream
through a run beside as many lines of small payers: the cost of a line is compared. Then the same
run is started again: nobody has changed, and nothing is billed twice.
"""

from __future__ import annotations

import time

from django.db import connection, transaction

import invoicing.operations
from benchmarks._payers import BILL_DATE, Population, Town
from benchmarks.bill_run import CUTOFF, WORKERS, bill
from benchmarks.figures import Figure
from invoicing.choices import RunKind
from invoicing.models import BillRunAccount, InvoiceLine

SUBSCRIPTIONS, ACCOUNTS, UNCHANGED = 10_000, 20_000, 50_000

ONE_OWNER = """
WITH one AS (SELECT min(id) AS id FROM customers_account WHERE cycle_code = %(code)s)
UPDATE customers_subscription s SET account_id = one.id
FROM customers_account a, one WHERE a.id = s.account_id AND a.cycle_code = %(code)s;
WITH one AS (SELECT min(id) AS id FROM customers_account WHERE cycle_code = %(code)s)
UPDATE customers_subscriptioncharge c SET account_id = one.id
FROM customers_account a, one WHERE a.id = c.account_id AND a.cycle_code = %(code)s;
WITH one AS (SELECT min(id) AS id FROM customers_account WHERE cycle_code = %(code)s)
UPDATE rating_usageaggregate u SET account_id = one.id
FROM customers_account a, one WHERE a.id = u.account_id AND a.cycle_code = %(code)s;
UPDATE customers_account a SET cycle_code = ''
WHERE a.cycle_code = %(code)s
  AND a.id <> (SELECT min(id) FROM customers_account WHERE cycle_code = %(code)s);
"""
ONE_TREE = """
WITH one AS (SELECT min(id) AS id FROM customers_account WHERE cycle_code = %(code)s)
UPDATE customers_accountposition p SET parent_id = one.id, role = 'NON_PAYER'
FROM customers_account a, one
WHERE a.id = p.account_id AND a.cycle_code = %(code)s AND a.id <> one.id;
WITH numbered AS (
    SELECT id, min(id) OVER () AS root, min(tree_id) OVER () AS tree, count(*) OVER () AS size,
           row_number() OVER (ORDER BY id) AS place
    FROM customers_account WHERE cycle_code = %(code)s)
UPDATE customers_account a
SET tree_id = n.tree, level = (n.place > 1)::int,
    lft = CASE WHEN n.place = 1 THEN 1 ELSE 2 * (n.place - 1) END,
    rght = CASE WHEN n.place = 1 THEN 2 * n.size ELSE 2 * n.place - 1 END,
    parent_id = CASE WHEN n.place > 1 THEN n.root END,
    role = CASE WHEN n.place > 1 THEN 'NON_PAYER' ELSE 'PAYER' END,
    cycle_code = CASE WHEN n.place > 1 THEN '' ELSE a.cycle_code END
FROM numbered n WHERE n.id = a.id;
"""


def run(scale: float) -> list[Figure]:
    """Measure small payers beside large ones, then a run beside its repetition."""
    town = Town()
    bill(town, town.settle("WARM", 200))
    ratios = []
    for name, count, shape in (
        ("OWNER", SUBSCRIPTIONS, ONE_OWNER),
        ("TREE", ACCOUNTS, ONE_TREE),
    ):
        payers = max(200, round(count * scale))
        small = _cost_of_line(town, town.settle(f"{name}S", payers))
        large = _cost_of_line(town, _gathered(town, name, payers, shape))
        ratios.append((large / small, name.lower(), small, large))
    ratio, worst, small, large = max(ratios)
    payers = max(200, round(UNCHANGED * scale))
    population = town.settle("AGAIN", payers)
    first = bill(town, population)
    again = _again(town, population)
    return [
        Figure(
            "bill_run.large_account_cost_ratio", ratio, "×",
            note=f"{worst}: {small * 1e6:,.0f} µs a line of small payers, {large * 1e6:,.0f} µs",
        ),
        Figure(
            "bill_run.rerun_cost_ratio", again / first, "×",
            note=f"{payers:,} payers: {first:.1f} s, unchanged {again:.2f} s",
        ),
    ]  # fmt: skip


def _gathered(town: Town, name: str, payers: int, shape: str) -> Population:
    """Let payers move in, then hang all they have below one of them."""
    code = f"{name}L"
    population = town.settle(code, payers)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(shape, {"code": code})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Population(population.cycle, 1)


def _cost_of_line(town: Town, population: Population) -> float:
    """Return the seconds that a run takes for each line."""
    before = InvoiceLine.objects.count()
    seconds = bill(town, population)
    return seconds / (InvoiceLine.objects.count() - before)


def _again(town: Town, population: Population) -> float:
    """Run the same bill date again; return the seconds until it found nothing to do."""
    began = time.perf_counter()
    started = invoicing.operations.start_run(
        cycle=population.cycle,
        bill_date=BILL_DATE,
        cutoff_at=CUTOFF,
        kind=RunKind.CATCH_UP,
        actor=town.company.clerk,
        workers=WORKERS,
    )
    done = invoicing.operations.continue_run(run_id=started.pk, workers=WORKERS)
    seconds = time.perf_counter() - began
    if BillRunAccount.objects.filter(run=done, state__in=["DRAFTED", "POSTED"]).exists():
        raise RuntimeError("an unchanged payer was billed twice")
    return seconds
