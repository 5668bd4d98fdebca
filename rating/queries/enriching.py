"""Find the zone and the time bands of an event, and their prices (RATE step 6, UNIT-5)."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.rules.timebands import Bands
from rating.queries.prices import EventPrices, SharedKey
from rating.rules.eventprices import BandPrices, EventPrice
from rating.rules.guiding import Guide
from rating.rules.reasons import Reason
from rating.rules.rows import Row

ZERO = Decimal(0)
SECONDS_LONG = len("2027-05-03T10:15:22")
DAY = timedelta(days=1)
MOST_MINUTES, MOST_NUMBERS = 100_000, 50_000
Cuts = Sequence[tuple[Decimal, str]]
"""Positions in an event at which a band begins, the first at zero."""


class Enricher:
    """Answer for events of charges with a zone map or a plan of time bands."""

    def __init__(self, prices: EventPrices) -> None:
        self._prices = prices
        self._zones: dict[str, ZoneInfo] = {}
        self._banded: dict[SharedKey, dict[str, BandPrices]] = {}
        self._numbers: dict[tuple[str, str], str] = {}
        self._minutes: dict[tuple[int, str], dict[str, tuple[Cuts, int]]] = {}

    def enrich(self, guide: Guide, row: Row, day: str) -> Guide | Reason:
        """Return the guide of the event's zone on its day."""
        zones = guide.charge.terms.zones
        if zones is None:
            return guide
        attributes = row[8]
        number = self._numbers.get((attributes, zones.attribute))
        if number is None:
            number = self._number(attributes, zones.attribute)
        zone = zones.zone_of(number, day)
        if not zone:
            return Reason.NO_ZONE
        found = guide.zoned.get(zone)
        if found is None:
            found = guide.in_zone(zone)
            found.prices = self._prices.shared(found)
        return found

    def _number(self, attributes: str, name: str) -> str:
        """Return the attribute that holds the number; remembered for a while."""
        if len(self._numbers) > MOST_NUMBERS:
            self._numbers.clear()
        number = self._numbers[attributes, name] = str(json.loads(attributes).get(name, ""))
        return number

    def cuts(self, guide: Guide, row: Row, quantity: Decimal) -> Cuts:
        """Return where bands begin in an event; what does not measure time has one (UNIT-5)."""
        terms = guide.charge.terms
        assert terms.bands is not None
        start, unit = row[4], terms.unit_seconds
        table = self._minutes.setdefault((id(terms.bands), guide.zone), {})
        whole, room = table.get(start[:16]) or self._minute(table, guide, terms.bands, start)
        lasts_seconds = abs(quantity) * unit if unit is not None else ZERO
        if len(start) == SECONDS_LONG and lasts_seconds <= room - int(start[17:]):
            return whole
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
        end = begins + timedelta(microseconds=int(lasts_seconds * 1_000_000))
        return [
            (Decimal((at - begins) // timedelta(microseconds=1)) / 1_000_000 / (unit or 1), code)
            for at, code in terms.bands.pieces(begins, end, self._zone(guide.zone))
        ]

    def _minute(
        self, table: dict[str, tuple[Cuts, int]], guide: Guide, bands: Bands, start: str
    ) -> tuple[Cuts, int]:
        """Return the band of a minute and for how many seconds from it on; remembered.

        An event that lasts longer, or begins where no room is left, is cut piece by piece.
        """
        if len(table) > MOST_MINUTES:
            table.clear()
        moment = datetime.fromisoformat(start[:16]).replace(tzinfo=UTC)
        day, zone = date.fromisoformat(guide.days[start[:16]]), self._zone(guide.zone)
        spans = bands.spans(day, zone)
        at = bisect_right(spans, moment, key=_instant) - 1
        after = spans[at + 1][0] if at + 1 < len(spans) else bands.spans(day + DAY, zone)[0][0]
        room = int((after - moment).total_seconds())
        found = table[start[:16]] = ((ZERO, spans[at][1]),), room
        return found

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
