"""Events are passed on: every endpoint that is to hear of one gets a delivery, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from audit import queries
from audit.choices import EndpointState
from audit.models import BusinessEvent, WebhookDelivery, WebhookEndpoint
from audit.operations.events import mark_delivered
from foundation import scope
from foundation.locks import advisory_lock

AT_ONCE: Final = 1000


def pass_on_events(*, as_of: datetime, batches: int = 20) -> int:
    """Write the deliveries of what happened; return how many events were passed on.

    In the order of the events, as far as no earlier one can still appear (decision 20), a
    thousand in a transaction. One after the other: a second session waits. Harmless to repeat.
    """
    passed = 0
    for _ in range(batches):
        upto = queries.settled_event()
        with transaction.atomic():
            advisory_lock("outbox", "pass on")
            rows = queries.undelivered_events(AT_ONCE, upto=upto)
            ids = list(rows.values_list("pk", flat=True))
            for endpoint in WebhookEndpoint.objects.exclude(
                state=EndpointState.CLOSED
            ).select_related("user"):
                _deliver(endpoint, ids, as_of)
            mark_delivered(event_ids=ids)
        passed += len(ids)
        if len(ids) < AT_ONCE:
            break
    return passed


def _deliver(endpoint: WebhookEndpoint, ids: Sequence[int], as_of: datetime) -> None:
    """Write the deliveries of an endpoint among the events."""
    heard = scope.narrowed(queries.events_for(endpoint.user), endpoint.user)
    if endpoint.entity is not None:
        heard = heard.filter(scope.condition(BusinessEvent, frozenset({endpoint.entity})))
    heard = heard.filter(
        queries.of_topics(endpoint.topics), pk__in=ids, recorded_at__gte=endpoint.created_at
    )
    WebhookDelivery.objects.bulk_create(
        [delivery_of(event, endpoint, as_of) for event in heard.order_by("pk")]
    )


def delivery_of(
    event: BusinessEvent, endpoint: WebhookEndpoint, as_of: datetime
) -> WebhookDelivery:
    """Return the delivery of an event for an endpoint, due at once and not stored yet."""
    return WebhookDelivery(
        endpoint=endpoint,
        event=event,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        next_try_at=as_of,
    )
