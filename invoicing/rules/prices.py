"""Which price a charge has for a payer, and what a quantity costs by it (PRC-1, PRC-2, PRC-4)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from catalog.rules.counters import split_counter, split_transactions
from catalog.rules.pricing import (
    Priced,
    PriceTerms,
    price,
    with_override,
    with_percent_off,
)
from foundation.money import quantize

ONE = Decimal(1)
ZERO = Decimal(0)

Money: TypeAlias = tuple[Decimal, Decimal, Decimal, str | None]
"""Exact amount, rounded amount, unit price to show, trace as JSON text."""


class PriceMissing(Exception):
    """The charge has no published price in the payer's currency on that day."""

    rule = "PRC-1"


class ContractTerms(NamedTuple):
    """An agreed price of a node of the tree over `[starts, ends)`; exactly one value is set."""

    id: int
    charge_id: int
    product_id: int
    starts: date
    ends: date
    unit_price: Decimal | None
    percent_off: Decimal | None


@dataclass(frozen=True, slots=True)
class Who:
    """What of a payer decides prices; equal for most payers of a run, so it is shared.

    `contracts` holds the agreed prices by owner, nearest node first (HIER-5).
    """

    currency: str
    book_id: int | None
    segment: str
    zone: ZoneInfo | None
    contracts: Mapping[int, Sequence[ContractTerms]] = field(default_factory=dict, compare=False)
    books: Mapping[int, int | None] = field(default_factory=dict, compare=False)


class Quote(NamedTuple):
    """A price that applies, by a key that names it for good (part of an item's identity)."""

    key: str
    terms: PriceTerms
    version_id: int | None


class Shares(NamedTuple):
    """What part of tiers, included quantity and bounds a partial period has (PRO-3).

    `on` says whether the charge ran on any day of the period.
    """

    tiers: Decimal = ONE
    free: Decimal = ONE
    bounds: Decimal = ONE
    on: bool = True


WHOLE = Shares()
EXPLAINED = frozenset({"MATRIX", "PER_DAY", "DYNAMIC"})
"""Models whose figure is not plain from quantity, price and factor."""

Find: TypeAlias = Callable[[int, int | None, str, str, str, date], PriceTerms | None]
"""(charge, book, currency, segment, usage key, day) → listed price, or None."""


class Prices:
    """The prices of a run, each found and computed once."""

    def __init__(
        self,
        find: Find,
        product_of: Mapping[int, int],
        days: Callable[[int, str], Sequence[date]] = lambda charge_id, currency: (),
    ) -> None:
        self._find = find
        self._days = days
        self._product_of = product_of
        self._listed: dict[tuple[int, int | None, str, str, str, date], Quote | None] = {}
        self._quotes: dict[tuple[str, str, int], Quote] = {}
        self._versions: dict[tuple[int, str], Quote] = {}
        self._whole: dict[tuple[int, Decimal], Money] = {}

    def quote(
        self,
        charge_id: int,
        who: Who,
        owner_id: int,
        day: date,
        override: Decimal | None,
        usage_key: str = "",
    ) -> Quote:
        """Return the price by precedence: own override, contract, price book (PRC-2).

        The same price is the same object, whatever the day. A percentage off applies to the price
        of the next lower rank (PRC-4).

        Raises: PriceMissing.
        """
        book = who.books.get(owner_id, who.book_id) if who.books else who.book_id
        key = (charge_id, book, who.currency, who.segment, usage_key, day)
        try:
            listed = self._listed[key]
        except KeyError:
            listed = self._listed[key] = self._look_up(key)
        if override is not None:
            return self._agreed(listed, f"o{override.normalize():f}", override, None, key)
        if who.contracts:
            for terms in who.contracts.get(owner_id, ()):
                if terms.starts <= day < terms.ends and (
                    terms.charge_id == charge_id
                    or (
                        not terms.charge_id and terms.product_id == self._product_of.get(charge_id)
                    )
                ):
                    return self._agreed(
                        listed, f"c{terms.id}", terms.unit_price, terms.percent_off, key
                    )
        if listed is None:
            raise _missing(key)
        return listed

    def changes(self, charge_id: int, who: Who, owner_id: int) -> list[date]:
        """Return the days on which another price may begin, listed or agreed, in order (CHG-9)."""
        days = set(self._days(charge_id, who.currency))
        for terms in who.contracts.get(owner_id, ()):
            days.update((terms.starts, terms.ends))
        return sorted(days)

    def whole(self, quote: Quote, quantity: Decimal) -> Money:
        """Price a quantity for a whole period; remembered."""
        key = (id(quote), quantity)  # quotes live as long as this list of prices
        money = self._whole.get(key)
        if money is None:
            money = self._whole[key] = _money(price(quote.terms, quantity, quote.terms.currency))
        return money

    def part(self, quote: Quote, quantity: Decimal, factor: Decimal) -> Money:
        """Price a quantity for a part of a period (PRO-1)."""
        if factor == ONE:
            return self.whole(quote, quantity)
        return _money(price(quote.terms, quantity, quote.terms.currency, factor=factor))

    def counted(
        self,
        parts: Sequence[tuple[Quote, Decimal]],
        shares: Shares = WHOLE,
        before: Decimal = ZERO,
    ) -> list[Money]:
        """Price usage; over several versions each prices what it adds (TIER-3).

        `shares` are the parts of tiers, included quantity and bounds that a partial period has;
        `before` is what the counter had reached when the period began.
        """
        found = [_money(one) for one in self.counter(parts, shares, before)]
        if not before:
            return found
        reached = itertools.accumulate((quantity for _, quantity in parts), initial=before)
        return [
            told(money, quote, f'"counted_before":"{counted:f}"')
            for money, (quote, _), counted in zip(found, parts, reached, strict=False)
        ]

    def counter(
        self, parts: Sequence[tuple[Quote, Decimal]], shares: Shares, before: Decimal
    ) -> list[Priced]:
        """Return the calculations of a counter, stretch by stretch (TIER-3)."""
        return split_counter(
            [(quote.terms, quantity) for quote, quantity in parts],
            parts[0][0].terms.currency,
            before=before,
            tier_factor=shares.tiers,
            free_factor=shares.free,
            bound_factor=shares.bounds,
        )

    def transactions(
        self, parts: Sequence[tuple[Quote, Sequence[Decimal]]], shares: Shares
    ) -> list[Money]:
        """Price transactions one by one in their order, over price versions too (UNIT-9)."""
        priced = split_transactions(
            [(quote.terms, values) for quote, values in parts],
            parts[0][0].terms.currency,
            free_factor=shares.free,
            bound_factor=shares.bounds,
        )
        return [_money(one) for one in priced]

    def told(self, money: Money, quote: Quote, rule: str, count: int) -> Money:
        """Add to the trace how the quantity came from its events (UNIT-3, UNIT-4)."""
        return told(money, quote, f'"metric":"{rule}","events":{count}')

    def events(self, quote: Quote, quantity: Decimal, amount: Decimal) -> Money:
        """Take the sum of events that were rounded one by one (UNIT-2, EVENT rounding)."""
        trace = json.dumps(
            {
                "price_version_id": quote.version_id,
                "model": quote.terms.model,
                "rounding": "EVENT",
                "quantity": str(quantity),
                "amount_exact": str(amount),
            }
        )
        shown = quote.terms.unit_price
        return amount, quantize(amount, quote.terms.currency), shown, trace

    def _look_up(self, key: tuple[int, int | None, str, str, str, date]) -> Quote | None:
        terms = self._find(*key)
        if terms is None:
            return None
        version = terms.price_version_id
        quote = self._versions.get((version, terms.cell))
        if quote is None:
            cell = f"#{_cell_number(terms)}" if terms.cell else ""
            quote = Quote(f"v{version}{cell}", terms, version)
            self._versions[version, terms.cell] = quote
        return quote

    def _agreed(
        self,
        listed: Quote | None,
        name: str,
        unit_price: Decimal | None,
        percent_off: Decimal | None,
        key: tuple[int, int | None, str, str, str, date],
    ) -> Quote:
        if listed is None:
            raise _missing(key)
        known = (listed.key, name, key[0])
        found = self._quotes.get(known)
        if found is not None:
            return found
        if unit_price is not None:
            terms = with_override(listed.terms, unit_price)
        else:
            terms = with_percent_off(listed.terms, percent_off or Decimal(0))
        base = "" if unit_price is not None else f"-{listed.key}"
        found = self._quotes[known] = Quote(f"{name}{base}.{key[0]}", terms, listed.version_id)
        return found


def _cell_number(terms: PriceTerms) -> int:
    """Number the cell of a matrix, for a key of few letters."""
    return 1 + [tier.cell for tier in terms.tiers].index(terms.cell)


def _money(priced: Priced) -> Money:
    """Keep of a calculation what an item stores; plain ones need no trace but the item itself."""
    trace = None
    if priced.rows or priced.bound or priced.terms.model in EXPLAINED:
        trace = trace_of(priced)
    return priced.amount_exact, priced.amount, priced.unit_price, trace


def trace_of(priced: Priced) -> str:
    """Write `priced.explain` as JSON text; by hand, because every usage line has one."""
    rows = ",".join(
        [
            f'{{"tier":{tier},"quantity":"{quantity}","unit_price":"{unit}",'
            f'"flat_amount":"{flat}","amount":"{amount}"}}'
            for tier, quantity, unit, flat, amount in priced.rows
        ]
    )
    terms = priced.terms
    return (
        f'{{"price_version_id":{terms.price_version_id},"model":"{terms.model}",'
        f'"quantity":"{priced.quantity}","unit_price":"{priced.unit_price}",'
        f'"factor":"{priced.factor}","amount_exact":"{priced.amount_exact}",'
        f'"amount":"{priced.amount}"'
        + (f',"rows":[{rows}]' if rows else "")
        + (f',"cell":{json.dumps(terms.cell)}' if terms.cell else "")
        + (f',"bound":"{priced.bound}"' if priced.bound else "")
        + (',"override":true' if terms.is_override else "")
        + "}"
    )


def told(money: Money, quote: Quote, facts: str) -> Money:
    """Put facts, as JSON members, in front of a trace."""
    exact, amount, shown, trace = money
    if trace is None:
        plain = f'"price_version_id":{quote.version_id or 0},"model":"{quote.terms.model}"'
        trace = f"{{{plain}}}"
    return exact, amount, shown, f"{{{facts},{trace[1:]}"


def _missing(key: tuple[int, int | None, str, str, str, date]) -> PriceMissing:
    charge_id, _, currency, _, usage_key, day = key
    group = f" for {usage_key}" if usage_key not in ("", "*") else ""
    return PriceMissing(f"Charge {charge_id} has no price in {currency} on {day}{group}.")
