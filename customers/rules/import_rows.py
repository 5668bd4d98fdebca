"""Rows of customer, account and order files, read by the one set of strict parsers.

Source: docs/formats/customers.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from customers.rules.component_words import ComponentWords, read_component
from foundation.parsing import (
    BadValue,
    boolean_text,
    choice_text,
    code_text,
    currency_text,
    date_text,
    decimal_text,
    integer_text,
    key_text,
    plain_text,
)
from foundation.tabular import Line, RowProblem

Parser = Callable[[str], Any]


def line_of(length: int) -> Parser:
    """Return the parser of one line of text."""
    return lambda text: plain_text(text, length)


def code_of(length: int) -> Parser:
    """Return the parser of a code or number of ours."""
    return lambda text: code_text(text, length)


def one_of(*words: str) -> Parser:
    """Return the parser of one of the words, exactly as spelled."""
    return lambda text: choice_text(text, words)


def whole(minimum: int, maximum: int) -> Parser:
    """Return the parser of a whole number within the limits."""
    return lambda text: integer_text(text, minimum=minimum, maximum=maximum)


def decimal_of(places: int, minimum: str, maximum: str) -> Parser:
    """Return the parser of a decimal within the limits of its column."""
    least, most = Decimal(minimum), Decimal(maximum)
    return lambda text: decimal_text(text, places=places, minimum=least, maximum=most)


def country(text: str) -> str:
    """Read a country code of two capitals."""
    if len(text) != 2 or not text.isascii() or not text.isalpha() or not text.isupper():
        raise BadValue("COUNTRY", f"{text[:10]!a} is not a country code such as DE")
    return text


def pairs(text: str, mark: str) -> list[tuple[str, str]]:
    """Read `name<mark>value; name<mark>value`."""
    found = []
    for part in text.split(";"):
        name, sign, value = part.strip().partition(mark)
        if not sign or not name.strip() or not value.strip():
            raise BadValue("PAIRS", f"{part.strip()[:40]!a} is not a name{mark}value pair")
        found.append((name.strip(), value.strip()))
    return found


def identifiers(text: str) -> list[tuple[str, str]]:
    """Read `MSISDN:491; IMSI:262` as types and values."""
    return [(code_text(kind, 16), key_text(value, 64)) for kind, value in pairs(text, ":")]


def prices(text: str) -> dict[str, Decimal]:
    """Read `RENT=9.90; SETUP=0` as charge codes and unit prices."""
    price = decimal_of(10, "0", "999999999999")
    return {code_text(code, 32): price(value) for code, value in pairs(text, "=")}


def codes(text: str) -> list[str]:
    """Read `WELCOME; LOYAL` as codes."""
    return [code_text(one.strip(), 32) for one in text.split(";") if one.strip()]


def components(text: str) -> list[ComponentWords]:
    """Read `TV 1; MOBILE 2 MSISDN:491` as components of a bundle."""
    return [read_component(one.split()) for one in text.split(";") if one.strip()]


def address_columns(role: str) -> dict[str, Parser]:
    """Return the columns of an address in a role."""
    return {
        f"{role}_line1": line_of(120),
        f"{role}_line2": line_of(120),
        f"{role}_postcode": line_of(16),
        f"{role}_town": line_of(80),
        f"{role}_region": line_of(80),
        f"{role}_country": country,
        f"{role}_jurisdiction": code_of(32),
    }


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its columns with their parsers, and the key that names a row."""

    key: str
    required: Mapping[str, Parser]
    optional: Mapping[str, Parser]
    key_repeats: bool = False


CUSTOMERS: Final = Format(
    key="number",
    required={
        "number": code_of(32),
        "kind": one_of("PERSON", "ORG", "PARTNER"),
        "legal_name": line_of(200),
    },
    optional={
        "trading_name": line_of(200),
        "segment": code_of(32),
        "language": code_of(8),
        "status": one_of("PROSPECT", "ACTIVE", "CLOSED"),
        "vat_id": line_of(20),
        "registration_no": line_of(64),
        "external_id": code_of(64),
    },
)
ACCOUNTS: Final = Format(
    key="number",
    required={
        "number": code_of(32),
        "customer": code_of(32),
        "name": line_of(200),
        "opened_on": date_text,
    },
    optional={
        "parent": code_of(32),
        "role": one_of("PAYER", "NON_PAYER"),
        "entity": code_of(16),
        "currency": currency_text,
        "time_zone": line_of(64),
        "cycle_code": code_of(16),
        "cycle_day": whole(1, 31),
        "cycle_months": whole(1, 120),
        "invoice_mode": one_of("CONSOLIDATED", "SEPARATE", "SUMMARY"),
        "terms_kind": one_of("NET", "EOM", "FIXED_DAY", "ON_RECEIPT"),
        "terms_days": whole(0, 365),
        "pricebook": code_of(32),
        "credit_limit": decimal_of(4, "0", "99999999999999"),
        "language": code_of(8),
        "delivery": one_of("EMAIL", "POST", "PORTAL"),
        "po_number": line_of(64),
        "cost_centre": line_of(64),
        **address_columns("billing"),
        **address_columns("service"),
    },
)
ORDERS: Final = Format(
    key="order",
    required={
        "order": code_of(64),
        "account": code_of(32),
        "action": one_of("ADD", "MODIFY", "SUSPEND", "RESUME", "TRANSFER", "RENEW", "TERMINATE"),
        "effective_on": date_text,
    },
    optional={
        "offer": code_of(32),
        "subscription": code_of(32),
        "quantity": decimal_of(8, "0.00000001", "9999999999999999"),
        "activation_on": date_text,
        "term_months": whole(1, 120),
        "identifiers": identifiers,
        "prices": prices,
        "discounts": codes,
        "components": components,
        "with_one_time": boolean_text,
        "trial_end_on": date_text,
        "trial_outcome": one_of("CONVERT", "END", "PAUSE"),
        "renewal": one_of("AUTO", "NONE"),
        "uplift": decimal_of(6, "-1", "9"),
        "pause_policy": one_of("CONTINUE", "STOP", "REDUCE"),
        "pause_reason": one_of("CUSTOMER", "NON_PAYMENT", "FRAUD"),
        "end_rule": one_of("NOW", "PERIOD_END", "TERM_END", "ON_DATE"),
        "credits_days": boolean_text,
        "waives_fee": boolean_text,
        "waived_from": date_text,
        "advance_fate": one_of("PRORATED", "KEPT", "FREED"),
        "sets_off": boolean_text,
        "target_account": code_of(32),
        "reason": line_of(200),
        "po_number": line_of(64),
    },
    key_repeats=True,
)
FORMATS: Final[Mapping[str, Format]] = {
    "customers": CUSTOMERS,
    "accounts": ACCOUNTS,
    "orders": ORDERS,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was understood; what was left empty is absent."""

    number: int
    values: Mapping[str, Any]
    is_bad: bool = False


def read_rows(lines: Iterable[Line], form: Format) -> tuple[list[Row], list[RowProblem]]:
    """Read every line; a line with a fault is left out and told, column by column.

    Where rows of one key belong together it stays among them, marked, so that none is taken
    without it.
    """
    rows: list[Row] = []
    problems: list[RowProblem] = []
    seen: dict[str, int] = {}
    for line in lines:
        values, found = _read(line, form)
        key = str(values.get(form.key, ""))
        if not found and not form.key_repeats and key in seen:
            found = [
                RowProblem(
                    line.number,
                    form.key,
                    key,
                    "REPEATED",
                    f"{key} stands in row {seen[key]} already",
                )
            ]
        problems.extend(found)
        if not found:
            seen[key] = line.number
            rows.append(Row(line.number, values))
        elif form.key_repeats and key:
            rows.append(Row(line.number, values, is_bad=True))
    return rows, problems


def _read(line: Line, form: Format) -> tuple[dict[str, Any], list[RowProblem]]:
    values: dict[str, Any] = {}
    problems: list[RowProblem] = []
    for column, text in line.values.items():
        is_required = column in form.required
        parse = form.required[column] if is_required else form.optional[column]
        if not text.strip():
            if is_required:
                problems.append(
                    RowProblem(line.number, column, "", "REQUIRED", "a value is required")
                )
            continue
        try:
            values[column] = parse(text.strip())
        except BadValue as bad:
            problems.append(RowProblem(line.number, column, text, bad.rule, bad.message))
    return values, problems


def parents_first(rows: Sequence[Row]) -> tuple[list[Row], list[RowProblem]]:
    """Order account rows so that a parent in the file comes before its children.

    Rows that hang below each other in a circle are left out and told.
    """
    by_number = {row.values["number"]: row for row in rows}
    done: dict[str, bool] = {}
    ordered: list[Row] = []
    problems: list[RowProblem] = []
    for row in rows:
        way: list[Row] = []
        at: Row | None = row
        while at is not None and at.values["number"] not in done and at not in way:
            way.append(at)
            at = by_number.get(at.values.get("parent", ""))
        is_circle = at is not None and at in way
        for one in reversed(way):
            done[one.values["number"]] = True
            if is_circle:
                problems.append(
                    RowProblem(
                        one.number,
                        "parent",
                        str(one.values.get("parent", "")),
                        "HIER-1",
                        "the accounts hang below each other in a circle",
                    )
                )
            else:
                ordered.append(one)
    return ordered, problems


def requested_on(rows: Sequence[Row]) -> date:
    """Return the day of an order in a file: the first on which an item is effective."""
    return min(row.values["effective_on"] for row in rows)
