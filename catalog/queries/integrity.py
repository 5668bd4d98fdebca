"""What must hold of the catalogue as a whole, counted again although the database keeps it."""

from __future__ import annotations

from typing import Final

from django.db import connection

from foundation.integrity import Check, Finding


def _overlapping_prices() -> list[Finding]:
    """Find published prices of one key that overlap (I-22)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT one.id, other.id, charge.reference, one.currency, one.valid * other.valid
            FROM catalog_priceversion one
            JOIN catalog_priceversion other
              ON other.charge_id = one.charge_id AND other.id > one.id
             AND other.pricebook_id IS NOT DISTINCT FROM one.pricebook_id
             AND other.currency = one.currency AND other.segment = one.segment
             AND other.region = one.region AND other.channel = one.channel
             AND other.attribute_key = one.attribute_key AND other.valid && one.valid
             AND other.state IN ('PUBLISHED', 'RETIRED')
            JOIN catalog_charge charge ON charge.id = one.charge_id
            WHERE one.state IN ('PUBLISHED', 'RETIRED')
            ORDER BY one.id, other.id
            """
        )
        rows = cursor.fetchall()
    return [
        Finding(
            "I-22",
            f"catalog.priceversion:{first}",
            f"{reference} in {currency}: prices {first} and {second} overlap.",
            "no overlap",
            str(overlap),
        )
        for first, second, reference, currency, overlap in rows
    ]


def _broken_tiers() -> list[Finding]:
    """Find prices in force whose tiers do not rise or do not reach to the end (TIER-1)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT price.id, charge.reference, price.currency
            FROM catalog_priceversion price
            JOIN catalog_charge charge ON charge.id = price.charge_id
            WHERE price.state IN ('PUBLISHED', 'RETIRED')
              AND charge.price_model IN ('GRADUATED', 'GRADUATED_PERCENT', 'VOLUME', 'STAIRSTEP')
              AND (NOT EXISTS (SELECT 1 FROM catalog_pricetier tier
                               WHERE tier.price_version_id = price.id
                                 AND tier.upper_inclusive IS NULL)
                   OR EXISTS (SELECT 1 FROM catalog_pricetier low
                              JOIN catalog_pricetier high
                                ON high.price_version_id = low.price_version_id
                               AND high.seq > low.seq
                               AND coalesce(high.upper_inclusive, 'Infinity'::numeric)
                                   <= coalesce(low.upper_inclusive, 'Infinity'::numeric)
                              WHERE low.price_version_id = price.id))
            ORDER BY price.id
            """
        )
        rows = cursor.fetchall()
    return [
        Finding(
            "TIER-1",
            f"catalog.priceversion:{price}",
            f"{reference} in {currency}: the tiers leave a quantity without price.",
        )
        for price, reference, currency in rows
    ]


INTEGRITY: Final = (
    Check("I-22", "No two prices in force overlap", _overlapping_prices),
    Check("TIER-1", "The tiers of prices in force cover every quantity", _broken_tiers),
)
