"""Writes of invoicing."""

from invoicing.operations.continuing import continue_run
from invoicing.operations.credits import (
    CannotCredit,
    grant_credit,
    refuse_credit,
    request_credit,
)
from invoicing.operations.cycles import define_cycle
from invoicing.operations.printing import CannotPrintDraft, pdf_of
from invoicing.operations.run_accounts import (
    CannotChangeAccount,
    hold_account,
    recalculate_account,
    release_account,
)
from invoicing.operations.runs import (
    CannotApproveRun,
    CannotChangeRun,
    CannotStartRun,
    approve_run,
    cancel_run,
    post_run,
    recalculate_run,
    resume_run,
    start_run,
)

__all__ = [
    "CannotApproveRun",
    "CannotChangeAccount",
    "CannotChangeRun",
    "CannotCredit",
    "CannotPrintDraft",
    "CannotStartRun",
    "approve_run",
    "cancel_run",
    "continue_run",
    "define_cycle",
    "grant_credit",
    "hold_account",
    "pdf_of",
    "post_run",
    "recalculate_account",
    "recalculate_run",
    "refuse_credit",
    "release_account",
    "request_credit",
    "resume_run",
    "start_run",
]
