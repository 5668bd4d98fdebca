"""What is done with usage: load, recycle, write off, rate again."""

from rating.operations.events import MOST_ROWS, RowResult, load_events
from rating.operations.loading import (
    Rehearsal,
    load_file,
    rehearse_file,
    resume_file,
    resume_files,
)
from rating.operations.rerating import rerate
from rating.operations.sources import create_source
from rating.operations.suspending import recycle, write_off

__all__ = [
    "MOST_ROWS",
    "Rehearsal",
    "RowResult",
    "create_source",
    "load_events",
    "load_file",
    "recycle",
    "rehearse_file",
    "rerate",
    "resume_file",
    "resume_files",
    "write_off",
]
