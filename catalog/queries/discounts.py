"""Discounts and commitments as the arithmetic needs them, and which charges they hold for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalog.choices import DiscountMethod
from catalog.models import CommitmentSpec, DiscountDef
from catalog.models.discounts import Eligible
from catalog.queries.terms import ChargeTerms
from catalog.rules.discounts import Discount


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """A discount without a database behind it; `terms` waits for the grant it is of."""

    code: str
    text: str
    terms: Discount
    charges: frozenset[int]
    counts_stub: bool
    carries_forward: bool


def discount_terms(charges: Mapping[int, ChargeTerms]) -> dict[int, DiscountTerms]:
    """Return all discounts that were ever given, by id, with the charges they hold for."""
    return {
        row.pk: DiscountTerms(
            row.code,
            row.name,
            Discount(
                grant_id=0,
                kind=row.kind,
                level=row.level,
                value=row.value,
                priority=row.priority,
                is_additive=row.method == DiscountMethod.ADDITIVE,
                stack_group=row.stack_group,
                is_exclusive=row.is_exclusive,
                max_amount=row.max_amount,
                prorates=row.prorates,
                steps=tuple((Decimal(least), Decimal(share)) for least, share in row.volume_steps),
            ),
            eligible_charges(row, charges),
            row.counts_stub,
            row.carries_forward,
        )
        for row in DiscountDef.objects.filter(is_used=True)
    }


@dataclass(frozen=True, slots=True)
class CommitmentTerms:
    """A commitment without a database behind it, with the labels of what makes it up."""

    code: str
    text: str
    kind: str
    window_kind: str
    measure: str
    prorates: bool
    charges: frozenset[int]
    product_id: int
    tax_category: str
    gl_code: str


def commitment_terms(charges: Mapping[int, ChargeTerms]) -> dict[int, CommitmentTerms]:
    """Return all commitments that were ever agreed, by id, with the charges they hold for."""
    found = {}
    rows = CommitmentSpec.objects.filter(is_used=True).select_related(
        "shortfall_product__tax_category", "shortfall_product__gl_code"
    )
    for row in rows:
        product = row.shortfall_product
        category = product.tax_category if product else None
        gl_code = product.gl_code if product else None
        found[row.pk] = CommitmentTerms(
            row.code,
            row.name,
            row.kind,
            row.window_kind,
            row.measure,
            row.prorates,
            eligible_charges(row, charges),
            product.pk if product else 0,
            category.code if category else "",
            gl_code.code if gl_code else "",
        )
    return found


def eligible_charges(
    row: DiscountDef | CommitmentSpec, charges: Mapping[int, ChargeTerms]
) -> frozenset[int]:
    """Return the ids of the charges that something holds for."""
    return frozenset(one.id for one in charges.values() if _is_eligible(row, one))


def _is_eligible(row: Eligible, charge: ChargeTerms) -> bool:
    return (
        row.charge_id in (None, charge.id)
        and row.offer_id in (None, charge.offer_id)
        and row.product_id in (None, charge.product_id)
        and row.charge_kind in ("", charge.kind)
        and row.section in ("", charge.section)
    )
