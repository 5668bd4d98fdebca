"""What business events look like on the wire."""

from __future__ import annotations

from audit.models import BusinessEvent
from foundation.api import HouseModelSerializer


class EventSerializer(HouseModelSerializer):
    """An event; `payload` by topic as docs/formats/events.md says."""

    class Meta:
        model = BusinessEvent
        fields = (
            "id", "uuid", "topic", "subject_type", "subject_id", "payload", "actor", "occurred_at",
        )  # fmt: skip
        read_only_fields = fields
