"""Find the zone and the time bands of an event, and their prices (RATE step 6, UNIT-5)."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.rules.pricing import CannotPriceQuantity
from catalog.rules.timebands import Bands
from catalog.rules.zones import Prefixes, Zones
from rating.queries.prices import EventPrices, SharedKey
from rating.rules.eventprices import BandPrices, EventPrice, Rated, counted
from rating.rules.guiding import Guide

ZERO = Decimal(0)
SECONDS_LONG, HOUR_SECONDS = len("2027-05-03T10:15:22"), 3600
DAY = timedelta(days=1)
MOST_HOURS, MOST_NUMBERS = 100_000, 50_000
SECONDS = {f"{one // 60:02}:{one % 60:02}": one for one in range(HOUR_SECONDS)}
"""The second of an hour by its text."""
Cuts = Sequence[tuple[Decimal, str]]
"""Positions in an event at which a band begins, the first at zero."""


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


class Hours(dict[str, tuple[str, int]]):
    """Remember in which band of a plan each UTC hour begins, and for how many seconds on.

    An event that lasts longer, or begins where no room is left, is cut piece by piece.
    """

    def __init__(self, bands: Bands, zone: ZoneInfo) -> None:
        super().__init__()
        self._bands = bands
        self._zone = zone

    def __missing__(self, hour: str) -> tuple[str, int]:
        if len(self) > MOST_HOURS:
            self.clear()
        moment = datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC)
        day = moment.astimezone(self._zone).date()
        spans = self._bands.spans(day, self._zone)
        at = bisect_right(spans, moment, key=_instant) - 1
        after = (
            spans[at + 1][0]
            if at + 1 < len(spans)
            else self._bands.spans(day + DAY, self._zone)[0][0]
        )
        found = self[hour] = spans[at][1], int((after - moment).total_seconds())
        return found


class Enricher:
    """Answer for events of charges with a zone map or a plan of time bands."""

    def __init__(self, prices: EventPrices) -> None:
        self._prices = prices
        self._zones: dict[str, ZoneInfo] = {}
        self._banded: dict[SharedKey, dict[str, BandPrices]] = {}
        self._called: dict[int, Called] = {}
        self._hours: dict[tuple[int, str], Hours] = {}

    def prepare(self, guide: Guide) -> None:
        """Give a guide what is remembered of its zone map and its plan of bands."""
        terms = guide.charge.terms
        if terms.zones is not None:
            guide.called = self._called.setdefault(id(terms.zones), Called(terms.zones))
            guide.fallback = terms.zones.fallback
        if terms.bands is not None:
            hours = self._hours.get((id(terms.bands), guide.zone))
            if hours is None:
                hours = Hours(terms.bands, self._zone(guide.zone))
                self._hours[id(terms.bands), guide.zone] = hours
            guide.hours = hours

    def in_zone(self, guide: Guide, zone: str) -> Guide:
        """Return the guide of the events of a zone, with its prices."""
        found = guide.in_zone(zone)
        found.prices = self._prices.shared(found)
        return found

    def rate(self, guide: Guide, start: str, text: str, day: str) -> Rated:
        """Price an event by the time bands that it meets (UNIT-5); `text` is its quantity.

        Most meet one, in which their quantity was priced before. Most of these end before the
        band does whenever in their hour they begin, so that the second is not looked at.

        Raises: CannotPriceQuantity, AmountTooLarge.
        """
        band, room = guide.hours[start[:13]]
        try:
            known = guide.banded[day].by_band[band].known[text]
        except KeyError:
            pass
        else:
            if known[3] <= room - HOUR_SECONDS or (
                len(start) == SECONDS_LONG and known[3] <= room - SECONDS[start[14:]]
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
        band, room = guide.hours[start[:13]]
        lasts_seconds = abs(quantity) * unit if unit is not None else ZERO
        if len(start) == SECONDS_LONG and lasts_seconds <= room - SECONDS[start[14:]]:
            return ((ZERO, band),)
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC)
        end = begins + timedelta(microseconds=int(lasts_seconds * 1_000_000))
        return [
            (Decimal((at - begins) // timedelta(microseconds=1)) / 1_000_000 / (unit or 1), code)
            for at, code in terms.bands.pieces(begins, end, self._zone(guide.zone))
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
