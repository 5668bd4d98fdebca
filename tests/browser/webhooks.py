"""A webhook that did not take an event, as the smallest company has none."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.urls import reverse

import audit.operations
from audit.models import WebhookDelivery
from customers.models import Order


def tell_an_endpoint() -> list[str]:
    """Add an endpoint that is told of orders, and does not take one."""
    endpoint, _ = audit.operations.open_endpoint(
        name="Provisioning",
        url="https://hooks.example.com/in",
        topics=["order.*"],
        user=User.objects.get(username="integration"),
        actor=None,
    )
    order = Order.objects.earliest("pk")
    for topic in ("order.submitted", "order.cancelled"):
        audit.operations.record_event(topic=topic, subject=order, payload={"number": order.number})
    audit.operations.pass_on_events(as_of=datetime.now(tz=UTC))
    rows = WebhookDelivery.objects.order_by("event")
    rows.filter(pk=rows[0].pk).update(
        state="PARKED", attempts=8, last_status=503, last_error="the answer was 503",
        last_tried_at=datetime.now(tz=UTC),
    )  # fmt: skip
    return [
        reverse("console:webhook", args=[endpoint.pk]),
        reverse("console:delivery", args=[rows[0].pk]),
    ]
