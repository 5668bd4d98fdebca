"""The addresses of payments under /api/v1/."""

from payments.api.top_ups import TopUpRequestViewSet
from payments.api.views import PaymentViewSet, ReceiptViewSet, TenderTypeViewSet

ROUTES = [
    ("payments", PaymentViewSet, "payment"),
    ("unidentified-receipts", ReceiptViewSet, "unidentified-receipt"),
    ("tender-types", TenderTypeViewSet, "tender-type"),
    ("top-up-requests", TopUpRequestViewSet, "top-up-request"),
]
