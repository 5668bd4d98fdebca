"""A tree of 100,000 accounts: what a move and a page of it take, and numbering it afterwards.

Every account has ten below it, the last level is five deep. Branches of about a hundred accounts
are moved one after the other; between the moves nothing is numbered, as when somebody moves many
in an hour. The page is that of an account on the last level, with its whole way open.
"""

from __future__ import annotations

import time
from datetime import date

from django.db import connection, transaction
from django.urls import reverse

import customers.operations
import customers.queries
from benchmarks.figures import Figure, Repetitions
from benchmarks.pages import reader
from customers.models import Account
from tests.apps.invoicing.company import Company

ACCOUNTS, BELOW, TURNS = 100_000, 10, 25
DAY = date(2027, 2, 1)
MOVE_MS, PAGE_MS = 300, 500

GROWN = """
CREATE TEMP TABLE fresh ON COMMIT DROP AS
SELECT g AS n, nextval(pg_get_serial_sequence('customers_account', 'id')) AS id
FROM generate_series(2, %(accounts)s) AS g;
INSERT INTO fresh VALUES (1, %(root)s);
CREATE UNIQUE INDEX ON fresh (n);
INSERT INTO customers_account (id, number, customer_id, parent_id, name, role, entity_id, currency,
    time_zone, cycle_code, cycle_day, cycle_months, invoice_mode, terms_kind, terms_days, language,
    delivery, po_number, cost_centre, billing_hold_reason, status, opened_on, lft, rght, tree_id,
    level)
SELECT f.id, 'T-' || lpad(f.n::text, 7, '0'), r.customer_id, up.id, 'Site ' || f.n, 'NON_PAYER',
       r.entity_id, r.currency, r.time_zone, '', 1, 1, 'CONSOLIDATED', 'NET', 30, 'en', 'EMAIL',
       '', '', '', 'ACTIVE', r.opened_on, 1, 2, r.tree_id, 1
FROM fresh f JOIN fresh up ON up.n = (f.n + %(below)s - 2) / %(below)s
JOIN customers_account r ON r.id = %(root)s
WHERE f.n > 1;
INSERT INTO customers_accountposition (account_id, valid, parent_id, role, reason)
SELECT a.id, daterange(a.opened_on, NULL), a.parent_id, 'NON_PAYER', ''
FROM customers_account a WHERE a.parent_id IS NOT NULL;
UPDATE customers_account SET unnumbered = 1 WHERE id = %(root)s;
"""


def run(scale: float) -> list[Figure]:
    """Grow and number the tree, move branches of it, look at it."""
    root = Company().payer("Group")
    accounts = max(2_000, round(ACCOUNTS * scale))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(GROWN, {"accounts": accounts, "root": root.pk, "below": BELOW})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    first = _numbered()
    moves = Repetitions(_moves()[1:])
    page = _pages()
    again = _numbered()
    return [
        Figure("tree.move_ms", moves.median * 1000, "ms", spread=moves.spread,
               note=f"{accounts:,} accounts, branches of about 100, at most {MOVE_MS} ms"),
        Figure("tree.page_ms", page.median * 1000, "ms", spread=page.spread,
               note=f"of a tree that waits to be numbered, at most {PAGE_MS} ms"),
        Figure("tree.number_s", again, "s",
               note=f"by the tick after {TURNS} moves; {first:.1f} s anew"),
    ]  # fmt: skip


def _moves() -> list[float]:
    """Hang branches elsewhere; return the seconds each took."""
    third = Account.objects.filter(level=3).order_by("number")
    branches, targets = list(third[: TURNS + 1]), list(third.reverse()[: TURNS + 1])
    seconds = []
    for account, target in zip(branches, targets, strict=True):
        began = time.perf_counter()
        customers.operations.move_account(
            account=account, parent=target, on_date=DAY, as_of=DAY, actor=None
        )
        seconds.append(time.perf_counter() - began)
    return seconds


def _pages() -> Repetitions:
    """Open the tree around accounts that have just been moved."""
    browser = reader()
    seconds = []
    for account in Account.objects.filter(level=4).order_by("number")[: TURNS + 1]:
        began = time.perf_counter()
        answer = browser.get(reverse("customers:account_tree", args=[account.pk]))
        seconds.append(time.perf_counter() - began)
        if answer.status_code != 200 or account.number not in answer.content.decode():
            raise RuntimeError(f"the tree of {account.number} does not show it")
    return Repetitions(seconds[1:])


def _numbered() -> float:
    """Let the tick number what waits; return the seconds until the tree is sound."""
    began = time.perf_counter()
    if customers.operations.number_trees() != 1:
        raise RuntimeError("no tree was waiting to be numbered")
    seconds = time.perf_counter() - began
    if findings := customers.queries.hierarchy_findings():
        raise RuntimeError(findings[0].message)
    return seconds
