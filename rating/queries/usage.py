"""Usage as invoicing and screens read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from customers.models import ServiceIdentifier
from foundation import sql
from rating.models import Usage


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


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of files, both ends included, that a source skipped and that have not come since."""

    source: str
    first: int
    last: int


def missing_numbers(most: int = 50) -> list[Gap]:
    """Return the gaps in the numbers of files, by source, the newest first."""
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "missing_numbers", most=most)
        return [Gap(*row) for row in cursor.fetchall()]
