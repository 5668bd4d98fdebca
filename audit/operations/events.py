"""Business events and their outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from audit.models import BusinessEvent


@dataclass(frozen=True, slots=True)
class Happening:
    """One event to be recorded; `subject_type` is a model's `label_lower`."""

    topic: str
    subject_type: str
    subject_id: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


def record_event(
    *,
    topic: str,
    subject: models.Model,
    payload: Mapping[str, Any] | None = None,
    actor: User | None = None,
) -> BusinessEvent:
    """Record what happened to a subject, in the caller's transaction.

    Topics are `<noun>.<past participle>`: `invoice.posted`. The payload is plain JSON; amounts are
    strings.
    """
    row = _row(
        Happening(
            topic=topic,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            payload=payload or {},
            actor_id=actor.pk if actor is not None else None,
        )
    )
    row.save(force_insert=True)
    return row


def record_events(happenings: Sequence[Happening]) -> int:
    """Record many events at once, in their order; return how many."""
    rows = [_row(happening) for happening in happenings]
    BusinessEvent.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _row(happening: Happening) -> BusinessEvent:
    """Return the event as it is kept; docs/formats/events.md shows one of each topic."""
    return BusinessEvent(
        topic=happening.topic,
        subject_type=happening.subject_type,
        subject_id=happening.subject_id,
        payload=dict(happening.payload),
        actor_id=happening.actor_id,
    )


def mark_delivered(*, event_ids: Sequence[int]) -> int:
    """Note that the events were passed on; one already noted stays as it is."""
    return BusinessEvent.objects.filter(pk__in=event_ids, delivered_at__isnull=True).update(
        delivered_at=Now(), attempts=F("attempts") + 1
    )
