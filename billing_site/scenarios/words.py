"""What a scenario file may say: who there is, what happens, what must come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

Day: TypeAlias = date  # where a field is called date
REST = {"rest": True}
UNREAD = {"unread": True}


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a price: up to and including a quantity (none: without end).

    Of a matrix it is a `cell`: its attributes as `zone=EU,band=PEAK`, or `*` for all others.
    """

    up_to: str | None = None
    price: str = "0"
    flat: str = "0"
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Amounts:
    """A price in one currency; only what the price model reads is given."""

    currency: str = ""
    price: str | None = None
    flat: str | None = None
    percent: str | None = None
    included: str | None = None
    package: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge(Amounts):
    """A charge of an offer with its price; `usage` names a kind of usage and makes it one.

    `terms` are columns of the charge by their own names: alignment, proration, in_policy …
    """

    name: str = ""
    kind: str = ""
    model: str = ""
    usage: str = ""
    product: str = ""
    also: tuple[Amounts, ...] = ()
    terms: dict[str, str] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class Included:
    """What a month includes of a kind of usage; `terms` are columns: scope, rollover_percent …"""

    usage: str
    quantity: Decimal
    name: str = ""
    terms: dict[str, str] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class Component:
    """An offer that comes with each bundle: INCLUDED, DISCOUNTED by `percent_off`, or LIST.

    `weight` is the stand-alone price of one; `least`, `usual` and `most` are for each bundle.
    """

    treatment: str
    weight: Decimal
    least: Decimal = Decimal(1)
    usual: Decimal | None = None
    most: Decimal | None = None
    percent_off: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer on sale; `identifier` is the kind that its services carry.

    A bundle names offers above it as its `components`. `terms` are columns of its version:
    trial_days, suspension_policy …
    """

    charges: dict[str, Charge]
    name: str = ""
    identifier: str = ""
    includes: dict[str, Included] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True, slots=True)
class Account:
    """An account; below a parent it does not pay unless `pays` says so."""

    entity: str = "EU"
    place: str = ""
    parent: str = ""
    pays: bool | None = None
    cycle: int = 1
    cycle_months: int = 1
    currency: str = ""
    time_zone: str = ""
    person: bool = True
    segment: str = "*"
    vat_id: str = ""
    terms_days: int = 30
    opened: date = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Setup:
    """What there is before the first step. `rebill_periods` is the cycles' look-back (CHG-6).

    `corrections` says how they show a changed amount: NET or REBILL (CHG-3).
    """

    accounts: dict[str, Account]
    offers: dict[str, Offer] = field(default_factory=dict)
    currency: str = "EUR"
    rebill_periods: int = 3
    corrections: str = "NET"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the document shows it: from the first to the last day, both included."""

    net: Decimal
    charge: str = ""
    for_: str = ""
    from_: date | None = None
    to: date | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    tax: Decimal | None = None
    corrects: bool | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A posted document; what is left out is not compared, but no line may be left out.

    `corrects` is the date of the document that a credit note refers to; `payable` is the total
    less what balances of money paid.
    """

    account: str
    date: Day
    total: Decimal
    type: str = "INVOICE"
    currency: str = ""
    net: Decimal | None = None
    tax: Decimal | None = None
    payable: Decimal | None = None
    due: Day | None = None
    corrects: Day | None = None
    lines: tuple[Line, ...] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What must have come out at the end.

    Documents are all there are. `owed` is the balance of open items by account, negative when we
    hold the account's money; `unapplied` what of it is credit; `journal` the balance of accounts
    of the books, debit positive, in the books' currency; `suspense` the usage that waits, by
    reason; `states` those of subscriptions; `findings` what a reviewer is shown, by account.
    """

    documents: tuple[Document, ...] | None = None
    owed: dict[str, Decimal] | None = None
    unapplied: dict[str, Decimal] | None = None
    journal: dict[str, Decimal] | None = None
    suspense: dict[str, int] | None = None
    states: dict[str, str] | None = None
    findings: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is done on a day; `refused` names the rule by which it must be refused."""

    line: int
    at: date
    do: str
    act: Callable[..., object]
    given: Mapping[str, Any]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A business case: its story, and why the figures are what they are."""

    title: str
    why: str
    rules: tuple[str, ...]
    setup: Setup
    expect: Expected
    file: str = field(default="", metadata=UNREAD)
    steps: tuple[Step, ...] = field(default=(), metadata=UNREAD)

    @property
    def theme(self) -> str:
        """Return the folder that the file lies in."""
        return self.file.split("/")[-2] if "/" in self.file else ""
