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
    """A posted line: its net, and how much of it was given back by hand or by the engine."""

    line_id: int
    seq: int
    net: Decimal
    credited: Decimal

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

    Raises: CannotCredit, naming the line and what is left of it.
    """
    by_id = {line.line_id: line for line in lines}
    for line_id, net in wanted.items():
        line = by_id.get(line_id)
        if line is None:
            raise CannotCredit("A chosen line is not on this document.")
        if net != quantize(net, currency):
            raise CannotCredit(f"Line {line.seq}: {net} is finer than the cent of {currency}.")
        if not net or net * line.net < ZERO or abs(net) > abs(line.left):
            raise CannotCredit(
                f"Line {line.seq}: {net} {currency} cannot be credited, "
                f"{quantize(line.left, currency)} are left."
            )
    if sum(wanted.values(), ZERO) <= ZERO:
        raise CannotCredit("Choose lines that give money back.")
    return dict(wanted)


def spread(lines: Sequence[Creditable], amount: Decimal, currency: str) -> dict[int, Decimal]:
    """Spread a net amount over the lines in proportion to what is left of each (NUM-2).

    Raises: CannotCredit when more is asked for than is left.
    """
    if amount <= ZERO or amount != quantize(amount, currency):
        raise CannotCredit(f"{amount} {currency} is no amount that can be credited.")
    positive = [line for line in lines if line.left > ZERO]
    left = sum((line.left for line in positive), ZERO)
    if amount > left:
        raise CannotCredit(
            f"{amount} {currency} cannot be credited, {quantize(left, currency)} are left."
        )
    parts = allocate(amount, [line.left for line in positive], currency)
    return {line.line_id: part for line, part in zip(positive, parts, strict=True) if part != ZERO}
