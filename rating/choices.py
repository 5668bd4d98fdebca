"""Enumerations of usage files and suspended rows."""

from django.db.models import TextChoices


class FileFormat(TextChoices):
    CSV = "CSV", "CSV"
    XLSX = "XLSX", "Excel"
    API = "API", "API"


class FileState(TextChoices):
    """RECEIVED → LOADING → LOADED; a refused file is REJECTED and may be sent again."""

    RECEIVED = "RECEIVED", "Received"
    LOADING = "LOADING", "Loading"
    LOADED = "LOADED", "Loaded"
    REJECTED = "REJECTED", "Rejected"


class PartState(TextChoices):
    PENDING = "PENDING", "Pending"
    DONE = "DONE", "Done"


class SuspenseState(TextChoices):
    """OPEN → RECYCLED (stored), DUPLICATE (already held) or WRITTEN_OFF; the last three end."""

    OPEN = "OPEN", "Open"
    RECYCLED = "RECYCLED", "Recycled"
    DUPLICATE = "DUPLICATE", "Duplicate"
    WRITTEN_OFF = "WRITTEN_OFF", "Written off"


class EventState(TextChoices):
    """GUIDED events are priced by their aggregate, RATED ones one by one (UNIT-2 EVENT)."""

    GUIDED = "GUIDED", "Guided"
    RATED = "RATED", "Rated"


class Verdict(TextChoices):
    """What became of a row sent by the API."""

    LOADED = "LOADED", "Loaded"
    DUPLICATE = "DUPLICATE", "Duplicate"
    SUSPENDED = "SUSPENDED", "Suspended"
