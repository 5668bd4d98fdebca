"""What the pages of webhooks read besides their rows: counts, and what waits behind a delivery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Count, QuerySet

from audit.choices import DeliveryState
from audit.models import WebhookDelivery
from audit.models.webhook import UNFINISHED


def counts(endpoints: Collection[int]) -> dict[int, dict[str, int]]:
    """Return for each endpoint how many of its deliveries wait and are parked."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        WebhookDelivery.objects.filter(endpoint__in=endpoints, state__in=UNFINISHED)
        .order_by()
        .values_list("endpoint", "state")
        .annotate(rows=Count("pk"))
    )
    for endpoint, state, number in rows:
        found[endpoint][state] = number
    return found


def held_back(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """Return what waits behind a delivery: later events of its subject for its endpoint."""
    return WebhookDelivery.objects.filter(
        endpoint=delivery.endpoint_id,
        subject_type=delivery.subject_type,
        subject_id=delivery.subject_id,
        event__gt=delivery.event_id,
        state=DeliveryState.WAITING,
    )
