"""Where the API of usage is mounted."""

from rating.api.views import SuspenseViewSet, UsageEventViewSet, UsageFileViewSet

ROUTES = [
    ("usage-events", UsageEventViewSet, "usage-event"),
    ("usage-files", UsageFileViewSet, "usage-file"),
    ("suspense", SuspenseViewSet, "suspense"),
]
