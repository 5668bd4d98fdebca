"""Whom usage belongs to: identifier → service → subscription charges, at the time of the event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper
from psycopg import sql as composing

from customers.models import ServiceIdentifier
from customers.queries.billing import Row, bound
from foundation import sql
from foundation.copying import copy_out


@dataclass(frozen=True, slots=True)
class Owner:
    """The service that has an identifier, and whose it is."""

    service_id: int
    subscription_id: int
    account_id: int
    time_zone: str


def owner_of_identifier(*, type: str, value: str, at: datetime) -> Owner | None:  # noqa: A002
    """Return the one owner of the identifier at the instant; None when there is none.

    For one event; sets join the view `customers_identifier_owner` or use `identifier_owners`.
    """
    found = (
        ServiceIdentifier.objects.filter(type=type, value=value, valid__contains=at)
        .select_related("service__subscription__account")
        .first()
    )
    if found is None:
        return None
    subscription = found.service.subscription
    return Owner(
        found.service_id,
        subscription.pk,
        subscription.account_id,
        subscription.account.time_zone,
    )


def identifier_owners(cursor: CursorWrapper, *, wanted: str) -> Iterator[Row]:
    """Yield the owners of the identifiers in a table, for all time.

    `wanted` names a table with columns `identifier_type` and `identifier`. A row: type, value,
    valid from, valid to (instants as text, None is open), service id, subscription id,
    account id, time zone; ordered by type, value and start.
    """
    table = composing.Identifier(wanted).as_string(cursor.connection)
    return copy_out(cursor, sql.statement("customers", "identifier_owners").format(wanted=table))


def usage_charges(cursor: CursorWrapper, *, subscription_ids: Sequence[int]) -> Iterator[Row]:
    """Yield the usage charges of subscriptions in time: where an event may be rated.

    A row: subscription id, subscription charge id, charge id, valid from, valid to (local days,
    None is open), state ON/OFF/REDUCED, own price or None.
    """
    text = sql.statement("customers", "usage_charges")
    return copy_out(cursor, bound(text, subscriptions=subscription_ids))


def service_status(cursor: CursorWrapper, *, service_ids: Sequence[int]) -> Iterator[Row]:
    """Yield the status periods of services: service id, state, from, to (instants as text)."""
    return copy_out(
        cursor, bound(sql.statement("customers", "service_status"), services=service_ids)
    )
