"""Reads of invoicing."""

from invoicing.queries.credits import creditable_lines, taxes_given_back, waiting_memos
from invoicing.queries.documents import (
    RegisterTotal,
    TaxLiability,
    documents,
    line_of_usage,
    owners_of,
    place_names,
    posted_between,
    register_totals,
    tax_liability,
    tax_names,
)
from invoicing.queries.explaining import Explanation, TierStep, explain
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
    "Explanation",
    "Progress",
    "RegisterTotal",
    "TaxLiability",
    "TierStep",
    "control_differences",
    "control_totals",
    "creditable_lines",
    "documents",
    "due_bill_date",
    "explain",
    "findings_of_run",
    "is_drafting",
    "is_posting",
    "line_of_usage",
    "owners_of",
    "parked_accounts",
    "place_names",
    "posted_between",
    "progress",
    "register_totals",
    "tax_liability",
    "tax_names",
    "taxes_given_back",
    "totals_by_currency",
    "waiting_memos",
]
