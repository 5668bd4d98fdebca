"""Writes of invoicing."""

from invoicing.operations.continuing import continue_run
from invoicing.operations.credits import (
    CannotCredit,
    grant_credit,
    refuse_credit,
    request_credit,
)
from invoicing.operations.cycles import define_cycle
from invoicing.operations.previewing import (
    CannotPreview,
    NextInvoice,
    Preview,
    PreviewLine,
    next_invoice,
    preview_draft,
    preview_order,
)
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
    "CannotPreview",
    "CannotPrintDraft",
    "CannotStartRun",
    "NextInvoice",
    "Preview",
    "PreviewLine",
    "approve_run",
    "cancel_run",
    "continue_run",
    "define_cycle",
    "grant_credit",
    "hold_account",
    "next_invoice",
    "pdf_of",
    "post_run",
    "preview_draft",
    "preview_order",
    "recalculate_account",
    "recalculate_run",
    "refuse_credit",
    "release_account",
    "request_credit",
    "resume_run",
    "start_run",
]
