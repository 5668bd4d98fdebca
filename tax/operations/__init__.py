"""The writes of tax: rows are added and ended, never changed."""

from tax.operations.places import add_jurisdiction, register_entity
from tax.operations.rates import (
    RetroactiveTaxChange,
    add_rate,
    add_rule,
    add_tax_type,
    define_category,
    end_rate,
    end_rule,
)

__all__ = [
    "RetroactiveTaxChange",
    "add_jurisdiction",
    "add_rate",
    "add_rule",
    "add_tax_type",
    "define_category",
    "end_rate",
    "end_rule",
    "register_entity",
]
