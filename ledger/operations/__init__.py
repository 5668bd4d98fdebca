"""The writes of the ledger room."""

from ledger.operations.access import CannotLimit, limit_to_entities
from ledger.operations.entities import ensure_entity
from ledger.operations.journal import (
    ENTRY_COLUMNS,
    LINE_COLUMNS,
    AlreadyPosted,
    CannotPost,
    CannotReverse,
    post_entry,
    post_in_bulk,
    reverse_entry,
)
from ledger.operations.many import NewEntry, post_entries
from ledger.operations.numbers import SeriesMissing, draw_numbers
from ledger.operations.periods import (
    CannotChangePeriod,
    close_period,
    open_periods,
    reopen_period,
    request_close,
    request_reopening,
    soft_close_period,
)
from ledger.operations.rates import RateExists, add_rate
from ledger.rules.entries import EntryLine

__all__ = [
    "ENTRY_COLUMNS",
    "LINE_COLUMNS",
    "AlreadyPosted",
    "CannotChangePeriod",
    "CannotLimit",
    "CannotPost",
    "CannotReverse",
    "EntryLine",
    "NewEntry",
    "RateExists",
    "SeriesMissing",
    "add_rate",
    "close_period",
    "draw_numbers",
    "ensure_entity",
    "limit_to_entities",
    "open_periods",
    "post_entries",
    "post_entry",
    "post_in_bulk",
    "reopen_period",
    "request_close",
    "request_reopening",
    "reverse_entry",
    "soft_close_period",
]
