"""Nouns of invoicing: cycles, runs, charge items, documents and what belongs to them."""

from invoicing.models.artifact import DocumentArtifact
from invoicing.models.charge_item import ChargeItem
from invoicing.models.credit_request import MemoRequest
from invoicing.models.cycle import BillCycle
from invoicing.models.cycle_change import CycleChange
from invoicing.models.interim import InterimBill
from invoicing.models.invoice import Invoice
from invoicing.models.line import InvoiceLine
from invoicing.models.run import BillRun
from invoicing.models.run_work import BillRunAccount, BillRunChunk, BillRunFinding
from invoicing.models.tax_line import TaxLine, TaxTotal

__all__ = [
    "BillCycle",
    "BillRun",
    "BillRunAccount",
    "BillRunChunk",
    "BillRunFinding",
    "ChargeItem",
    "CycleChange",
    "DocumentArtifact",
    "InterimBill",
    "Invoice",
    "InvoiceLine",
    "MemoRequest",
    "TaxLine",
    "TaxTotal",
]
