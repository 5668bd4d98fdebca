"""What a price file would change: new, changed, unchanged, ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from catalog.rules.price_rows import PriceKey, PriceValues, Proposal

NEW: Final = "new"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"
ENDED: Final = "ended"


class Standing(NamedTuple):
    """A price of ours: in force (published or retired), or waiting (draft to approved)."""

    id: int
    key: PriceKey
    starts: date
    ends: date | None
    values: PriceValues
    in_force: bool


class Change(NamedTuple):
    """What becomes of one proposal.

    `before` is the price in force on its first day; `supersedes` the one it takes out of force;
    `note` says in words what happens to others.
    """

    kind: str
    proposal: Proposal
    before: Standing | None = None
    supersedes: int | None = None
    note: str = ""


class RetroactiveRow(Exception):
    """The row would change days that have been priced already."""

    rule = "PRICE-RETRO"


def compare(proposal: Proposal, standing: Sequence[Standing], on_date: date) -> Change:
    """Compare a proposal with the prices of its key.

    An open end closes where a later price in force begins. What begins today or later and meets a
    price that begins on the same day or later supersedes it; days past are never changed.

    Raises: RetroactiveRow.
    """
    for one in standing:
        if not one.in_force and _same(proposal, one):
            return Change(UNCHANGED, proposal, note=f"waits as price {one.id}")
    forced = sorted((one for one in standing if one.in_force), key=lambda one: one.starts)
    before = next((one for one in forced if _covers(one, proposal.starts)), None)
    later = next((one for one in forced if one.starts > proposal.starts), None)
    if before is not None and before.values == proposal.values:
        return _same_values(proposal, before, later, on_date)
    if proposal.starts < on_date and before is not None:
        message = (
            f"{proposal.starts} is past and price {before.id} was in force; begin on {on_date} "
            "or later"
        )
        raise RetroactiveRow(message)
    note, supersedes = "", None
    if before is not None and before.starts == proposal.starts:
        supersedes, note = before.id, f"takes the place of price {before.id}"
    elif before is not None:
        note = f"ends price {before.id}"
    proposal, note = _closed(proposal, later, note)
    return Change(CHANGED if before else NEW, proposal, before, supersedes, note)


def _same_values(
    proposal: Proposal, before: Standing, later: Standing | None, on_date: date
) -> Change:
    proposal, note = _closed(proposal, later, "")
    if proposal.ends == before.ends:
        return Change(UNCHANGED, proposal, before)
    if proposal.ends is not None and (before.ends is None or proposal.ends < before.ends):
        if proposal.ends < on_date:
            raise RetroactiveRow(f"{proposal.ends} is past; end the price on {on_date} or later")
        whole = proposal._replace(starts=before.starts)
        note = f"price {before.id} ends on {proposal.ends}"
        return Change(ENDED, whole, before, before.id, note)
    whole = proposal._replace(starts=before.starts)
    if before.ends is not None and before.ends < on_date:
        raise RetroactiveRow(f"price {before.id} ended on {before.ends}; that day is past")
    return Change(CHANGED, whole, before, before.id, f"price {before.id} runs on")


def _closed(proposal: Proposal, later: Standing | None, note: str) -> tuple[Proposal, str]:
    """End a proposal where the next price in force begins."""
    if later is None or (proposal.ends is not None and proposal.ends <= later.starts):
        return proposal, note
    if proposal.ends is not None:
        message = f"price {later.id} is in force from {later.starts}, before this one ends"
        raise RetroactiveRow(message)
    more = f"ends where price {later.id} begins"
    return proposal._replace(ends=later.starts), f"{note}; {more}" if note else more


def _covers(one: Standing, day: date) -> bool:
    return one.starts <= day and (one.ends is None or day < one.ends)


def _same(proposal: Proposal, one: Standing) -> bool:
    return (proposal.starts, proposal.ends, proposal.values) == (
        one.starts,
        one.ends,
        one.values,
    )


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """Count the changes by kind; every kind is named."""
    found = dict.fromkeys((NEW, CHANGED, UNCHANGED, ENDED), 0)
    for change in changes:
        found[change.kind] += 1
    return found
