"""What was waived or reduced before the bill, as tables show it (ADJ-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from customers.models import Account, GrantedDiscount
from foundation.screens import Column, Table
from invoicing import operations
from invoicing.operations import NextInvoice

ADJUST: Final = "customers.adjust_next_bill"
WHOLE_BILL: Final = "The whole bill"


def adjust_url(account_id: int, **asked: str) -> str:
    """Return the page on which the next bill of an account is adjusted."""
    url = reverse("invoicing:adjust_bill", args=[account_id])
    return f"{url}?{urlencode(asked)}" if asked else url


def adjusted_of(one: GrantedDiscount) -> str:
    """Name what an adjustment is of."""
    of = one.subscription_charge
    return WHOLE_BILL if of is None else of.charge.name


def waive_column(account_id: int) -> Column:
    """Return what leads from a line to waiving or reducing it."""
    return Column(
        label="Waive or reduce",
        value=lambda one: "Adjust" if one.piece else "",
        link=lambda one: adjust_url(account_id, what=str(one.piece)) if one.piece else "",
        export=False,
    )


def adjustments_table(found: NextInvoice, account: Account, *, may: bool) -> Table:
    """Return what comes off or will once approved, with the way to take it back."""
    take_back = Column(
        label="Take back",
        value=lambda one: "Take back",
        link=lambda one: reverse("invoicing:take_adjustment_back", args=[one.pk]),
        export=False,
    )
    return Table(
        caption="Waived or reduced, not billed yet",
        rows=operations.waiting_adjustments(invoice=found, account_id=account.pk)[:200],
        empty="Nothing. A charge is waived or reduced from its line above.",
        columns=(*COLUMNS, *([take_back] if may else [])),
    )


COLUMNS: Final = (
    Column(
        label="What",
        value=adjusted_of,
        link=lambda one: reverse("customers:granted_discount", args=[one.pk]),
    ),
    Column(label="Off", value="taken_off"),
    Column(label="From", value="valid.lower", kind="date"),
    Column(label="To", value=lambda one: one.valid.upper - timedelta(days=1), kind="date"),
    Column(label="Why", value="reason"),
    Column(label="State", value="state", kind="status"),
    Column(label="Asked by", value="requested_by.username"),
)
