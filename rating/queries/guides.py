"""Guide events with maps that are loaded once for the identifiers of a file (RATE step 5)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.backends.utils import CursorWrapper

import customers.queries
from catalog.rules.pricing import CannotPriceQuantity
from catalog.rules.quantities import billable
from customers.choices import SegmentState, ServiceState
from foundation import sql
from foundation.periods import boundary_instant
from rating.queries.prices import EventPrices
from rating.rules.guiding import (
    AFTER_ALL,
    BEFORE_ALL,
    Attributes,
    ChargeTerms,
    Guide,
    Holding,
    Span,
    UsageCharge,
    Window,
    windows,
)
from rating.rules.reasons import Reason
from rating.rules.rows import Row, UsageTypeTerms, utc_text

NULL = "\\N"
WINDOWS_LIMIT = 500_000
Identifier = tuple[str, str]
Segment = tuple[date, date | None, Decimal | None]


class Guided(NamedTuple):
    """Lead one event to its charge, local date, billable quantity and, by event, amount."""

    guide: Guide
    day: str
    billable: Decimal
    price: str
    amount: Decimal | str
    state: str
    currency: str


class LocalDays(dict[str, str]):
    """Remember the local date of each UTC minute seen, in one zone (PER-4)."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self.zone = ZoneInfo(zone)

    def __missing__(self, minute: str) -> str:
        moment = datetime.fromisoformat(minute).replace(tzinfo=UTC)
        if len(self) > WINDOWS_LIMIT:
            self.clear()
        day = self[minute] = moment.astimezone(self.zone).date().isoformat()
        return day


class Guides:
    """Answer for each row whose usage it is; asks the database once per new identifier."""

    def __init__(
        self,
        *,
        types: Mapping[str, UsageTypeTerms],
        charges: Mapping[int, ChargeTerms],
        prices: EventPrices,
    ) -> None:
        self._at_end = {code for code, kind in types.items() if kind.at_end}
        self._terms = charges
        self._prices = prices
        self._holdings: dict[Identifier, list[Holding]] = {}
        self._active: dict[int, list[Span]] = {}
        self._charges: dict[int, list[UsageCharge]] = {}
        self._windows: dict[tuple[str, str, str, Attributes], list[Window]] = {}
        self._days: dict[str, LocalDays] = {}

    def learn(self, cursor: CursorWrapper, identifiers: Iterable[Identifier]) -> None:
        """Load the holders of identifiers not seen before, by sets whatever their number."""
        if len(self._windows) > WINDOWS_LIMIT:
            self._windows.clear()
            self._holdings.clear()
        new = [one for one in identifiers if one not in self._holdings]
        if not new:
            return
        self._holdings.update({one: [] for one in new})
        sql.run(
            cursor,
            "rating",
            "identifier_holdings",
            types=[kind for kind, _ in new],
            identifiers=[value for _, value in new],
        )
        found: list[Holding] = []
        for (
            kind,
            value,
            lo,
            hi,
            service,
            subscription,
            account,
            zone,
            currency,
        ) in cursor.fetchall():
            holding = Holding(_span(lo, hi), service, account, subscription, zone, currency)
            self._holdings[kind, value].append(holding)
            found.append(holding)
        self._learn_services(cursor, [h for h in found if h.service_id not in self._active])

    def _learn_services(self, cursor: CursorWrapper, holdings: list[Holding]) -> None:
        if not holdings:
            return
        services = [holding.service_id for holding in holdings]
        self._active.update({service: [] for service in services})
        for service, state, lo, hi in customers.queries.service_status(
            cursor, service_ids=services
        ):
            if state == ServiceState.ACTIVE:
                self._active[int(service or 0)].append(_span(lo, hi))
        charges = usage_charges_of(cursor, self._terms, {h.subscription_id for h in holdings})
        for holding in holdings:
            self._charges[holding.service_id] = charges[holding.subscription_id]
        self._prices.learn(
            cursor,
            [
                holding.account_id
                for holding in holdings
                if any(one.terms.by_event for one in charges[holding.subscription_id])
            ],
        )

    def find(self, row: Row) -> Guided | Reason:
        """Return where an event belongs, or why it belongs nowhere; the identifier is learned."""
        asked = row[2], row[3], row[1], row[9]
        found = self._windows.get(asked)
        if found is None:
            found = self._windows[asked] = self._cut(*asked)
        moment = row[5] if row[1] in self._at_end else row[4]
        guide: Guide | Reason = Reason.NO_OWNER
        for lo, hi, answer in found:
            if lo <= moment < hi:
                guide = answer
                break
        if isinstance(guide, Reason):
            return guide
        days = self._days.get(guide.zone)
        if days is None:
            days = self._days[guide.zone] = LocalDays(guide.zone)
        day = days[moment[:16]]
        quantity = row[7]
        if guide.has_increments:
            quantity = _in_increments(quantity, guide.charge.terms)
        if not guide.by_event:
            return _guided(Guided, (guide, day, quantity, NULL, NULL, "GUIDED", NULL))
        return self._rated(guide, day, quantity)

    def _rated(self, guide: Guide, day: str, quantity: Decimal) -> Guided | Reason:
        try:
            price = guide.prices[day]
        except KeyError:
            price = guide.prices[day] = self._prices.price_on(guide, date.fromisoformat(day))
        if price is None:
            return Reason.NO_PRICE
        try:
            amount = price.amount(quantity)
        except CannotPriceQuantity:
            return Reason.NO_PRICE
        return Guided(guide, day, quantity, price.version, amount, "RATED", guide.currency)

    def _cut(
        self, id_type: str, identifier: str, usage_type: str, given: Attributes
    ) -> list[Window]:
        return windows(
            self._holdings[id_type, identifier],
            active=self._active,
            charges=self._charges,
            usage_type=usage_type,
            given=given,
            instant=instant_of,
        )


_guided = tuple.__new__


@lru_cache(maxsize=50_000)
def instant_of(day: date, zone: str) -> str:
    """Return the UTC text of the instant at which a local day begins (PER-5)."""
    return utc_text(boundary_instant(day, ZoneInfo(zone)))


def usage_charges_of(
    cursor: CursorWrapper, terms: Mapping[int, ChargeTerms], subscriptions: Iterable[int]
) -> dict[int, list[UsageCharge]]:
    """Return the usage charges of subscriptions with the days they are on, by subscription."""
    spans: dict[tuple[int, int, int], list[Segment]] = defaultdict(list)
    for row in customers.queries.usage_charges(cursor, subscription_ids=list(subscriptions)):
        subscription, own, charge, start, end, state, price = row
        if state != SegmentState.OFF and int(charge or 0) in terms:
            spans[int(subscription or 0), int(own or 0), int(charge or 0)].append((
                date.fromisoformat(start or ""),
                date.fromisoformat(end) if end else None,
                Decimal(price) if price else None,
            ))  # fmt: skip
    charges: dict[int, list[UsageCharge]] = defaultdict(list)
    for (subscription_id, own_id, charge_id), found in spans.items():
        charges[subscription_id].append(
            UsageCharge(
                own_id,
                terms[charge_id],
                tuple((start, end) for start, end, _ in found),
                tuple((start, end, agreed) for start, end, agreed in found if agreed is not None),
            )
        )
    return charges


def _span(lo: str | None, hi: str | None) -> Span:
    return Span(
        BEFORE_ALL if lo is None else database_instant(lo),
        AFTER_ALL if hi is None else database_instant(hi),
    )


def database_instant(text: str) -> str:
    """Return the database's text of an instant as ours: no zone, T between day and time."""
    return text.removesuffix("+00").replace(" ", "T")


def _in_increments(quantity: Decimal, terms: ChargeTerms) -> Decimal:
    """Round up to increments; a correction mirrors what it corrects (UNIT-1)."""
    if quantity < 0:
        return -billable(-quantity, first=terms.first, following=terms.following)
    return billable(quantity, first=terms.first, following=terms.following)
