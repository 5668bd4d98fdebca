"""To which zone maps a map falls back, from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from catalog.models import ZoneFallback, ZoneMap
from catalog.queries import zone_turns
from catalog.rules.zones import CircularZones, Turn, chained, compiled
from foundation.errors import Invalid
from foundation.locks import advisory_lock
from foundation.permissions import require


def set_zone_fallbacks(
    *, zone_map: ZoneMap, then: Sequence[ZoneMap], starts: date, actor: User | None
) -> list[ZoneFallback]:
    """Make `then` all that a map falls back to from a day on, in this order; return them.

    Days before stay as they were. What keeps its turn goes on; a second call changes nothing.

    Raises: Invalid for a map named twice, one that would be asked again after itself, or where
    the fallbacks change on a later day already.
    """
    require(actor, "catalog.change_zonemap")
    if len({one.pk for one in then}) < len(then):
        raise Invalid("a map is asked once; name each fallback once", rule="RATE")
    with transaction.atomic():
        advisory_lock("zones", "fallbacks")
        rows = ZoneFallback.objects.filter(zone_map=zone_map)
        later = rows.filter(valid__startswith__gt=starts).values_list("valid", flat=True).first()
        if later is not None:
            message = f"the fallbacks change on {later.lower} already; give a day from then on"
            raise Invalid(message, rule="LATER")
        wanted = {turn: one.pk for turn, one in enumerate(then, start=1)}
        standing = {one.turn: one for one in rows.filter(valid__contains=starts)}
        for turn, row in standing.items():
            if wanted.get(turn) == row.then_id and row.valid.upper is None:
                continue
            if row.valid.lower == starts:
                row.delete()
            else:
                row.valid = DateRange(row.valid.lower, starts, "[)")
                row.save(update_fields=["valid"])
        kept = set(rows.filter(valid__contains=starts).values_list("turn", flat=True))
        missing = [
            ZoneFallback(
                zone_map=zone_map, then_id=pk, turn=turn, valid=DateRange(starts, None, "[)")
            )
            for turn, pk in wanted.items()
            if turn not in kept
        ]
        _refuse_circle(zone_map, missing)
        ZoneFallback.objects.bulk_create(missing)
    return list(rows.filter(valid__contains=starts))


def _refuse_circle(zone_map: ZoneMap, missing: Sequence[ZoneFallback]) -> None:
    """Say in words which maps would be asked in a circle; the database refuses it anyway."""
    turns = zone_turns()
    for row in missing:
        turns[zone_map.pk].append(Turn(row.then_id, row.valid.lower, None))
    maps = {one.pk: compiled(one.code, one.attribute, "", ()) for one in ZoneMap.objects.all()}
    try:
        chained(zone_map.pk, maps, turns)
    except CircularZones as found:
        message = f"a zone map would be asked again after itself: {found}"
        raise Invalid(message, rule="RATE") from found
