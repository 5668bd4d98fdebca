"""Orders that are told of: events recorded, passed on and sent, as the tests of webhooks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from audit import operations
from audit.models import BusinessEvent, WebhookDelivery
from audit.operations import Happening
from audit.rules.webhooks import GAPS
from foundation import clock

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
ORDER, ACCOUNT = "customers.order", "customers.account"


def tell(*orders: int, topic: str = "order.submitted", kind: str = ORDER) -> list[int]:
    """Record an event about each, and pass all on."""
    happenings = [Happening(topic, kind, pk, {"number": f"N-{pk}"}) for pk in orders]
    operations.record_events(happenings)
    operations.pass_on_events(as_of=NOON)
    return list(BusinessEvent.objects.order_by("pk").values_list("pk", flat=True))


def send(as_of: datetime = NOON) -> int:
    return operations.send_deliveries(as_of=as_of, seconds=20, clock=clock.now)


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("event").values_list("state", flat=True))


def after(tries: int) -> datetime:
    """Return the moment of the try after so many."""
    return NOON + sum(GAPS[:tries], timedelta())
