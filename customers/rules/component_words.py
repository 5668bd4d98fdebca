"""How a component of a bundle is written on a line: its offer, how many, its identifiers.

`MOBILE 2 MSISDN:4917012345`: two for each bundle, with a number; `-` leaves the quantity as it is,
or as the catalogue has it; 0 leaves an optional component out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from foundation.parsing import BadValue, code_text, decimal_text, key_text

AS_IT_IS = "-"


class ComponentWords(NamedTuple):
    """A component as it was written: its offer, how many for each bundle, its identifiers."""

    offer: str
    quantity: Decimal | None
    identifiers: tuple[tuple[str, str], ...]


def read_component(words: Sequence[str]) -> ComponentWords:
    """Read the words of one component.

    Raises: BadValue.
    """
    if len(words) < 2:
        raise BadValue("COMPONENT", "write an offer and how many of it, as TV 1 or TV -")
    offer, quantity, *rest = words
    return ComponentWords(
        offer=code_text(offer, 32),
        quantity=(
            None if quantity == AS_IT_IS else decimal_text(quantity, places=8, minimum=Decimal(0))
        ),
        identifiers=tuple(_identifier(one) for one in rest),
    )


def write_component(one: ComponentWords) -> str:
    """Write a component as `read_component` reads it."""
    quantity = AS_IT_IS if one.quantity is None else f"{one.quantity.normalize():f}"
    return " ".join([one.offer, quantity, *(f"{kind}:{value}" for kind, value in one.identifiers)])


def _identifier(word: str) -> tuple[str, str]:
    kind, sign, value = word.partition(":")
    if not sign:
        raise BadValue("COMPONENT", f"{word[:40]!a} is not an identifier as MSISDN:4917012345")
    return code_text(kind, 16), key_text(value, 64)
