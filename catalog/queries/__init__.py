"""Reads of the catalogue."""

from catalog.queries.compiled import ChargeTerms, CompiledCatalog, compiled, current_stamp
from catalog.queries.discounts import (
    CommitmentTerms,
    DiscountTerms,
    commitment_terms,
    discount_terms,
    eligible_charges,
)
from catalog.queries.integrity import INTEGRITY
from catalog.queries.telco import band_plans, zone_maps, zone_names, zone_turns
from catalog.queries.terms import charge_terms, is_sold, price_candidate, price_terms

__all__ = [
    "INTEGRITY",
    "ChargeTerms",
    "CommitmentTerms",
    "CompiledCatalog",
    "DiscountTerms",
    "band_plans",
    "charge_terms",
    "commitment_terms",
    "compiled",
    "current_stamp",
    "discount_terms",
    "eligible_charges",
    "is_sold",
    "price_candidate",
    "price_terms",
    "zone_maps",
    "zone_names",
    "zone_turns",
]
