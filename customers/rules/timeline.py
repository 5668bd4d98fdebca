"""Edit the timeline of a charge: half-open segments of local days.

A timeline is a tuple of segments in order of their start that do not overlap; only the last may
be open (end None). Each edit returns a new timeline; equal neighbours are merged (PRO-1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Attribute(StrEnum):
    """What an edit may change on segments."""

    QUANTITY = "quantity"
    OVERRIDE_PRICE = "override_price"
    STATE = "state"


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

    def covers(self, day: date) -> bool:
        """Tell whether the day lies inside."""
        return self.start <= day and (self.end is None or day < self.end)

    def is_like(self, other: "Span") -> bool:
        """Tell whether the other span says the same for its own days."""
        return (self.quantity, self.override_price, self.state) == (
            other.quantity,
            other.override_price,
            other.state,
        )


Timeline = tuple[Span, ...]


def merged(spans: Iterable[Span]) -> Timeline:
    """Join touching neighbours that say the same (PRO-1); the earlier keeps its reason."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        if result and result[-1].end == span.start and result[-1].is_like(span):
            result[-1] = replace(result[-1], end=span.end)
        else:
            result.append(span)
    return tuple(result)


def ended(timeline: Timeline, day: date) -> Timeline:
    """Cut everything from the day on: the day is the exclusive end (PRO-5)."""
    kept = []
    for span in timeline:
        if span.start >= day:
            continue
        if span.end is None or span.end > day:
            span = replace(span, end=day)
        kept.append(span)
    return tuple(kept)


def changed(
    timeline: Timeline,
    day: date,
    attribute: Attribute,
    value: Decimal | str | None,
    *,
    reason: str = "",
    order_item_id: int | None = None,
) -> Timeline:
    """Give the attribute a new value from the day on (PRO-5: the day belongs to the new state).

    A change already recorded for a later day stays: the new value holds until the first later
    segment in which this attribute itself was changed. Days without a segment stay without one.
    """
    origin = next((span for span in timeline if span.covers(day)), None)
    if origin is None:
        origin = next((span for span in timeline if span.start >= day), None)
    if origin is None:
        return timeline
    old = getattr(origin, attribute)
    result: list[Span] = []
    is_running = True
    for span in timeline:
        if span.end is not None and span.end <= day:
            result.append(span)
            continue
        is_running = is_running and getattr(span, attribute) == old
        if not is_running:
            result.append(span)
            continue
        if span.start < day:
            result.append(replace(span, end=day))
            span = replace(span, start=day)
        result.append(
            replace(
                _with(span, attribute, value),
                reason=reason or span.reason,
                order_item_id=order_item_id or span.order_item_id,
            )
        )
    return merged(result)


def _with(span: Span, attribute: Attribute, value: Decimal | str | None) -> Span:
    if attribute is Attribute.STATE:
        return replace(span, state=str(value))
    number = value if value is None else Decimal(value)
    if attribute is Attribute.OVERRIDE_PRICE:
        return replace(span, override_price=number)
    return replace(span, quantity=number or Decimal(0))


@dataclass(frozen=True, slots=True)
class Start:
    """What a charge begins with."""

    trigger_on: date
    quantity: Decimal
    override_price: Decimal | None = None
    is_one_time: bool = False
    trial_end_on: date | None = None
    end_on: date | None = None
    order_item_id: int | None = None


def begun(start: Start, *, one_day: date) -> Timeline:
    """Return the first timeline of a charge from its trigger day (CHG-7).

    A one-time charge holds for its trigger day alone (`one_day` is the day after it). During a
    trial the charge is OFF until the trial's end day (CHG-10).
    """
    first = Span(
        start=start.trigger_on,
        end=None,
        quantity=start.quantity,
        override_price=start.override_price,
        reason="ORDER",
        order_item_id=start.order_item_id,
    )
    timeline: Timeline = (first,)
    if start.is_one_time:
        timeline = (replace(first, end=one_day),)
    elif start.trial_end_on is not None and start.trial_end_on > start.trigger_on:
        timeline = (
            replace(first, end=start.trial_end_on, state="OFF", reason="TRIAL"),
            replace(first, start=start.trial_end_on),
        )
    return timeline if start.end_on is None else ended(timeline, start.end_on)


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
