"""Deliveries are sent: at least once, in order for each subject, tried again with growing gaps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from standardwebhooks.webhooks import Webhook

from audit import queries
from audit.choices import DeliveryState, EndpointState
from audit.models import BusinessEvent, WebhookDelivery, WebhookEndpoint
from audit.operations import wire
from audit.operations.endpoints import CHANGE, EndpointIsClosed, secrets_of
from audit.operations.events import mark_delivered, record_event
from audit.operations.passing_on import delivery_of
from audit.rules.webhooks import MOST_TRIES, body, gap_after
from foundation import scope
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

SIDE_BY_SIDE: Final = 8
AGENT: Final = "billing-engine"
DIED: Final = "the process ended while it was sending"


class CannotSendAgain(Refusal):
    """Only what is parked is sent again or left out."""

    rule = "WEBHOOK_NOT_PARKED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try: the status that was answered, and why it failed ("" where not)."""

    status: int | None
    error: str


def send_deliveries(*, as_of: datetime, seconds: float, clock: Callable[[], datetime]) -> int:
    """Send what is due for a while; return how many were taken by the other side.

    Eight calls at a time, none inside a transaction. An endpoint that fails is left in peace until
    the next time, so that it does not take the time of the others. Two sessions at once send
    different deliveries. `clock` tells the moment at which a message is signed.
    """
    until = monotonic() + seconds
    resting: set[int] = set()
    taken = 0
    while monotonic() < until and (claimed := _claim(as_of, resting)):
        for delivery, outcome in zip(claimed, _call(claimed, as_of, clock()), strict=True):
            if outcome.error:
                resting.add(delivery.endpoint_id)
            else:
                taken += 1
            _note(delivery, outcome, as_of)
    return taken


@transaction.atomic(durable=True)
def _claim(as_of: datetime, resting: Collection[int]) -> list[WebhookDelivery]:
    """Count a try of the next deliveries and date the one after it, before anything is sent."""
    rows = list(
        queries.due_deliveries(as_of)
        .exclude(endpoint__in=resting)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("endpoint", "event")
        .order_by("next_try_at", "event")[:SIDE_BY_SIDE]
    )
    for row in rows:
        if row.attempts >= MOST_TRIES:
            row.state, row.last_error = DeliveryState.PARKED, DIED
        else:
            row.attempts += 1
            row.last_tried_at = as_of
            row.next_try_at = as_of + gap_after(row.attempts)
        row.save()
    return [row for row in rows if row.state == DeliveryState.WAITING]


def _call(
    claimed: Sequence[WebhookDelivery], as_of: datetime, signed_at: datetime
) -> list[Outcome]:
    """Send the deliveries side by side; return what came of each, in their order."""
    messages = [_message(delivery, as_of, signed_at) for delivery in claimed]
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        return list(pool.map(_send, messages))


def _message(
    delivery: WebhookDelivery, as_of: datetime, signed_at: datetime
) -> tuple[str, bytes, dict[str, str]]:
    """Return address, content and signed headers; the id is that of the event at every try."""
    event = delivery.event
    content = body(facts_of(event), topic=event.topic, occurred_at=event.occurred_at)
    signatures = (
        Webhook(secret).sign(str(event.uuid), signed_at, content)
        for secret in secrets_of(delivery.endpoint, as_of=as_of)
    )
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": str(event.uuid),
        "webhook-timestamp": str(int(signed_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return delivery.endpoint.url, content.encode(), headers


def facts_of(event: BusinessEvent) -> dict[str, Any]:
    """Return an event as the feed shows it."""
    return {
        "id": event.pk,
        "uuid": str(event.uuid),
        "topic": event.topic,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "payload": event.payload,
        "actor": event.actor_id,
        "occurred_at": event.occurred_at.isoformat().replace("+00:00", "Z"),
    }


def _send(message: tuple[str, bytes, dict[str, str]]) -> Outcome:
    url, content, headers = message
    try:
        answer = wire.post(url, content=content, headers=headers)
    except wire.CallFailed as failure:
        return Outcome(None, str(failure)[:300])
    said = f"the answer was {answer.status}"
    if 300 <= answer.status < 400:
        said += "; redirects are not followed"
    return Outcome(answer.status, "" if answer.is_taken else said)


def _note(delivery: WebhookDelivery, outcome: Outcome, as_of: datetime) -> None:
    """Write what came of a try; what another session has ended meanwhile stays as it is."""
    change: dict[str, Any] = {"last_status": outcome.status, "last_error": outcome.error}
    if not outcome.error:
        change |= {"state": DeliveryState.DELIVERED, "ended_at": as_of}
    elif delivery.attempts >= MOST_TRIES:
        change["state"] = DeliveryState.PARKED
    WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(**change)


def send_test_event(*, endpoint_id: int, as_of: datetime, actor: User | None) -> Outcome:
    """Send an event that says nothing to one endpoint now; return what came of it.

    It goes to a paused endpoint too, and is not tried again.

    Raises: Forbidden; EndpointIsClosed.
    """
    require(actor, CHANGE)
    scope.require_all(actor)
    endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
    if endpoint.state == EndpointState.CLOSED:
        raise EndpointIsClosed("the endpoint is closed; open another one")
    with transaction.atomic():
        event = record_event(topic="webhook.tested", subject=endpoint, actor=actor)
        mark_delivered(event_ids=[event.pk])
        event.refresh_from_db()
    return _send(_message(delivery_of(event, endpoint, as_of), as_of, as_of))


@transaction.atomic
def send_again(*, delivery_id: int, as_of: datetime, actor: User | None) -> WebhookDelivery:
    """Let a parked delivery be tried again from the first gap, and what it holds back follow.

    Raises: Forbidden; CannotSendAgain.
    """
    row = _parked(delivery_id, actor)
    row.state, row.attempts, row.next_try_at = DeliveryState.WAITING, 0, as_of
    row.save()
    return row


@transaction.atomic
def skip_delivery(
    *, delivery_id: int, reason: str, as_of: datetime, actor: User | None
) -> WebhookDelivery:
    """Leave a parked delivery out, saying why, so that later ones of its subject follow.

    Raises: Forbidden; Invalid; CannotSendAgain.
    """
    why = " ".join(reason.split())
    if len(why) < 5:
        raise Invalid("say in a few words why", rule="REASON", column="reason")
    row = _parked(delivery_id, actor)
    row.state, row.ended_at, row.last_error = DeliveryState.SKIPPED, as_of, why[:300]
    row.save()
    record_event(
        topic="webhook.delivery_skipped",
        subject=row.endpoint,
        payload={"event": row.event_id, "why": why[:300]},
        actor=actor,
    )
    return row


def _parked(delivery_id: int, actor: User | None) -> WebhookDelivery:
    require(actor, CHANGE)
    scope.require_all(actor)
    rows = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("endpoint")
    row = rows.get(pk=delivery_id)
    if row.state != DeliveryState.PARKED:
        raise CannotSendAgain("only what is parked is sent again or left out")
    return row
