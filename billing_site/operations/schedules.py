"""The one entry of the queue's own schedule."""

from __future__ import annotations

from django.db import transaction
from django_q.models import Schedule

from billing_site.schedules import TICK, TICK_MINUTES

NAME = "tick"


@transaction.atomic
def setup_schedules() -> tuple[int, int]:
    """Make the tick and remove every other entry; return how many were made and removed.

    A second call changes nothing.
    """
    _, is_new = Schedule.objects.update_or_create(
        name=NAME,
        defaults={
            "func": TICK,
            "schedule_type": Schedule.MINUTES,
            "minutes": TICK_MINUTES,
            "repeats": -1,
        },
    )
    removed, _ = Schedule.objects.exclude(name=NAME).delete()
    return int(is_new), removed
