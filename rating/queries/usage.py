"""Usage as invoicing and screens read it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, QuerySet, Sum

from customers.models import ServiceIdentifier
from foundation import sql
from foundation.copying import copy_out
from rating.choices import FileState
from rating.models import Usage, UsageAggregate, UsageFile, UsageSource

USAGE_COLUMNS = (
    "account_id", "subscription_charge_id", "service_id", "on_date", "attribute_key", "quantity",
    "event_count", "amount",
)  # fmt: skip


def copy_usage(
    cursor: CursorWrapper,
    *,
    account_ids: Sequence[int],
    start: date,
    end: date,
    cutoff_at: datetime | None = None,
) -> Iterator[list[str | None]]:
    """Yield USAGE_COLUMNS of accounts over local days [start, end), in key order.

    With `cutoff_at`, usage received later is left out (PER-8); the sums are used as they are
    while nothing came later.
    """
    name = "usage_sums"
    if cutoff_at is not None and _is_received_after(cursor, cutoff_at):
        name = "usage_sums_at_cutoff"
    text = sql.statement("rating", name) % {
        "accounts": f"'{{{','.join(str(int(one)) for one in account_ids)}}}'::bigint[]",
        "start": f"DATE '{start.isoformat()}'",
        "finish": f"DATE '{end.isoformat()}'",
        "cutoff": f"TIMESTAMPTZ '{cutoff_at.isoformat()}'" if cutoff_at else "NULL",
    }
    yield from copy_out(cursor, text)


def _is_received_after(cursor: CursorWrapper, cutoff_at: datetime) -> bool:
    cursor.execute(sql.statement("rating", "received_after"), {"cutoff": cutoff_at})
    return bool(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Arrived:
    """How much usage of an account came late, and of which local days."""

    events: int
    first_day: date
    last_day: date


def late_arrivals(*, start: date, end: date, since: datetime) -> dict[int, Arrived]:
    """Return the usage of local days [start, end) that came after a moment, by account (RATE-3).

    Reads the events of these days only where a file or a recycled row came since.
    """
    with connection.cursor() as cursor:
        if not _is_received_after(cursor, since):
            return {}
        sql.run(cursor, "rating", "late_arrivals", start=start, finish=end, since=since)
        return {row[0]: Arrived(*row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class DayUsage:
    """The usage of a charge, service and group on one local day."""

    subscription_charge_id: int
    service_id: int
    on_date: date
    attribute_key: str
    quantity: Decimal
    event_count: int
    amount: Decimal | None


def account_usage(*, account_id: int, start: date, end: date) -> list[DayUsage]:
    """Return an account's sums over local days [start, end), newest day first."""
    rows = UsageAggregate.objects.filter(
        account_id=account_id, on_date__gte=start, on_date__lt=end
    ).order_by("-on_date", "subscription_charge_id", "service_id", "attribute_key")
    return [
        DayUsage(
            row.subscription_charge_id, row.service_id, row.on_date, row.attribute_key,
            row.quantity, row.event_count, row.amount,
        )
        for row in rows[:5000]
    ]  # fmt: skip


def events(
    *,
    account_ids: Sequence[int],
    start: date,
    end: date,
    identifier: str = "",
    subscription_charge_id: int | None = None,
    service_id: int | None = None,
    attribute_key: str = "",
) -> QuerySet[Usage]:
    """Return stored events of accounts over local days [start, end).

    Bounded by account, the head of the table's key; this is also the way down from an invoice
    line: its subscription charge, period and attribute group.
    """
    found = Usage.objects.filter(
        account_id__in=list(account_ids), on_date__gte=start, on_date__lt=end
    )
    if identifier:
        found = found.filter(identifier=identifier)
    if subscription_charge_id is not None:
        found = found.filter(subscription_charge_id=subscription_charge_id)
    if service_id is not None:
        found = found.filter(service_id=service_id)
    if attribute_key:
        found = found.filter(attribute_key=attribute_key)
    return found


def holders_of(identifier: str) -> list[int]:
    """Return the accounts whose services ever held an identifier."""
    return list(
        ServiceIdentifier.objects.filter(value=identifier)
        .values_list("service__subscription__account_id", flat=True)
        .distinct()[:50]
    )


def missing_numbers(source: UsageSource) -> list[int]:
    """Return the numbers of files that a source skipped and that have not come since."""
    numbers = list(
        UsageFile.objects.filter(source=source, sequence__isnull=False)
        .exclude(state=FileState.REJECTED)
        .order_by("sequence")
        .values_list("sequence", flat=True)
    )
    missing: list[int] = []
    for before, after in itertools.pairwise(numbers):
        if before is not None and after is not None and len(missing) < 1000:
            missing.extend(range(before + 1, min(after, before + 1001)))
    return missing


def loaded_on(day: date) -> dict[str, int]:
    """Return what usage files received on a UTC day brought (R28), for the operations home."""
    return UsageFile.objects.filter(received_at__date=day, state=FileState.LOADED).aggregate(
        files=Count("id"),
        received=Sum("received_count", default=0),
        loaded=Sum("loaded_count", default=0),
        duplicates=Sum("duplicate_count", default=0),
        suspended=Sum("suspended_count", default=0),
    )
