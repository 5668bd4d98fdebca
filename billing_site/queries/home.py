"""What the operations home shows: what needs a person now, and a month in figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

import audit.queries
import invoicing.queries
import payments.queries
import rating.queries
import receivables.queries
from audit.models import ImportBatch, WebhookDelivery
from billing_site.queries.doors import may_open
from foundation import scope
from foundation.periods import Period
from foundation.screens import Total, totals_by_currency
from invoicing.choices import DocumentState, RunState
from invoicing.models import BillRun, Invoice
from payments.models import Payment


@dataclass(frozen=True, slots=True)
class Pile:
    """A pile of work: what it is, what doing it means, where it is, how high it is."""

    title: str
    note: str
    url_name: str
    rows: Callable[[datetime], QuerySet[Any]]
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A pile as it stands now."""

    title: str
    count: int
    note: str
    url: str

    @property
    def tone(self) -> str:
        """Return good for an empty pile."""
        return "warn" if self.count else "good"


OVER = (RunState.CLOSED, RunState.CANCELLED)
PILES: tuple[Pile, ...] = (
    Pile(
        "Approvals",
        "wait for a second person",
        "console:approvals",
        lambda now: audit.queries.waiting_requests(),
    ),
    Pile(
        "Runs in review",
        "bill runs that wait for release",
        "invoicing:runs",
        lambda now: BillRun.objects.filter(state=RunState.IN_REVIEW),
        f"?state={RunState.IN_REVIEW}",
    ),
    Pile(
        "Stopped runs",
        "stopped with an error and wait for a person",
        "invoicing:runs",
        lambda now: BillRun.objects.exclude(error="").exclude(state__in=OVER),
    ),
    Pile(
        "Held accounts",
        "left out of their bill run",
        "invoicing:held",
        lambda now: invoicing.queries.parked_accounts(),
    ),
    Pile(
        "Charges left off",
        "not billed while the rest of their account was",
        "invoicing:left_off",
        lambda now: invoicing.queries.charges_left_off(),
    ),
    Pile(
        "Suspended usage",
        "rows that cannot be billed until corrected",
        "rating:suspense",
        lambda now: rating.queries.suspense(),
    ),
    Pile(
        "Unidentified receipts",
        "wait for their owner",
        "payments:unidentified",
        lambda now: payments.queries.waiting_receipts(),
    ),
    Pile(
        "Imports with rejects",
        "files of the last 14 days",
        "console:imports",
        lambda now: ImportBatch.objects.filter(
            state="WITH_ERRORS", opened_at__gte=now - timedelta(days=14)
        ),
        "?state=WITH_ERRORS",
    ),
    Pile(
        "Parked jobs",
        "failed too often and wait for a person",
        "console:jobs",
        lambda now: audit.queries.parked_jobs(),
    ),
    Pile(
        "Parked webhooks",
        "events that an endpoint did not take",
        "console:deliveries",
        lambda now: WebhookDelivery.objects.filter(state="PARKED"),
        "?state=PARKED",
    ),
)


def waiting(user: Any, *, now: datetime) -> list[Waiting]:
    """Return the piles that this user may see, the full ones first."""
    found = [
        Waiting(
            title=pile.title,
            count=scope.narrowed(pile.rows(now), user).count(),
            note=pile.note,
            url=reverse(pile.url_name) + pile.query,
        )
        for pile in PILES
        if may_open(user, pile.url_name)
    ]
    return sorted(found, key=lambda pile: pile.count == 0)


# -- a month in figures ---------------------------------------------------------------------------


def month_of(day: date) -> Period:
    """Return the calendar month of a day."""
    start = day.replace(day=1)
    return Period(start, (start + timedelta(days=32)).replace(day=1))


def last_active_month(today: date) -> Period:
    """Return this month, or that of the last posted run where this one has none yet."""
    latest = (
        BillRun.objects.filter(state__in=(RunState.POSTED, RunState.CLOSED), bill_date__lte=today)
        .order_by("-bill_date")
        .values_list("bill_date", flat=True)
        .first()
    )
    return month_of(latest or today)


def _last_day(month: Period) -> date:
    return month.end - timedelta(days=1)


def _leading(url: str, found: list[Total]) -> list[Total]:
    """Let each figure lead to its rows."""
    return [replace(total, url=url) for total in found]


def billed(month: Period, user: Any) -> list[Total]:
    """Return what was billed and the tax on it, by currency."""
    documents = Invoice.objects.filter(
        state=DocumentState.POSTED, invoice_date__gte=month.start, invoice_date__lt=month.end
    )
    documents = scope.narrowed(documents, user)
    return _leading(
        f"{reverse('invoicing:invoices')}?since={month.start}&until={_last_day(month)}&state=POSTED",
        totals_by_currency(documents.filter(doc_type="INVOICE"), Billed="total", Tax="tax"),
    )


def cash(month: Period, user: Any) -> list[Total]:
    """Return what was received, by currency."""
    received = Payment.objects.received().filter(
        received_on__gte=month.start, received_on__lt=month.end
    )
    seen = scope.narrowed(received, user)
    return _leading(
        f"{reverse('payments:payments')}?received_from={month.start}&received_to={_last_day(month)}",
        totals_by_currency(seen, Received="amount"),
    )


def ageing(month: Period, user: Any) -> list[Total]:
    """Return what was owed at the end of the month, and what of it was overdue, by currency."""
    last_day = _last_day(month)
    report = receivables.queries.ageing(as_of=last_day, entities=scope.entities_of(user), most=0)
    url = f"{reverse('receivables:ageing')}?as_of={last_day.isoformat()}"
    return [
        Total(label=label, amount=amount, currency=row.currency, url=url)
        for row in report.totals
        for label, amount in (("Owed", row.total), ("Overdue", row.overdue))
    ]


FIGURES: tuple[tuple[str, str, Callable[[Period, Any], list[Total]]], ...] = (
    ("Billed", "invoicing.view_invoice", billed),
    ("Cash", "payments.view_payment", cash),
    ("Receivables", "receivables.view_openitem", ageing),
)


def asked_month(text: str, today: date) -> Period:
    """Return the month written as 2027-05; the last active one for anything else."""
    try:
        return month_of(date.fromisoformat(f"{text}-01"))
    except (ValueError, OverflowError):
        return last_active_month(today)


def month_before(month: Period) -> str:
    """Return the month before, written as 2027-05; "" before the first there is."""
    return f"{month.start - timedelta(days=1):%Y-%m}" if month.start > date.min else ""


def figures(user: Any, *, month: Period) -> list[tuple[str, list[Total]]]:
    """Return the month's figures by currency that this user may see."""
    return [
        (heading, found(month, user)) for heading, right, found in FIGURES if user.has_perm(right)
    ]
