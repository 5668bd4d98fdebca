"""What waits in suspense, by reason and age."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Min, QuerySet, Sum

from foundation.verdicts import RowProblem
from rating.choices import SuspenseState
from rating.models import SuspenseItem
from rating.rules.reasons import NEXT_STEPS, Reason


@dataclass(frozen=True, slots=True)
class SuspenseGroup:
    """Rows that wait for the same reason and of the same usage type."""

    reason: str
    usage_type: str
    count: int
    oldest: datetime
    quantity: Decimal

    @property
    def next_step(self) -> str:
        """Say what a clerk does about the reason."""
        return NEXT_STEPS[Reason(self.reason)]


def suspense(
    *,
    reason: str = "",
    source: str = "",
    usage_type: str = "",
    identifier: str = "",
    file_id: int | None = None,
) -> QuerySet[SuspenseItem]:
    """Return the open items that fit, newest first."""
    found = SuspenseItem.objects.filter(state=SuspenseState.OPEN)
    if reason:
        found = found.filter(reason=reason)
    if source:
        found = found.filter(source__code=source)
    if usage_type:
        found = found.filter(usage_type=usage_type)
    if identifier:
        found = found.filter(identifier=identifier)
    if file_id is not None:
        found = found.filter(file_id=file_id)
    return found


def suspense_groups() -> list[SuspenseGroup]:
    """Return the open items by reason and usage type, most first; one statement."""
    rows = (
        SuspenseItem.objects.filter(state=SuspenseState.OPEN)
        .order_by()
        .values("reason", "usage_type")
        .annotate(count=Count("id"), oldest=Min("received_at"), total=Sum("quantity"))
        .order_by("-count", "reason", "usage_type")
    )
    return [
        SuspenseGroup(
            row["reason"],
            row["usage_type"],
            row["count"],
            row["oldest"],
            row["total"] or Decimal(0),
        )
        for row in rows
    ]


def file_fate(file_id: int) -> list[tuple[str, str, int]]:
    """Return what became of the suspended rows of a file: reason, state, count."""
    rows = (
        SuspenseItem.objects.filter(file_id=file_id)
        .order_by()
        .values_list("reason", "state")
        .annotate(count=Count("id"))
        .order_by("reason", "state")
    )
    return [(reason, state, count) for reason, state, count in rows]


def file_problems(file_id: int, most: int = 200) -> list[RowProblem]:
    """Return the first suspended rows of a file as every file's faults are told, by row."""
    items = (
        SuspenseItem.objects.filter(file_id=file_id)
        .select_related("source")
        .order_by("row_number", "pk")[:most]
    )
    return [
        RowProblem(
            item.row_number,
            item.source.own_column(item.column),
            item.fields.get(item.column or "line", ""),
            item.reason,
            item.message,
            item.next_step,
        )
        for item in items
    ]
