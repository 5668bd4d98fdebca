"""Rate anything: what events would cost and why, with nothing stored (RATE 2, 5 to 7)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection

from catalog.choices import PriceModel
from catalog.models import UsageType
from catalog.rules.events import RatedEvent
from catalog.rules.pricing import CannotPriceQuantity, Priced, price, round_event
from catalog.rules.zones import Zones
from customers.models import Account, ServiceIdentifier, SubscriptionCharge
from rating.models import Usage, UsageEvent
from rating.queries.guides import Guided, Guides
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges, usage_types
from rating.rules.guiding import Guide
from rating.rules.reasons import NEXT_STEPS, TITLES, Reason, Rejected
from rating.rules.rows import (
    PREFIX,
    REQUIRED,
    Layout,
    Route,
    Row,
    RowReader,
    UsageTypeTerms,
    relevant_of,
    utc_text,
)

MOST_TRIED: Final = 200
FILLED: Final = (*REQUIRED, "event_end", "uom")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one event: its charge, quantity, price and every step, or why it has none.

    `exact` and `amount` are in `currency`; of usage that is priced by its line they are what the
    event would cost alone.
    """

    number: int
    event: str
    problem: str = ""
    charge: str = ""
    day: str = ""
    group: str = ""
    quantity: Decimal | None = None
    exact: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    price_version_id: int | None = None
    steps: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Return the problem as a page tells it: its reason in words, not by its code."""
        code, _, rest = self.problem.partition(": ")
        return f"{TITLES[Reason(code)]}: {rest}" if code in set(Reason) else self.problem


def try_events(
    *, account: Account, rows: Sequence[Mapping[str, str]], as_of: datetime, on_date: date
) -> list[Tried]:
    """Rate rows of usage for an account as a load would, without storing them (RATE-1).

    Rows are columns of a usage file. What a row leaves out is filled in: its key, the identifier
    that the account has on `on_date` if it has one of the type, the type, and noon of that day.
    """
    zone = ZoneInfo(account.time_zone)
    filled = [_filled(row, number, account, on_date) for number, row in enumerate(rows, start=1)]
    names = sorted({name for row in filled for name in row if name.startswith(PREFIX)})
    columns = (*FILLED, *names)
    reader = RowReader(
        Layout(columns), source="", zone=zone, types=usage_types(), received_at=as_of
    )
    reader.newest = date.max  # a trial may lie in the future
    tool = _Tool(on_date)
    found = []
    for number, row in enumerate(filled, start=1):
        try:
            read = reader.read([str(number), *(row.get(name, "") for name in columns)])
        except Rejected as why:
            message = f"{why.reason}: {why.message}" + (f" ({why.column})" if why.column else "")
            found.append(Tried(number, row["event_key"], message))
        else:
            found.append(tool.rated(read, number, account.pk))
    return found


def explain_event(event: Usage) -> Tried:
    """Tell how a stored event is rated with today's catalogue and timeline (RATE-2)."""
    row = stored_row(event, usage_types())
    return _Tool(event.on_date).rated(row, 1, event.account_id)


def stored_row(event: Usage | UsageEvent, types: Mapping[str, UsageTypeTerms]) -> Row:
    """Return a stored event as the row that it came in; `types` by code."""
    terms = types.get(event.usage_type)
    text = json.dumps(event.attributes, ensure_ascii=False)
    relevant = relevant_of(terms, text) if terms else ()
    route = Route(
        event.usage_type, event.identifier_type, relevant, terms.at_end if terms else False
    )
    return Row(
        event.event_key, event.usage_type, event.identifier_type, event.identifier,
        utc_text(event.event_start), utc_text(event.event_end), _plain(event.quantity),
        event.quantity, text, route, "", "",
    )  # fmt: skip


class _Tool:
    """Guide and price one row at a time, with every step told."""

    def __init__(self, on_date: date) -> None:
        self.prices = EventPrices(on_date=on_date)
        self.guides = Guides(charges=usage_charges(), prices=self.prices)

    def rated(self, row: Row, number: int, account_id: int) -> Tried:
        with connection.cursor() as cursor:
            self.guides.learn(cursor, [(row.identifier_type, row.identifier)])
            self.prices.learn(cursor, [account_id])
        found = self.guides.find(row)
        # Whose an identifier of another account is, is not told.
        if account_id not in self.guides.holders(row.identifier_type, row.identifier) or (
            isinstance(found, Guided) and found.guide.account_id != account_id
        ):
            found = Reason.NO_OWNER
        if isinstance(found, Reason):
            return Tried(number, row.event_key, f"{found}: {NEXT_STEPS[found]}")
        guide = found.guide
        own = SubscriptionCharge.objects.select_related("charge").get(
            pk=guide.charge.subscription_charge_id
        )
        steps = list(_guided(found, row, own.charge.reference))
        exact = amount = None
        version, problem = None, ""
        if guide.by_event:
            rated = self._event(found, row)
            assert found.amount is not None
            exact, amount = rated.amount, found.amount
            version = rated.terms.price_version_id
            steps += _event_steps(rated, guide, exact, amount)
        else:
            steps.append("it is priced with the other usage of its line; alone it would be")
            try:
                priced = self._line(found)
            except CannotPriceQuantity as why:
                priced, problem = None, str(why)
            if priced is not None:
                exact, amount = priced.amount_exact, priced.amount
                version = priced.terms.price_version_id
                steps += _line_steps(priced, guide.currency)
            else:
                problem = problem or f"{Reason.NO_PRICE}: {NEXT_STEPS[Reason.NO_PRICE]}"
        return Tried(
            number, row.event_key, problem, own.charge.reference, found.day,
            found.group.attribute_key, found.billable, exact, amount, guide.currency, version,
            tuple(steps),
        )  # fmt: skip

    def _event(self, found: Guided, row: Row) -> RatedEvent:
        enricher = self.guides.enricher
        cuts = enricher.cuts(found.guide, row.start, found.billable)
        prices = enricher.prices(found.guide, found.group, found.day, cuts)
        assert prices is not None
        return prices.rated(found.billable, cuts)

    def _line(self, found: Guided) -> Priced | None:
        known = self.prices.price_on(found.guide, found.group, date.fromisoformat(found.day))
        if known is None:
            return None
        return price(known.terms, found.billable, found.guide.currency)


def _filled(row: Mapping[str, str], number: int, account: Account, day: date) -> dict[str, str]:
    """Fill in what a row leaves out."""
    values = dict(row)
    values["event_key"] = values.get("event_key") or f"row {number}"
    kind = UsageType.objects.filter(code=values.get("usage_type", "")).first()
    if kind is not None:
        values["identifier_type"] = values.get("identifier_type") or kind.identifier_type
    if not values.get("identifier"):
        held = set(
            ServiceIdentifier.objects.filter(
                service__subscription__account=account,
                type=values.get("identifier_type", ""),
            ).values_list("value", flat=True)[:2]
        )
        values["identifier"] = held.pop() if len(held) == 1 else ""
    values["event_start"] = values.get("event_start") or f"{day}T12:00:00"
    return values


def _guided(found: Guided, row: Row, reference: str) -> Iterator[str]:
    guide = found.guide
    terms = guide.charge.terms
    on = date.fromisoformat(found.day)
    day = f"{on.day} {on:%b %Y}"
    yield f"charge {reference} by {row.identifier_type} {row.identifier}, on {day}"
    if terms.zones is not None:
        yield _zoned(terms.zones, row, found.day)
    if found.billable != row.value:
        yield (
            f"{_plain(row.value)} in increments of {_plain(terms.first)}/"
            f"{_plain(terms.following)} is {_plain(found.billable)} (UNIT-1)"
        )
    if found.group.attribute_key != "*":
        yield f"priced as {found.group.attribute_key} (PRC-3)"


def _zoned(zones: Zones, row: Row, day: str) -> str:
    """Tell which prefix of which map leads to the zone, and which maps said nothing before."""
    number = str(json.loads(row.attributes).get(zones.attribute, ""))
    found = zones.found(number, day)
    assert found is not None
    said = f"by prefix {found.prefix}" if found.prefix else "as what no prefix fits"
    before = f"; no prefix of {', '.join(found.passed)} fits" if found.passed else ""
    return f"zone {found.zone} {said} of map {found.code}{before} (RATE)"


def _event_steps(
    rated: RatedEvent, guide: Guide, exact: Decimal, amount: Decimal
) -> Iterator[str]:
    """Tell the pieces, the fee, the bounds and the rounding of one event."""
    for one in rated.pieces:
        where = f" in band {one.band}" if one.band else ""
        slot = f", slot {one.slot}" if one.slot else ""
        flat = f" + {_plain(one.flat_amount)}" if one.flat_amount else ""
        unit = f" · {_plain(one.unit_price)}{flat}" if one.unit_price or one.slot else ""
        yield (
            f"from {_plain(one.start)} to {_plain(one.end)}{where}{slot}: "
            f"{_plain(one.end - one.start)}{unit} = {_plain(one.amount)} (UNIT-5)"
        )
    if rated.fee:
        yield f"and the fee of each event, {_plain(rated.fee)}"
    if rated.bound:
        word = {"MIN": "raised to the least", "MAX": "lowered to the greatest"}[rated.bound]
        yield f"{word} amount of one event"
    if exact < 0:
        yield "a correction mirrors what it corrects"
    terms = guide.charge.terms
    assert amount == round_event(exact, terms.decimals, terms.mode)
    yield f"is {_plain(exact)}, rounded by itself to {terms.decimals} decimals: {amount} (UNIT-2)"


def _line_steps(priced: Priced, currency: str) -> Iterator[str]:
    """Tell tiers and price of a quantity priced alone."""
    for tier in priced.rows:
        yield (
            f"tier {tier.tier}: {_plain(tier.quantity)} · {_plain(tier.unit_price)} + "
            f"{_plain(tier.flat_amount)} = {_plain(tier.amount)} (TIER-2)"
        )
    if not priced.rows:
        model = PriceModel(priced.terms.model).label.lower()
        yield f"{_plain(priced.quantity)} priced {model} at {_plain(priced.unit_price)}"
    if priced.bound:
        yield f"bounded by the price ({priced.bound})"
    yield f"is {_plain(priced.amount_exact)}, rounded once: {priced.amount} {currency} (NUM-1)"


def _plain(value: Decimal) -> str:
    """Write a number without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
