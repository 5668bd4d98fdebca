"""Enumerations of usage files and suspended rows."""

from typing import Final

from django.db.models import TextChoices

PERCENTS: Final = (50, 80, 100)
"""How much of a balance is used when an alert goes out (P64)."""


class FileFormat(TextChoices):
    CSV = "CSV", "CSV"
    XLSX = "XLSX", "Excel"
    JSON = "JSON", "JSON"
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
    """OPEN → RECYCLED (stored), DUPLICATE (already held), WRITTEN_OFF or MERGED: the ends.

    A write-off that is reversed opens its rows again.
    """

    OPEN = "OPEN", "Open"
    RECYCLED = "RECYCLED", "Recycled"
    DUPLICATE = "DUPLICATE", "Duplicate"
    WRITTEN_OFF = "WRITTEN_OFF", "Written off"
    MERGED = "MERGED", "Part of another row"


class WriteOffState(TextChoices):
    """PENDING → DONE → REVERSED; REJECTED by who does not approve, WITHDRAWN by who asked."""

    PENDING = "PENDING", "Pending"
    DONE = "DONE", "Done"
    REJECTED = "REJECTED", "Rejected"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    REVERSED = "REVERSED", "Reversed"


class ValueBasis(TextChoices):
    """At which price the worth of a suspended row was estimated."""

    PENDING = "PENDING", "Not valued yet"
    OWNER = "OWNER", "Prices of its owner"
    LIST = "LIST", "List price"
    NONE = "NONE", "Cannot be valued"


class EventState(TextChoices):
    """GUIDED events are priced by their aggregate, RATED ones one by one (UNIT-2 EVENT)."""

    GUIDED = "GUIDED", "Guided"
    RATED = "RATED", "Rated"


class Verdict(TextChoices):
    """What became of a row sent by the API."""

    LOADED = "LOADED", "Loaded"
    DUPLICATE = "DUPLICATE", "Duplicate"
    SUSPENDED = "SUSPENDED", "Suspended"


class BucketSource(TextChoices):
    """Where a bucket comes from; earlier ones are used up first (ENT-2)."""

    PROMO = "PROMO", "Promotion"
    ROLLOVER = "ROLLOVER", "Rolled over"
    GRANT = "GRANT", "Included"
    TOPUP = "TOPUP", "Top-up"
    ADJUST = "ADJUST", "Adjustment"


class PoolAllocation(TextChoices):
    """Who bears what is used beyond a pool (POOL-3)."""

    BY_USAGE = "BY_USAGE", "Everybody, by usage"
    BY_EXCESS = "BY_EXCESS", "Who used more than it brought, by how much more"
    BY_EVENT_ORDER = "BY_EVENT_ORDER", "Who uses after it is used up"


class MovementKind(TextChoices):
    """Why a bucket changed."""

    GRANT = "GRANT", "Granted"
    BROUGHT = "BROUGHT", "Contribution changed"
    CONSUME = "CONSUME", "Used"
    REVERSE = "REVERSE", "Use taken back"
    RESERVE = "RESERVE", "Reserved"
    RELEASE = "RELEASE", "Released"
    EXPIRE = "EXPIRE", "Expired"
    ROLL_OUT = "ROLL_OUT", "Rolled over to the next"
    ROLL_IN = "ROLL_IN", "Rolled over from before"
    ADJUST = "ADJUST", "Adjusted"
    REFUND = "REFUND", "Paid back"


class RerateState(TextChoices):
    """DRAFT → PENDING → DONE; REJECTED by whoever does not approve it.

    UNCHANGED from the start where the comparison finds no difference: there is nothing to send.
    """

    DRAFT = "DRAFT", "Draft"
    UNCHANGED = "UNCHANGED", "Unchanged"
    PENDING = "PENDING", "Pending"
    DONE = "DONE", "Done"
    REJECTED = "REJECTED", "Rejected"


class TopUpState(TextChoices):
    """REQUESTED → CAPTURED, FAILED or EXPIRED; money captured after it expired still counts."""

    REQUESTED = "REQUESTED", "Requested"
    CAPTURED = "CAPTURED", "Captured"
    FAILED = "FAILED", "Failed"
    EXPIRED = "EXPIRED", "Expired"


class ReservationState(TextChoices):
    """HELD → COMMITTED (used), RELEASED (let go) or EXPIRED (time was up); the last three end."""

    HELD = "HELD", "Held"
    COMMITTED = "COMMITTED", "Committed"
    RELEASED = "RELEASED", "Released"
    EXPIRED = "EXPIRED", "Expired"


class Purpose(TextChoices):
    """For what an event is rated beside what the customer pays."""

    WHOLESALE = "WHOLESALE", "Wholesale cost"
    PARTNER = "PARTNER", "Partner share"
