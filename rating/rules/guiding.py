"""Find whose usage an event is: windows of time in which one charge answers (RATE step 5).

Instants are UTC text ("2026-05-03T10:15:22"), which compare as they are; "" is before all and
"~" after all. A window is worked out once per identifier, usage type and attribute group, and
then serves every event of a file.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from sys import intern
from typing import NamedTuple

from catalog.rules.events import Increments
from catalog.rules.selection import attribute_key
from catalog.rules.timebands import Bands
from catalog.rules.zones import Prefixes, Zones
from rating.rules.eventprices import BandPrices, Rated
from rating.rules.hours import Hours
from rating.rules.reasons import Reason

Attributes = tuple[tuple[str, str], ...]
ZONE, BAND = "zone", "band"
"""Price attributes that are found for an event, not sent with it."""

LINE = "L\t"
"""Marks the text of an event that is priced with its line."""

BEFORE_ALL = ""
AFTER_ALL = "~"


class Span(NamedTuple):
    lo: str
    hi: str


@dataclass(frozen=True, slots=True)
class Holding:
    """Say that a service of an account held an identifier for a span."""

    span: Span
    service_id: int
    account_id: int
    subscription_id: int
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class ChargeTerms:
    """Say what a usage charge of the catalogue asks of an event and how it is counted."""

    charge_id: int
    usage_type: str
    filter: Attributes = ()
    price_names: tuple[str, ...] = ()
    by_event: bool = False
    decimals: int = 4
    mode: str = "ROUND_HALF_UP"
    first: Decimal = Decimal(0)
    following: Decimal = Decimal(0)
    increment_mode: str = "UP"
    zones: Zones | None = None
    bands: Bands | None = None
    unit_seconds: Decimal | None = None
    """Seconds of one unit of quantity; None where it does not measure time."""

    @property
    def increments(self) -> Increments:
        """Return the increments of an event."""
        return Increments(self.first, self.following, self.increment_mode)


@dataclass(frozen=True, slots=True)
class UsageCharge:
    """Name a usage charge of a subscription and the days it is on (local, half-open)."""

    subscription_charge_id: int
    terms: ChargeTerms
    days: tuple[tuple[date, date | None], ...]
    own_prices: tuple[tuple[date, date | None, Decimal], ...] = ()

    def own_price(self, day: date) -> Decimal | None:
        """Return the price agreed for this subscription on a day, if there is one (PRC-2)."""
        for start, end, price in self.own_prices:
            if start <= day and (end is None or day < end):
                return price
        return None


@dataclass(slots=True, eq=False)
class Group:
    """The events of a charge that are priced alike, by their attributes; buyers alike share it."""

    attribute_key: str
    attributes: dict[str, str] = field(default_factory=dict)
    prices: dict[str, BandPrices] = field(default_factory=dict)
    """By local day, of events that are rated by themselves."""
    known: dict[str, dict[str, Rated]] = field(default_factory=dict)
    """What quantities come to, by their text, by the slot of the hour in which they begin."""
    text: str = ""
    """COPY text of the attribute key."""

    def __post_init__(self) -> None:
        """Work out once what every event of the group writes."""
        self.text = intern(self.attribute_key.replace("\\", "\\\\"))


@dataclass(slots=True, eq=False)
class Guide:
    """Lead an event to its charge; carries what storing and pricing need."""

    account_id: int
    service_id: int
    currency: str
    zone: str
    charge: UsageCharge
    group: Group
    zoned: dict[str, Group] = field(default_factory=dict)
    """The group of each zone that was met."""

    hours: Hours = field(init=False)
    """What UTC hours say, shared by all guides of a zone and a plan of bands."""
    called: Mapping[str, Prefixes] = field(default_factory=dict)
    """What the attributes of events say about where they lead, shared by the guides of a map."""
    owner: str = ""
    """COPY text of account, service and subscription charge."""
    place: str = ""
    """How stored events of the guide stand, up to their day."""
    fallback: str = ""
    """The zone of numbers that no prefix fits; "" where there is none."""
    by_event: bool = False
    is_zoned: bool = False
    is_banded: bool = False
    """The zone, the bands of each event have to be found (RATE step 6)."""

    def __post_init__(self) -> None:
        """Work out once what every event of the guide writes."""
        terms = self.charge.terms
        self.by_event = terms.by_event
        self.is_zoned = terms.zones is not None
        self.is_banded = terms.by_event and terms.bands is not None
        own = self.charge.subscription_charge_id
        self.owner = f"{self.account_id}\t{self.service_id}\t{own}\t"
        self.place = self.owner if self.by_event else f"{LINE}{self.owner}"

    def in_zone(self, zone: str) -> Group:
        """Return the group of the events of a zone; remembered."""
        found = self.zoned.get(zone)
        if found is None:
            attributes = {**self.group.attributes, ZONE: zone}
            found = self.zoned[zone] = Group(attribute_key(attributes), attributes)
        return found


Window = tuple[str, str, Guide | Reason]


def matches(wanted: Attributes, given: Mapping[str, str]) -> bool:
    """Tell whether attributes satisfy the filter of a charge."""
    return all(given.get(name) == value for name, value in wanted)


def windows(
    holdings: Sequence[Holding],
    *,
    active: Mapping[int, Sequence[Span]],
    charges: Mapping[int, Sequence[UsageCharge]],
    usage_type: str,
    given: Attributes,
    instant: Callable[[date, str], str],
) -> list[Window]:
    """Cut the life of an identifier into windows with one guide or one reason each.

    `active` and `charges` are by service; `instant` turns a local day and zone into UTC text.
    Outside every window the identifier has no owner.
    """
    attributes = dict(given)
    found: list[Window] = []
    for holding in holdings:
        candidates = [
            (charge, _spans(charge, holding.zone, instant))
            for charge in charges.get(holding.service_id, ())
            if charge.terms.usage_type == usage_type
            and (not charge.terms.filter or matches(charge.terms.filter, attributes))
        ]
        spans = active.get(holding.service_id, ())
        if len(candidates) == 1 and _hold_all(holding.span, spans, candidates[0][1]):
            found.append((*holding.span, _guide(holding, candidates[0][0], attributes)))
        else:
            found += _cut(holding, spans, candidates, attributes)
    return found


def _hold_all(span: Span, active: Sequence[Span], days: Sequence[Span]) -> bool:
    """Tell whether nothing needs cutting: active and charged as long as the number was held."""
    return (
        len(active) == 1
        and len(days) == 1
        and active[0][0] <= span[0]
        and days[0][0] <= span[0]
        and active[0][1] >= span[1]
        and days[0][1] >= span[1]
    )


def _spans(charge: UsageCharge, zone: str, instant: Callable[[date, str], str]) -> list[Span]:
    return [
        Span(instant(start, zone), AFTER_ALL if end is None else instant(end, zone))
        for start, end in charge.days
    ]


def _cut(
    holding: Holding,
    active: Sequence[Span],
    candidates: Sequence[tuple[UsageCharge, list[Span]]],
    attributes: dict[str, str],
) -> list[Window]:
    lo, hi = holding.span
    bounds = {lo, hi}
    for span in [*active, *(span for _, spans in candidates for span in spans)]:
        bounds.update(at for at in span if lo < at < hi)
    points = sorted(bounds)
    guides: dict[int, Guide] = {}
    found: list[Window] = []
    for start, end in itertools.pairwise(points):
        answer = _answer(holding, start, active, candidates, attributes, guides)
        if found and found[-1][2] is answer:
            found[-1] = (found[-1][0], end, answer)
        else:
            found.append((start, end, answer))
    return found


def _answer(
    holding: Holding,
    at: str,
    active: Sequence[Span],
    candidates: Sequence[tuple[UsageCharge, list[Span]]],
    attributes: dict[str, str],
    guides: dict[int, Guide],
) -> Guide | Reason:
    if not _covers(active, at):
        return Reason.INACTIVE_SERVICE
    fitting = [charge for charge, spans in candidates if _covers(spans, at)]
    if len(fitting) != 1:
        return Reason.NO_CHARGE
    charge = fitting[0]
    if charge.subscription_charge_id not in guides:
        guides[charge.subscription_charge_id] = _guide(holding, charge, attributes)
    return guides[charge.subscription_charge_id]


def _guide(holding: Holding, charge: UsageCharge, attributes: dict[str, str]) -> Guide:
    found = {ZONE} if charge.terms.zones is not None else set()
    grouped = {
        name: attributes[name]
        for name in charge.terms.price_names
        if name in attributes and name not in found
    }
    return Guide(
        account_id=holding.account_id,
        service_id=holding.service_id,
        currency=holding.currency,
        zone=holding.zone,
        charge=charge,
        group=Group(attribute_key(grouped), grouped),
    )


def _covers(spans: Sequence[Span], at: str) -> bool:
    return any(lo <= at < hi for lo, hi in spans)
