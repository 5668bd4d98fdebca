"""The guards of the catalogue, attacked by raw SQL."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.errors import GuardHeld, translate_database_error

pytestmark = pytest.mark.django_db


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


@pytest.fixture(autouse=True)
def offer() -> None:
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
            is_active)
        OVERRIDING SYSTEM VALUE
        VALUES (9001, 'VOICE', 'Voice', 9001, '{}', 'MSISDN', 'START', '{}', false, false, 'SUM',
                true);
        """
    )
    offer_version(9001, 1, "[2026-01-01,2027-01-01)")
    charge(9001)


def offer_version(number: int, version: int, window: str) -> None:
    run(
        f"""
        INSERT INTO catalog_offerversion (id, offer_id, number, sale_window, channels, currencies,
            min_quantity, terms_months, trial_days, notice_days, suspension_policy, note, state,
            created_by_id)
        OVERRIDING SYSTEM VALUE
        VALUES ({number}, 9001, {version}, '{window}', '{{}}', '{{}}', 1, '{{}}', 0, 0, 'STOP',
                '', 'DRAFT', 9001)
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
        "in_policy": "PRORATE",
        "out_policy": "PRORATE",
        "change_policy": "PRORATE",
        "price_model": "FLAT",
        "usage_filter": "{}",
        "price_attributes": "[]",
        "usage_rounding": "LINE",
        "event_decimals": 4,
        "event_mode": "ROUND_HALF_UP",
        "first_increment": 0,
        "next_increment": 0,
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


def test_a_version_begins_as_a_draft() -> None:
    assert refused(price_statement(9001, state="PUBLISHED")) == f"{PRICE}_begins_as_draft"


LIFE = ["DRAFT", "IN_REVIEW", "APPROVED", "PUBLISHED", "RETIRED", "OBSOLETE"]
STEPS = {
    ("DRAFT", "IN_REVIEW"),
    ("IN_REVIEW", "APPROVED"),
    ("IN_REVIEW", "DRAFT"),
    ("APPROVED", "PUBLISHED"),
    ("APPROVED", "DRAFT"),
    ("PUBLISHED", "RETIRED"),
    ("PUBLISHED", "OBSOLETE"),
    ("RETIRED", "OBSOLETE"),
}


@pytest.mark.parametrize("table", [PRICE, OFFER])
def test_only_the_steps_of_the_life_are_taken(table: str) -> None:
    """2.11, every pair of states."""
    if table == PRICE:
        price(9001)
    for reached, now in enumerate(LIFE):
        if reached:
            go(table, 9001, now)
        for to in LIFE:
            if to == now:
                continue
            step = f"UPDATE {table} SET state = '{to}' WHERE id = 9001"
            if (now, to) not in STEPS:
                assert refused(step) == f"{table}_follows_its_life"


@pytest.mark.parametrize("state", ["IN_REVIEW", "APPROVED", "PUBLISHED", "RETIRED"])
@pytest.mark.parametrize(
    "change",
    [
        "flat_amount = 1",
        "currency = 'EUR'",
        "segment = 'X'",
        "charge_id = charge_id + 0, percent = 1",
    ],
)
def test_what_a_submitted_price_says_does_not_change(state: str, change: str) -> None:
    price(9001)
    go(PRICE, 9001, *LIFE[1 : LIFE.index(state) + 1])
    assert refused(f"UPDATE {PRICE} SET {change} WHERE id = 9001") == f"{PRICE}_is_immutable"
    assert refused(f"DELETE FROM {PRICE} WHERE id = 9001") == f"{PRICE}_is_immutable"


def test_a_superuser_in_a_replication_role_is_refused_too() -> None:
    price(9001)
    publish(9001)
    run("SET LOCAL session_replication_role = replica")
    assert refused(f"UPDATE {PRICE} SET flat_amount = 0") == f"{PRICE}_is_immutable"


def test_a_published_price_may_end_earlier_and_nothing_else() -> None:
    price(9001)
    publish(9001)
    for valid in ("[2025-01-01,)", "[2026-02-01,)", "empty"):
        assert refused(f"UPDATE {PRICE} SET valid = '{valid}'") in {
            f"{PRICE}_is_immutable", f"{PRICE}_valid_begins"
        }  # fmt: skip
    run(f"UPDATE {PRICE} SET valid = '[2026-01-01,2026-07-01)'")
    assert refused(f"UPDATE {PRICE} SET valid = '[2026-01-01,)'") == f"{PRICE}_is_immutable"


@pytest.mark.parametrize("table", [PRICE, OFFER])
def test_an_author_neither_approves_nor_publishes(table: str) -> None:
    if table == PRICE:
        price(9001)
    go(table, 9001, "IN_REVIEW")
    approve = f"UPDATE {table} SET state = 'APPROVED', approved_at = now(), approved_by_id = 9001"
    assert refused(f"{approve} WHERE id = 9001") == f"{table}_author_does_not_approve"
    skip = f"UPDATE {table} SET state = 'APPROVED' WHERE id = 9001"
    assert refused(skip) == f"{table}_published_was_approved"
    go(table, 9001, "APPROVED")
    publish_it = f"UPDATE {table} SET state = 'PUBLISHED', published_by_id = 9001 WHERE id = 9001"
    assert refused(publish_it) == f"{table}_author_does_not_publish"


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ({"valid": "[2026-06-01,)"}, True),
        ({"valid": "[2025-01-01,2026-01-02)"}, True),
        ({"valid": "[2025-01-01,2026-01-01)"}, False),
        ({"currency": "EUR"}, False),
        ({"segment": "SMB"}, False),
        ({"region": "NORTH"}, False),
        ({"channel": "WEB"}, False),
        ({"attribute_key": "zone=EU"}, False),
    ],
)
def test_published_prices_of_one_key_do_not_overlap(
    other: dict[str, object], overlaps: bool
) -> None:
    """I-22; prices without a book, segment, region, channel or attribute take part."""
    price(9001)
    price(9002, **other)
    publish(9001)
    go(PRICE, 9002, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {PRICE} SET state = 'PUBLISHED' WHERE id = 9002"
    if overlaps:
        assert refused(step) == f"{PRICE}_published_do_not_overlap"
    else:
        run(step)


def test_a_price_book_has_prices_of_its_own() -> None:
    run(
        "INSERT INTO catalog_pricebook (id, code, name) OVERRIDING SYSTEM VALUE "
        "VALUES (9001, 'PARTNER', 'Partner')"
    )
    price(9001)
    price(9002, pricebook_id=9001)
    price(9003, pricebook_id=9001)
    publish(9001, 9002)
    go(PRICE, 9003, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {PRICE} SET state = 'PUBLISHED' WHERE id = 9003"
    assert refused(step) == f"{PRICE}_published_do_not_overlap"


def test_a_retired_price_keeps_its_days() -> None:
    price(9001)
    publish(9001)
    go(PRICE, 9001, "RETIRED")
    price(9002)
    go(PRICE, 9002, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {PRICE} SET state = 'PUBLISHED' WHERE id = 9002"
    assert refused(step) == f"{PRICE}_published_do_not_overlap"


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"flat_amount": "NaN"}, "flat_amount_is_money"),
        ({"flat_amount": "9.999"}, "flat_amount_is_money"),
        ({"currency": "JPY"}, "flat_amount_is_money"),
        ({"min_amount": "0.001"}, "min_amount_is_money"),
        ({"max_amount": "NaN"}, "max_amount_is_money"),
        ({"unit_price": "NaN"}, "unit_price_is_number"),
        ({"percent": "NaN"}, "percent_is_number"),
        ({"package_size": "NaN"}, "package_size_is_number"),
        ({"free_units": "NaN"}, "free_units_is_number"),
        ({"unit_price": "-1"}, "prices_are_not_negative"),
        ({"package_size": "0"}, "package_is_positive"),
        ({"min_amount": "5", "max_amount": "4"}, "bounds_fit"),
        ({"event_min": "5", "event_max": "4"}, "event_bounds_fit"),
        ({"event_min": "-1"}, "event_bounds_fit"),
        ({"event_fee": "-1"}, "prices_are_not_negative"),
        ({"free_amount": "0.001"}, "free_amount_is_money"),
        ({"event_fee": "NaN"}, "event_fee_is_number"),
        ({"event_min": "NaN"}, "event_min_is_number"),
        ({"event_max": "NaN"}, "event_max_is_number"),
        ({"segment": ""}, "narrowing_is_a_word"),
        ({"valid": "empty"}, "valid_begins"),
        ({"valid": "(,2026-01-01)"}, "valid_begins"),
    ],
)
def test_prices_are_checked(changes: dict[str, object], guard: str) -> None:
    assert refused(price_statement(9001, **changes)) == f"{PRICE}_{guard}"


def tier(seq: int, upper: str, flat: str = "0", unit: str = "1", cell: str = "") -> str:
    return (
        "INSERT INTO catalog_pricetier (price_version_id, seq, upper_inclusive, unit_price, "
        f"flat_amount, cell) VALUES (9001, {seq}, {upper}, '{unit}', '{flat}', '{cell}')"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [("10", "10"), ("10", "9"), ("NULL", "20"), ("NULL", "NULL")],
)
def test_upper_bounds_rise_from_tier_to_tier(first: str, second: str) -> None:
    """TIER-1, in whatever order the tiers are written."""
    price(9001)
    guard = "catalog_pricetier_uppers_increase"
    run(tier(1, first))
    assert refused(tier(2, second)) == guard
    run("DELETE FROM catalog_pricetier")
    run(tier(2, second))
    assert refused(tier(1, first)) == guard


def test_tiers_are_checked() -> None:
    price(9001)
    run(tier(1, "10"))
    run(tier(3, "NULL"))
    assert refused("UPDATE catalog_pricetier SET upper_inclusive = NULL WHERE seq = 1") == (
        "catalog_pricetier_uppers_increase"
    )
    assert refused(tier(1, "5")) in {
        "catalog_pricetier_seq_is_unique", "catalog_pricetier_uppers_increase"
    }  # fmt: skip
    assert refused(tier(2, "20", flat="0.001")) == "catalog_pricetier_flat_amount_is_money"
    assert refused(tier(2, "20", unit="-1")) == "catalog_pricetier_prices_are_not_negative"
    assert refused(tier(2, "20", unit="NaN")) == "catalog_pricetier_unit_price_is_number"
    run("DELETE FROM catalog_pricetier")
    assert refused(tier(1, "0")) == "catalog_pricetier_upper_is_positive"
    assert refused(tier(1, "'NaN'")) == "catalog_pricetier_upper_inclusive_is_number"


def test_cells_are_named_once_and_have_no_bound() -> None:
    price(9001)
    run(tier(1, "NULL", cell="zone=EU"))
    run(tier(2, "NULL", cell="*"))
    assert refused(tier(3, "NULL", cell="*")) == "catalog_pricetier_cell_is_unique"
    assert refused(tier(3, "5", cell="zone=US")) == "catalog_pricetier_cell_has_no_upper"


def test_tiers_are_frozen_with_their_price() -> None:
    price(9001)
    run(tier(1, "10"))
    go(PRICE, 9001, "IN_REVIEW")
    guard = "catalog_pricetier_is_frozen"
    assert refused(tier(2, "NULL")) == guard
    assert refused("UPDATE catalog_pricetier SET unit_price = 0") == guard
    assert refused("DELETE FROM catalog_pricetier") == guard
    price(9002)
    assert refused("UPDATE catalog_pricetier SET price_version_id = 9002") == guard


def test_charges_are_frozen_with_their_offer_version() -> None:
    offer_version(9002, 2, "[2027-01-01,)")
    go(OFFER, 9001, "IN_REVIEW")
    guard = "catalog_charge_is_frozen"
    assert refused(charge_statement(9002)) == guard
    assert refused("UPDATE catalog_charge SET name = 'x'") == guard
    assert refused("UPDATE catalog_charge SET offer_version_id = 9002") == guard
    assert refused("DELETE FROM catalog_charge") == guard


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"kind": "USAGE", "timing": "ARREARS"}, "usage_has_a_usage_type"),
        ({"usage_type_id": 9001}, "usage_has_a_usage_type"),
        ({"kind": "USAGE", "usage_type_id": 9001}, "usage_is_in_arrears"),
        ({"usage_rounding": "EVENT"}, "event_rounding_is_for_usage"),
        (
            {
                "kind": "USAGE", "timing": "ARREARS", "usage_type_id": 9001,
                "usage_rounding": "EVENT", "price_model": "GRADUATED",
            },
            "event_rounding_is_for_usage",
        ),
        (
            {
                "kind": "USAGE", "timing": "ARREARS", "usage_type_id": 9001,
                "price_model": "PER_DAY",
            },
            "days_are_of_a_recurring_charge",
        ),
        ({"trigger": "END"}, "end_fee_is_one_time"),
        ({"event_decimals": 11}, "event_decimals_fit"),
        ({"factor_decimals": 17}, "factor_decimals_fit"),
        ({"period_count": 0}, "period_is_positive"),
        ({"first_increment": -1}, "increments_are_not_negative"),
        ({"first_increment": "NaN"}, "first_increment_is_number"),
        ({"price_model": "GUESS"}, "price_model_is_known"),
        ({"timing": "LATER"}, "timing_is_known"),
        ({"proration": "BY_MOON"}, "proration_is_known"),
    ],
)  # fmt: skip
def test_charges_are_checked(changes: dict[str, object], guard: str) -> None:
    assert refused(charge_statement(9002, 9001, **changes)) == f"catalog_charge_{guard}"


def test_one_version_of_an_offer_is_on_sale_at_a_time() -> None:
    offer_version(9002, 2, "[2026-12-01,)")
    go(OFFER, 9001, *PUBLISH)
    go(OFFER, 9002, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {OFFER} SET state = 'PUBLISHED' WHERE id = 9002"
    assert refused(step) == f"{OFFER}_one_on_sale"
    run(f"UPDATE {OFFER} SET sale_window = '[2026-01-01,2026-12-01)' WHERE id = 9001")
    run(step)
    assert refused(f"UPDATE {OFFER} SET notice_days = 9 WHERE id = 9002") == (
        f"{OFFER}_is_immutable"
    )


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("min_quantity = 5, max_quantity = 4", "quantities_fit"),
        ("min_quantity = 'NaN'", "min_quantity_is_number"),
        ("suspension_policy = 'MAYBE'", "suspension_policy_is_known"),
        ("sale_window = 'empty'", "sale_window_begins"),
        ("state = 'SOLD'", "follows_its_life"),
    ],
)
def test_offer_versions_are_checked(change: str, guard: str) -> None:
    assert refused(f"UPDATE {OFFER} SET {change} WHERE id = 9001") == f"{OFFER}_{guard}"
