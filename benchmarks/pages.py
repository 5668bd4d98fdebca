"""Every list page and the explanation of lines at 100,000 invoices and 1,000,000 usage rows.

The invoices come from a real bill run of 100,000 payers (lines, taxes, items, journal); usage
rows are inserted set-based behind its metered lines, a tenth of them behind one line. Pages are
opened through Django's test client by somebody who may open all of them, warm, in turns.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks._payers import Town
from benchmarks.bill_run import bill
from benchmarks.figures import Figure, Repetitions
from customers.models import Account
from foundation.screens import ListScreen
from invoicing.models import BillRun, Invoice, InvoiceLine
from rating.models import UsageEvent, UsageFile, UsageSource
from rating.operations.partitions import ensure_partitions
from tests.apps.billing_site.access.doors import pages

PAYERS, ROWS, TURNS, LINES = 100_000, 1_000_000, 5, 40
HEAVY = 10  # one row in so many is behind one line

EVENTS = """
INSERT INTO rating_usageevent (account_id, event_start, event_end, source_id, service_id,
    subscription_charge_id, file_id, row_number, received_at, on_date, event_key, usage_type,
    identifier_type, identifier, attribute_key, state, quantity, billable_quantity, attributes)
SELECT i.account_id, t.at, t.at, %(source)s, 1, i.subscription_charge_id, %(file)s, g, t.at,
       (t.at AT TIME ZONE 'Europe/Berlin')::date, 'k' || g, 'VOICE', 'MSISDN', 'n' || i.id, '*',
       'GUIDED', 1, 1, '{}'
  FROM generate_series(1, %(rows)s) g
  JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS many
          FROM invoicing_chargeitem WHERE kind = 'USAGE') i
    ON i.n = CASE WHEN g %% %(heavy)s = 0 THEN 0 ELSE g %% i.many END
  CROSS JOIN LATERAL
       (SELECT timestamptz '2027-01-02 08:00Z' + (g %% 40000) * interval '1 minute' AS at) t
"""
SUSPENDED = """
INSERT INTO rating_suspenseitem (source_id, file_id, row_number, reason, "column", message, fields,
    corrections, usage_type, identifier, holds_key, state, attempts, received_at, resolution)
SELECT %(source)s, %(file)s, g, 'NO_OWNER', 'identifier', 'Nobody holds it.', '{}', '{}',
       'VOICE', 'x' || g %% 500, false, 'OPEN', 0, now(), ''
  FROM generate_series(1, %(rows)s / 100) g
"""


def run(scale: float) -> list[Figure]:
    """Fill the books, open every page in turns, return the slowest of each sort."""
    _fill(max(200, round(PAYERS * scale)), max(2_000, round(ROWS * scale)))
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("reader"))
    listed = _timed(client, dict(list_addresses()))
    lines = _timed(client, dict(_line_addresses()))
    for name, one in sorted(listed.items(), key=lambda pair: -pair[1].median)[:12]:
        print(f"  {one.median * 1000:8.0f} ms  {name}", file=sys.stderr)
    return [
        _slowest("pages.slowest_list_ms", listed, f"of {len(listed)} list pages"),
        _slowest("pages.explain_ms", lines, f"of {len(lines)} lines"),
        Figure(
            "pages.median_list_ms",
            statistics.median(one.median for one in listed.values()) * 1000,
            "ms",
        ),
    ]


def list_addresses() -> Iterator[tuple[str, str]]:
    """Yield every list of the console and the admin, and where it belongs to an object, one."""
    account = Account.objects.order_by("-pk")[0].pk
    held = {"run": BillRun.objects.latest("pk").pk, "account": account}
    for path, page in pages():
        if not issubclass(page.callback.view_class, ListScreen):
            continue
        if "<" not in path and "(" not in path:
            yield path, path
            continue
        kind = "run" if "/runs/" in path else "account" if "/accounts/" in path else ""
        if kind:
            filled = path.replace("<int:pk>", str(held[kind]))
            yield path, filled
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        yield reverse(name), reverse(name)
    number = Invoice.objects.latest("pk").number
    payer = Account.objects.get(pk=account).number
    for path, asked in (
        ("invoicing:invoices", f"number={number}"),
        ("invoicing:invoices", f"account={payer}"),
        ("invoicing:invoices", "state=DRAFT"),
        ("invoicing:invoices", "page=150"),
        ("invoicing:register", "since=2027-02-01&until=2027-02-28"),
        ("customers:accounts", f"search={payer}"),
        ("customers:accounts", "search=ccount"),
        ("customers:customers", f"search={payer}"),
        ("rating:events", f"account={payer}&start=2027-01-01&end=2027-01-31"),
        ("receivables:items", f"account={payer}"),
        ("receivables:ageing", "as_of=2027-06-30"),
    ):
        address = f"{reverse(path)}?{asked}"
        yield address, address


def _line_addresses() -> Iterator[tuple[str, str]]:
    """Yield lines spread over all there are, and the one with the most usage behind it."""
    first, last = InvoiceLine.objects.earliest("pk").pk, InvoiceLine.objects.latest("pk").pk
    heaviest = (
        UsageEvent.objects.order_by("account_id").values_list("subscription_charge_id", flat=True)
    )[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line_id FROM invoicing_chargeitem WHERE kind = 'USAGE'"
            " AND subscription_charge_id = %s",
            [heaviest],
        )
        keys = [row[0] for row in cursor.fetchall()]
    keys += [first + (last - first) * step // LINES for step in range(LINES + 1)]
    for key in InvoiceLine.objects.filter(pk__in=keys).values_list("pk", flat=True):
        yield f"line {key}", reverse("invoicing:line", args=[key])


def _fill(payers: int, rows: int) -> None:
    town = Town()
    began = time.perf_counter()
    bill(town, town.settle("MANY", payers))
    source = UsageSource.objects.create(code="SRC", name="Source")
    file = UsageFile.objects.create(
        source=source, name="many.csv", sha256="0" * 64, format="CSV", received_at=timezone.now()
    )
    binds = {"source": source.pk, "file": file.pk, "rows": rows, "heavy": HEAVY}
    with connection.cursor() as cursor:
        ensure_partitions(cursor, ["2027-01"])
        cursor.execute(EVENTS, binds)
        cursor.execute(SUSPENDED, binds)
        cursor.execute("VACUUM ANALYZE")
    invoices, events = Invoice.objects.count(), UsageEvent.objects.count()
    took = time.perf_counter() - began
    print(f"  {invoices:,} invoices, {events:,} usage rows in {took:.0f} s", file=sys.stderr)


def _timed(client: Client, addresses: dict[str, str]) -> dict[str, Repetitions]:
    seconds: dict[str, list[float]] = {name: [] for name in addresses}
    for turn in range(TURNS + 1):
        for name, address in addresses.items():
            began = time.perf_counter()
            response: Any = client.get(address)
            if turn:  # the first one warms templates and caches
                seconds[name].append(time.perf_counter() - began)
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")
    return {name: Repetitions(found) for name, found in seconds.items()}


def _slowest(name: str, found: dict[str, Repetitions], of: str) -> Figure:
    page, one = max(found.items(), key=lambda pair: pair[1].median)
    return Figure(name, one.median * 1000, "ms", spread=one.spread, note=f"{page}, slowest {of}")
