"""Exclusive prices: tax by group, in sequence, allocated to the lines (TAX-8, TAX-9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from foundation.money import allocate, quantize
from tax.rules.plans import FLAT_LINE, NONE, PER_UNIT, PERCENT, Plan, Step
from tax.rules.terms import ONE, ZERO, TaxableLine, TaxAmount


class Work:
    """A line while it is being taxed; `net` of an inclusive line is known only afterwards."""

    __slots__ = ("amounts", "exempt", "line", "net", "plan", "position")

    def __init__(self, position: int, line: TaxableLine, plan: Plan) -> None:
        """Find out which certificate reaches which step (TAX-6)."""
        self.position = position
        self.line = line
        self.plan = plan
        self.net = line.amount
        self.amounts: list[Decimal] = [ZERO] * len(plan.steps)
        self.exempt: dict[int, tuple[Decimal, int]] = {}
        for number, step in enumerate(plan.steps) if line.exemptions else ():
            if step.kind == NONE:
                continue
            reaching = [
                (one.share, one.id)
                for one in line.exemptions
                if one.covers(
                    jurisdiction_id=step.jurisdiction_id,
                    tax_type_id=step.tax_type_id,
                    category=line.category,
                    on=line.tax_date,
                )
            ]
            if reaching:
                self.exempt[number] = max(reaching)

    def exempt_key(self) -> tuple[tuple[int, tuple[Decimal, int]], ...]:
        """Return what must be equal for two lines to be rounded together."""
        return tuple(self.exempt.items())

    def base(self, number: int) -> Decimal:
        """Return net and compounded taxes before share and exemption."""
        base = self.net
        for earlier in self.plan.steps[number].base:
            base += self.amounts[earlier]
        return base

    def bases(self, number: int, currency: str) -> tuple[Decimal, Decimal]:
        """Return the taxed and the exempt basis, rounded; they add up to the share's basis."""
        step = self.plan.steps[number]
        basis = self.base(number)
        if step.share != ONE:
            basis = quantize(basis * step.share, currency)
        if number not in self.exempt:
            return basis, ZERO
        exempt = quantize(basis * self.exempt[number][0], currency)
        return basis - exempt, exempt

    def exact(self, number: int, currency: str) -> Decimal:
        """Return the unrounded tax of one step, capped by line (TAX-8)."""
        step = self.plan.steps[number]
        if step.kind == NONE or self.net == 0 or (self.line.is_part and step.kind != PERCENT):
            return ZERO
        left = ONE - self.exempt[number][0] if number in self.exempt else ONE
        if step.kind == PER_UNIT:
            tax = self.line.quantity * step.rate * step.share * left
        elif step.kind == FLAT_LINE:
            tax = (step.rate if self.net > 0 else -step.rate) * left
        else:
            tax = self.bases(number, currency)[0] * step.rate
        if step.cap is not None and step.cap_scope == "LINE":
            tax = max(-step.cap, min(step.cap, tax))
        return tax

    def taxes(self, currency: str) -> Iterator[TaxAmount]:
        """Give the taxes of the line; an exempt part is a row of its own with category E."""
        for number, step in enumerate(self.plan.steps):
            taxed, exempt = self.bases(number, currency)
            if number in self.exempt:
                certificate = self.exempt[number][1]
                yield TaxAmount(
                    step.jurisdiction_id,
                    step.tax_type_id,
                    "E",
                    ZERO,
                    exempt,
                    ZERO,
                    certificate,
                    step.trace,
                )
                if self.exempt[number][0] >= ONE:
                    continue
            yield TaxAmount(
                step.jurisdiction_id,
                step.tax_type_id,
                step.code,
                step.rate,
                taxed,
                self.amounts[number],
                None,
                step.trace,
            )


def tax_exclusive(works: Sequence[Work], currency: str) -> None:
    """Fill in the amounts of lines rounded together, earlier taxes before later ones."""
    groups: dict[tuple[object, ...], list[tuple[Work, tuple[int, ...]]]] = {}
    for work in works:
        for unit in work.plan.units:
            steps = tuple(work.plan.steps[number] for number in unit)
            if len(unit) > 1 and any(number in work.exempt for number in unit):
                for number, step in zip(unit, steps, strict=True):
                    groups.setdefault(_key((step,)), []).append((work, (number,)))
            else:
                groups.setdefault(_key(steps), []).append((work, unit))
    for key in sorted(groups, key=lambda one: one[0]):  # type: ignore[arg-type,return-value]
        _fill(groups[key], currency)


def _key(steps: tuple[Step, ...]) -> tuple[object, ...]:
    return (
        steps[0].sequence,
        tuple((one.jurisdiction_id, one.tax_type_id, one.code, one.rate) for one in steps),
    )


def _fill(members: Sequence[tuple[Work, tuple[int, ...]]], currency: str) -> None:
    """Round the sum of a group once and allocate it to its lines (TAX-9)."""
    exact = [sum((work.exact(n, currency) for n in unit), ZERO) for work, unit in members]
    total = quantize(sum(exact, ZERO), currency)
    first = members[0][0].plan.steps[members[0][1][0]]
    if first.cap is not None and first.cap_scope == "DOCUMENT":
        total = max(-first.cap, min(first.cap, total))
    for (work, unit), amount in zip(members, spread(total, exact, currency), strict=True):
        if len(unit) == 1:
            work.amounts[unit[0]] = amount
            continue
        rates = [work.plan.steps[number].rate for number in unit]
        parts = allocate(amount, rates, currency) if sum(rates) else [ZERO] * len(unit)
        for number, part in zip(unit, parts, strict=True):
            work.amounts[number] = part


def spread(total: Decimal, exact: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Allocate a rounded total over unrounded parts that may have both signs."""
    if len(exact) == 1:
        return [total]
    below = [min(one, ZERO) for one in exact]
    above = [max(one, ZERO) for one in exact]
    if not any(below) and not any(above):
        return [ZERO] * len(exact)
    lower = quantize(sum(below, ZERO), currency) if any(above) else total
    parts = [ZERO] * len(exact)
    for whole, weights in ((lower, below), (total - lower, above)):
        if any(weights):
            shares = allocate(whole, [abs(one) for one in weights], currency)
            parts = [part + share for part, share in zip(parts, shares, strict=True)]
    return parts
