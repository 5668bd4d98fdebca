"""Whether use is allowed and what of it would be charged; nothing is stored (C17, ENT-3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

import catalog.queries
from catalog.models import UsageType
from catalog.queries import CompiledCatalog
from catalog.rules.pricing import CannotPriceQuantity, price
from foundation import sql
from rating.queries.guides import Guided, Guides
from rating.queries.prices import EventPrices
from rating.queries.spending import Standing, standing
from rating.queries.terms import usage_charges, usage_types
from rating.rules.drawing import ZERO, Bucket, Event, candidates, draw, usage_order
from rating.rules.guiding import ChargeTerms
from rating.rules.reasons import NEXT_STEPS, Reason, Rejected
from rating.rules.rows import PREFIX, REQUIRED, Layout, Row, RowReader, UsageTypeTerms

ONE: Final = Decimal(1)
HOLD: Final = " FOR NO KEY UPDATE OF b"
STRICTNESS: Final = ("CHARGE", "THROTTLE", "BLOCK")


@dataclass(frozen=True, slots=True)
class Cover:
    """What a bucket would cover, and what it would leave."""

    bucket_id: int
    name: str
    quantity: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Entitled:
    """Whether use is allowed, what of it buckets cover and what would be charged.

    Quantities are in the unit of the usage type. `next_price` is what one unit costs after what
    is asked, `amount` what the uncovered part costs, as if it were the first of its period;
    `prepaid` is what of it balances of money will pay, before tax. `cap` is the most that the
    month may cost, where more is blocked, `spent` what it cost before.
    """

    allowed: bool
    problem: str = ""
    account_id: int | None = None
    service_id: int | None = None
    quantity: Decimal = ZERO
    covered: Decimal = ZERO
    billable: Decimal = ZERO
    beyond: str = "CHARGE"
    next_price: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    covers: tuple[Cover, ...] = ()
    prepaid: Decimal = ZERO
    cap: Decimal | None = None
    spent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Use that is asked for: by which identifier, of what, how much, when."""

    usage_type: str
    identifier: str
    quantity: Decimal
    at: datetime
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """Use led to its charge, with the prices of its buyer and the buckets it may draw from."""

    guided: Guided
    prices: EventPrices
    event: Event
    buckets: list[Bucket]
    names: dict[int, str]
    beyond: dict[int, str]


class _Catalogue:
    """Usage types and charges of the catalogue in force, read again once it has changed."""

    def __init__(self) -> None:
        self.stamp = ""
        self.types: dict[str, UsageTypeTerms] = {}
        self.kinds: dict[str, str] = {}
        self.charges: dict[int, ChargeTerms] = {}

    def read(self) -> CompiledCatalog:
        """Bring what is kept up to date; return the catalogue that it was read with."""
        found = catalog.queries.compiled()
        if found.stamp != self.stamp:
            self.types, self.charges = usage_types(), usage_charges()
            self.kinds = dict(UsageType.objects.values_list("code", "identifier_type"))
            self.stamp = found.stamp
        return found


_CATALOGUE: Final = _Catalogue()


def place(use: Use, *, on_date: date, lock: bool = False) -> Placed | str:
    """Lead use to its charge and buckets, or say why it belongs nowhere.

    `lock` holds the buckets, in the order of ids, until the transaction ends.
    """
    prices = EventPrices(on_date=on_date, listed=_CATALOGUE.read())
    row = _row(use, _CATALOGUE.types, _CATALOGUE.kinds)
    if isinstance(row, str):
        return row
    guides = Guides(charges=_CATALOGUE.charges, prices=prices)
    with connection.cursor() as cursor:
        guides.learn(cursor, [(row.identifier_type, row.identifier)], use.usage_type)
        found = guides.find(row)
        if isinstance(found, Reason):
            return f"{found}: {NEXT_STEPS[found]}"
        cursor.execute(
            sql.statement("rating", "buckets_at") + (HOLD if lock else ""),
            {
                "account": found.guide.account_id,
                "service": found.guide.service_id,
                "kind": use.usage_type,
                "at": use.at,
                "day": found.day,
            },
        )
        rows = cursor.fetchall()
    event = Event(
        0, use.at, found.guide.service_id, use.usage_type, found.billable, dict(use.attributes),
        pool_id=next((one[11] for one in rows if one[11] is not None), None),
    )  # fmt: skip
    return Placed(
        found,
        prices,
        event,
        [_bucket(one, use.usage_type) for one in rows],
        {one[0]: one[8] for one in rows},
        {one[0]: one[9] or "CHARGE" for one in rows},
    )


def _bucket(row: tuple[Any, ...], kind: str) -> Bucket:
    key, start, end, remaining, priority, source, service, narrowed = row[:8]
    return Bucket(
        key, kind, start, end, remaining, priority, source, service,
        tuple(sorted(json.loads(narrowed).items())), row[10], pool_id=row[11],
    )  # fmt: skip


def _row(use: Use, types: dict[str, UsageTypeTerms], kinds: dict[str, str]) -> Row | str:
    values = {
        "event_key": "asked",
        "usage_type": use.usage_type,
        "identifier_type": kinds.get(use.usage_type, ""),
        "identifier": use.identifier,
        "event_start": use.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quantity": f"{use.quantity:f}",
        **{f"{PREFIX}{name}": value for name, value in use.attributes.items()},
    }
    columns = (*REQUIRED, *sorted(name for name in values if name.startswith(PREFIX)))
    reader = RowReader(
        Layout(columns), source="", zone=ZoneInfo("UTC"), types=types, received_at=use.at
    )
    reader.newest = date.max
    try:
        return reader.read(["1", *(values.get(name, "") for name in columns)])
    except Rejected as why:
        return f"{why.reason}: {why.message}" + (f" ({why.column})" if why.column else "")


def check(use: Use, *, on_date: date) -> Entitled:
    """Answer whether use is allowed and what would be charged, without any effect (C17).

    `on_date` is the day as of which the account tree is read. What nobody is entitled to is not
    allowed, with the reason.
    """
    placed = place(use, on_date=on_date)
    if isinstance(placed, str):
        return Entitled(False, placed, quantity=use.quantity)
    drawn = {one.bucket_id: one.quantity for one in draw([placed.event], placed.buckets)}
    asked, covered = placed.event.quantity, sum(drawn.values(), ZERO)
    beyond = beyond_of(placed)
    guide = placed.guided.guide
    room = {one.id: one.room for one in placed.buckets}
    more = Event(1, use.at, guide.service_id, use.usage_type, asked + ONE, placed.event.attributes)
    reach = sum((one.quantity for one in draw([more], placed.buckets)), ZERO)
    amount = ZERO if covered == asked else _amount(placed, asked - covered)
    money = _money(placed, use, amount)
    allows = money.allows(amount or ZERO)
    return Entitled(
        allowed=(covered == asked or beyond != "BLOCK") and allows,
        problem="" if allows else _capped(money, guide.currency),
        account_id=guide.account_id,
        service_id=guide.service_id,
        quantity=asked,
        covered=covered,
        billable=asked - covered,
        beyond=beyond,
        next_price=ZERO if reach > asked else _amount(placed, ONE),
        amount=amount,
        currency=guide.currency,
        covers=tuple(
            Cover(key, placed.names[key], quantity, room[key] - quantity)
            for key, quantity in drawn.items()
        ),
        prepaid=min(money.prepaid, amount or ZERO),
        cap=money.cap,
        spent=None if money.cap is None else money.spent,
    )


def _money(placed: Placed, use: Use, amount: Decimal | None) -> Standing:
    """Return what of money bears on the use; nothing does where nothing is charged."""
    if not amount:
        return Standing()
    guide = placed.guided.guide
    return standing(
        account_id=guide.account_id, kind=use.usage_type,
        day=date.fromisoformat(placed.guided.day), at=use.at,
    )  # fmt: skip


def _capped(money: Standing, currency: str) -> str:
    return (
        f"CAP: this goes beyond the {money.cap or ZERO:.2f} {currency} that a month may cost;"
        f" {money.spent:.2f} are spent."
    )


def beyond_of(placed: Placed) -> str:
    """Return what happens beyond the buckets of a use: the strictest of what they say (ENT-3)."""
    fitting = candidates(placed.event, sorted(placed.buckets, key=usage_order))
    said = {placed.beyond[one.id] for one in fitting}
    return max(said, key=STRICTNESS.index, default="CHARGE")


def _amount(placed: Placed, quantity: Decimal) -> Decimal | None:
    """Return what a quantity costs alone at the price of the use; None where it has none."""
    guide = placed.guided.guide
    with connection.cursor() as cursor:
        placed.prices.learn(cursor, [guide.account_id])
    day = date.fromisoformat(placed.guided.day)
    known = placed.prices.price_on(guide, placed.guided.group, day)
    if known is None:
        return None
    try:
        if guide.by_event:
            return known.amount(quantity)
        return price(known.terms, quantity, guide.currency).amount_exact
    except CannotPriceQuantity:
        return None
