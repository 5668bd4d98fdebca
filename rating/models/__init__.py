"""Usage: its sources, files, events, duplicate keys, aggregates and suspense."""

from rating.models.aggregate import UsageAggregate
from rating.models.event import UsageEvent, UsageKey
from rating.models.file import UsageFile, UsageFilePart
from rating.models.source import UsageSource
from rating.models.suspense import SuspenseItem

__all__ = [
    "SuspenseItem",
    "UsageAggregate",
    "UsageEvent",
    "UsageFile",
    "UsageFilePart",
    "UsageKey",
    "UsageSource",
]
