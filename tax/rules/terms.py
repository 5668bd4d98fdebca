"""What the calculator is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

ONE = Decimal(1)
ZERO = Decimal(0)


class Exemption(NamedTuple):
    """Say what an approved certificate exempts; None in a scope means "all" (TAX-6).

    `share` is the exempt part of the base (1 = all of it); the validity is half-open and an
    `ends` of None never ends.
    """

    id: int
    starts: date
    ends: date | None
    share: Decimal = ONE
    jurisdictions: frozenset[int] | None = None
    tax_types: frozenset[int] | None = None
    categories: frozenset[str] | None = None

    def covers(self, *, jurisdiction_id: int, tax_type_id: int, category: str, on: date) -> bool:
        """Say whether this certificate reaches the tax of the line on its tax date (TAX-6)."""
        return (
            self.starts <= on
            and (self.ends is None or on < self.ends)
            and (self.jurisdictions is None or jurisdiction_id in self.jurisdictions)
            and (self.tax_types is None or tax_type_id in self.tax_types)
            and (self.categories is None or category in self.categories)
        )


class TaxableLine(NamedTuple):
    """One line to tax.

    `amount` is the net of an exclusive price and the gross of an inclusive one, already rounded.
    `jurisdiction_id` is the leaf of the sourced address (TAX-3); None bears no tax. `period` is
    read only where the jurisdiction splits by days (TAX-1). What `is_part` of another line, a
    discount, bears no tax by the unit or the line.
    """

    key: object
    amount: Decimal
    category: str
    jurisdiction_id: int | None
    tax_date: date
    quantity: Decimal = ONE
    inclusive: bool = False
    exemptions: tuple[Exemption, ...] = ()
    period: tuple[date, date] | None = None
    is_part: bool = False


class TaxAmount(NamedTuple):
    """One tax of one line; `trace` is JSON text naming rule, rate and reason (TAX-11)."""

    jurisdiction_id: int
    tax_type_id: int
    category_code: str
    rate: Decimal
    basis: Decimal
    amount: Decimal
    exemption_id: int | None
    trace: str


class LineTax(NamedTuple):
    """The net of a line and its taxes, in the order in which they were computed."""

    key: object
    net: Decimal
    taxes: tuple[TaxAmount, ...]

    @property
    def tax(self) -> Decimal:
        """Add the taxes of the line."""
        return sum((tax.amount for tax in self.taxes), ZERO)


@dataclass(slots=True)
class TaxDocument:
    """A document whose lines are taxed together.

    `rounding` is LINE or DOCUMENT (TAX-9); `vat_ok` says that the buyer's VAT number was valid on
    the tax date; `seller_country` is the country of the legal entity.
    """

    rounding: str
    currency: str
    seller_country: str
    customer_kind: str
    lines: list[TaxableLine] = field(default_factory=list)
    vat_ok: bool = False
