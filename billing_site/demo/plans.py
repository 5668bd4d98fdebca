"""How an offer is written down before it is put up for sale; amounts are text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a price; `upper` None is the last. Prices per unit; `flat` per step.

    Of a matrix it is a `cell`, named by attributes.
    """

    upper: str | None
    unit: str = "0"
    flat: str = "0"
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """A price in one currency; only what the charge's model reads is given."""

    unit: str | None = None
    flat: str | None = None
    percent: str | None = None
    included: str | None = None
    package: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class ChargePlan:
    """A charge of an offer. `months` is the length of its period; `timing` when it falls due.

    `terms` are further columns of the charge.
    """

    code: str
    name: str
    product: str
    kind: str
    model: str
    prices: dict[str, Price]
    timing: str = "ADVANCE"
    months: int = 1
    usage_type: str = ""
    rounding: str = "LINE"
    section: str = "Monthly charges"
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncludedPlan:
    """What a month of an offer includes of a usage type; `terms` are further columns."""

    code: str
    name: str
    usage_type: str
    quantity: Decimal
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ComponentPlan:
    """An offer that comes with a bundle; `terms` are columns of the component."""

    offer: str
    treatment: str
    percent_off: Decimal | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferPlan:
    """An offer, and the identifier type that its services carry (empty: none).

    `terms` are columns of its version.
    """

    code: str
    name: str
    charges: tuple[ChargePlan, ...]
    identifier: str = ""
    family: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    included: tuple[IncludedPlan, ...] = ()
    components: tuple[ComponentPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """A product with what finance needs to know of it."""

    code: str
    name: str
    family: str
    kind: str
    tax_category: str
    gl_code: str
    revenue_rule: str = "RATABLE_DAILY"
