"""The addresses of the audit room under /api/v1/."""

from audit.api.views import EventViewSet

ROUTES = [
    ("events", EventViewSet, "event"),
]
