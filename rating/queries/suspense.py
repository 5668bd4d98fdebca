"""What waits in suspense, by reason, owner and age, and what it is worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, Min, Q, QuerySet, Sum, Value, When

from foundation.verdicts import RowProblem
from rating.choices import SuspenseState, ValueBasis
from rating.models import SuspenseItem, SuspenseWriteOff
from rating.rules.reasons import NEXT_STEPS, Reason

AGES: Final[tuple[tuple[str, int, int | None], ...]] = (
    ("up to a day", 0, 1),
    ("2 to 7 days", 1, 7),
    ("8 to 30 days", 7, 30),
    ("31 to 90 days", 30, 90),
    ("over 90 days", 90, None),
)
"""How long rows wait: words, days from and up to."""
NOBODY: Final = "-"
"""Stands for the owner of rows that nobody sees to."""


@dataclass(frozen=True, slots=True)
class SuspenseGroup:
    """Rows that wait, alike in what they are grouped by: reason and usage type, owner or age.

    `worth` is what the valued ones of them would cost, in `currency`; rows of a second currency
    are a group of their own. `unvalued` are without a value.
    """

    reason: str
    usage_type: str
    count: int
    oldest: datetime
    quantity: Decimal
    owner: str = ""
    age: str = ""
    currency: str = ""
    worth: Decimal | None = None
    unvalued: int = 0

    @property
    def next_step(self) -> str:
        """Say what a clerk does about the reason."""
        return NEXT_STEPS[Reason(self.reason)] if self.reason else ""


def suspense(
    *,
    reason: str = "",
    source: str = "",
    usage_type: str = "",
    identifier: str = "",
    file_id: int | None = None,
    owner: str = "",
    age: str = "",
    as_of: datetime | None = None,
) -> QuerySet[SuspenseItem]:
    """Return the open items that fit, newest first.

    `owner` is a user name or `NOBODY`; an `age`, of `AGES`, is told at `as_of`.
    """
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
    if owner == NOBODY:
        found = found.filter(owner__isnull=True)
    elif owner:
        found = found.filter(owner__username=owner)
    if age and as_of is not None:
        found = found.filter(_aged(age, as_of))
    return found


def rows_of_write_off(write_off: SuspenseWriteOff) -> QuerySet[SuspenseItem]:
    """Return the rows of a write-off, newest first, that are in no later one."""
    return SuspenseItem.objects.filter(write_off=write_off)


def suspense_groups(*, by: str = "reason", as_of: datetime | None = None) -> list[SuspenseGroup]:
    """Return the open items by reason and usage type, owner or age, most first; one statement.

    Ages need `as_of`.
    """
    groupings: dict[str, dict[str, Any]] = {
        "reason": {"reason_": F("reason"), "type_": F("usage_type")},
        "owner": {"owner_": F("owner__username")},
        "age": {"age_": _age_at(as_of) if as_of else Value("")},
    }
    keys = groupings[by]
    rows = (
        SuspenseItem.objects.filter(state=SuspenseState.OPEN)
        .order_by()
        .values(**keys, money=F("currency"))
        .annotate(
            count=Count("id"),
            oldest=Min("received_at"),
            total=Sum("quantity"),
            sum=Sum("worth"),
        )
        .order_by("-count", *keys)
    )
    return sorted(_folded(rows, tuple(keys)), key=lambda one: -one.count)


def suspense_worth() -> list[tuple[str, Decimal]]:
    """Return what waits by currency, as far as it is valued."""
    rows = (
        SuspenseItem.objects.filter(state=SuspenseState.OPEN, worth__isnull=False)
        .order_by()
        .values_list("currency")
        .annotate(sum=Sum("worth"))
        .order_by("currency")
    )
    return [(currency, total) for currency, total in rows]


def unvalued_count() -> int:
    """Return how many open rows nobody has tried to value yet."""
    return SuspenseItem.objects.filter(state=SuspenseState.OPEN, basis=ValueBasis.PENDING).count()


def _folded(rows: Iterable[Mapping[str, Any]], keys: tuple[str, ...]) -> list[SuspenseGroup]:
    """Count rows without a value into the group that has one, or leave them one of their own."""
    groups: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), {})[row["money"]] = dict(row)
    found = []
    for by_currency in groups.values():
        bare = by_currency.pop("", None)
        if bare is not None:
            bare["unvalued"] = bare["count"]
        for row in by_currency.values():
            if bare is not None:
                row["count"] += bare["count"]
                row["unvalued"] = bare["count"]
                row["oldest"] = min(row["oldest"], bare["oldest"])
                row["total"] = (row["total"] or 0) + (bare["total"] or 0)
                bare = None
            found.append(_group(row))
        if bare is not None:
            found.append(_group(bare))
    return found


def _group(row: Mapping[str, Any]) -> SuspenseGroup:
    return SuspenseGroup(
        reason=row.get("reason_", ""),
        usage_type=row.get("type_", ""),
        count=row["count"],
        oldest=row["oldest"],
        quantity=row["total"] or Decimal(0),
        owner=(row["owner_"] or NOBODY) if "owner_" in row else "",
        age=row.get("age_", ""),
        currency=row["money"],
        worth=row["sum"],
        unvalued=row.get("unvalued", 0),
    )


def _aged(age: str, as_of: datetime) -> Q:
    for words, least, most in AGES:
        if words == age:
            young = Q(received_at__lte=as_of - timedelta(days=least)) if least else Q()
            return young & (Q(received_at__gt=as_of - timedelta(days=most)) if most else Q())
    return Q(pk__in=[])


def _age_at(as_of: datetime) -> Case:
    return Case(
        *(When(_aged(words, as_of), then=Value(words)) for words, _, _ in AGES),
        default=Value(""),
        output_field=CharField(),
    )


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
