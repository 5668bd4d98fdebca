"""Destination zones: the longest prefix of a number that is valid on the day (RATE step 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

END_OF_TIME: Final = "~"
MOST_DIGITS: Final = 16
MOST_HEADS: Final = 50_000


class Prefix(NamedTuple):
    """A prefix that leads to a zone over `[starts, ends)`; an end of None has none."""

    prefix: str
    zone: str
    starts: date
    ends: date | None


Prefixes = tuple[tuple[str, str, str], ...]
"""What the prefixes of a number say: from and until which day (ISO text) which zone."""


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """A dated table of prefixes; `attribute` of an event holds the number that was called.

    `fallback` is the zone of what no prefix fits, "" where there is none.
    """

    code: str
    attribute: str
    fallback: str = ""
    prefixes: Mapping[str, Prefixes] = field(default_factory=dict)
    longest: int = 0
    _heads: dict[str, Prefixes] = field(default_factory=dict)

    def zone_of(self, number: str, day: str) -> str:
        """Return the zone of a number on a local day (ISO text); "" where nothing fits.

        +43 is Austria, +43664 an Austrian mobile: +43664123 is the mobile, by the longer prefix.
        A prefix that is not valid on the day does not hide a shorter one.
        """
        for starts, ends, zone in self.of_number(number):
            if starts <= day < ends:
                return zone
        return self.fallback

    def of_number(self, number: str) -> Prefixes:
        """Return what the prefixes of a number say, the longest first; remembered by its head."""
        head = dialled(number)[: self.longest]
        found = self._heads.get(head)
        if found is not None:
            return found
        if len(self._heads) > MOST_HEADS:
            self._heads.clear()
        found = self._heads[head] = tuple(
            span
            for length in range(len(head), 0, -1)
            for span in self.prefixes.get(head[:length], ())
        )
        return found


def dialled(number: str) -> str:
    """Return a number without blanks, `+` or `00` before it."""
    digits = number.replace(" ", "")
    if digits.startswith("+"):
        return digits[1:]
    return digits.removeprefix("00")


def compiled(code: str, attribute: str, fallback: str, rows: Iterable[Prefix]) -> Zones:
    """Return a table that answers fast."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for prefix, zone, starts, ends in rows:
        until = END_OF_TIME if ends is None else ends.isoformat()
        found.setdefault(prefix, []).append((starts.isoformat(), until, zone))
    return Zones(
        code,
        attribute,
        fallback,
        {prefix: tuple(sorted(spans)) for prefix, spans in found.items()},
        max(map(len, found), default=0),
    )
