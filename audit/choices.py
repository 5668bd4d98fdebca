"""States and kinds of the audit room."""

from __future__ import annotations

from django.db.models import TextChoices


class ApprovalState(TextChoices):
    PENDING = "PENDING", "Waiting for a second person"
    APPROVED = "APPROVED", "Approved, not used yet"
    REJECTED = "REJECTED", "Rejected"
    USED = "USED", "Used"
    EXPIRED = "EXPIRED", "Expired"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class BatchState(TextChoices):
    OPEN = "OPEN", "Being read"
    DONE = "DONE", "Done"
    WITH_ERRORS = "WITH_ERRORS", "Done, some rows rejected"
    REFUSED = "REFUSED", "Refused as a whole"


class JobState(TextChoices):
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed, to be tried again"
    PARKED = "PARKED", "Parked after too many tries"


class EndpointState(TextChoices):
    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused: events are kept for it"
    CLOSED = "CLOSED", "Closed"


class DeliveryState(TextChoices):
    WAITING = "WAITING", "Waiting to be sent"
    DELIVERED = "DELIVERED", "Delivered"
    PARKED = "PARKED", "Parked after too many tries"
    SKIPPED = "SKIPPED", "Left out"


class Operation(TextChoices):
    INSERT = "INSERT", "Created"
    UPDATE = "UPDATE", "Changed"
    DELETE = "DELETE", "Deleted"
