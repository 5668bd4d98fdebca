"""Identities of the books: small functions that return what they find wrong.

Each room exposes `queries.INTEGRITY`, a tuple of checks; the roof runs them all, nightly, before
a period is closed, and whenever somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MOST_FINDINGS: Final = 200
"""Findings kept of one check: a broken book shows itself in the first few."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the books disagree with themselves."""

    code: str
    subject: str
    message: str
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One identity, by its code (I-1 …) and a title that a controller understands."""

    code: str
    title: str
    run: Callable[[], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found; green when it found nothing."""

    check: Check
    findings: Sequence[Finding]

    @property
    def is_green(self) -> bool:
        return not self.findings


def run_checks(checks: Iterable[Check]) -> list[Result]:
    """Run the checks in order and return every result."""
    return [Result(check, check.run()[:MOST_FINDINGS]) for check in checks]
