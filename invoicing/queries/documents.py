"""Reads of documents: lists, what was issued in a period, the taxes of a period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from customers.models import Account
from invoicing.choices import DocumentState, DocumentType
from invoicing.models import ChargeItem, Invoice, InvoiceLine, TaxTotal
from tax.models import Jurisdiction, TaxType


def documents() -> QuerySet[Invoice]:
    """Return all documents with payer and entity, newest first."""
    return Invoice.objects.select_related("payer", "entity")


def posted_between(start: date, end: date) -> QuerySet[Invoice]:
    """Return what was issued with a date in [start, end): the billing register (R2)."""
    return documents().filter(
        state=DocumentState.POSTED, invoice_date__gte=start, invoice_date__lt=end
    )


@dataclass(frozen=True, slots=True)
class RegisterTotal:
    """What was issued of one type in one currency."""

    currency: str
    doc_type: str
    count: int
    net: Decimal
    tax: Decimal
    total: Decimal


def register_totals(rows: QuerySet[Invoice]) -> list[RegisterTotal]:
    """Return the register's sums by currency and type, in that order."""
    found = (
        rows.order_by("currency", "doc_type")
        .values("currency", "doc_type")
        .annotate(count=Count("id"), net_sum=Sum("net"), tax_sum=Sum("tax"), sum=Sum("total"))
    )
    return [
        RegisterTotal(
            row["currency"], row["doc_type"], row["count"], row["net_sum"], row["tax_sum"],
            row["sum"],
        )
        for row in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaxLiability:
    """The tax of one place, tax, category and rate in one currency over a period (R10)."""

    place: str
    tax: str
    category: str
    rate: Decimal
    currency: str
    basis: Decimal
    amount: Decimal


def tax_liability(
    start: date, end: date, entities: Collection[int] | None = None
) -> list[TaxLiability]:
    """Return billed less credited taxes of documents dated in [start, end), by place and rate."""
    rows = TaxTotal.objects.filter(
        invoice__state=DocumentState.POSTED,
        invoice__invoice_date__gte=start,
        invoice__invoice_date__lt=end,
    )
    if entities is not None:
        rows = rows.filter(invoice__entity_id__in=entities)
    keys = ("jurisdiction_id", "tax_type_id", "category", "rate", "currency")
    sums: dict[tuple[int, int, str, Decimal, str], list[Decimal]] = {}
    for row in (
        rows.order_by(*keys)
        .values_list(*keys, "invoice__doc_type")
        .annotate(b=Sum("basis"), a=Sum("amount"))
    ):
        sign = -1 if row[5] == DocumentType.CREDIT_NOTE else 1
        pair = sums.setdefault((row[0], row[1], row[2], row[3], row[4]), [Decimal(0), Decimal(0)])
        pair[0] += sign * row[6]
        pair[1] += sign * row[7]
    places, taxes = place_names(), tax_names()
    return [
        TaxLiability(places.get(key[0], "?"), taxes.get(key[1], "?"), *key[2:], basis, amount)
        for key, (basis, amount) in sums.items()
    ]


def place_names() -> Mapping[int, str]:
    """Return the names of all places that tax."""
    return dict(Jurisdiction.objects.values_list("id", "name"))


def tax_names() -> Mapping[int, str]:
    """Return the names of all taxes."""
    return dict(TaxType.objects.values_list("id", "name"))


def owners_of(invoice: Invoice) -> Mapping[int, Account]:
    """Return the accounts whose charges stand on a document, by id."""
    ids = invoice.lines.order_by().values_list("account_id", flat=True).distinct()
    return Account.objects.in_bulk(ids)


def line_of_usage(subscription_charge_id: int, on_date: date) -> InvoiceLine | None:
    """Return the latest line, drafted or posted, that bills the usage of a charge on a day."""
    item = (
        ChargeItem.objects.filter(
            subscription_charge_id=subscription_charge_id,
            segment_start__lte=on_date,
            segment_end__gt=on_date,
            line_id__isnull=False,
        )
        .order_by("-id")
        .first()
    )
    if item is None:
        return None
    return InvoiceLine.objects.filter(pk=item.line_id or 0).first()
