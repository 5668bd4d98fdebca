"""Destination zones: the longest prefix of a number that is valid on the day (RATE step 6).

A map may fall back to others, as the special numbers of an operator do to the whole world: they
are asked in their turn where no prefix of the map fits, each with its own fallbacks after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from sys import intern
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


class Found(NamedTuple):
    """Where a number leads: the zone, the map that says so and by which prefix.

    `prefix` is "" where it is the zone of what no prefix fits; `passed` names the maps that were
    asked before.
    """

    zone: str
    code: str
    prefix: str
    passed: tuple[str, ...] = ()


class Further(NamedTuple):
    """A map that is asked after others over days `[starts, ends)` (ISO text)."""

    code: str
    starts: str
    ends: str
    prefixes: Mapping[str, Prefixes]
    fallback: str


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """A dated table of prefixes; `attribute` of an event holds the number that was called.

    `fallback` is the zone of what no prefix fits, "" where there is none. `further` are the maps
    that are asked where no prefix of the table fits, in order; their own attributes are not read.
    """

    code: str
    attribute: str
    fallback: str = ""
    prefixes: Mapping[str, Prefixes] = field(default_factory=dict)
    longest: int = 0
    further: tuple[Further, ...] = ()
    _heads: dict[str, Prefixes] = field(default_factory=dict)
    _alike: dict[Prefixes, Prefixes] = field(default_factory=dict)
    """What many numbers lead to is kept once."""

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
        """Return what the prefixes of a number say, the first to hold on a day; remembered.

        The longest comes first; a map that is asked later says less than any prefix before it.
        Last come the zones of what no prefix fits, of the maps asked later.
        """
        head = dialled(number)[: self.longest]
        found = self._heads.get(head)
        if found is not None:
            return found
        if len(self._heads) > MOST_HEADS:
            self._heads.clear()
            self._alike.clear()
        said = tuple((starts, ends, one.zone) for starts, ends, one in self._said(head))
        found = self._heads[head] = self._alike.setdefault(said, said)
        return found

    def found(self, number: str, day: str) -> Found | None:
        """Return where a number leads on a local day (ISO text), and who says so."""
        head = dialled(number)[: self.longest]
        for starts, ends, one in self._said(head):
            if starts <= day < ends:
                return one
        return Found(self.fallback, self.code, "") if self.fallback else None

    def _said(self, head: str) -> Iterator[tuple[str, str, Found]]:
        for prefix, starts, ends, zone in _longest_first(self.prefixes, head):
            yield starts, ends, Found(zone, self.code, prefix)
        passed: tuple[str, ...] = (self.code,)
        for one in self.further:
            for prefix, starts, ends, zone in _longest_first(one.prefixes, head):
                days = max(starts, one.starts), min(ends, one.ends)
                yield *days, Found(zone, one.code, prefix, passed)
            passed = (*passed, one.code)
        if not self.fallback:
            for one in self.further:
                if one.fallback:
                    yield one.starts, one.ends, Found(one.fallback, one.code, "", passed)


def _longest_first(
    prefixes: Mapping[str, Prefixes], head: str
) -> Iterator[tuple[str, str, str, str]]:
    for length in range(len(head), 0, -1):
        for starts, ends, zone in prefixes.get(head[:length], ()):
            yield head[:length], starts, ends, zone


def dialled(number: str) -> str:
    """Return a number without blanks, `+` or `00` before it."""
    digits = number.replace(" ", "")
    if digits.startswith("+"):
        return digits[1:]
    return digits.removeprefix("00")


class CircularZones(ValueError):
    """A map would be asked again after itself; names the maps of the circle."""


def compiled(code: str, attribute: str, fallback: str, rows: Iterable[Prefix]) -> Zones:
    """Return a table that answers fast: its days and zones are few, and each is one text."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for prefix, zone, starts, ends in rows:
        span = intern(starts.isoformat()), intern(_until(ends)), intern(zone)
        found.setdefault(prefix, []).append(span)
    return Zones(
        code,
        attribute,
        fallback,
        {prefix: tuple(sorted(spans)) for prefix, spans in found.items()},
        max(map(len, found), default=0),
    )


class Turn(NamedTuple):
    """That map `then` is asked where no prefix of another fits, over `[starts, ends)`."""

    then: int
    starts: date
    ends: date | None


def chained(number: int, maps: Mapping[int, Zones], turns: Mapping[int, Sequence[Turn]]) -> Zones:
    """Return a map with all that it falls back to; `maps` and `turns`, in order, by map.

    A map comes before its own fallbacks, and these before the next of the map that named it, on
    the days on which all links to it hold.

    Raises: CircularZones.
    """
    first = maps[number]
    further = tuple(_asked(number, maps, turns, ("", END_OF_TIME), (number,)))
    longest = max(first.longest, *(len(p) for one in further for p in one.prefixes), 0)
    return replace(first, further=further, longest=longest, _heads={})


def _asked(
    number: int,
    maps: Mapping[int, Zones],
    turns: Mapping[int, Sequence[Turn]],
    days: tuple[str, str],
    above: tuple[int, ...],
) -> Iterator[Further]:
    for then, begins, until in turns.get(number, ()):
        starts, ends = max(days[0], begins.isoformat()), min(days[1], _until(until))
        if starts >= ends:
            continue
        if then in above:
            circle = (*above[above.index(then) :], then)
            raise CircularZones(" → ".join(maps[one].code for one in circle))
        one = maps[then]
        yield Further(one.code, starts, ends, one.prefixes, one.fallback)
        yield from _asked(then, maps, turns, (starts, ends), (*above, then))


def _until(ends: date | None) -> str:
    return END_OF_TIME if ends is None else ends.isoformat()
