"""What the operations home shows: what needs a person now, and the month in figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse

import audit.queries
import payments.queries
from audit.models import ImportBatch, JobRun
from foundation.screens import Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A pile of work: how many, where they are, and what doing it means."""

    title: str
    count: int
    note: str
    url: str

    @property
    def tone(self) -> str:
        """Return good for an empty pile."""
        return "warn" if self.count else "good"


Pile = Callable[[datetime], Waiting]


def approvals(now: datetime) -> Waiting:
    """Count what waits for a second person."""
    return Waiting(
        title="Approvals",
        count=audit.queries.waiting_requests().count(),
        note="wait for a second person",
        url=reverse("console:approvals"),
    )


def failed_imports(now: datetime) -> Waiting:
    """Count the files of the last 14 days with something rejected."""
    found = ImportBatch.objects.filter(
        state__in=("WITH_ERRORS", "REFUSED"), opened_at__gte=now - timedelta(days=14)
    )
    return Waiting(
        title="Imports with rejects",
        count=found.count(),
        note="files of the last 14 days",
        url=reverse("console:imports") + "?state=WITH_ERRORS",
    )


def parked_jobs(now: datetime) -> Waiting:
    """Count the jobs that gave up."""
    return Waiting(
        title="Parked jobs",
        count=JobRun.objects.filter(state="PARKED").count(),
        note="failed too often and wait for a person",
        url=reverse("console:jobs") + "?state=PARKED",
    )


def unidentified(now: datetime) -> Waiting:
    """Count the receipts whose owner is not known."""
    return Waiting(
        title="Unidentified receipts",
        count=payments.queries.waiting_receipts().count(),
        note="wait for their owner",
        url=reverse("payments:unidentified"),
    )


# Each pile with the right that shows it.
PILES: tuple[tuple[str, Pile], ...] = (
    ("audit.view_approvalrequest", approvals),
    ("audit.view_importbatch", failed_imports),
    ("audit.view_jobrun", parked_jobs),
    ("payments.view_unidentifiedreceipt", unidentified),
)

# Each figure of the month with the right that shows it: (right, heading, figures of a month).
MONTH: tuple[tuple[str, str, Callable[[date], list[Total]]], ...] = ()


def waiting(user: Any, *, now: datetime) -> list[Waiting]:
    """Return the piles that this user may see, the full ones first."""
    found = [pile(now) for right, pile in PILES if user.has_perm(right)]
    return sorted(found, key=lambda pile: pile.count == 0)


def month(user: Any, *, today: date) -> list[tuple[str, list[Total]]]:
    """Return the month's figures by currency that this user may see."""
    return [(heading, figures(today)) for right, heading, figures in MONTH if user.has_perm(right)]
