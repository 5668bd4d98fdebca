"""Billing increments of one event (UNIT-1)."""

from decimal import ROUND_CEILING, Decimal


def billable(quantity: Decimal, *, first: Decimal, following: Decimal) -> Decimal:
    """Round a quantity up to the increments of its charge (UNIT-1).

    0 stays 0 and a correction (negative) mirrors what it corrects; `first` is charged whole,
    then every started `following`.
    """
    if quantity < 0:
        return -billable(-quantity, first=first, following=following)
    if quantity == 0:
        return quantity
    if quantity <= first:
        return first
    steps = ((quantity - first) / following).to_integral_value(ROUND_CEILING)
    return first + steps * following
