"""Codes that a form proposes while somebody types: what there is, with its name."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from catalog.models import Charge, DiscountDef, Offer, PriceVersion, Product
from ledger.models import LegalEntity

Named = list[tuple[str, str]]
MOST = 1000


def charges() -> Named:
    """Return the references of charges, those of the newest versions first."""
    rows = Charge.objects.order_by("-offer_version_id", "reference")
    return list(rows.values_list("reference", "name")[:MOST])


def products() -> Named:
    """Return the codes of products."""
    return list(Product.objects.order_by("code").values_list("code", "name")[:MOST])


def sections() -> Named:
    """Return the sections that charges have on an invoice."""
    return _used(Charge.objects.all(), "invoice_section")


def families() -> Named:
    """Return the families that offers are in."""
    return _used(Offer.objects.all(), "family")


def stack_groups() -> Named:
    """Return the groups in which discounts compete."""
    return _used(DiscountDef.objects.all(), "stack_group")


def price_words(field: str) -> Named:
    """Return the segments, regions or channels that prices are for."""
    return [one for one in _used(PriceVersion.objects.all(), field) if one[0] != "*"]


def currencies_sold_in() -> Named:
    """Return the currencies of the legal entities, and those that prices are in."""
    own = LegalEntity.objects.order_by().values_list("functional_currency", flat=True)
    priced = PriceVersion.objects.order_by().values_list("currency", flat=True)
    return [(code, code) for code in sorted(own.union(priced))]


def _used(rows: QuerySet[Any], field: str) -> Named:
    found = rows.order_by(field).values_list(field, flat=True).distinct()[:MOST]
    return [(word, "") for word in found if word]
