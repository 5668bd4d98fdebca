"""How much of a line may still be given back, and how an amount is spread over lines (ADJ-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from foundation.money import allocate, quantize

ZERO = Decimal(0)


class CannotCredit(Exception):
    """The credit would give back what was not billed, or was given back already."""

    rule = "ADJ-1"


@dataclass(frozen=True, slots=True)
class Creditable:
    """A posted line: its net, and how much of it was given back by hand or by the engine.

    `base` is the line that this one, a discount, takes something off.
    """

    line_id: int
    seq: int
    net: Decimal
    credited: Decimal
    base: int | None = None

    @property
    def left(self) -> Decimal:
        """Return the net that may still be given back, with the sign of the line."""
        return self.net - self.credited


def whole(lines: Sequence[Creditable]) -> dict[int, Decimal]:
    """Return everything that is left, line by line (a full credit).

    Raises: CannotCredit when nothing is left.
    """
    nets = {line.line_id: line.left for line in lines if line.left}
    if not nets or sum(nets.values(), ZERO) <= ZERO:
        raise CannotCredit("Nothing of this document is left to credit.")
    return nets


def chosen(
    lines: Sequence[Creditable], wanted: Mapping[int, Decimal], currency: str
) -> dict[int, Decimal]:
    """Return the wanted nets if each lies within what is left of its line.

    What is wanted of a line with discounts is what the customer gets: line and discounts are given
    back in the same proportion, and together never more than was billed (DSC-6).

    Raises: CannotCredit, naming the line and what is left of it.
    """
    by_id = {line.line_id: line for line in lines}
    found: dict[int, Decimal] = {}
    for line_id, net in wanted.items():
        line = by_id.get(line_id)
        if line is None:
            raise CannotCredit("A chosen line is not on this document.")
        reliefs = _reliefs(lines, line_id)
        if reliefs and not any(one.line_id in wanted for one in reliefs):
            found.update(_together(line, reliefs, net, currency))
            continue
        found[line_id] = net
        together = sum((wanted[one.line_id] for one in reliefs if one.line_id in wanted), net)
        if reliefs and together > left_with(lines, line):
            raise CannotCredit(f"Line {line.seq}: its discounts are given back with it.")
        if net != quantize(net, currency):
            raise CannotCredit(f"Line {line.seq}: {net} is finer than the cent of {currency}.")
        if not net or net * line.net < ZERO or abs(net) > abs(line.left):
            raise CannotCredit(
                f"Line {line.seq}: {net} {currency} cannot be credited, "
                f"{quantize(line.left, currency)} are left."
            )
    if sum(found.values(), ZERO) <= ZERO:
        raise CannotCredit("Choose lines that give money back.")
    return found


def left_with(lines: Sequence[Creditable], line: Creditable) -> Decimal:
    """Return what may still be given back of a line and its discounts together."""
    return line.left + sum((one.left for one in _reliefs(lines, line.line_id)), ZERO)


def _reliefs(lines: Sequence[Creditable], line_id: int) -> list[Creditable]:
    return [one for one in lines if one.base == line_id and one.left]


def _together(
    line: Creditable, reliefs: Sequence[Creditable], net: Decimal, currency: str
) -> dict[int, Decimal]:
    """Share what the customer gets over a line and its discounts, in proportion (DSC-6).

    Raises: CannotCredit.
    """
    left = line.left + sum((one.left for one in reliefs), ZERO)
    if not ZERO < net <= left or net != quantize(net, currency):
        raise CannotCredit(
            f"Line {line.seq}: {net} {currency} cannot be credited, {quantize(left, currency)} "
            "are left after its discounts."
        )
    parts = {one.line_id: quantize(one.left * net / left, currency) for one in reliefs}
    own = net - sum(parts.values(), ZERO)
    found = {line.line_id: min(own, line.left), **parts}
    rest = own - found[line.line_id]
    if rest:
        found[reliefs[0].line_id] += rest
    return {line_id: part for line_id, part in found.items() if part}


def spread(lines: Sequence[Creditable], amount: Decimal, currency: str) -> dict[int, Decimal]:
    """Spread a net amount over the lines in proportion to what is left of each (NUM-2).

    Raises: CannotCredit when more is asked for than is left.
    """
    if amount <= ZERO or amount != quantize(amount, currency):
        raise CannotCredit(f"{amount} {currency} is no amount that can be credited.")
    positive = [line for line in lines if line.left > ZERO and left_with(lines, line) > ZERO]
    weights = [left_with(lines, line) for line in positive]
    left = sum(weights, ZERO)
    if amount > left:
        raise CannotCredit(
            f"{amount} {currency} cannot be credited, {quantize(left, currency)} are left."
        )
    found: dict[int, Decimal] = {}
    for line, part in zip(positive, allocate(amount, weights, currency), strict=True):
        reliefs = _reliefs(lines, line.line_id)
        if part and reliefs:
            found.update(_together(line, reliefs, part, currency))
        elif part:
            found[line.line_id] = part
    return found
