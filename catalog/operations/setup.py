"""The nouns around offers: units, usage types, codes, products, price books.

Each verb defines one by its code: a second call with the same code changes the row to what it
says, and changes nothing when it says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import transaction

from catalog.models import GLCode, PriceBook, Product, RevenueRule, UnitOfMeasure, UsageType
from foundation.errors import Invalid
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require
from foundation.stamped import Stamped
from tax.models import TaxCategory

Row = TypeVar("Row", bound=Stamped)


def define_unit(
    *,
    code: str,
    name: str,
    dimension: str,
    to_base: Decimal = Decimal(1),
    precision: int = 0,
    actor: User | None,
) -> UnitOfMeasure:
    """Define a unit of measure."""
    values = {"name": name, "dimension": dimension, "to_base": to_base, "precision": precision}
    return define(UnitOfMeasure, code, values, actor)


def define_usage_type(
    *,
    code: str,
    name: str,
    unit: UnitOfMeasure,
    identifier_type: str,
    attribute_schema: Mapping[str, Any] | None = None,
    time_attribute: str = "START",
    allows_corrections: bool = False,
    aggregate_rule: str = "SUM",
    bucket: str = "DAY",
    unique_attribute: str = "",
    carries_over: bool = False,
    missing_zero: bool = False,
    quantity_places: int = 8,
    quantity_mode: str = "ROUND_HALF_UP",
    dedupe_fields: Sequence[str] = (),
    supports_partial: bool = False,
    is_active: bool = True,
    actor: User | None,
) -> UsageType:
    """Define a kind of usage."""
    values = {
        "name": name,
        "unit": unit,
        "identifier_type": identifier_type,
        "attribute_schema": dict(attribute_schema or {}),
        "time_attribute": time_attribute,
        "allows_corrections": allows_corrections,
        "aggregate_rule": aggregate_rule,
        "bucket": bucket,
        "unique_attribute": unique_attribute,
        "carries_over": carries_over,
        "missing_zero": missing_zero,
        "quantity_places": quantity_places,
        "quantity_mode": quantity_mode,
        "dedupe_fields": list(dedupe_fields),
        "supports_partial": supports_partial,
        "is_active": is_active,
    }
    return define(UsageType, code, values, actor)


def define_gl_code(*, code: str, name: str, revenue_account: str, actor: User | None) -> GLCode:
    """Define a GL code and its default revenue account."""
    return define(GLCode, code, {"name": name, "revenue_account": revenue_account}, actor)


def define_revenue_rule(
    *,
    code: str,
    name: str,
    pattern: str,
    is_distinct: bool = True,
    is_unconditional: bool = True,
    allocation_group: str = "",
    actor: User | None,
) -> RevenueRule:
    """Define how revenue is recognised."""
    values = {
        "name": name,
        "pattern": pattern,
        "is_distinct": is_distinct,
        "is_unconditional": is_unconditional,
        "allocation_group": allocation_group,
    }
    return define(RevenueRule, code, values, actor)


def define_product(
    *,
    code: str,
    name: str,
    product_type: str,
    family: str = "",
    tax_category: TaxCategory | None = None,
    gl_code: GLCode | None = None,
    revenue_rule: RevenueRule | None = None,
    provisioning_code: str = "",
    is_active: bool = True,
    actor: User | None,
) -> Product:
    """Define a product; what it lacks for billing is found when an offer is published."""
    values = {
        "name": name,
        "product_type": product_type,
        "family": family,
        "tax_category": tax_category,
        "gl_code": gl_code,
        "revenue_rule": revenue_rule,
        "provisioning_code": provisioning_code,
        "is_active": is_active,
    }
    return define(Product, code, values, actor)


def define_price_book(
    *, code: str, name: str, parent: PriceBook | None = None, actor: User | None
) -> PriceBook:
    """Define a price book; a book is not its own ancestor.

    Raises: Invalid.
    """
    above = parent
    while above is not None:
        if above.code == code:
            raise Invalid(f"the price book {code} would be its own ancestor", rule="PRC-2")
        above = above.parent
    return define(PriceBook, code, {"name": name, "parent": parent}, actor)


def define(model: type[Row], code: str, values: dict[str, Any], actor: User | None) -> Row:
    """Create or change the row of a code, checking its values as a form would (set-up only)."""
    meta = model._meta
    require(actor, f"catalog.add_{meta.model_name}", f"catalog.change_{meta.model_name}")
    try:
        code = code_text(code, 32)
        values["name"] = plain_text(values["name"], 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    with transaction.atomic():
        row = model._default_manager.select_for_update().filter(code=code).first()
        if row is None:
            row = model(code=code, created_by=actor, updated_by=actor, **values)
            row.save()
            return row
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.updated_by = actor
            row.save()
    return row
