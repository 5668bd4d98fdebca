"""Business events and their outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from audit.models import BusinessEvent
from foundation import copying

Row = tuple[UUID, str, str, int, int | None, dict[str, Any]]
COLUMNS: Final = ("uuid", "topic", "subject_type", "subject_id", "actor_id", "payload")


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
    happening = Happening(
        topic=topic,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        payload=payload or {},
        actor_id=actor.pk if actor is not None else None,
    )
    return BusinessEvent.objects.create(**dict(zip(COLUMNS, _row(happening), strict=True)))


def record_events(happenings: Sequence[Happening]) -> int:
    """Record many events at once, in their order; return how many."""
    with connection.cursor() as cursor:
        return copying.copy_in(
            cursor,
            BusinessEvent._meta.db_table,
            COLUMNS,
            ((*row[:-1], Jsonb(row[-1])) for row in map(_row, happenings)),
        )


def _row(happening: Happening) -> Row:
    """Return the event as it is kept; docs/formats/events.md shows one of each topic."""
    return (
        uuid4(),
        happening.topic,
        happening.subject_type,
        happening.subject_id,
        happening.actor_id,
        dict(happening.payload),
    )


def mark_delivered(*, event_ids: Sequence[int]) -> int:
    """Note that the events were passed on; one already noted stays as it is."""
    return BusinessEvent.objects.filter(pk__in=event_ids, delivered_at__isnull=True).update(
        delivered_at=Now(), attempts=F("attempts") + 1
    )
