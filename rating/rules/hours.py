"""What an hour says of the events that begin in it: local day, time band and its end."""

import itertools
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from sys import intern
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from catalog.rules.timebands import Bands
from foundation.periods import boundary_instant

HOUR: Final = len("2027-05-03T10")
MINUTE: Final = len("2027-05-03T10:15")
SECOND_OF_HOUR: Final = len("2027-05-03T10:")
HOUR_SECONDS: Final = 3600
BOUNDLESS: Final = 10**12
MOST_HOURS: Final = 100_000
DAY: Final = timedelta(days=1)
SECONDS: Final = {
    f"{one // 60:02}:{one % 60:02}{zone}": one
    for one in range(HOUR_SECONDS)
    for zone in ("", "+00")
}
"""The second of an hour by its text, ours and the database's."""


class Hour(NamedTuple):
    """Say the local day of an hour of UTC, and the time band in which it begins.

    `slot` is the text of day and band: what begins in one is priced alike. `room` is the second at
    which the band ends, counted from the hour's first, and `further` that at which the next band,
    `then`, ends. Without bands there is room for all.
    """

    day: str
    slot: str
    room: int = BOUNDLESS
    band: str = ""
    then: str = ""
    further: int = BOUNDLESS

    def on(self, day: str) -> "Hour":
        """Return the same of an event that counts on another day."""
        return self._replace(day=day, slot=_slot(day, self.band))


class Hours(dict[str, Hour]):
    """Remember each UTC hour seen in one zone, and one plan of bands if there is one (PER-4).

    Hours are text up to the hour, in which the day and the time are parted by any character. An
    hour in which a day begins says no day: its minutes answer, by text up to the minute.
    """

    def __init__(self, zone: ZoneInfo, bands: Bands | None = None) -> None:
        super().__init__()
        self._zone = zone
        self._bands = bands

    def at(self, moment: str) -> Hour:
        """Return what the hour of an instant says, or where a day begins in it the minute."""
        found = self[moment[:HOUR]]
        return found if found.day else self[moment[:MINUTE]]

    def __missing__(self, begun: str) -> Hour:
        if len(self) > MOST_HOURS:
            self.clear()
        hour = datetime.fromisoformat(f"{begun[:HOUR]}:00").replace(tzinfo=UTC)
        if len(begun) > HOUR:
            found = self._hour(hour, datetime.fromisoformat(begun).replace(tzinfo=UTC))
        else:
            found = self._hour(hour, hour)
            if found.day != self._day(hour + timedelta(minutes=59)).isoformat():
                found = found.on("")
        self[begun] = found
        return found

    def _hour(self, hour: datetime, moment: datetime) -> Hour:
        """Return what holds of a moment of an hour."""
        day = self._day(moment)
        text = intern(day.isoformat())
        if self._bands is None:
            return Hour(text, text)
        spans = [*self._bands.spans(day, self._zone), *self._bands.spans(day + DAY, self._zone)]
        held = spans[bisect_right(spans, moment, key=_instant) - 1 :]
        end = boundary_instant(day + 2 * DAY, self._zone)
        pairs = itertools.pairwise(held)
        changes = [(at, code) for (_, before), (at, code) in pairs if code != before]
        (until, then), (after, _), *_ = [*changes, (end, ""), (end, "")]
        band = held[0][1]
        return Hour(
            text, _slot(text, band), _seconds(until - hour), band, then, _seconds(after - hour)
        )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()


def _slot(day: str, band: str) -> str:
    return intern(f"{day} {band}" if band else day)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _instant(span: tuple[datetime, str]) -> datetime:
    return span[0]
