"""What the rooms above know of accounts and this room must ask: what is owed, what is left to do.

The rooms above say at start who answers (`answer_exposure`, `answer_objections`); asking without
all of them is an error, so that no limit and no closing is judged by half of the books.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

ROOMS: Final = ("receivables", "invoicing")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is at risk with some accounts, in the currency that was asked for."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BilledPiece:
    """What a posted document billed of a charge for half-open days; `amount` is net."""

    subscription_charge_id: int
    start: date
    end: date
    amount: Decimal
    currency: str
    document: str


Exposing = Callable[[Sequence[int], str, date], list[Part]]
"""Accounts, currency, day → what is at risk with them; an empty list is nothing."""
Objecting = Callable[[int, date], str]
"""Account, day → why it cannot be closed then; empty when nothing stands against it."""

Telling = Callable[[Sequence[int]], list[BilledPiece]]
"""Subscription charges → what was billed of them, oldest first."""

_exposing: dict[str, Exposing] = {}
_objecting: dict[str, Objecting] = {}
_telling: dict[str, Telling] = {}


def answer_exposure(room: str, answer: Exposing) -> None:
    """Let a room above tell what is at risk with accounts (HIER-5)."""
    _exposing[room] = answer


def answer_objections(room: str, answer: Objecting) -> None:
    """Let a room above tell what stands against closing an account (HIER-9)."""
    _objecting[room] = answer


def exposure_parts(accounts: Sequence[int], currency: str, as_of: date) -> list[Part]:
    """Return what the rooms above say is at risk with the accounts."""
    return [part for room in ROOMS for part in _exposing[room](accounts, currency, as_of)]


def objections(account_id: int, on_date: date) -> list[str]:
    """Return what the rooms above say stands against closing an account on the day."""
    found = (_objecting[room](account_id, on_date) for room in ROOMS)
    return [one for one in found if one]


def answer_billed(room: str, answer: Telling) -> None:
    """Let a room above tell what was billed of charges."""
    _telling[room] = answer


def billed_pieces(subscription_charges: Sequence[int]) -> list[BilledPiece]:
    """Return what was billed of charges, oldest first."""
    return _telling["invoicing"](subscription_charges)
