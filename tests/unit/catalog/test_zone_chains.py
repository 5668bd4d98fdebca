"""Zone maps that fall back to others: asked in their turn, by days (RATE step 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.zones import (
    CircularZones,
    Found,
    Prefix,
    Turn,
    Zones,
    chained,
    compiled,
    dialled,
)

LONG_AGO, MAY, JUNE = date(2020, 1, 1), date(2027, 5, 1), date(2027, 6, 1)
DAY = "2027-05-03"
SPECIAL, NATIONAL, WORLD = 1, 2, 3


def table(code: str, prefixes: dict[str, str], fallback: str = "") -> Zones:
    rows = [Prefix(prefix, zone, LONG_AGO, None) for prefix, zone in prefixes.items()]
    return compiled(code, "called", fallback, rows)


MAPS = {
    SPECIAL: table("SPECIAL", {"43800": "FREE", "43900": "PREMIUM"}),
    NATIONAL: table("NATIONAL", {"43": "AT", "43664": "AT-MOBILE"}),
    WORLD: table("WORLD", {"43": "EU", "436641": "EU-X", "1": "NANP"}, "REST"),
}
TURNS = {
    SPECIAL: [Turn(NATIONAL, LONG_AGO, None), Turn(WORLD, MAY, None)],
    NATIONAL: [],
}


@pytest.mark.parametrize(
    ("number", "day", "found"),
    [
        ("+43800123", DAY, Found("FREE", "SPECIAL", "43800")),
        ("+431", DAY, Found("AT", "NATIONAL", "43", ("SPECIAL",))),
        # a longer prefix of a map that is asked later says nothing
        ("+436641", DAY, Found("AT-MOBILE", "NATIONAL", "43664", ("SPECIAL",))),
        ("+1212", DAY, Found("NANP", "WORLD", "1", ("SPECIAL", "NATIONAL"))),
        ("+999", DAY, Found("REST", "WORLD", "", ("SPECIAL", "NATIONAL", "WORLD"))),
        ("+1212", "2027-04-30", None),
    ],
)
def test_maps_are_asked_in_their_turn(number: str, day: str, found: Found | None) -> None:
    """The special numbers of an operator fall back to its country, then to the world from May."""
    chain = chained(SPECIAL, MAPS, TURNS)
    assert chain.found(number, day) == found
    assert chain.zone_of(number, day) == (found.zone if found else "")


def test_the_own_zone_of_what_fits_nothing_comes_before_those_of_others() -> None:
    maps = MAPS | {SPECIAL: table("SPECIAL", {"43800": "FREE"}, "OURS")}
    chain = chained(SPECIAL, maps, TURNS)
    assert chain.found("+999", DAY) == Found("OURS", "SPECIAL", "")
    assert chain.zone_of("+431", DAY) == "AT"


def test_a_map_has_its_own_fallbacks_right_after_it() -> None:
    turns = {
        SPECIAL: [Turn(NATIONAL, LONG_AGO, JUNE), Turn(WORLD, LONG_AGO, None)],
        NATIONAL: [Turn(4, MAY, None)],
    }
    maps = MAPS | {4: table("DEEP", {"1": "DEEP"})}
    chain = chained(SPECIAL, maps, turns)
    assert [one.code for one in chain.further] == ["NATIONAL", "DEEP", "WORLD"]
    assert [chain.zone_of("1", day) for day in ("2027-04-30", DAY, "2027-06-01")] == [
        "NANP", "DEEP", "NANP",
    ]  # fmt: skip


def test_a_circle_is_refused_on_the_days_it_would_turn() -> None:
    back = TURNS | {NATIONAL: [Turn(SPECIAL, MAY, None)]}
    with pytest.raises(CircularZones, match="SPECIAL → NATIONAL → SPECIAL"):
        chained(SPECIAL, MAPS, back)
    apart = {SPECIAL: [Turn(NATIONAL, LONG_AGO, MAY)], NATIONAL: [Turn(SPECIAL, MAY, None)]}
    assert [one.code for one in chained(SPECIAL, MAPS, apart).further] == ["NATIONAL"]


tables = st.dictionaries(
    st.text("0123", min_size=1, max_size=4), st.sampled_from("XYZ"), max_size=8
)
links = st.lists(
    st.tuples(st.integers(1, 3), st.integers(2, 4), st.sampled_from((LONG_AGO, MAY, JUNE))),
    max_size=4, unique_by=lambda one: one[:2],
)  # fmt: skip


@given(st.lists(tables, min_size=4, max_size=4), links, st.text("0123", max_size=6))
def test_a_chain_is_one_table_with_nearer_entries_first(
    given_tables: list[dict[str, str]], given_links: list[Any], number: str
) -> None:
    """Equal to a single list of prefixes: by the turn of their map, then the longest first."""
    maps = {n: table(f"M{n}", one) for n, one in enumerate(given_tables, start=1)}
    turns: dict[int, list[Turn]] = {}
    for source, then, starts in given_links:
        if source < then:
            turns.setdefault(source, []).append(Turn(then, starts, None))
    merged: list[tuple[str, str, date]] = []

    def lay(number: int, since: date) -> None:
        own = given_tables[number - 1]
        merged.extend((p, own[p], since) for p in sorted(own, key=len, reverse=True))
        for turn in turns.get(number, ()):
            lay(turn.then, max(since, turn.starts))

    lay(1, LONG_AGO)
    chain = chained(1, maps, turns)
    for day in ("2027-04-30", "2027-05-03", "2027-06-03"):
        fitting = (
            zone for prefix, zone, since in merged
            if since.isoformat() <= day and dialled(number).startswith(prefix)
        )  # fmt: skip
        assert chain.zone_of(number, day) == next(fitting, "")
