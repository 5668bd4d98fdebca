"""Where tax stands in the API."""

from tax.api.views import EstimateViewSet, JurisdictionViewSet

ROUTES = [
    ("tax/jurisdictions", JurisdictionViewSet, "jurisdiction"),
    ("tax/estimate", EstimateViewSet, "tax-estimate"),
]
