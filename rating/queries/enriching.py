"""Find the zone and the time bands of an event, and their prices (RATE step 6, UNIT-5)."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from rating.queries.prices import EventPrices, SharedKey
from rating.rules.eventprices import BandPrices, EventPrice
from rating.rules.guiding import Guide
from rating.rules.reasons import Reason
from rating.rules.rows import Row

ZERO = Decimal(0)
Cuts = Sequence[tuple[Decimal, str]]
"""Positions in an event at which a band begins, the first at zero."""


class Enricher:
    """Answer for events of charges with a zone map or a plan of time bands."""

    def __init__(self, prices: EventPrices) -> None:
        self._prices = prices
        self._zones: dict[str, ZoneInfo] = {}
        self._banded: dict[SharedKey, dict[str, BandPrices]] = {}

    def enrich(self, guide: Guide, row: Row, day: str) -> Guide | Reason:
        """Return the guide of the event's zone on its day; the number is not kept in any cache."""
        zones = guide.charge.terms.zones
        if zones is None:
            return guide
        number = json.loads(row.attributes).get(zones.attribute, "")
        zone = zones.zone_of(number, day)
        if not zone:
            return Reason.NO_ZONE
        found = guide.zoned.get(zone)
        if found is None:
            found = guide.in_zone(zone)
            found.prices = self._prices.shared(found)
        return found

    def cuts(self, guide: Guide, row: Row, quantity: Decimal) -> Cuts:
        """Return where bands begin in an event; what does not measure time has one (UNIT-5)."""
        terms = guide.charge.terms
        assert terms.bands is not None
        zone = self._zone(guide.zone)
        start = datetime.fromisoformat(row.start).replace(tzinfo=UTC)
        day = date.fromisoformat(guide.days[row.start[:16]])
        spans = terms.bands.spans(day, zone)
        at = bisect_right(spans, start, key=_instant) - 1
        band = spans[at][1]
        if terms.unit_seconds is None or not quantity:
            return ((ZERO, band),)
        lasts = timedelta(microseconds=int(abs(quantity) * terms.unit_seconds * 1_000_000))
        if at + 1 < len(spans) and start + lasts <= spans[at + 1][0]:
            return ((ZERO, band),)
        unit = terms.unit_seconds
        return [
            (Decimal((moment - start) // timedelta(microseconds=1)) / 1_000_000 / unit, code)
            for moment, code in terms.bands.pieces(start, start + lasts, zone)
        ]

    def prices(self, guide: Guide, day: str, cuts: Cuts) -> BandPrices | None:
        """Return the prices of the bands that an event meets; None where one has none."""
        found = guide.banded.get(day)
        if found is None:
            key = self._prices.shared_key(guide)
            days = guide.banded if key is None else self._banded.setdefault(key, guide.banded)
            guide.banded = days
            found = days.setdefault(day, BandPrices({}))
        for _, band in cuts:
            if band not in found.by_band:
                price = self._price(guide, day, band)
                if price is None:
                    return None
                found.by_band[band] = price
        return found

    def _price(self, guide: Guide, day: str, band: str) -> EventPrice | None:
        return self._prices.price_on(guide, date.fromisoformat(day), band)

    def _zone(self, name: str) -> ZoneInfo:
        found = self._zones.get(name)
        if found is None:
            found = self._zones[name] = ZoneInfo(name)
        return found


def _instant(span: tuple[datetime, str]) -> datetime:
    return span[0]
