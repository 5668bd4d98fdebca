"""Seals over the row history (I-23)."""

from __future__ import annotations

from django.db import connection, transaction

from audit.models import Change, Seal
from audit.queries import digest


def seal_changes() -> Seal | None:
    """Seal the changes made since the last seal; None when there are none.

    The table is locked against writers for the moment of reading, so that no change that is still
    under way ends up below the seal unseen. A second call seals only what came since.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_change IN SHARE MODE")
        last = Seal.objects.order_by("-last_change_id").first()
        first_id = last.last_change_id + 1 if last else 0
        newest = Change.objects.filter(pk__gte=first_id).order_by("-pk").first()
        if newest is None:
            return None
        previous = last.digest if last else ""
        count, value = digest(previous=previous, first=first_id, last=newest.pk)
        return Seal.objects.create(
            first_change_id=first_id,
            last_change_id=newest.pk,
            row_count=count,
            previous_digest=previous,
            digest=value,
        )
