"""Guide events with maps that are loaded once for the identifiers of a file (RATE step 5)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.backends.utils import CursorWrapper

from catalog.rules.pricing import CannotPriceQuantity
from foundation import sql
from foundation.periods import boundary_instant
from rating.queries.enriching import Enricher
from rating.queries.prices import EventPrices
from rating.rules.eventprices import AmountTooLarge, Rated, by_line, counted, plain
from rating.rules.guiding import (
    AFTER_ALL,
    BEFORE_ALL,
    ChargeTerms,
    Group,
    Guide,
    Holding,
    Span,
    UsageCharge,
    Window,
    windows,
)
from rating.rules.hours import HOUR, HOUR_SECONDS, MINUTE, SECOND_OF_HOUR, SECONDS, Hour
from rating.rules.reasons import Reason
from rating.rules.rows import Route, Row, utc_text

WINDOWS_LIMIT, QUANTITIES_LIMIT = 500_000, 5_000
"""Lengths of calls are few and repeat. Volumes of data hardly do: to remember fifty thousand of
them costs more time than it saves (970 ns a row, not 700), and 14.7 MB a charge, not 1.4."""
NO_OWNER = Reason.NO_OWNER
Identifier = tuple[str, str]
Segment = tuple[date, date | None, Decimal | None]


class Guided(NamedTuple):
    """Lead one event to its charge, its group, its local date, and what it counts and costs."""

    guide: Guide
    group: Group
    day: str
    rated: Rated

    @property
    def billable(self) -> Decimal:
        """Return the quantity in increments."""
        return self.rated.billable

    @property
    def amount(self) -> Decimal | None:
        """Return the amount of an event that is rated by itself."""
        return self.rated.amount if isinstance(self.rated.amount, Decimal) else None


class Guides:
    """Answer for each row whose usage it is; asks the database once per new identifier."""

    def __init__(
        self,
        *,
        charges: Mapping[int, ChargeTerms],
        prices: EventPrices,
    ) -> None:
        self._terms = charges
        self._prices = prices
        self.enricher = Enricher(prices)
        self._holdings: dict[Identifier, list[Holding]] = {}
        self._active: dict[int, list[Span]] = {}
        self._charges: dict[int, list[UsageCharge]] = {}
        self._windows: dict[Route, dict[str, list[Window]]] = {}
        self._counts: dict[int, dict[str, Rated]] = {}

    def learn(
        self, cursor: CursorWrapper, identifiers: Iterable[Identifier], usage_type: str = ""
    ) -> None:
        """Load the holders of identifiers not seen before, by sets whatever their number.

        Where all that is asked for is of one usage type, prices are loaded only for its charges.
        """
        if len(self._holdings) > WINDOWS_LIMIT:
            self.forget()
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
        new_services = [h for h in found if h.service_id not in self._active]
        self._learn_services(cursor, new_services, usage_type)

    def _learn_services(
        self, cursor: CursorWrapper, holdings: list[Holding], usage_type: str
    ) -> None:
        if not holdings:
            return
        services = [holding.service_id for holding in holdings]
        self._active.update({service: [] for service in services})
        sql.run(cursor, "rating", "active_spans", services=services)
        for service, lo, hi in cursor.fetchall():
            self._active[service].append(_span(lo, hi))
        charges = usage_charges_of(cursor, self._terms, {h.subscription_id for h in holdings})
        for holding in holdings:
            self._charges[holding.service_id] = charges[holding.subscription_id]
        self._prices.learn(
            cursor,
            [
                holding.account_id
                for holding in holdings
                if any(
                    one.terms.by_event and usage_type in ("", one.terms.usage_type)
                    for one in charges[holding.subscription_id]
                )
            ],
        )

    def forget(self) -> None:
        """Drop what was learned of identifiers: memory does not grow from part to part."""
        for learned in (self._windows, self._holdings, self._active, self._charges):
            learned.clear()

    def holders(self, kind: str, value: str) -> set[int]:
        """Return the accounts that ever held an identifier that was learned."""
        return {holding.account_id for holding in self._holdings[kind, value]}

    def find(self, row: Row) -> Guided | Reason:
        """Return where an event belongs, or why it belongs nowhere; the identifier is learned."""
        found = self.lead(
            self.windows_of(row.route, row.identifier),
            row.end if row.route.by_end else row.start,
            row.start,
            row.quantity,
            row.attributes,
        )
        return found if isinstance(found, Reason) else Guided(*found)

    def windows_of(self, route: Route, identifier: str) -> list[Window]:
        """Return the windows of an identifier that was learned."""
        table = self._windows.get(route)
        if table is None:
            table = self._windows[route] = {}
        found = table.get(identifier)
        if found is None:
            found = table[identifier] = self._cut(route, identifier)
        return found

    def first_account(self, group: tuple[Route, str]) -> int:
        """Return the first account that answers for an identifier, 0 where none does."""
        for _, _, guide in self.windows_of(*group):
            if isinstance(guide, Guide):
                return guide.account_id
        return 0

    def lead(
        self, found: list[Window], moment: str, start: str, text: str, attributes: str
    ) -> tuple[Guide, Group, str, Rated] | Reason:
        """Return where an event belongs, by the windows of its identifier; as `Guided`.

        `moment` is its start or, where its type says so, its end; `text` is its quantity.
        """
        guide: Guide | Reason = NO_OWNER
        for lo, hi, answer in found:
            if lo <= moment < hi:
                guide = answer
                break
        if not isinstance(guide, Guide):
            return guide
        hours = guide.hours
        hour = hours[moment[:HOUR]]
        if not hour[0]:
            hour = hours[moment[:MINUTE]]
        day, group = hour[0], guide.group
        if guide.is_zoned:
            zone = guide.fallback
            for starts, ends, one in guide.called[attributes]:
                if starts <= day < ends:
                    zone = one
                    break
            if not zone:
                return Reason.NO_ZONE
            group = guide.zoned.get(zone) or guide.in_zone(zone)
        if guide.is_banded and moment != start:
            hour = hours.at(start).on(day)
        known = group.known.get(hour[1])
        rated = known.get(text) if known else None
        if rated is None or (
            # Most events end before their band does whenever in the hour they begin.
            rated[3] > hour[2] - HOUR_SECONDS
            and rated[3] > hour[2] - SECONDS.get(start[SECOND_OF_HOUR:], HOUR_SECONDS)
        ):
            try:
                if guide.by_event:
                    rated = self.enricher.rate(guide, group, hour, start, text)
                else:  # only counted: its line prices it
                    rated = self._count(guide, group, hour, text)
            except AmountTooLarge:
                return Reason.BAD_QUANTITY
            except CannotPriceQuantity:
                return Reason.NO_PRICE
        return guide, group, day, rated

    def _count(self, guide: Guide, group: Group, hour: Hour, text: str) -> Rated:
        """Count an event in increments; what was counted of a charge serves all its groups."""
        terms = guide.charge.terms
        counts = self._counts.setdefault(terms.charge_id, {})
        group.known[hour.slot] = counts
        found = counts.get(text)
        if found is None:
            if len(counts) > QUANTITIES_LIMIT:
                counts.clear()
            value = Decimal(text)
            if terms.first > 0 or terms.following > 0:
                value = counted(terms.increments, value)
                found = by_line(value, plain(value))
            else:
                found = by_line(value, text)
            counts[text] = found
        return found

    def _cut(self, route: Route, identifier: str) -> list[Window]:
        found = windows(
            self._holdings[route.identifier_type, identifier],
            active=self._active,
            charges=self._charges,
            usage_type=route.usage_type,
            given=route.relevant,
            instant=instant_of,
        )
        for _, _, guide in found:
            if isinstance(guide, Guide):
                self.enricher.prepare(guide)
        return found


@lru_cache(maxsize=50_000)
def instant_of(day: date, zone: str) -> str:
    """Return the UTC text of the instant at which a local day begins (PER-5)."""
    return utc_text(boundary_instant(day, ZoneInfo(zone)))


def usage_charges_of(
    cursor: CursorWrapper, terms: Mapping[int, ChargeTerms], subscriptions: Iterable[int]
) -> dict[int, list[UsageCharge]]:
    """Return the usage charges of subscriptions with the days they are on, by subscription."""
    sql.run(cursor, "rating", "usage_charge_days", subscriptions=list(subscriptions))
    spans: dict[tuple[int, int, int], list[Segment]] = defaultdict(list)
    for subscription, own, charge, start, end, agreed in cursor.fetchall():
        if charge in terms:
            spans[subscription, own, charge].append((start, end, agreed))
    charges: dict[int, list[UsageCharge]] = defaultdict(list)
    for (subscription, own_id, charge), found in spans.items():
        charges[subscription].append(
            UsageCharge(
                own_id,
                terms[charge],
                tuple([(start, end) for start, end, _ in found]),
                tuple([(lo, hi, own) for lo, hi, own in found if own is not None]),
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
