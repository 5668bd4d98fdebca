"""The writes of the audit room."""

from audit.operations.api_keys import (
    ISSUE,
    LONGEST,
    BeyondItsUser,
    NotAServiceUser,
    issue_api_key,
    mark_used,
    open_api_key,
    revoke_api_key,
)
from audit.operations.approvals import (
    ApprovalMissing,
    CannotDecide,
    PayloadChanged,
    approve,
    approve_and_use,
    consume_approval,
    expire_requests,
    reject,
    request_approval,
    withdraw,
)
from audit.operations.context import context
from audit.operations.deciding import Decision
from audit.operations.events import Happening, mark_delivered, record_event, record_events
from audit.operations.idempotency import KeyReused, claim, forget_expired, remember_answer
from audit.operations.imports import AlreadyImported, close_batch, open_batch, refuse_batch
from audit.operations.jobs import (
    JobIsNotParked,
    JobIsParked,
    JobIsRunning,
    fail_job,
    finish_job,
    release_job,
    start_job,
)
from audit.operations.limits import (
    LIMIT,
    Limit,
    LimitUnchanged,
    limit_of,
    request_limit,
    set_limit,
)
from audit.operations.seals import seal_changes

__all__ = [
    "ISSUE",
    "LIMIT",
    "LONGEST",
    "AlreadyImported",
    "ApprovalMissing",
    "BeyondItsUser",
    "CannotDecide",
    "Decision",
    "Happening",
    "JobIsNotParked",
    "JobIsParked",
    "JobIsRunning",
    "KeyReused",
    "Limit",
    "LimitUnchanged",
    "NotAServiceUser",
    "PayloadChanged",
    "approve",
    "approve_and_use",
    "claim",
    "close_batch",
    "consume_approval",
    "context",
    "expire_requests",
    "fail_job",
    "finish_job",
    "forget_expired",
    "issue_api_key",
    "limit_of",
    "mark_delivered",
    "mark_used",
    "open_api_key",
    "open_batch",
    "record_event",
    "record_events",
    "refuse_batch",
    "reject",
    "release_job",
    "remember_answer",
    "request_approval",
    "request_limit",
    "revoke_api_key",
    "seal_changes",
    "set_limit",
    "start_job",
    "withdraw",
]
