"""The addresses of invoicing under /api/v1/."""

from invoicing.api.runs import BillRunViewSet, RunAccountViewSet

ROUTES = [
    ("bill-runs", BillRunViewSet, "bill-run"),
    ("bill-run-accounts", RunAccountViewSet, "bill-run-account"),
]
