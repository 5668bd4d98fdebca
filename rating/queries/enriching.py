"""Find the zone and the time bands of an event, and their prices (RATE step 6, UNIT-5)."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.rules.pricing import CannotPriceQuantity
from catalog.rules.zones import Prefixes, Zones
from rating.queries.prices import EventPrices
from rating.rules.eventprices import BandPrices, Rated, counted
from rating.rules.guiding import Group, Guide
from rating.rules.hours import SECOND_OF_HOUR, SECONDS, Hour, Hours

ZERO = Decimal(0)
MICROSECOND = timedelta(microseconds=1)
MOST_NUMBERS = 50_000
Cuts = Sequence[tuple[Decimal, str]]
"""Positions in an event at which a band begins, the first at zero."""
WHOLE: Cuts = ((ZERO, ""),)


class Called(dict[str, Prefixes]):
    """Remember what the prefixes of a map say of the numbers that attributes of events hold."""

    def __init__(self, zones: Zones) -> None:
        super().__init__()
        self._zones = zones

    def __missing__(self, attributes: str) -> Prefixes:
        if len(self) > MOST_NUMBERS:
            self.clear()
        number = str(json.loads(attributes).get(self._zones.attribute, ""))
        found = self[attributes] = self._zones.of_number(number)
        return found


class Enricher:
    """Answer for what is rated by itself, with or without a zone map or a plan of time bands."""

    def __init__(self, prices: EventPrices) -> None:
        self._prices = prices
        self._zones: dict[str, ZoneInfo] = {}
        self._called: dict[int, Called] = {}
        self._hours: dict[tuple[int, str], Hours] = {}

    def prepare(self, guide: Guide) -> None:
        """Give a guide what is remembered of its hours, its zone map and its groups."""
        terms = guide.charge.terms
        if terms.zones is not None:
            guide.called = self._called.setdefault(id(terms.zones), Called(terms.zones))
            guide.fallback = terms.zones.fallback
        bands = terms.bands if guide.is_banded else None
        hours = self._hours.get((id(bands), guide.zone))
        if hours is None:
            hours = self._hours[id(bands), guide.zone] = Hours(self._zone(guide.zone), bands)
        guide.hours = hours
        guide.group, guide.zoned = self._prices.shared(guide)

    def rate(self, guide: Guide, group: Group, hour: Hour, start: str, text: str) -> Rated:
        """Price an event by the time bands that it meets (UNIT-5); `text` is its quantity.

        `hour` is that of its start, on the day by which it is priced. What events come to that end
        in the band of the hour is found from now on by the slot of the hour.

        Raises: CannotPriceQuantity, AmountTooLarge.
        """
        quantity, cuts = Decimal(text), WHOLE
        if guide.is_banded:
            cuts = self.cuts(guide, start, counted(guide.charge.terms.increments, quantity))
        prices = self.prices(guide, group, hour.day, cuts)
        if prices is None:
            raise CannotPriceQuantity(hour.day)
        if hour.band in prices.by_band:
            group.known[hour.slot] = prices.by_band[hour.band].known
        return prices.rate(quantity, text, cuts)

    def cuts(self, guide: Guide, start: str, quantity: Decimal) -> Cuts:
        """Return where bands begin in an event; what does not measure time has one (UNIT-5).

        Most events meet one band, and of the others most two, which the hour knows.
        """
        terms = guide.charge.terms
        if not guide.is_banded:
            return WHOLE
        assert terms.bands is not None
        unit = terms.unit_seconds
        hour = guide.hours.at(start)
        lasts_seconds = abs(quantity) * unit if unit is not None else ZERO
        second = SECONDS.get(start[SECOND_OF_HOUR:])
        if second is not None and second < hour.room:
            room = hour.room - second
            if lasts_seconds <= room:
                return ((ZERO, hour.band),)
            if unit is not None and lasts_seconds <= hour.further - second:
                return ((ZERO, hour.band), (Decimal(room) / unit, hour.then))
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
        end = begins + timedelta(microseconds=int(lasts_seconds * 1_000_000))
        return [
            (Decimal((at - begins) // MICROSECOND) / 1_000_000 / (unit or 1), code)
            for at, code in terms.bands.pieces(begins, end, self._zone(guide.zone))
        ]

    def prices(self, guide: Guide, group: Group, day: str, cuts: Cuts) -> BandPrices | None:
        """Return the prices of the bands that an event meets; None where one has none."""
        found = group.prices.get(day)
        if found is None:
            found = group.prices[day] = BandPrices({})
        for _, band in cuts:
            if band not in found.by_band:
                price = self._prices.price_on(guide, group, date.fromisoformat(day), band)
                if price is None:
                    return None
                found.by_band[band] = price
        return found

    def _zone(self, name: str) -> ZoneInfo:
        found = self._zones.get(name)
        if found is None:
            found = self._zones[name] = ZoneInfo(name)
        return found
