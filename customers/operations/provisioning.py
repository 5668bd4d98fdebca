"""Services and their identifiers: who owns a number, from which instant to which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from customers.choices import OrderAction, ServiceState
from customers.models import (
    Account,
    OrderItem,
    OrderItemIdentifier,
    ServiceIdentifier,
    ServiceInstance,
    ServiceStatusPeriod,
    Subscription,
)
from customers.operations.numbers import next_number
from customers.rules.history import History
from foundation.errors import Invalid
from foundation.periods import boundary_instant

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Given:
    """An identifier that a service is given on a day; those of the same type end there."""

    service: int
    type: str
    value: str
    on: date


def rewrite(
    subscription: Subscription,
    items: Sequence[OrderItem],
    told: History,
    transfer: OrderItem | None,
    *,
    actor: User | None,
    is_new: bool = False,
) -> None:
    """Make services, identifiers and statuses what the items in force come to.

    An item names a new service by its key, one of several that stand by its number. What ended
    and was reinstated has its identifiers back, but not for the days in between.
    """
    services: list[ServiceInstance] = []
    if not is_new:
        services = list(ServiceInstance.objects.filter(subscription=subscription).order_by("pk"))
    given = list(_given(subscription, items, transfer, services, actor))
    if not services:
        return
    if not told.plans:
        given = []
    zone = ZoneInfo(
        Account.objects.values_list("time_zone", flat=True).get(pk=subscription.account_id)
    )
    wanted: dict[tuple[int, str, str, datetime], datetime | None] = {}
    for number, service in enumerate(services):
        for one, until in _holdings([each for each in given if each.service == number]):
            for start, end in _lived(one.on, until, told):
                begin = boundary_instant(start, zone)
                key = (service.pk, one.type, one.value, begin)
                wanted[key] = boundary_instant(end, zone) if end else None
    _write_identifiers(services, wanted, actor)
    _write_statuses(services, given, told, zone)


def _given(
    subscription: Subscription,
    items: Sequence[OrderItem],
    transfer: OrderItem | None,
    services: list[ServiceInstance],
    actor: User | None,
) -> Iterator[Given]:
    """Give what the items ask for, in order of time, and create the services that are missing."""
    identifiers: dict[int, list[OrderItemIdentifier]] = {}
    for row in OrderItemIdentifier.objects.filter(item__in=items).order_by("pk"):
        identifiers.setdefault(row.item_id, []).append(row)
    keys: dict[str, int] = {}

    def place(key: str, kind: str, address_id: int | None) -> int:
        if key not in keys:
            keys[key] = len(keys)
            if keys[key] >= len(services):
                services.append(_create(subscription, kind, address_id, actor))
        return keys[key]

    if transfer is not None:
        for old, kind, value, address_id in _taken_over(transfer):
            yield Given(place(str(old), kind, address_id), kind, value, transfer.effective_on)
    for item in sorted(items, key=lambda one: (one.effective_on, one.pk)):
        day = item.activation_on or item.effective_on
        is_first = not keys or item.action == OrderAction.ADD
        for row in identifiers.get(item.pk, ()):
            if is_first:
                number = place(row.service_key, row.type, item.service_address_id)
            else:
                number = _named(services, row.service_key)
            yield Given(number, row.type, row.value, day)


def _taken_over(transfer: OrderItem) -> list[tuple[int, str, str, int | None]]:
    """Return service, type, value and place of what the account before had at the transfer."""
    at = day_instant(transfer.subscription, transfer.effective_on)
    rows = ServiceIdentifier.objects.filter(
        service__subscription=transfer.subscription, valid__endswith=at
    ).select_related("service")
    return [
        (row.service_id, row.type, row.value, row.service.place_of_use_id)
        for row in rows.order_by("service_id", "pk")
    ]


def _create(
    subscription: Subscription, kind: str, address_id: int | None, actor: User | None
) -> ServiceInstance:
    return ServiceInstance.objects.create(
        number=next_number("service"),
        subscription=subscription,
        type=kind,
        place_of_use_id=address_id,
        created_by=actor,
    )


def _named(services: list[ServiceInstance], key: str) -> int:
    if len(services) == 1:
        return 0
    for number, service in enumerate(services):
        if service.number == key:
            return number
    numbers = ", ".join(service.number for service in services)
    raise Invalid(f"say which service gets the identifier: {numbers}")


def _holdings(given: Sequence[Given]) -> Iterator[tuple[Given, date | None]]:
    """Give each identifier with the day on which another of its type takes its place."""
    for kind in {one.type for one in given}:
        days = sorted({one.on for one in given if one.type == kind})
        sets = [{one.value: one for one in given if (one.type, one.on) == (kind, d)} for d in days]
        for number, values in enumerate(sets):
            for value, one in values.items():
                if number and value in sets[number - 1]:
                    continue
                last = number
                while last + 1 < len(sets) and value in sets[last + 1]:
                    last += 1
                yield one, days[last + 1] if last + 1 < len(days) else None


def _lived(start: date, end: date | None, told: History) -> Iterator[tuple[date, date | None]]:
    """Give the parts of some days on which the subscription had not ended."""
    if told.end_on is not None and (end is None or end > told.end_on):
        end = told.end_on
    for pause in told.pauses:
        if pause.reason == "ENDED" and pause.end is not None and start < pause.end:
            if start < pause.start:
                yield start, min(pause.start, end or date.max)
            start = pause.end
    if end is None or start < end:
        yield start, end


def _write_identifiers(
    services: Sequence[ServiceInstance],
    wanted: dict[tuple[int, str, str, datetime], datetime | None],
    actor: User | None,
) -> None:
    rest = dict(wanted)
    changed = []
    for row in ServiceIdentifier.objects.filter(service__in=services).order_by("pk"):
        key = (row.service_id, row.type, row.value, row.valid.lower)
        if key not in rest:
            row.delete()
            continue
        end = rest.pop(key)
        if row.valid.upper != end:
            row.valid = DateTimeTZRange(row.valid.lower, end)
            changed.append(row)
    for row in sorted(changed, key=lambda one: (one.valid.upper is None, one.valid.upper)):
        row.save()
    for (service_id, kind, value, start), end in rest.items():
        ServiceIdentifier.objects.create(
            service_id=service_id, type=kind, value=value, valid=(start, end), created_by=actor
        )


def _write_statuses(
    services: Sequence[ServiceInstance], given: Sequence[Given], told: History, zone: ZoneInfo
) -> None:
    """Note ACTIVE and SUSPENDED days of each service."""
    for number, service in enumerate(services):
        starts = [one.on for one in given if one.service == number]
        wanted = []
        for start, end in _lived(min(starts), None, told) if starts else ():
            for state, first, last in _states(start, end, told):
                until = boundary_instant(last, zone) if last else None
                wanted.append((state, DateTimeTZRange(boundary_instant(first, zone), until)))
        rows = ServiceStatusPeriod.objects.filter(service=service).order_by("valid")
        if list(rows.values_list("state", "valid")) == wanted:
            continue
        rows.delete()
        ServiceStatusPeriod.objects.bulk_create(
            ServiceStatusPeriod(service=service, state=state, valid=valid)
            for state, valid in wanted
        )


def _states(
    start: date, end: date | None, told: History
) -> Iterator[tuple[str, date, date | None]]:
    for pause in told.pauses:
        outside = (pause.end is not None and pause.end <= start) or (end and pause.start >= end)
        if outside or pause.reason == "ENDED":
            continue
        if start < pause.start:
            yield ServiceState.ACTIVE, start, pause.start
        yield ServiceState.SUSPENDED, max(start, pause.start), pause.end
        if pause.end is None or pause.end == end:
            return
        start = pause.end
    yield ServiceState.ACTIVE, start, end


def day_instant(subscription: Subscription | None, day: date) -> datetime:
    """Return the instant at which a day begins where the account is (PER-5)."""
    if subscription is None:
        raise ValueError("a transfer is of a subscription")
    zone = Account.objects.values_list("time_zone", flat=True).get(pk=subscription.account_id)
    return boundary_instant(day, ZoneInfo(zone))
