"""The guards of tax, attacked by raw SQL."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from foundation.errors import GuardHeld, translate_database_error

pytestmark = pytest.mark.django_db


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def refused(statement: str) -> str:
    """Return the name of the guard that refuses the statement."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        run(statement)
    refusal = translate_database_error(caught.value)
    assert isinstance(refusal, GuardHeld)
    return refusal.guard


@pytest.fixture(autouse=True)
def places() -> None:
    run(
        """
        INSERT INTO tax_jurisdiction (id, code, name, level, parent_id, date_basis, combine_local)
        OVERRIDING SYSTEM VALUE VALUES
            (9001, 'XA', 'Avalon', 'COUNTRY', NULL, 'INVOICE_DATE', false),
            (9002, 'XA-N', 'North', 'STATE', 9001, 'INVOICE_DATE', false),
            (9003, 'XA-N-C', 'Town', 'CITY', 9002, 'INVOICE_DATE', false);
        INSERT INTO tax_taxcategory (id, code, name, nature, sourcing)
        OVERRIDING SYSTEM VALUE VALUES (9001, 'TELECOM', 'Telecom', 'TELECOM', 'BILL_TO');
        INSERT INTO tax_taxtype (id, code, name, sequence, pass_through, gl_number)
        OVERRIDING SYSTEM VALUE VALUES
            (9001, 'VAT', 'VAT', 1, false, '2200'), (9002, 'LEVY', 'Levy', 2, true, '2210');
        """
    )
    run(RATE.format(values="'STANDARD', 'PERCENT', 0.19, NULL, 'LINE', '', '[2020-01-01,)'"))
    run(RULE.format(values="'TELECOM', '*', 'TAXABLE', 'STANDARD', 1, '', '[2020-01-01,)'"))


RATE = """
    INSERT INTO tax_taxrate
        (jurisdiction_id, tax_type_id, code, kind, rate, cap, cap_scope, currency, valid)
    VALUES (9001, 9001, {values})
"""
RULE = """
    INSERT INTO tax_taxrule
        (jurisdiction_id, tax_type_id, category, customer_kind, treatment, rate_code,
         taxable_share, reason, valid)
    VALUES (9001, 9001, {values})
"""
REGISTRATION = """
    INSERT INTO tax_taxregistration (entity_id, jurisdiction_id, number, valid)
    VALUES (1, 9001, 'XA123', {valid})
"""
JURISDICTION = """
    INSERT INTO tax_jurisdiction (code, name, level, parent_id, date_basis, combine_local)
    VALUES ({values}, false)
"""


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'STANDARD', 'PERCENT', 0.2, NULL, 'LINE', '', '[2025-01-01,)'", "one_at_a_time"),
        ("'R', 'PERCENT', 'NaN', NULL, 'LINE', '', '[2025-01-01,)'", "rate_is_in_range"),
        ("'R', 'PERCENT', 19, NULL, 'LINE', '', '[2025-01-01,)'", "rate_is_in_range"),
        ("'R', 'PERCENT', -0.1, NULL, 'LINE', '', '[2025-01-01,)'", "rate_is_in_range"),
        ("'R', 'TIMES', 0.1, NULL, 'LINE', 'EUR', '[2025-01-01,)'", "kind_is_known"),
        ("'R', 'PERCENT', 0.1, 5, 'YEAR', 'EUR', '[2025-01-01,)'", "cap_scope_is_known"),
        ("'R', 'PERCENT', 0.1, 'NaN', 'LINE', 'EUR', '[2025-01-01,)'", "cap_is_positive"),
        ("'R', 'PERCENT', 0.1, 0, 'LINE', 'EUR', '[2025-01-01,)'", "cap_is_positive"),
        ("'R', 'PER_UNIT', 1, NULL, 'LINE', '', '[2025-01-01,)'", "amounts_have_a_currency"),
        ("'R', 'PERCENT', 0.1, NULL, 'LINE', 'EUR', '[2025-01-01,)'", "amounts_have_a_currency"),
        ("'R', 'PERCENT', 0.1, NULL, 'LINE', '', 'empty'", "valid_begins"),
        ("'R', 'PERCENT', 0.1, NULL, 'LINE', '', '(,2025-01-01)'", "valid_begins"),
    ],
)
def test_rates_are_checked(values: str, guard: str) -> None:
    assert refused(RATE.format(values=values)) == f"tax_taxrate_{guard}"


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'TELECOM', '*', 'ZERO', '', 1, '', '[2030-01-01,)'", "one_at_a_time"),
        ("'GHOST', '*', 'ZERO', '', 1, '', '[2025-01-01,)'", "category_exists"),
        ("'*', 'ALIEN', 'ZERO', '', 1, '', '[2025-01-01,)'", "kind_is_known"),
        ("'*', '*', 'MAYBE', '', 1, 'x', '[2025-01-01,)'", "treatment_is_known"),
        ("'*', '*', 'TAXABLE', '', 1, '', '[2025-01-01,)'", "taxable_names_a_rate"),
        ("'*', '*', 'ZERO', 'STANDARD', 1, '', '[2025-01-01,)'", "taxable_names_a_rate"),
        ("'*', '*', 'EXEMPT', '', 1, '', '[2025-01-01,)'", "untaxed_gives_a_reason"),
        (
            "'*', '*', 'REVERSE_CHARGE', '', 1, 'x', '[2025-01-01,)'",
            "reverse_charge_is_for_business",
        ),
        ("'*', '*', 'ZERO', '', 0, '', '[2025-01-01,)'", "share_is_a_fraction"),
        ("'*', '*', 'ZERO', '', 'NaN', '', '[2025-01-01,)'", "share_is_a_fraction"),
        ("'*', '*', 'ZERO', '', 1, '', 'empty'", "valid_begins"),
    ],
)  # fmt: skip
def test_rules_are_checked(values: str, guard: str) -> None:
    assert refused(RULE.format(values=values)) == f"tax_taxrule_{guard}"


@pytest.mark.parametrize("table", ["tax_taxrate", "tax_taxrule"])
@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM {table}",
        "UPDATE {table} SET tax_type_id = 9002",
        "UPDATE {table} SET valid = '[2021-01-01,)'",
        "UPDATE {table} SET valid = '[2019-01-01,)'",
        "UPDATE {table} SET valid = '[2020-01-01,2019-06-01)'::text::daterange",
    ],
)
def test_dated_rows_are_history(table: str, change: str) -> None:
    """TAX-12: what taxed a document stays as it was."""
    if "2019-06-01" in change:
        with pytest.raises(DatabaseError), transaction.atomic():
            run(change.format(table=table))
    else:
        assert refused(change.format(table=table)) == f"{table}_history_is_kept"


@pytest.mark.parametrize("table", ["tax_taxrate", "tax_taxrule"])
def test_a_validity_may_end_earlier_but_not_be_reopened(table: str) -> None:
    run(f"UPDATE {table} SET valid = '[2020-01-01,2027-01-01)'")
    later = f"UPDATE {table} SET valid = '[2020-01-01,2028-01-01)'"
    assert refused(later) == f"{table}_history_is_kept"
    assert refused(f"UPDATE {table} SET valid = '[2020-01-01,)'") == f"{table}_history_is_kept"


def test_history_is_kept_for_a_replication_role_too() -> None:
    run("SET LOCAL session_replication_role = replica")
    assert refused("DELETE FROM tax_taxrate") == "tax_taxrate_history_is_kept"


def test_registrations_do_not_overlap_and_are_history() -> None:
    run(REGISTRATION.format(valid="'[2020-01-01,)'"))
    overlap = REGISTRATION.format(valid="'[2021-01-01,)'")
    assert refused(overlap) == "tax_taxregistration_one_at_a_time"
    assert refused(REGISTRATION.format(valid="'empty'")) == "tax_taxregistration_valid_begins"
    change = "UPDATE tax_taxregistration SET number = 'other'"
    assert refused(change) == "tax_taxregistration_history_is_kept"


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'XB', 'x', 'COUNTRY', 9001, 'INVOICE_DATE'", "levels_descend"),
        ("'XB', 'x', 'STATE', NULL, 'INVOICE_DATE'", "countries_are_the_roots"),
        ("'XB', 'x', 'STATE', 9003, 'INVOICE_DATE'", "levels_descend"),
        ("'XB', 'x', 'STATE', 9002, 'INVOICE_DATE'", "levels_descend"),
        ("'XB', 'x', 'PLANET', 9002, 'INVOICE_DATE'", "levels_descend"),
        ("'XB', 'x', 'PLANET', NULL, 'INVOICE_DATE'", "level_is_known"),
        ("'XB', 'x', 'STATE', 9001, 'SOME_DAY'", "date_basis_is_known"),
    ],
)
def test_the_tree_goes_down_level_by_level(values: str, guard: str) -> None:
    """TAX-4."""
    assert refused(JURISDICTION.format(values=values)) in {
        f"tax_jurisdiction_{guard}", "tax_jurisdiction_countries_are_the_roots"
    }  # fmt: skip


@pytest.mark.parametrize("change", ["parent_id = 9003", "level = 'DISTRICT'", "code = 'XZ'"])
def test_a_place_stays_where_it_is(change: str) -> None:
    statement = f"UPDATE tax_jurisdiction SET {change} WHERE id = 9002"
    assert refused(statement) == "tax_jurisdiction_place_is_fixed"


def test_a_tax_compounds_only_on_earlier_ones() -> None:
    """TAX-8: also when the order changes afterwards."""
    link = "INSERT INTO tax_taxtype_compounds_on (from_taxtype_id, to_taxtype_id) VALUES ({}, {})"
    run(link.format(9002, 9001))
    guard = "tax_taxtype_compounds_on_earlier_ones"
    assert refused(link.format(9001, 9002)) == guard
    assert refused(link.format(9001, 9001)) == guard
    assert refused("UPDATE tax_taxtype SET sequence = 1 WHERE id = 9002") == guard


def test_a_category_in_use_keeps_its_code() -> None:
    """TAX-5."""
    guard = "tax_taxcategory_code_is_kept"
    assert refused("UPDATE tax_taxcategory SET code = 'OTHER'") == guard
    assert refused("DELETE FROM tax_taxcategory") == guard


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'*', 'x', 'GOOD', 'BILL_TO'", "code_is_a_word"),
        ("'A', 'x', 'SOUL', 'BILL_TO'", "nature_is_known"),
        ("'A', 'x', 'GOOD', 'MOON'", "sourcing_is_known"),
    ],
)
def test_categories_are_checked(values: str, guard: str) -> None:
    statement = f"INSERT INTO tax_taxcategory (code, name, nature, sourcing) VALUES ({values})"
    assert refused(statement) == f"tax_taxcategory_{guard}"
