"""The addresses of invoicing under /api/v1/."""

from invoicing.api.adjustments import BillAdjustmentViewSet
from invoicing.api.cycle_changes import CycleChangeViewSet
from invoicing.api.documents import InvoiceViewSet
from invoicing.api.interims import InterimBillViewSet
from invoicing.api.memos import CreditMemoViewSet, DebitMemoViewSet
from invoicing.api.prepaid import PrepaidBalanceViewSet
from invoicing.api.previews import OrderPreviewViewSet
from invoicing.api.runs import BillRunViewSet, RunAccountViewSet

ROUTES = [
    ("bill-adjustments", BillAdjustmentViewSet, "bill-adjustment"),
    ("bill-runs", BillRunViewSet, "bill-run"),
    ("cycle-changes", CycleChangeViewSet, "cycle-change"),
    ("interim-bills", InterimBillViewSet, "interim-bill"),
    ("invoices", InvoiceViewSet, "invoice"),
    ("order-previews", OrderPreviewViewSet, "order-preview"),
    ("credit-memos", CreditMemoViewSet, "credit-memo"),
    ("debit-memos", DebitMemoViewSet, "debit-memo"),
    ("prepaid-balances", PrepaidBalanceViewSet, "prepaid-balance"),
    ("bill-run-accounts", RunAccountViewSet, "bill-run-account"),
]
