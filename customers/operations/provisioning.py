"""Services and their identifiers: who owns a number, from which instant to which."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from customers.choices import ServiceState
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
from foundation.errors import Invalid
from foundation.periods import boundary_instant

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def create_services(item: OrderItem, subscription: Subscription, *, actor: User | None) -> None:
    """Create a service per service key of the item, with its identifiers from the start day on."""
    start = day_instant(subscription, subscription.activation_on or subscription.effective_on)
    end = day_instant(subscription, subscription.end_on)
    services: dict[str, ServiceInstance] = {}
    for given in OrderItemIdentifier.objects.filter(item=item).order_by("pk"):
        service = services.get(given.service_key)
        if service is None:
            service = services[given.service_key] = ServiceInstance.objects.create(
                number=next_number("service"),
                subscription=subscription,
                type=given.type,
                place_of_use=item.service_address,
                created_by=actor,
            )
            ServiceStatusPeriod.objects.create(
                service=service, state=ServiceState.ACTIVE, valid=(start, end)
            )
        ServiceIdentifier.objects.create(
            service=service,
            type=given.type,
            value=given.value,
            valid=(start, end),
            created_by=actor,
        )


def change_identifiers(item: OrderItem, subscription: Subscription, *, actor: User | None) -> bool:
    """Give services new identifiers from the item's day on; those of the same type end there.

    The service key names the service by number; a subscription with one service needs none.
    Without services yet they are created. Return whether anything changed.
    """
    given = list(OrderItemIdentifier.objects.filter(item=item).order_by("pk"))
    if not given:
        return False
    services = list(ServiceInstance.objects.filter(subscription=subscription).order_by("pk"))
    if not services:
        create_services(item, subscription, actor=actor)
        return True
    day = day_instant(subscription, item.effective_on)
    for one in given:
        service = _named(services, one.service_key)
        for held in ServiceIdentifier.objects.filter(
            service=service, type=one.type, valid__endswith__isnull=True
        ):
            _cut(held, day)
        ServiceIdentifier.objects.create(
            service=service,
            type=one.type,
            value=one.value,
            valid=(day, day_instant(subscription, subscription.end_on)),
            created_by=actor,
        )
    return True


def end_services(subscription: Subscription, day: date, *, actor: User | None) -> None:
    """End identifiers and status of all services at the start of the day in the account's zone."""
    at = day_instant(subscription, day)
    if at is None:
        return
    for held in ServiceIdentifier.objects.filter(service__subscription=subscription):
        _cut(held, at)
    for status in ServiceStatusPeriod.objects.filter(service__subscription=subscription):
        _cut(status, at)


def day_instant(subscription: Subscription, day: date | None) -> datetime | None:
    """Return the instant at which a day begins where the account is (PER-5); None stays None."""
    if day is None:
        return None
    zone = Account.objects.values_list("time_zone", flat=True).get(pk=subscription.account_id)
    return boundary_instant(day, ZoneInfo(zone))


def _named(services: list[ServiceInstance], key: str) -> ServiceInstance:
    if len(services) == 1:
        return services[0]
    for service in services:
        if service.number == key:
            return service
    numbers = ", ".join(service.number for service in services)
    raise Invalid(f"say which service gets the identifier: {numbers}")


def _cut(row: ServiceIdentifier | ServiceStatusPeriod, at: datetime | None) -> None:
    """End a range at the instant; one that would have begun later never was."""
    if row.valid.lower is not None and at is not None and row.valid.lower >= at:
        row.delete()
    elif row.valid.upper is None or (at is not None and row.valid.upper > at):
        row.valid = (row.valid.lower, at)
        row.save()
