"""A plan: the taxes of one (category, jurisdiction, customer, date), worked out once."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from tax.rules.terms import ONE

PERCENT = "PERCENT"
PER_UNIT = "PER_UNIT"
FLAT_LINE = "FLAT_LINE"
NONE = "NONE"  # bears no tax but is recorded: exempt, zero rated, reverse charge, out of scope

CODES = {
    "TAXABLE": "S",
    "ZERO": "Z",
    "EXEMPT": "E",
    "REVERSE_CHARGE": "AE",
    "OUT_OF_SCOPE": "O",
}


class TaxRateMissing(Exception):
    """A rule says "taxable" and no rate of its code is valid on the date."""

    rule = "TAX-5"


class Step(NamedTuple):
    """One tax of a plan.

    `base` lists the positions of earlier steps whose amounts join the base (TAX-8); steps with one
    `unit` number share a rounding (TAX-9, combine_state_local).
    """

    jurisdiction_id: int
    tax_type_id: int
    code: str
    kind: str
    rate: Decimal
    share: Decimal
    cap: Decimal | None
    cap_scope: str
    base: tuple[int, ...]
    sequence: int
    unit: int
    trace: str

    @property
    def group(self) -> str:
        """Name the group in which DOCUMENT rounding sums this tax, rate first."""
        return f"{self.rate}|{self.jurisdiction_id}|{self.tax_type_id}|{self.code}"

    @property
    def is_plain(self) -> bool:
        """Say whether the tax is nothing but net times rate."""
        return (
            self.kind in (PERCENT, NONE)
            and self.cap is None
            and not self.base
            and self.share == ONE
        )


class Plan:
    """The steps in the order of computing: by sequence, then from country to district (TAX-4)."""

    __slots__ = ("caps_document", "direct", "groups", "plain", "steps", "units")

    def __init__(self, steps: tuple[Step, ...]) -> None:
        """Sort the steps into rounding units and mark the plan that needs no care."""
        self.steps = steps
        grouped: dict[int, list[int]] = {}
        for position, step in enumerate(steps):
            grouped.setdefault(step.unit, []).append(position)
        self.units: tuple[tuple[int, ...], ...] = tuple(tuple(one) for one in grouped.values())
        self.groups: tuple[str, ...] = tuple(step.group for step in steps)
        self.caps_document = any(s.cap is not None and s.cap_scope == "DOCUMENT" for s in steps)
        self.direct = len(self.units) == len(steps) and not self.caps_document
        self.plain = self.direct and all(step.is_plain for step in steps)

    def __eq__(self, other: object) -> bool:
        """Equal plans tax equally, so that a period is split only where something changes."""
        return isinstance(other, Plan) and self.steps == other.steps

    def __hash__(self) -> int:
        """Hash by the steps."""
        return hash(self.steps)
