"""Rows of the catalogue written by raw SQL, and attacks on what guards them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.errors import GuardHeld, translate_database_error


def run(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0]) if "RETURNING" in statement else cursor.rowcount


def refused(statement: str) -> str:
    """Return the name of the guard that refuses the statement."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        run(statement)
    refusal = translate_database_error(caught.value)
    assert isinstance(refusal, GuardHeld)
    return refusal.guard


def lay_out_offer() -> None:
    run(
        """
        INSERT INTO auth_user (id, username, password, is_superuser, first_name, last_name, email,
                               is_staff, is_active, date_joined)
        OVERRIDING SYSTEM VALUE VALUES
            (9001, 'author', '', false, '', '', '', true, true, now()),
            (9002, 'checker', '', false, '', '', '', true, true, now());
        INSERT INTO catalog_product (id, code, name, family, product_type, provisioning_code,
                                     is_active)
        OVERRIDING SYSTEM VALUE VALUES (9001, 'LINE', 'Line', '', 'SERVICE', '', true);
        INSERT INTO catalog_offer (id, code, name, family, description)
        OVERRIDING SYSTEM VALUE VALUES (9001, 'FIBER', 'Fiber', '', '');
        INSERT INTO catalog_unitofmeasure (id, code, name, dimension, to_base, precision)
        OVERRIDING SYSTEM VALUE VALUES (9001, 'MIN', 'Minute', 'TIME', 60, 0);
        INSERT INTO catalog_usagetype (id, code, name, unit_id, attribute_schema, identifier_type,
            time_attribute, dedupe_fields, supports_partial, allows_corrections, aggregate_rule,
            bucket, unique_attribute, carries_over, missing_zero, quantity_places, quantity_mode,
            is_active)
        OVERRIDING SYSTEM VALUE
        VALUES (9001, 'VOICE', 'Voice', 9001, '{}', 'MSISDN', 'START', '{}', false, false, 'SUM',
                'DAY', '', false, false, 8, 'ROUND_HALF_UP', true);
        """
    )
    offer_version(9001, 1, "[2026-01-01,2027-01-01)")
    charge(9001)


def offer_version(number: int, version: int, window: str) -> None:
    run(
        f"""
        INSERT INTO catalog_offerversion (id, offer_id, number, sale_window, channels, currencies,
            min_quantity, terms_months, trial_days, notice_days, suspension_policy,
            end_day, note, state, created_by_id)
        OVERRIDING SYSTEM VALUE
        VALUES ({number}, 9001, {version}, '{window}', '{{}}', '{{}}', 1, '{{}}', 0, 0, 'STOP',
                'LAST_DAY_BILLED', '', 'DRAFT', 9001)
        """
    )


def charge(number: int, version: int = 9001, **changes: object) -> None:
    run(charge_statement(number, version, **changes))


def charge_statement(number: int, version: int = 9001, **changes: object) -> str:
    values: dict[str, object] = {
        "id": number,
        "offer_version_id": version,
        "product_id": 9001,
        "code": f"C{number}",
        "reference": f"FIBER/{version}/C{number}",
        "name": "Line rental",
        "sequence": 1,
        "kind": "RECURRING",
        "timing": "ADVANCE",
        "period_unit": "MONTH",
        "period_count": 1,
        "alignment": "CYCLE",
        "trigger": "EFFECTIVE",
        "proration": "ACTUAL_DAYS",
        "granularity": "DAY",
        "in_policy": "PRORATE",
        "out_policy": "PRORATE",
        "change_policy": "PRORATE",
        "change_day": "NEW",
        "long_anchor": "NEXT_CYCLE_DATE",
        "billed_through": "PERIOD_END",
        "price_model": "FLAT",
        "usage_filter": "{}",
        "price_attributes": "[]",
        "usage_rounding": "LINE",
        "event_decimals": 4,
        "event_mode": "ROUND_HALF_UP",
        "first_increment": 0,
        "next_increment": 0,
        "increment_mode": "UP",
        "counter_scope": "SUBSCRIPTION",
        "tier_reset": "PERIOD",
        "tier_proration": "false",
        "free_proration": "false",
        "bounds_prorated": "true",
        "tier_after_proration": "false",
        "upper_exclusive": "false",
        "empty_tier_flat": "false",
        "bill_zero": "false",
        "show_zero": "false",
        "split_on_price_change": "false",
        "payer_price": "false",
        "invoice_section": "Charges",
        "text_template": "{name}",
    } | changes
    columns = ", ".join(values)
    literals = ", ".join("NULL" if value is None else f"'{value}'" for value in values.values())
    return f"INSERT INTO catalog_charge ({columns}) OVERRIDING SYSTEM VALUE VALUES ({literals})"


def price_statement(number: int, **changes: object) -> str:
    values: dict[str, object] = {
        "id": number,
        "charge_id": 9001,
        "pricebook_id": None,
        "currency": "USD",
        "segment": "*",
        "region": "*",
        "channel": "*",
        "attribute_key": "*",
        "valid": "[2026-01-01,)",
        "unit_price": 0,
        "flat_amount": "9.99",
        "percent": 0,
        "min_amount": None,
        "max_amount": None,
        "package_size": 1,
        "free_units": 0,
        "event_fee": 0,
        "free_events": 0,
        "free_amount": 0,
        "tax_inclusive": "false",
        "state": "DRAFT",
        "created_by_id": 9001,
    } | changes
    columns = ", ".join(values)
    literals = ", ".join("NULL" if value is None else f"'{value}'" for value in values.values())
    return (
        f"INSERT INTO catalog_priceversion ({columns}) OVERRIDING SYSTEM VALUE VALUES ({literals})"
    )


def price(number: int, **changes: object) -> None:
    run(price_statement(number, **changes))


def go(table: str, number: int, *states: str) -> None:
    for state in states:
        more = {
            "IN_REVIEW": ", submitted_at = now(), submitted_by_id = 9001",
            "APPROVED": ", approved_at = now(), approved_by_id = 9002",
            "PUBLISHED": ", published_at = now(), published_by_id = 9002",
        }.get(state, "")
        run(f"UPDATE {table} SET state = '{state}'{more} WHERE id = {number}")


PRICE, OFFER = "catalog_priceversion", "catalog_offerversion"
PUBLISH = ("IN_REVIEW", "APPROVED", "PUBLISHED")


def publish(*numbers: int) -> None:
    for number in numbers:
        go(PRICE, number, *PUBLISH)
