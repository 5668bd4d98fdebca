"""The timeline of a subscription drawn as bars: a row for each charge, a bar for each segment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from customers.choices import AdvanceFate, SegmentState
from customers.models import ChargeSegment
from customers.queries.above import BilledPiece
from foundation.screens.cells import money_text

AHEAD: Final = timedelta(days=60)
WIDTH: Final = 1000


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days in one state, in thousandths of the width; `told` says it in words."""

    left: int
    width: int
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class BarRow:
    """The bars of one charge."""

    name: str
    bars: tuple[Bar, ...]

    @property
    def told(self) -> str:
        """Say what the bars show, for those who do not see them."""
        return f"{self.name}: {'; '.join(one.told for one in self.bars)}"


@dataclass(frozen=True, slots=True)
class Bars:
    """All rows, and the first and last day that they show."""

    caption: str
    first: date
    last: date
    rows: tuple[BarRow, ...]


def drawn(
    segments: Iterable[ChargeSegment],
    *,
    start: date,
    today: date,
    billed: Iterable[BilledPiece] = (),
) -> Bars:
    """Draw segments from the start to some time after today or the last change, if later.

    Below each charge stands what was billed of it, document by document.
    """
    rows: dict[int, list[ChargeSegment]] = {}
    for segment in segments:
        rows.setdefault(segment.subscription_charge_id, []).append(segment)
    days = [
        day
        for one in rows.values()
        for each in one
        for day in (each.valid.lower, each.valid.upper)
    ]
    pieces: dict[int, list[BilledPiece]] = {}
    for piece in billed:
        pieces.setdefault(piece.subscription_charge_id, []).append(piece)
    end = max([today, *(day for day in days if day is not None)]) + AHEAD
    return Bars(
        caption="Timeline",
        first=start,
        last=end - timedelta(days=1),
        rows=tuple(
            row
            for charge, one in rows.items()
            for row in (_row(one, start, end), _billed(pieces.get(charge, ()), start, end))
            if row.bars
        ),
    )


def _row(segments: Sequence[ChargeSegment], start: date, end: date) -> BarRow:
    return BarRow(
        name=segments[0].subscription_charge.charge.name,
        bars=tuple(_bar(one, start, end) for one in segments),
    )


def _billed(pieces: Sequence[BilledPiece], start: date, end: date) -> BarRow:
    return BarRow(
        name="billed",
        bars=tuple(_billed_bar(one, start, end) for one in pieces if one.end > start),
    )


def _billed_bar(piece: BilledPiece, start: date, end: date) -> Bar:
    left = _place(max(piece.start, start), start, end)
    right = _place(min(piece.end, end), start, end)
    state = "GIVEN_BACK" if piece.amount < 0 else "BILLED"
    words = "given back" if piece.amount < 0 else "billed"
    told = (
        f"from {piece.start} to {piece.end - timedelta(days=1)}: {words} "
        f"{money_text(abs(piece.amount), piece.currency)} {piece.currency} on {piece.document}"
    )
    return Bar(left, max(right - left, 3), state, told)


def _bar(segment: ChargeSegment, start: date, end: date) -> Bar:
    first, last = segment.valid.lower, segment.valid.upper
    left = _place(first, start, end)
    right = _place(min(last or end, end), start, end)
    until = f"to {last - timedelta(days=1)}" if last else "on"
    words = f"from {first} {until}: {segment.get_state_display().lower()}"
    price = f" at {segment.override_price.normalize():f}" if segment.override_price else ""
    told = f"{words}, {segment.quantity.normalize():f}{price}"
    state = SegmentState.ON if segment.state in AdvanceFate else segment.state
    return Bar(left, max(right - left, 3), state, told)


def _place(day: date, start: date, end: date) -> int:
    return (day - start).days * WIDTH // max((end - start).days, 1)
