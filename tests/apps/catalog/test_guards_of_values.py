"""What a price, a tier, a charge and an offer version may say, attacked by raw SQL."""

from __future__ import annotations

import pytest

from tests.apps.catalog.attacks import (
    OFFER,
    PRICE,
    charge_statement,
    go,
    lay_out_offer,
    offer_version,
    price,
    price_statement,
    refused,
    run,
)
from tests.attacks import copied, refused_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def offer() -> None:
    lay_out_offer()


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
        (
            {"kind": "USAGE", "usage_type_id": 9001, "timing": "THRESHOLD"},
            "threshold_has_limits",
        ),
        ({"timing": "ARREARS", "thresholds": '{"EUR": "5"}'}, "threshold_has_limits"),
        ({"usage_rounding": "EVENT"}, "event_rounding_is_for_usage"),
        ({"change_day": "ANY"}, "change_day_is_known"),
        ({"granularity": "HOUR"}, "granularity_is_known"),
        ({"granularity": "SECOND"}, "moments_are_counted_in_seconds"),
        ({"long_anchor": "NEVER"}, "long_anchor_is_known"),
        ({"timing": "ARREARS", "billed_through": "EVER"}, "billed_through_is_known"),
        ({"billed_through": "RUN_DATE"}, "run_date_is_for_arrears"),
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
        ({"price_model": "P95_BURST"}, "levels_are_of_usage"),
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


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("bucket = 'WEEK'", "bucket_is_known"),
        ("quantity_mode = 'ROUND_ANY'", "quantity_mode_is_known"),
        ("quantity_places = 9", "quantity_places_fit"),
    ],
)
def test_usage_types_are_checked(change: str, guard: str) -> None:
    assert refused(f"UPDATE catalog_usagetype SET {change}") == f"catalog_usagetype_{guard}"


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("min_quantity = 5, max_quantity = 4", "quantities_fit"),
        ("min_quantity = 'NaN'", "min_quantity_is_number"),
        ("suspension_policy = 'MAYBE'", "suspension_policy_is_known"),
        ("end_day = 'MAYBE'", "end_day_is_known"),
        ("sale_window = 'empty'", "sale_window_begins"),
        ("state = 'SOLD'", "follows_its_life"),
    ],
)
def test_offer_versions_are_checked(change: str, guard: str) -> None:
    assert refused(f"UPDATE {OFFER} SET {change} WHERE id = 9001") == f"{OFFER}_{guard}"


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [("to_base", "0", "to_base_is_positive"), ("precision", "9", "precision_fits")],
)
def test_units_are_checked(column: str, value: str, guard: str) -> None:
    with copied("catalog_unitofmeasure", f"catalog_unitofmeasure_{guard}") as copy:
        attack = f"INSERT INTO {copy} ({column}) VALUES ({value})"
        assert refused_by(attack) == f"catalog_unitofmeasure_{guard}"
