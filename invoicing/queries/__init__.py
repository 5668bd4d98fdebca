"""Reads of invoicing."""

from invoicing.queries.credits import creditable_lines, taxes_given_back, waiting_credits
from invoicing.queries.integrity import INTEGRITY
from invoicing.queries.runs import (
    ControlTotal,
    Progress,
    control_differences,
    control_totals,
    due_bill_date,
    findings_of_run,
    is_drafting,
    is_posting,
    parked_accounts,
    progress,
    totals_by_currency,
)

__all__ = [
    "INTEGRITY",
    "ControlTotal",
    "Progress",
    "control_differences",
    "control_totals",
    "creditable_lines",
    "due_bill_date",
    "findings_of_run",
    "is_drafting",
    "is_posting",
    "parked_accounts",
    "progress",
    "taxes_given_back",
    "totals_by_currency",
    "waiting_credits",
]
