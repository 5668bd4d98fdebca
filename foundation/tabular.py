"""Tables of text that come from outside: one strict reader for CSV and XLSX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that was not taken: where, what stood there, and why."""

    row: int
    column: str
    value: str
    rule: str
    message: str
