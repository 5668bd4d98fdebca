"""Sort debts by age (COL-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Buckets:
    """The upper bounds in days past due of all buckets but the last, rising."""

    bounds: tuple[int, ...] = (0, 30, 60, 90, 120)

    def __post_init__(self) -> None:
        """Refuse bounds that do not rise."""
        if not self.bounds or list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError("Bucket bounds must rise: for example 0, 30, 60, 90, 120.")

    @property
    def labels(self) -> tuple[str, ...]:
        """Name every bucket as a clerk reads it: Current, 1–30, …, Over 120."""
        first = "Current" if self.bounds[0] == 0 else f"Up to {self.bounds[0]}"
        middle = [
            f"{lower + 1}–{upper}"
            for lower, upper in zip(self.bounds, self.bounds[1:], strict=False)
        ]
        return (first, *middle, f"Over {self.bounds[-1]}")

    def index(self, days_past_due: int) -> int:
        """Return the place of the bucket that holds this age (COL-1: current is up to day 0)."""
        for place, bound in enumerate(self.bounds):
            if days_past_due <= bound:
                return place
        return len(self.bounds)


def days_past_due(*, as_of: date, counted_from: date) -> int:
    """Count the days since the due date; negative while it lies ahead (COL-1)."""
    return (as_of - counted_from).days


def net_oldest_first(amounts: Sequence[Decimal], unapplied: Decimal) -> tuple[Decimal, ...]:
    """Take unapplied credits off the oldest buckets first (COL-1, option netted).

    What exceeds all debts leaves the youngest bucket negative, so that the total is kept.
    """
    left = unapplied
    netted: list[Decimal] = []
    for amount in reversed(amounts):
        taken = min(amount, left)
        netted.append(amount - taken)
        left -= taken
    netted[-1] -= left
    return tuple(reversed(netted))
