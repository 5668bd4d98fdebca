"""What can happen in a scenario: a verb is one function over one operation."""

from billing_site.scenarios.verbs import (
    accounts,
    balances,
    bills,
    cash,
    discounts,
    orders,
    prices,
    taxes,
    usage,
)
from billing_site.scenarios.verbs.registry import VERBS

__all__ = [
    "VERBS",
    "accounts",
    "balances",
    "bills",
    "cash",
    "discounts",
    "orders",
    "prices",
    "taxes",
    "usage",
]
