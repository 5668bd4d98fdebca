"""The addresses of receivables under /api/v1/."""

from receivables.api.views import AllocationViewSet, BalanceViewSet, OpenItemViewSet

ROUTES = [
    ("ar-items", OpenItemViewSet, "ar-item"),
    ("allocations", AllocationViewSet, "allocation"),
    (r"accounts/(?P<account_pk>[0-9]{1,18})/balance", BalanceViewSet, "account-balance"),
]
