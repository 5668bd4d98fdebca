"""Who pays for whom, from dated positions (HIER-1, HIER-2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

PAYER = "PAYER"


@dataclass(frozen=True, slots=True)
class Position:
    """Where an account hangs from `start` to before `end` (None: open).

    `splits` says that periods running on the first day are divided between the payers (HIER-6).
    """

    start: date
    end: date | None
    parent_id: int | None
    role: str
    splits: bool = False

    def covers(self, day: date) -> bool:
        """Tell whether the day lies inside."""
        return self.start <= day and (self.end is None or day < self.end)


def position_on(positions: Iterable[Position], day: date) -> Position | None:
    """Return the position that covers the day; None before opening and after closing."""
    return next((position for position in positions if position.covers(day)), None)


def chain(
    positions: Mapping[int, Iterable[Position]], account_id: int, day: date
) -> tuple[int, ...]:
    """Return the account and its ancestors on the day, nearest first.

    Raises: ValueError when the positions form a circle.
    """
    found: list[int] = []
    at: int | None = account_id
    while at is not None:
        if at in found:
            raise ValueError(f"accounts {[*found, at]} hang below each other")
        found.append(at)
        position = position_on(positions.get(at, ()), day)
        at = position.parent_id if position else None
    return tuple(found)


def payer(positions: Mapping[int, Iterable[Position]], account_id: int, day: date) -> int | None:
    """Return the nearest ancestor-or-self that pays on the day (HIER-2); None when not open."""
    for node in chain(positions, account_id, day):
        position = position_on(positions.get(node, ()), day)
        if position is not None and position.role == PAYER:
            return node
    return None


def repositioned(
    history: tuple[Position, ...],
    day: date,
    *,
    parent_id: int | None,
    role: str,
    splits: bool = False,
) -> tuple[Position, ...]:
    """Return the history with a new position from the day on.

    The new position holds up to the next one already recorded; one that starts on the same day
    is replaced. Touching equal positions are joined. The history keeps covering the same days.

    Raises: ValueError when the account is not open on the day.
    """
    current = position_on(history, day)
    if current is None:
        raise ValueError("the account is not open on that day")
    result: list[Position] = []
    for position in history:
        if position is not current:
            result.append(position)
            continue
        if position.start < day:
            result.append(replace(position, end=day))
        result.append(Position(day, position.end, parent_id, role, splits))
    joined: list[Position] = []
    for position in result:
        last = joined[-1] if joined else None
        if last and (last.parent_id, last.role) == (position.parent_id, position.role):
            joined[-1] = replace(last, end=position.end)
        else:
            joined.append(position)
    return tuple(joined)
