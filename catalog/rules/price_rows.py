"""Rows of a price file: what they say, price by price (format: docs/formats/prices.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from catalog.rules.pricing import CELLED, MODELS, ROWED, Tier
from catalog.rules.selection import ANY, attribute_key
from catalog.rules.terms import ordered_cells
from foundation.parsing import (
    BadValue,
    amount_text,
    boolean_text,
    choice_text,
    code_text,
    currency_text,
    date_text,
    decimal_text,
    integer_text,
)
from foundation.tabular import Line, RowProblem

REQUIRED: Final = ("charge", "currency", "valid_from", "model")
OPTIONAL: Final = (
    "pricebook", "segment", "region", "channel", "attributes", "valid_to", "tier_seq",
    "tier_upper", "cell", "unit_price", "flat", "percent", "min", "max", "package_size",
    "free_units", "free_amount", "free_events", "event_fee", "event_min", "event_max",
    "tax_inclusive",
)  # fmt: skip
HEADINGS: Final = (
    "charge", "pricebook", "currency", "segment", "region", "channel", "attributes", "valid_from",
    "valid_to", "model", "tier_seq", "tier_upper", "cell", "unit_price", "flat", "percent", "min",
    "max", "package_size", "free_units", "free_amount", "free_events", "event_fee", "event_min",
    "event_max", "tax_inclusive",
)  # fmt: skip

PRICES: Final = ("unit_price", "flat", "percent")
TOLD_BY: Final = {"FLAT": "flat", "STAIRSTEP": "flat", "DYNAMIC": "percent", "PERCENT": "percent"}
"""The column that says what a row costs, of most models `unit_price`."""
BESIDE: Final = {"P95_BURST": {"flat"}}  # which a model asks for beside it
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
LEAST: Final = "0.00000001"
MOST_UNIT: Final = Decimal("999999999999")
MOST_SHARE: Final = Decimal(9)
MOST_QUANTITY: Final = Decimal("9999999999999999")

Value = TypeVar("Value")


class PriceKey(NamedTuple):
    """What tells two prices apart, but for their days; '*' and an empty book narrow nothing."""

    charge: str
    pricebook: str
    currency: str
    segment: str = ANY
    region: str = ANY
    channel: str = ANY
    attributes: str = ANY

    def __str__(self) -> str:
        """Name the price for people."""
        narrowed = [one for one in self[3:] if one != ANY]
        book = f" in {self.pricebook}" if self.pricebook else ""
        return f"{self.charge} {self.currency}{book}" + (
            f" ({', '.join(narrowed)})" if narrowed else ""
        )


class PriceValues(NamedTuple):
    """What a price says."""

    unit_price: Decimal = ZERO
    flat_amount: Decimal = ZERO
    percent: Decimal = ZERO
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    package_size: Decimal = ONE
    free_units: Decimal = ZERO
    event_fee: Decimal = ZERO
    event_min: Decimal | None = None
    event_max: Decimal | None = None
    free_events: int = 0
    free_amount: Decimal = ZERO
    tax_inclusive: bool = False
    tiers: tuple[Tier, ...] = ()


class Proposal(NamedTuple):
    """A price as a file wants it, and the rows that say so."""

    key: PriceKey
    model: str
    starts: date
    ends: date | None
    values: PriceValues
    rows: tuple[int, ...]


class PriceRow(NamedTuple):
    """One row, read; of a tiered price it is one tier."""

    number: int
    key: PriceKey
    model: str
    starts: date
    ends: date | None
    values: PriceValues
    seq: int
    tier: Tier
    is_bad: bool = False


def read_rows(lines: Iterable[Line]) -> tuple[list[PriceRow], list[RowProblem]]:
    """Read every line; one that cannot be read is answered with all that is wrong with it.

    It stays among the rows, marked, so that no price is taken without it.
    """
    rows: list[PriceRow] = []
    problems: list[RowProblem] = []
    for line in lines:
        reader = _Reader(line)
        row = reader.row()
        problems += reader.wrong
        rows.append(row._replace(is_bad=bool(reader.wrong)))
    return rows, problems


def proposals(rows: Iterable[PriceRow]) -> tuple[list[Proposal], list[RowProblem]]:
    """Put the rows of each price together; a price with a bad row is not taken at all.

    Of a tiered price one tier of which could not be read, the others do not fit together.

    A price that ends open ends where the file's next price of its key begins.
    """
    problems: list[RowProblem] = []
    grouped: dict[tuple[PriceKey, date], list[PriceRow]] = {}
    for row in rows:
        grouped.setdefault((row.key, row.starts), []).append(row)
    found: list[Proposal] = []
    for members in grouped.values():
        bad = [row.number for row in members if row.is_bad]
        if not any(row.model in ROWED for row in members):
            members, bad = [row for row in members if not row.is_bad], []
        if not members:
            continue
        wrong = [] if bad else list(_contradictions(members))
        problems += wrong
        bad += [problem.row for problem in wrong]
        if bad:
            problems += _left_out(members, bad)
        else:
            found.append(_proposal(members))
    return _without_overlaps(found, problems)


def _left_out(members: list[PriceRow], bad: Sequence[int]) -> Iterable[RowProblem]:
    """Tell the sound rows of a price that is not taken because of others."""
    message = f"row {min(bad)} belongs to the same price and cannot be taken"
    for row in members:
        if row.number not in bad:
            yield RowProblem(row.number, "charge", row.key.charge, "TOGETHER", message)


def _without_overlaps(
    found: list[Proposal], problems: list[RowProblem]
) -> tuple[list[Proposal], list[RowProblem]]:
    """End open prices where the next of their key begins; refuse what overlaps otherwise."""
    found.sort(key=lambda one: (one.key, one.starts))
    taken: list[Proposal] = []
    for number, one in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        if after is not None and after.key == one.key:
            if one.ends is None:
                one = one._replace(ends=after.starts)
            elif one.ends > after.starts:
                message = f"the price of row {after.rows[0]} begins before this one ends"
                problems += _all_rows(one, "valid_to", str(one.ends), "OVERLAP", message)
                continue
        taken.append(one)
    taken.sort(key=lambda one: one.rows)
    return taken, problems


def _all_rows(one: Proposal, column: str, value: str, rule: str, message: str) -> list[RowProblem]:
    return [RowProblem(row, column, value, rule, message) for row in one.rows]


def refuse(one: Proposal, column: str, rule: str, message: str) -> list[RowProblem]:
    """Return the problem of a proposal, on each of its rows."""
    return _all_rows(one, column, str(one.key), rule, message)


class _Reader:
    """Reads the values of one line and collects what is wrong with them."""

    def __init__(self, line: Line) -> None:
        """Begin with nothing wrong."""
        self.line = line
        self.wrong: list[RowProblem] = []

    def value(
        self,
        column: str,
        parse: Callable[[str], Value],
        default: Value,
        *,
        required: bool = False,
    ) -> Value:
        """Read one value, or note why not and go on with the default."""
        text = self.line.values.get(column, "")
        if not text and not required:
            return default
        try:
            if not text:
                raise BadValue("REQUIRED", "a value is required")
            return parse(text)
        except BadValue as bad:
            self.refuse(column, bad.rule, bad.message)
            return default

    def filled(self, columns: Iterable[str]) -> set[str]:
        """Return those of the columns that say anything."""
        return {column for column in columns if self.line.values.get(column, "")}

    def refuse(self, column: str, rule: str, message: str) -> None:
        """Note a problem of a column."""
        text = self.line.values.get(column, "")
        self.wrong.append(RowProblem(self.line.number, column, text, rule, message))

    def key(self) -> PriceKey:
        """Read what tells the price apart."""

        def word(column: str) -> str:
            return self.value(column, lambda text: code_text(text, 32), ANY)

        return PriceKey(
            charge=self.value("charge", lambda text: code_text(text, 80), "", required=True),
            pricebook=self.value("pricebook", lambda text: code_text(text, 32), ""),
            currency=self.value("currency", currency_text, "", required=True),
            segment=word("segment"),
            region=word("region"),
            channel=word("channel"),
            attributes=self.value("attributes", attributes_text, ANY),
        )

    def common(self, money: Callable[[str], Decimal]) -> PriceValues:
        """Read what every row of a price says alike."""
        values = PriceValues(
            percent=self.value("percent", _decimal(7, MOST_SHARE), ZERO),
            min_amount=self.value("min", money, None),
            max_amount=self.value("max", money, None),
            package_size=self.value("package_size", _decimal(8, MOST_QUANTITY, LEAST), ONE),
            free_units=self.value("free_units", _decimal(8, MOST_QUANTITY), ZERO),
            event_fee=self.value("event_fee", _decimal(10, MOST_UNIT), ZERO),
            event_min=self.value("event_min", _decimal(10, MOST_UNIT), None),
            event_max=self.value("event_max", _decimal(10, MOST_UNIT), None),
            free_events=self.value("free_events", _count, 0),
            free_amount=self.value("free_amount", money, ZERO),
            tax_inclusive=self.value("tax_inclusive", boolean_text, False),
        )
        for column, least, most in (
            ("max", values.min_amount, values.max_amount),
            ("event_max", values.event_min, values.event_max),
        ):
            if least is not None and most is not None and least > most:
                self.refuse(column, "RANGE", "the maximum is below the minimum")
        return values

    def row(self) -> PriceRow:
        """Read the whole line."""
        key = self.key()
        model = self.value("model", lambda text: choice_text(text, MODELS), "", required=True)
        starts = self.value("valid_from", date_text, date.min, required=True)
        ends = self.value("valid_to", date_text, None)
        if ends is not None and ends <= starts:
            message = "a price ends after it begins; valid_to is the first day without it"
            self.refuse("valid_to", "PER-1", message)
        money = _money(key.currency)
        unit = self.value("unit_price", _decimal(10, MOST_UNIT), ZERO)
        flat = self.value("flat", money, ZERO)
        values = self.common(money)
        seq = self.value("tier_seq", lambda text: integer_text(text, minimum=1, maximum=1000), 1)
        upper = self.value("tier_upper", _decimal(8, MOST_QUANTITY, LEAST), None)
        cell = self.value("cell", attributes_text, "", required=model in CELLED)
        tier = Tier(upper, unit, flat, cell)
        unused = {"tier_upper": "tiers"} if model in CELLED else {"cell": "cells"}
        if model not in ROWED:
            tier = Tier(None, ZERO, ZERO)
            values = values._replace(unit_price=unit, flat_amount=flat)
            unused = {"tier_seq": "tiers", "tier_upper": "tiers", "cell": "cells"}
        if model and self.filled(PRICES) <= BESIDE.get(model, set()):
            column = TOLD_BY.get(model, "unit_price")
            self.refuse(column, "REQUIRED", "say the price; write 0 where it costs nothing")
        for column, what in unused.items():
            if model and self.filled([column]):
                self.refuse(column, "TIER-2", f"{model} has no {what}; leave the column empty")
        return PriceRow(self.line.number, key, model, starts, ends, values, seq, tier)


def _decimal(places: int, most: Decimal, least: str = "0") -> Callable[[str], Decimal]:
    return lambda text: decimal_text(text, places=places, minimum=Decimal(least), maximum=most)


def _count(text: str) -> int:
    return integer_text(text, minimum=0, maximum=2_000_000_000)


def _money(currency: str) -> Callable[[str], Decimal]:
    if not currency:  # its own fault is told already; any decimals do
        return _decimal(4, MOST_UNIT)
    return lambda text: amount_text(text, currency=currency, minimum=ZERO)


def attributes_text(text: str) -> str:
    """Read `zone=EU;peak=yes` (or with commas) as a canonical key; '*' and nothing are '*'."""
    if text == ANY:
        return ANY
    found: dict[str, str] = {}
    for part in text.replace(";", ",").split(","):
        name, mark, value = (piece.strip() for piece in part.partition("="))
        if not mark:
            raise BadValue("ATTRIBUTES", "attributes are written name=value;name=value")
        name, value = code_text(name, 32), code_text(value, 64)
        if name in found:
            raise BadValue("ATTRIBUTES", f"the attribute {name} is named twice")
        found[name] = value
    key = attribute_key(found)
    if len(key) > 200:
        raise BadValue("LENGTH", "the attributes are longer than 200 characters")
    return key


def _contradictions(members: list[PriceRow]) -> Iterable[RowProblem]:
    """Say what keeps the rows of one price from being one price."""
    first = members[0]
    if first.model not in ROWED:
        for row in members[1:]:
            message = f"row {first.number} gives the same price for the same days"
            yield RowProblem(row.number, "charge", str(row.key), "DUPLICATE", message)
        if len(members) > 1:
            message = f"row {members[1].number} gives the same price for the same days"
            yield RowProblem(first.number, "charge", str(first.key), "DUPLICATE", message)
        return
    for row in members[1:]:
        if (row.model, row.ends, row.values) != (first.model, first.ends, first.values):
            message = f"the row says something else about the price than row {first.number}"
            yield RowProblem(row.number, "model", str(row.key), "CONTRADICTION", message)
    if first.model in CELLED:
        yield from _doubled_cells(members)
        return
    ordered = sorted(members, key=lambda row: row.seq)
    lower = ZERO
    for expected, row in enumerate(ordered, 1):
        last = expected == len(ordered)
        if row.seq != expected:
            message = f"tiers are numbered without gap; tier {expected} is expected here"
            yield RowProblem(row.number, "tier_seq", str(row.seq), "TIER-1", message)
            return
        text = "" if row.tier.upper is None else f"{row.tier.upper:f}"
        if row.tier.upper is None and not last:
            message = "only the last tier has no end"
            yield RowProblem(row.number, "tier_upper", text, "TIER-1", message)
        elif row.tier.upper is not None and row.tier.upper <= lower:
            message = f"the tier ends at or below the end of the tier before, {lower:f}"
            yield RowProblem(row.number, "tier_upper", text, "TIER-1", message)
        elif row.tier.upper is not None and last:
            message = "above this tier there is no price; leave the end of the last tier empty"
            yield RowProblem(row.number, "tier_upper", text, "TIER-1", message)
        lower = row.tier.upper or lower


def _doubled_cells(members: list[PriceRow]) -> Iterable[RowProblem]:
    seen: dict[str, int] = {}
    for row in members:
        cell = row.tier.cell
        if cell in seen:
            message = f"row {seen[cell]} gives the same cell"
            yield RowProblem(row.number, "cell", cell, "DUPLICATE", message)
        seen.setdefault(cell, row.number)


def _proposal(members: list[PriceRow]) -> Proposal:
    first = members[0]
    values = first.values
    if first.model in ROWED:
        ordered = sorted(members, key=lambda row: row.seq)
        values = values._replace(tiers=ordered_cells(row.tier for row in ordered))
    return Proposal(
        first.key,
        first.model,
        first.starts,
        first.ends,
        values,
        tuple(row.number for row in members),
    )
