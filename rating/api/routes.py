"""Where the API of usage is mounted."""

from rating.api.agreements import DerivedRatingViewSet, RatingAgreementViewSet
from rating.api.caps import SpendCapViewSet
from rating.api.entitlements import EntitlementViewSet, ReservationViewSet
from rating.api.previews import RatingPreviewViewSet
from rating.api.rerates import RerateViewSet
from rating.api.top_ups import TopUpRuleViewSet
from rating.api.views import SuspenseViewSet, UsageEventViewSet, UsageFileViewSet
from rating.api.write_offs import WriteOffViewSet

ROUTES = [
    ("usage-events", UsageEventViewSet, "usage-event"),
    ("usage-files", UsageFileViewSet, "usage-file"),
    ("derived-ratings", DerivedRatingViewSet, "derived-rating"),
    ("rating-agreements", RatingAgreementViewSet, "rating-agreement"),
    ("rating-previews", RatingPreviewViewSet, "rating-preview"),
    ("entitlements", EntitlementViewSet, "entitlement"),
    ("reservations", ReservationViewSet, "reservation"),
    ("spend-caps", SpendCapViewSet, "spend-cap"),
    ("top-up-rules", TopUpRuleViewSet, "top-up-rule"),
    ("suspense", SuspenseViewSet, "suspense"),
    ("rerates", RerateViewSet, "rerate"),
    ("usage-write-offs", WriteOffViewSet, "usage-write-off"),
]
