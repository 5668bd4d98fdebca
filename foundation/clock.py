"""The clock, read by interfaces only; everything below takes `as_of` or `on_date`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from foundation.periods import local_date


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(tz=UTC)


def today(zone: ZoneInfo) -> date:
    """Return the date that people in the zone call today."""
    return local_date(now(), zone)
