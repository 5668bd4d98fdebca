"""What was waived or reduced before the bill, and the document that bears it (ADJ-1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from customers.choices import GrantState
from customers.models import GrantedDiscount
from invoicing.choices import DocumentState
from invoicing.models import ChargeItem, Invoice, InvoiceLine

if TYPE_CHECKING:
    from django.db.models import QuerySet


def adjustments() -> QuerySet[GrantedDiscount]:
    """Return all adjustments, the newest first."""
    rows = GrantedDiscount.objects.filter(value__isnull=False).order_by("-pk")
    return rows.select_related(
        "account", "discount", "subscription_charge__charge", "requested_by", "approved_by"
    )


def adjustments_waiting(*, account_ids: Iterable[int], since: date) -> QuerySet[GrantedDiscount]:
    """Return what of accounts no posted document bears yet, of periods that reach beyond a day."""
    posted = InvoiceLine.objects.filter(
        invoice__state=DocumentState.POSTED, pk=OuterRef("line_id")
    )
    items = ChargeItem.objects.filter(Exists(posted), grant_id=OuterRef("pk"))
    return adjustments().filter(
        ~Exists(items),
        account_id__in=list(account_ids),
        state__in=[GrantState.PENDING, GrantState.GRANTED],
        valid__endswith__gt=since,
    )


def document_of_adjustment(*, grant_id: int) -> str | None:
    """Return the number of the posted document that bears an adjustment."""
    items = ChargeItem.objects.filter(grant_id=grant_id, line_id__isnull=False)
    lines = InvoiceLine.objects.filter(pk__in=items.values("line_id"))
    found = Invoice.objects.filter(
        pk__in=lines.values("invoice_id"), state=DocumentState.POSTED
    ).order_by("pk")
    return found.values_list("number", flat=True).first()
