"""Zone maps and band plans as the rater reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, time

from catalog.models import BandPlan, Holiday, TimeBand, ZoneFallback, ZoneMap, ZonePrefix
from catalog.rules.timebands import Band, Bands
from catalog.rules.zones import Further, Prefix, Turn, Zones, chained, compiled


def zone_maps(ids: Collection[int]) -> dict[int, Zones]:
    """Return zone maps with all that they fall back to, by id; none without ids.

    Three statements, whatever the fallbacks.
    """
    if not ids:
        return {}
    turns = zone_turns()
    wanted, seen = set(ids), set[int]()
    while wanted - seen:
        seen |= wanted
        wanted = {one.then for number in seen for one in turns.get(number, ())}
    rows: dict[int, list[Prefix]] = defaultdict(list)
    for number, prefix, zone, valid in ZonePrefix.objects.filter(zone_map__in=seen).values_list(
        "zone_map_id", "prefix", "zone", "valid"
    ):
        rows[number].append(Prefix(prefix, zone, valid.lower, valid.upper))
    maps = {
        one.pk: compiled(one.code, one.attribute, one.fallback, rows[one.pk])
        for one in ZoneMap.objects.filter(pk__in=seen)
    }
    return {number: chained(number, maps, turns) for number in maps if number in set(ids)}


def zone_turns() -> dict[int, list[Turn]]:
    """Return to which maps each zone map falls back, in order, on which days; one statement."""
    turns: dict[int, list[Turn]] = defaultdict(list)
    for number, then, valid in ZoneFallback.objects.values_list("zone_map_id", "then_id", "valid"):
        turns[number].append(Turn(then, valid.lower, valid.upper))
    return turns


def band_plans(ids: Collection[int]) -> dict[int, Bands]:
    """Return band plans with their holidays, by id; three statements, none without ids."""
    if not ids:
        return {}
    bands: dict[int, list[Band]] = defaultdict(list)
    for one in TimeBand.objects.filter(plan__in=list(ids)):
        days = frozenset(one.days)
        bands[one.plan_id].append(
            Band(one.code, days, _minute(one.starts), _minute(one.ends), one.weight)
        )
    holidays: dict[int, set[date]] = defaultdict(set)
    for plan, day in Holiday.objects.filter(plan__in=list(ids)).values_list("plan_id", "on_date"):
        holidays[plan].add(day)
    return {
        plan: Bands(tuple(bands[plan]), frozenset(holidays[plan]))
        for plan in BandPlan.objects.filter(pk__in=list(ids)).values_list("pk", flat=True)
    }


def zone_names(zone_map_id: int) -> dict[str, set[str]]:
    """Return the zones that a map and each of its fallbacks answer with, by code of the map."""
    first = zone_maps([zone_map_id])[zone_map_id]
    names = defaultdict(set, {first.code: _names(first)})
    for one in first.further:
        names[one.code] |= _names(one)
    return names


def _names(one: Zones | Further) -> set[str]:
    names = {zone for spans in one.prefixes.values() for _, _, zone in spans}
    return names | {one.fallback} if one.fallback else names


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
