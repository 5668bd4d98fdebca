"""What stands in a table: columns, facts and totals, and how each kind of value is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from foundation.money import minor_units
from foundation.periods import Period

Kind = Literal[
    "text", "money", "number", "measure", "date", "instant", "status", "yesno", "code", "act"
]
# A measure is a number, or money where its row has a currency; what it counts stands beside it.
NUMERIC: frozenset[str] = frozenset({"money", "number", "measure"})
OF_CURRENCY: frozenset[str] = frozenset({"money", "measure"})
ONE_LINE: frozenset[str] = NUMERIC | {"date", "instant", "status"}

ISO_DATE: Final = re.compile(r"(?<![\w./-])\d{4}-\d\d-\d\d(?![\w/-]|\.\w)")

# The tone of a state, by its word; a state not listed here is neutral.
TONES = {
    "good": "ACTIVE APPROVED POSTED PUBLISHED DONE FINISHED OK CLEARED SETTLED PAID SENT RATED "
    "LOADED APPLIED VALID BILLED OPEN COMPLETED SIGNED CLOSED GRANTED MATCHED CAPTURED "
    "DELIVERED",
    "warn": "HELD REVIEW PENDING SUSPENDED WAITING PARTIAL SUSPENSE WARNING NEAR_DUE UNIDENTIFIED "
    "UNAPPLIED PENDING_APPROVAL SUBMITTED IN_REVIEW CORRECTED TRIAL PENDING_END "
    "WARN WITH_ERRORS SOFT_CLOSED REQUESTED PAUSED",
    "bad": "FAILED REJECTED ERROR OVERDUE REVERSED CANCELLED DISCARDED BLOCKED RED EXPIRED "
    "TERMINATED WRITTEN_OFF STOPPED REVOKED BLOCK REFUSED PARKED",
    "info": "RUNNING DRAFT DRAFTED INFO CALCULATING SELECTED SELECTING POSTING NEW RECEIVED "
    "STAGED APPROVING",
}
TONE_OF = {word: tone for tone, words in TONES.items() for word in words.split()}


def tone(state: object) -> str:
    """Return good, warn, bad, info or neutral for a state word."""
    return TONE_OF.get(str(state).upper().replace(" ", "_").replace("-", "_"), "neutral")


def plain(value: Any) -> Any:
    """Return the amount of a money value, anything else as it is."""
    return value.amount if hasattr(value, "amount") and hasattr(value, "currency") else value


def money_text(amount: Any, currency: str) -> str:
    """Write 1,234.50 with the currency's own decimals (more where the amount has more)."""
    value = plain(amount)
    if value is None:
        return ""
    value = Decimal(value)
    places = minor_units(currency) if currency else 2
    shortest = -int(value.normalize().as_tuple().exponent)
    text = f"{abs(value):,.{max(places, min(shortest, 10))}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 else text


def number_text(value: Any) -> str:
    """Write a quantity with thousands separated and without trailing zeros."""
    if isinstance(value, Decimal):
        text = f"{abs(value):,f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"\N{MINUS SIGN}{text}" if value < 0 else text
    return f"{value:,}" if isinstance(value, int) else str(value)


def date_text(value: date) -> str:
    """Write 29 Nov 2026: the order of day and month cannot be misread."""
    return f"{value.day} {value:%b %Y}"


def dates_told(text: str) -> str:
    """Write the dates in a sentence as the console does: refusals name them as machines do.

    What is part of a longer word, as of a file's name, stays; so does what is no date.
    """
    return ISO_DATE.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    try:
        return date_text(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def days_text(period: Period) -> str:
    """Write the first and the last day of a period."""
    return f"{date_text(period.start)} \N{EN DASH} {date_text(period.last_day)}"


def instant_text(value: datetime) -> str:
    """Write an instant in UTC, to the minute."""
    moment = value.astimezone(UTC) if value.tzinfo else value
    return f"{date_text(moment)} {moment:%H:%M} UTC"


def value_text(value: Any, kind: str = "text", currency: str = "") -> str:
    """Write any value as its kind is written; nothing for None."""
    if value is None or value == "":
        return ""
    if kind == "money" or (kind == "measure" and currency):
        return money_text(value, currency)
    if kind == "yesno" or isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, Period):
        return days_text(value)
    if isinstance(value, int | Decimal) and kind != "code":
        return number_text(value)
    if kind == "status":
        return str(value).replace("_", " ").capitalize()
    return str(value)


def read(row: Any, path: str | Callable[[Any], Any]) -> Any:
    """Return what `path` names in a row: a function, "name" or "payer.name"; None if absent."""
    if callable(path):
        return path(row)
    found = row
    for part in path.split("."):
        if found is None:
            return None
        found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
    return found() if callable(found) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value as it is shown: its text, where it leads, and its raw value for an export."""

    raw: Any
    text: str
    kind: str
    currency: str = ""
    url: str = ""
    tone: str = ""

    @property
    def is_numeric(self) -> bool:
        """Tell whether the cell is set right, in tabular figures."""
        return self.kind in NUMERIC

    @property
    def is_zero(self) -> bool:
        """Tell whether the cell is a figure that says nothing, to be written quietly."""
        return self.is_numeric and self.raw is not None and not self.raw

    @property
    def is_short(self) -> bool:
        """Tell whether the cell stays on one line: numbers, days, states, single words."""
        return self.kind in ONE_LINE or (len(self.text) <= 24 and " " not in self.text)


def cell(
    value: Any, *, kind: str = "text", currency: str = "", url: str = "", state: Any = None
) -> Cell:
    """Return the cell of a value; money knows its own currency where it is a money value."""
    if kind == "money" and hasattr(value, "currency"):
        currency = str(value.currency)
    return Cell(
        raw=plain(value),
        text=value_text(value, kind, currency),
        kind=kind,
        currency=currency if kind == "money" else "",
        url=url,
        tone=tone(value if state is None else state) if kind == "status" else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    `value` is a function of the row or the path of an attribute or key; `currency` the same, for
    money; `link` gives the address of what the value is about ("" for none).
    """

    label: str
    value: str | Callable[[Any], Any]
    kind: Kind = "text"
    currency: str | Callable[[Any], Any] = "currency"
    link: Callable[[Any], str] | None = None
    export: bool = True

    @property
    def is_numeric(self) -> bool:
        """Tell whether the column is set right."""
        return self.kind in NUMERIC

    def cell(self, row: Any) -> Cell:
        """Return this column's cell of a row."""
        value = read(row, self.value)
        currency = str(read(row, self.currency) or "") if self.kind in OF_CURRENCY else ""
        url = (self.link(row) or "") if self.link is not None else ""
        return cell(value, kind=self.kind, currency=currency, url=url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A figure under or above a list: one per currency, each with where it leads."""

    label: str
    amount: Any
    currency: str = ""
    kind: Kind = "money"
    url: str = ""

    @property
    def cell(self) -> Cell:
        """Return the figure as it is shown."""
        return cell(self.amount, kind=self.kind, currency=self.currency, url=self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a definition list: what it is called, its value, where it leads."""

    label: str
    value: Any
    kind: Kind = "text"
    currency: str = ""
    url: str = ""

    @property
    def cell(self) -> Cell:
        """Return the value as it is shown."""
        return cell(self.value, kind=self.kind, currency=self.currency, url=self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns over rows, for `{% table %}`; `caption` is its heading, `empty` what to say."""

    columns: Sequence[Column]
    rows: Iterable[Any]
    caption: str = ""
    empty: str = "Nothing here yet."
    totals: Sequence[Total] = field(default_factory=tuple)

    @property
    def lines(self) -> list[list[Cell]]:
        """Return the cells, row by row."""
        return [[column.cell(row) for column in self.columns] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of a table that may be chosen in a form, unless `why_not` says why it may not."""

    pk: int
    line: list[Cell]
    is_chosen: bool = True
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A page beside this one; shown to whoever has `permission`."""

    label: str
    url: str
    permission: str = ""
    active: bool = False
