"""Find the zone and the time bands of an event, and their prices (RATE step 6, UNIT-5)."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.rules.pricing import CannotPriceQuantity
from catalog.rules.zones import Prefixes
from rating.queries.prices import EventPrices, SharedKey
from rating.rules.eventprices import BandPrices, EventPrice, Rated, counted
from rating.rules.guiding import Guide

ZERO = Decimal(0)
SECONDS_LONG, HOUR_SECONDS = len("2027-05-03T10:15:22"), 3600
DAY = timedelta(days=1)
MOST_HOURS, MOST_NUMBERS = 100_000, 50_000
Cuts = Sequence[tuple[Decimal, str]]
"""Positions in an event at which a band begins, the first at zero."""


class Enricher:
    """Answer for events of charges with a zone map or a plan of time bands."""

    def __init__(self, prices: EventPrices) -> None:
        self._prices = prices
        self._zones: dict[str, ZoneInfo] = {}
        self._banded: dict[SharedKey, dict[str, BandPrices]] = {}
        self._called: dict[int, dict[str, Prefixes]] = {}
        self._hours: dict[tuple[int, str], dict[str, tuple[str, int]]] = {}

    def prepare(self, guide: Guide) -> None:
        """Give a guide what is remembered of its zone map and its plan of bands."""
        terms = guide.charge.terms
        if terms.zones is not None:
            guide.called = self._called.setdefault(id(terms.zones), {})
        if terms.bands is not None:
            guide.hours = self._hours.setdefault((id(terms.bands), guide.zone), {})

    def in_zone(self, guide: Guide, attributes: str, day: str) -> Guide | None:
        """Return the guide of an event's zone on its day; None where no prefix fits."""
        for starts, ends, zone in guide.called.get(attributes) or self._prefixes(
            guide, attributes
        ):
            if starts <= day < ends:
                return guide.zoned.get(zone) or self._first_in_zone(guide, zone)
        zones = guide.charge.terms.zones
        if zones is None or not zones.fallback:
            return None
        return self._first_in_zone(guide, zones.fallback)

    def _first_in_zone(self, guide: Guide, zone: str) -> Guide:
        found = guide.in_zone(zone)
        found.prices = self._prices.shared(found)
        return found

    def _prefixes(self, guide: Guide, attributes: str) -> Prefixes:
        """Return what the prefixes of an event's number say; remembered for a while."""
        zones = guide.charge.terms.zones
        assert zones is not None
        if len(guide.called) > MOST_NUMBERS:
            guide.called.clear()
        number = str(json.loads(attributes).get(zones.attribute, ""))
        found = guide.called[attributes] = zones.of_number(number)
        return found

    def rate(self, guide: Guide, start: str, text: str, day: str) -> Rated:
        """Price an event by the time bands that it meets (UNIT-5); `text` is its quantity.

        Most meet one, in which their quantity was priced before. Most of these end before the
        band does whenever in their hour they begin, so that the second is not looked at.

        Raises: CannotPriceQuantity, AmountTooLarge.
        """
        band, room = guide.hours.get(start[:13]) or self._hour(guide, start)
        prices = guide.banded.get(day)
        price = prices.by_band.get(band) if prices is not None else None
        known = price.known.get(text) if price is not None else None
        if known is not None and (
            known[3] <= room - HOUR_SECONDS
            or (len(start) == SECONDS_LONG and known[3] <= room - _second_of_hour(start))
        ):
            return known
        quantity = Decimal(text)
        cuts = self.cuts(guide, start, counted(guide.charge.terms.increments, quantity))
        prices = self.prices(guide, day, cuts)
        if prices is None:
            raise CannotPriceQuantity(day)
        return prices.rate(quantity, text, cuts)

    def cuts(self, guide: Guide, start: str, quantity: Decimal) -> Cuts:
        """Return where bands begin in an event; what does not measure time has one (UNIT-5)."""
        terms = guide.charge.terms
        assert terms.bands is not None
        unit = terms.unit_seconds
        band, room = guide.hours.get(start[:13]) or self._hour(guide, start)
        lasts_seconds = abs(quantity) * unit if unit is not None else ZERO
        if len(start) == SECONDS_LONG and lasts_seconds <= room - _second_of_hour(start):
            return ((ZERO, band),)
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
        end = begins + timedelta(microseconds=int(lasts_seconds * 1_000_000))
        return [
            (Decimal((at - begins) // timedelta(microseconds=1)) / 1_000_000 / (unit or 1), code)
            for at, code in terms.bands.pieces(begins, end, self._zone(guide.zone))
        ]

    def _hour(self, guide: Guide, start: str) -> tuple[str, int]:
        """Return the band in which an hour begins and for how many seconds on; remembered.

        An event that lasts longer, or begins where no room is left, is cut piece by piece.
        """
        bands = guide.charge.terms.bands
        assert bands is not None
        if len(guide.hours) > MOST_HOURS:
            guide.hours.clear()
        zone = self._zone(guide.zone)
        moment = datetime.fromisoformat(f"{start[:13]}:00").replace(tzinfo=UTC)
        day = moment.astimezone(zone).date()
        spans = bands.spans(day, zone)
        at = bisect_right(spans, moment, key=_instant) - 1
        after = spans[at + 1][0] if at + 1 < len(spans) else bands.spans(day + DAY, zone)[0][0]
        room = int((after - moment).total_seconds())
        found = guide.hours[start[:13]] = spans[at][1], room
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


def _second_of_hour(start: str) -> int:
    return int(start[14:16]) * 60 + int(start[17:19])


def _instant(span: tuple[datetime, str]) -> datetime:
    return span[0]
