"""Zone maps and band plans as the rater reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, time

from catalog.models import BandPlan, Holiday, TimeBand, ZoneMap, ZonePrefix
from catalog.rules.timebands import Band, Bands
from catalog.rules.zones import Prefix, Zones, compiled


def zone_maps(ids: Collection[int]) -> dict[int, Zones]:
    """Return zone maps with all of their prefixes, by id; two statements, none without ids."""
    if not ids:
        return {}
    rows: dict[int, list[Prefix]] = defaultdict(list)
    for number, prefix, zone, valid in ZonePrefix.objects.filter(
        zone_map__in=list(ids)
    ).values_list("zone_map_id", "prefix", "zone", "valid"):
        rows[number].append(Prefix(prefix, zone, valid.lower, valid.upper))
    return {
        one.pk: compiled(one.code, one.attribute, one.fallback, rows[one.pk])
        for one in ZoneMap.objects.filter(pk__in=list(ids))
    }


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


def zone_names(zone_map_id: int) -> set[str]:
    """Return the zones that a map can answer with."""
    rows = ZonePrefix.objects.filter(zone_map=zone_map_id)
    names = set(rows.order_by().values_list("zone", flat=True).distinct())
    fallback = ZoneMap.objects.values_list("fallback", flat=True).get(pk=zone_map_id)
    return names | {fallback} if fallback else names


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
