"""What happened, who did it, who allowed it, and what ran."""

from audit.models.access import ApiKey, IdempotencyKey
from audit.models.approval import ApprovalPolicy, ApprovalRequest, ReasonCode
from audit.models.event import BusinessEvent
from audit.models.history import Change, Seal
from audit.models.webhook import WebhookDelivery, WebhookEndpoint
from audit.models.work import ImportBatch, ImportRowError, JobRun

__all__ = [
    "ApiKey",
    "ApprovalPolicy",
    "ApprovalRequest",
    "BusinessEvent",
    "Change",
    "IdempotencyKey",
    "ImportBatch",
    "ImportRowError",
    "JobRun",
    "ReasonCode",
    "Seal",
    "WebhookDelivery",
    "WebhookEndpoint",
]
