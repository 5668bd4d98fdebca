"""The timeline of a charge: half-open segments of local days.

A timeline is a tuple of segments in order of their start that do not overlap; only the last may
be open (end None). Each edit returns a new timeline; equal neighbours are merged (PRO-1).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """A state of a charge from `start` to before `end` (None: open)."""

    start: date
    end: date | None
    quantity: Decimal
    override_price: Decimal | None = None
    state: str = "ON"
    reason: str = ""
    order_item_id: int | None = None
    price_day: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the day lies inside."""
        return self.start <= day and (self.end is None or day < self.end)

    def is_like(self, other: "Span") -> bool:
        """Tell whether the other span says the same for its own days."""
        return (self.quantity, self.override_price, self.state, self.price_day) == (
            other.quantity,
            other.override_price,
            other.state,
            other.price_day,
        )


Timeline = tuple[Span, ...]
Edit = Callable[[Span], Span | None]
"""What becomes of a span; None takes it away."""


def merged(spans: Iterable[Span]) -> Timeline:
    """Join touching neighbours that say the same (PRO-1); the earlier keeps its reason."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        if result and result[-1].end == span.start and result[-1].is_like(span):
            result[-1] = replace(result[-1], end=span.end)
        else:
            result.append(span)
    return tuple(result)


def edited(timeline: Timeline, start: date, end: date | None, edit: Edit) -> Timeline:
    """Edit what lies in `[start, end)` (None: everything after), cutting spans at the bounds."""
    result: list[Span] = []
    for span in timeline:
        first = max(span.start, start)
        last = span.end if end is None else end if span.end is None else min(span.end, end)
        if last is not None and first >= last:
            result.append(span)
            continue
        if span.start < first:
            result.append(replace(span, end=first))
        inside = edit(replace(span, start=first, end=last))
        if inside is not None:
            result.append(inside)
        if last is not None and (span.end is None or last < span.end):
            result.append(replace(span, start=last))
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Difference:
    """The rows to write so that a stored timeline becomes the wanted one."""

    gone: tuple[int, ...]
    changed: tuple[tuple[int, Span], ...]
    new: tuple[Span, ...]


def difference(stored: dict[int, Span], wanted: Timeline) -> Difference:
    """Match stored rows (by id) with the wanted spans by their start."""
    by_start = {span.start: (row_id, span) for row_id, span in stored.items()}
    kept: set[int] = set()
    changes: list[tuple[int, Span]] = []
    new: list[Span] = []
    for span in wanted:
        found = by_start.get(span.start)
        if found is None:
            new.append(span)
            continue
        kept.add(found[0])
        if found[1] != span:
            changes.append((found[0], span))
    gone = tuple(row_id for row_id in stored if row_id not in kept)
    return Difference(gone, tuple(changes), tuple(new))
