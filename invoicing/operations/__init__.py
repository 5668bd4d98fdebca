"""Writes of invoicing."""

from invoicing.operations.account_memos import CannotIssueMemo
from invoicing.operations.adjusting import (
    Adjustment,
    CannotAdjustBill,
    adjust_next_bill,
    adjustable,
    piece_of,
    preview_adjustment,
    take_adjustment_back,
    waiting_adjustments,
)
from invoicing.operations.continuing import continue_run
from invoicing.operations.credits import (
    CannotCredit,
    action_of,
    approve_permission,
    grant_memo,
    refuse_memo,
    request_credit,
    request_debit,
    request_goodwill,
)
from invoicing.operations.cycle_changes import (
    CannotChangeCycle,
    change_cycle_at_boundary,
    change_cycle_now,
    withdraw_cycle_change,
)
from invoicing.operations.cycle_previews import preview_cycle
from invoicing.operations.cycles import define_cycle
from invoicing.operations.interim_runs import start_interim, start_interims
from invoicing.operations.interims import Standing, limits_of, reached_limits
from invoicing.operations.late_usage import LateUsage, late_accounts, late_usage, valued_usage
from invoicing.operations.next_invoices import CannotPreview, NextInvoice, Piece, PreviewLine
from invoicing.operations.pinning import PreviewChanged, pin_of, submit_as_previewed
from invoicing.operations.prepaid_sales import (
    BonusPolicy,
    CannotPayBack,
    CannotSellBalance,
    pay_back_balance,
    sell_balance,
    sell_top_up,
)
from invoicing.operations.previewing import (
    MOST_RERATED,
    Preview,
    Projected,
    next_invoice,
    preview_draft,
    preview_move,
    preview_order,
    preview_rerate,
    project,
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
from invoicing.operations.simulating import CannotSimulate, Simulated, simulate_price

__all__ = [
    "MOST_RERATED",
    "Adjustment",
    "BonusPolicy",
    "CannotAdjustBill",
    "CannotApproveRun",
    "CannotChangeAccount",
    "CannotChangeCycle",
    "CannotChangeRun",
    "CannotCredit",
    "CannotIssueMemo",
    "CannotPayBack",
    "CannotPreview",
    "CannotPrintDraft",
    "CannotSellBalance",
    "CannotSimulate",
    "CannotStartRun",
    "LateUsage",
    "NextInvoice",
    "Piece",
    "Preview",
    "PreviewChanged",
    "PreviewLine",
    "Projected",
    "Simulated",
    "Standing",
    "action_of",
    "adjust_next_bill",
    "adjustable",
    "approve_permission",
    "approve_run",
    "cancel_run",
    "change_cycle_at_boundary",
    "change_cycle_now",
    "continue_run",
    "define_cycle",
    "grant_memo",
    "hold_account",
    "late_accounts",
    "late_usage",
    "limits_of",
    "next_invoice",
    "pay_back_balance",
    "pdf_of",
    "piece_of",
    "pin_of",
    "post_run",
    "preview_adjustment",
    "preview_cycle",
    "preview_draft",
    "preview_move",
    "preview_order",
    "preview_rerate",
    "project",
    "reached_limits",
    "recalculate_account",
    "recalculate_run",
    "refuse_memo",
    "release_account",
    "request_credit",
    "request_debit",
    "request_goodwill",
    "resume_run",
    "sell_balance",
    "sell_top_up",
    "simulate_price",
    "start_interim",
    "start_interims",
    "start_run",
    "submit_as_previewed",
    "take_adjustment_back",
    "valued_usage",
    "waiting_adjustments",
    "withdraw_cycle_change",
]
