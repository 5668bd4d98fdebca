"""A provider of full size: the demo company, told through the operations, then copied set-based.

A copy has keys and numbers of its own and is otherwise what the operations wrote: the same dates,
amounts and states, pointing at each other as the originals do. Configuration (offers, prices, tax,
chart, runs, people) is not copied. Triggers are off while copying, indexes and checks are on.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management import call_command
from django.db import connection, models, transaction

from audit.models import ApprovalRequest, BusinessEvent, Change
from customers import models as customers
from invoicing import models as invoicing
from ledger.models import JournalEntry, JournalLine
from payments import models as payments
from rating import models as rating
from receivables.models import Allocation, AllocationBatch, OpenItem

STRIDE = 1_000_000  # keys of copy k are those of the original and k strides
HEAVY = 0.1  # the share of all usage rows that is behind one line

PARTIES: list[type[models.Model]] = [
    customers.Customer, customers.Account, customers.AccountPosition, customers.Address,
    customers.AccountAddress, customers.ExemptionCertificate, customers.Order,
    customers.OrderItem, customers.OrderItemIdentifier, customers.ServiceInstance,
    customers.ServiceIdentifier, customers.ServiceStatusPeriod, customers.Subscription,
    customers.SubscriptionItem, customers.SubscriptionCharge, customers.ChargeSegment,
    customers.SubscriptionEvent, customers.VatIdCheck,
]  # fmt: skip
MONEY: list[type[models.Model]] = [
    invoicing.BillRunChunk, invoicing.BillRunAccount, invoicing.BillRunFinding,
    invoicing.Invoice, invoicing.InvoiceLine, invoicing.TaxLine, invoicing.TaxTotal,
    invoicing.ChargeItem, invoicing.MemoRequest, JournalEntry, JournalLine, OpenItem,
    AllocationBatch, Allocation, payments.Payment, payments.UnidentifiedReceipt,
    ApprovalRequest, BusinessEvent, Change,
]  # fmt: skip
USAGE: list[type[models.Model]] = [
    rating.UsageFile, rating.UsageFilePart, rating.UsageEvent, rating.RatedUsage,
    rating.UsageKey, rating.UsageAggregate, rating.SuspenseItem,
]  # fmt: skip
COPIED = {model._meta.db_table: model for model in (*PARTIES, *MONEY, *USAGE)}

# Columns that name a copied row without a foreign key.
KEYS = {
    "account_id", "payer_id", "customer_id", "subscription_charge_id", "service_id", "line_id",
    "charge_item_id", "original_line_id", "reverses_id", "approval_id", "exemption_id",
    "subject_id", "file_id",
}  # fmt: skip
NUMBERS = {"number", "external_id", "request_key", "value", "identifier", "event_key"}
# What is told otherwise, by table and column, for copy k.
TOLD = {
    ("customers_account", "tree_id"): "tree_id + k * 10000",
    ("audit_businessevent", "uuid"): "gen_random_uuid()",
    ("audit_change", "row_id"): f"(row_id::bigint + k * {STRIDE})::text",
    ("invoicing_billrunchunk", "seq"): "seq + k * 1000",
    ("ledger_journalline", "account_id"): "account_id",
    ("ledger_journalentry", "source_id"): f"source_id + k * {STRIDE}",
    ("receivables_openitem", "source_id"): f"source_id + k * {STRIDE}",
    ("rating_usagefile", "sha256"): "md5(sha256 || k)",
    ("rating_usagefile", "sequence"): "sequence + k * 1000",
    ("rating_usagekey", "key_hash"): "md5(key_hash::text || k)::uuid",
}
ONLY = {
    "audit_change": ("table_name", [*COPIED]),
    "audit_businessevent": ("subject_type", [one._meta.label_lower for one in COPIED.values()]),
    "audit_approvalrequest": ("subject_type", [one._meta.label_lower for one in COPIED.values()]),
}
BUSIEST = """
SELECT i.account_id, i.subscription_charge_id, i.segment_start, i.segment_end
  FROM invoicing_chargeitem i
  JOIN rating_usageevent e ON e.account_id = i.account_id
       AND e.subscription_charge_id = i.subscription_charge_id
       AND e.on_date >= i.segment_start AND e.on_date < i.segment_end
       AND e.billable_quantity IS NOT NULL
 WHERE i.kind = 'USAGE' AND i.line_id IS NOT NULL AND i.id < %(stride)s
 GROUP BY i.id ORDER BY count(*) DESC, i.id LIMIT 1
"""
MORE_OF_ONE = """
WITH behind AS (
    SELECT * FROM rating_usageevent
     WHERE account_id = %(account)s AND subscription_charge_id = %(charge)s
       AND on_date >= %(start)s AND on_date < %(end)s)
INSERT INTO rating_usageevent ({columns})
SELECT {told} FROM behind
 CROSS JOIN generate_series(1001, 1000 + %(rows)s / (SELECT count(*) FROM behind)) AS k
"""


def fill(*, invoices: int, usage_rows: int) -> None:
    """Tell the demo company, then copy it until there are so many invoices and usage rows."""
    began = time.perf_counter()
    call_command("seed_demo", size="small", no_progress=True, stdout=sys.stderr)
    _say("the company stands", began)
    told = invoicing.Invoice.objects.filter(state="POSTED").count()
    rated = rating.UsageEvent.objects.count()
    heavy = round(usage_rows * HEAVY)
    copies = -(-max(0, invoices - told) // told)
    usage_copies = min(copies, -(-max(0, usage_rows - heavy - rated) // rated))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in COPIED:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        cursor.execute("SET LOCAL work_mem = '256MB'")
        for model in (*PARTIES, *MONEY):
            cursor.execute(*_copy(model, copies))
        for model in USAGE:
            cursor.execute(*_copy(model, usage_copies))
        _use_one_line_much(cursor, heavy)
    _say(f"{copies} copies", began)
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        cursor.execute("VACUUM ANALYZE")
    counted = invoicing.Invoice.objects.filter(state="POSTED").count()
    events = rating.UsageEvent.objects.count()
    _say(f"{counted:,} invoices, {events:,} usage rows", began)


def _use_one_line_much(cursor: Any, rows: int) -> None:
    """Put so many usage rows more behind the line that has the most."""
    cursor.execute(BUSIEST, {"stride": STRIDE})
    account, charge, start, end = cursor.fetchone()
    columns, _ = _columns(rating.UsageEvent)
    told = {"id": f"id + k * {STRIDE}", "event_key": "event_key || '+' || k"}
    statement = MORE_OF_ONE.format(
        columns=_listed(columns), told=", ".join(told.get(name, name) for name in columns)
    )
    binds = {"rows": rows, "account": account, "charge": charge, "start": start, "end": end}
    cursor.execute(statement, binds)


def _copy(model: type[models.Model], copies: int) -> tuple[str, dict[str, Any]]:
    """Return the statement that copies a table so many times, and its binds."""
    table = model._meta.db_table
    columns, expressions = _columns(model)
    column, names = ONLY.get(table, ("", []))
    where = f'WHERE "{column}" = ANY(%(names)s)' if column else ""
    key = "id" if "id" in columns else columns[0]
    statement = (
        f'INSERT INTO "{table}" ({_listed(columns)}) SELECT {", ".join(expressions)}'
        f' FROM "{table}" CROSS JOIN generate_series(1, %(copies)s) AS k {where}'
        f" ORDER BY k, {key}"
    )
    return statement, {"copies": copies, "names": names}


def _columns(model: type[models.Model]) -> tuple[list[str], list[str]]:
    """Return the columns of a table and what each is in copy k."""
    columns, expressions = [], []
    for field in model._meta.local_concrete_fields:
        if not field.column:
            continue  # a key of several columns
        columns.append(field.column)
        expressions.append(_expression(model, field))
    return columns, expressions


def _expression(model: type[models.Model], field: Any) -> str:
    table, column = model._meta.db_table, field.column
    if (table, column) in TOLD:
        return TOLD[(table, column)]
    related = getattr(field.related_model, "_meta", None)
    points = related.db_table in COPIED if related else column in KEYS
    if column == "id" or points:
        return f'"{column}" + k * {STRIDE}'
    if column in NUMBERS and isinstance(field, models.CharField):
        return f'CASE WHEN "{column}" <> \'\' THEN "{column}" || \'-\' || k ELSE "{column}" END'
    return f'"{column}"'


def _listed(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _say(what: str, began: float) -> None:
    print(f"  {what} after {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
