"""Promised least amounts and agreed caps, as the state to reach (COM-1, COM-2, COM-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from json import dumps
from typing import Final

from catalog.rules.commitments import above_cap, promised, shortfall, whole_window, windows
from foundation.money import quantize
from foundation.periods import Period
from invoicing.rules.charging import Life
from invoicing.rules.difference import ONE, Billed, Change, Target, changes
from invoicing.rules.discounting import ABOVE_CAP, Owed, base_key, off_target

ZERO: Final = Decimal(0)
CHARGES, DISCOUNTS, DOCUMENTS = 0, 1, 2
COUNTED: Final = {
    "GROSS": {CHARGES},
    "NET_CHARGE": {CHARGES, DISCOUNTS},
    "NET_ALL": {CHARGES, DISCOUNTS, DOCUMENTS},
}
"""Which amounts count towards a commitment, by its measure (COM-1)."""


@dataclass(slots=True)
class Promise:
    """A commitment of an account, what it is measured over, and what was billed.

    `charges` are the charges of subscriptions, `measured` what was billed of them by charge, first
    day of a full period and kind, `billed` the shortfalls by window.
    """

    id: int
    spec_id: int
    account_id: int
    amount: Decimal
    term: Period
    charges: set[int] = field(default_factory=set)
    measured: dict[tuple[int, date, int], Decimal] = field(default_factory=dict)
    billed: dict[tuple[date, date], list[Billed]] = field(default_factory=dict)


def window_amount(
    promise: Promise, kind: str, window: Period, *, prorates: bool, currency: str
) -> Decimal:
    """Return what is promised, or the cap, for a window (COM-1)."""
    full = whole_window(kind, promise.term, window)
    return quantize(promised(promise.amount, window, full, prorates=prorates), currency)


def shortfalls(
    promise: Promise,
    kind: str,
    amounts: Mapping[tuple[date, int], Decimal],
    measure: str,
    *,
    prorates: bool,
    currency: str,
    until: date,
    looks_back: int,
    payer_id: int,
) -> list[tuple[Period, Change]]:
    """Return what is to be billed, or given back, of the shortfalls of the ended windows (COM-2).

    `amounts` are what counts by first day of a period and kind, this run's own included. Of the
    windows ended by `until` the last `looks_back` are looked at.
    """
    found: list[tuple[Period, Change]] = []
    for window in windows(kind, promise.term, until)[-looks_back:]:
        reached = sum(
            (
                amount
                for (day, what), amount in amounts.items()
                if window.start <= day < window.end and what in COUNTED[measure]
            ),
            ZERO,
        )
        commit = window_amount(promise, kind, window, prorates=prorates, currency=currency)
        missing = shortfall(commit, reached, currency)
        trace = dumps({"commitment": f"{commit:f}", "reached": f"{reached:f}"})
        targets = [_target(promise, window, missing, trace)] if missing else []
        billed = promise.billed.get((window.start, window.end), [])
        found += [(window, one) for one in changes(targets, billed, payer_id)]
    return found


def _target(promise: Promise, window: Period, amount: Decimal, trace: str) -> Target:
    return Target(
        window.start, window.end, "", f"k{promise.id}", ONE, amount, ONE, amount, amount, None,
        None, trace,
    )  # fmt: skip


def cap_targets(
    promise: Promise,
    kind: str,
    owed: Sequence[Owed],
    reliefs: Sequence[list[Target]],
    amounts: Mapping[tuple[date, int], Decimal],
    measure: str,
    *,
    prorates: bool,
    currency: str,
) -> list[list[Target]]:
    """Return for each full period what goes beyond the cap of its window (COM-4).

    Periods come in order of time: what the earlier ones of a window used up is not there for the
    later ones. Within one, the excess is allocated over its charges.
    """
    found: list[list[Target]] = [[] for _ in owed]
    last = max((one.period.start for one in owed), default=promise.term.start)
    for window in windows(kind, promise.term, date.max.replace(year=last.year + 100)):
        days = sorted(
            {one.period.start for one in owed if window.start <= one.period.start < window.end}
        )
        if not days:
            continue
        cap = window_amount(promise, kind, window, prorates=prorates, currency=currency)
        used = sum(
            (
                amount
                for (day, what), amount in amounts.items()
                if window.start <= day < days[0] and what in COUNTED[measure]
            ),
            ZERO,
        )
        for day in days:
            rows = [
                (number, target, _net(target, reliefs[number], measure))
                for number, one in enumerate(owed)
                if one.period.start == day
                for target in one.targets
            ]
            parts = above_cap([net for _, _, net in rows], cap, currency, used=used)
            trace = dumps({"cap": f"{cap:f}", "used": f"{used:f}"})
            for (number, target, net), part in zip(rows, parts, strict=True):
                used += net - part
                if part:
                    mark = f"{ABOVE_CAP}{promise.id}"
                    found[number].append(off_target(target, mark, part, trace))
    return found


def _net(target: Target, reliefs: Sequence[Target], measure: str) -> Decimal:
    """Return what of a target counts towards a cap: less its discounts, unless it counts gross."""
    if measure == "GROSS":
        return target.amount
    key = (target.start, target.usage_key)
    off = sum(
        (
            one.amount
            for one in reliefs
            if (one.start, one.usage_key) == key and base_key(one.price_key) == target.price_key
        ),
        ZERO,
    )
    return target.amount - off


def life_of(promise: Promise) -> Life:
    """Return what carries the items of a commitment: minus its number names it among charges."""
    life = Life(-promise.id, promise.account_id, promise.term.start, [])
    life.billed = promise.billed
    return life
