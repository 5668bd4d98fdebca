"""The guards of contracts, agreed prices and certificates, attacked by raw SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from customers import operations
from customers.models import (
    Account,
    ContractPrice,
    ExemptionCertificate,
)
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement(root: Account) -> ContractPrice:
    charge = build.offer().charges.get()
    contract = operations.draft_contract(
        account=root, valid_from=JAN, valid_to=date(2028, 1, 1), actor=None
    )
    price = operations.set_contract_price(
        contract=contract, currency="EUR", charge=charge, unit_price=Decimal(8), actor=None
    )
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    return price


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE customers_contractprice SET unit_price = 1", "customers_contractprice_kept"),
        ("DELETE FROM customers_contractprice", "customers_contractprice_kept"),
        (
            "UPDATE customers_contractprice SET valid = '[2027-01-01,2029-01-01)'",
            "customers_contractprice_inside_contract",
        ),
        ("UPDATE customers_contract SET state = 'DRAFT'", "customers_contract_state_moves"),
        ("UPDATE customers_contract SET valid = 'empty'", "customers_contract_has_days"),
        (
            "UPDATE customers_contract SET signed_on = NULL",
            "customers_contract_signed_has_date",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, "
                "charge_id, currency, kind, 1, valid, false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_one_in_force",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, account_id, currency, kind, "
                "unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, 'USD', "
                "kind, 1, valid, false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_charge_or_product",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, valid, in_force, updated_at) SELECT contract_id, account_id, charge_id, "
                "'USD', 'FIXED', valid, false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_kind_has_value",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, "
                "charge_id, 'USD', 'FIXED', 'NaN', valid, false, now() FROM "
                "customers_contractprice"
            ),
            "customers_contractprice_unit_price_is_number",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, "
                "charge_id, 'USD', 'FIXED', 1, 'empty', false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_has_days",
        ),
    ],
)
def test_what_was_agreed_stays_agreed(agreement: ContractPrice, change: str, guard: str) -> None:
    assert refused(change) == guard


@pytest.fixture
def certificate(root: Account) -> ExemptionCertificate:
    clerk, boss = build.user("clerk"), build.user("boss")
    row = operations.draft_certificate(
        account=root, number="X1", jurisdiction=build.place(), valid_from=JAN, actor=clerk
    )
    operations.request_certificate(certificate=row, requester=clerk)
    return operations.approve_certificate(certificate=row, approver=boss)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("SET percent = 0.5", "customers_exemptioncertificate_kept"),
        ("SET state = 'DRAFT'", "customers_exemptioncertificate_state_moves"),
        ("SET approved_by_id = requested_by_id", "customers_exemptioncertificate_second_person"),
        ("SET approved_by_id = NULL", "customers_exemptioncertificate_approved_by_someone"),
    ],
)
def test_an_exemption_needs_a_second_person(
    certificate: ExemptionCertificate, change: str, guard: str
) -> None:
    assert certificate.state == "APPROVED"
    assert refused(f"UPDATE customers_exemptioncertificate {change}") == guard


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("SET revoked_from = '2027-02-02'", "customers_exemptioncertificate_kept"),
        ("SET revoked_reason = ''", "customers_exemptioncertificate_kept"),
        ("SET approved_by_id = NULL", "customers_exemptioncertificate_approved_by_someone"),
        ("SET state = 'APPROVED'", "customers_exemptioncertificate_state_moves"),
    ],
)
def test_a_revoked_certificate_stays_as_it_is(
    certificate: ExemptionCertificate, change: str, guard: str
) -> None:
    operations.revoke_certificate(
        certificate=certificate, revoked_from=date(2027, 2, 1), reason="expired abroad", actor=None
    )
    assert refused(f"UPDATE customers_exemptioncertificate {change}") == guard


@pytest.mark.parametrize(
    "change",
    [
        "state = 'REVOKED'",
        "state = 'REVOKED', revoked_from = '2027-02-01'",
        "state = 'REVOKED', revoked_reason = 'x'",
        "revoked_from = '2027-02-01'",
    ],
)
def test_a_revocation_has_a_day_and_a_reason(
    certificate: ExemptionCertificate, change: str
) -> None:
    assert certificate.state == "APPROVED"
    guard = "customers_exemptioncertificate_revoked_from_a_day"
    assert refused(f"UPDATE customers_exemptioncertificate SET {change}") == guard


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("percent = 2", "customers_exemptioncertificate_percent_is_share"),
        ("percent = 'NaN'", "customers_exemptioncertificate_percent_is_number"),
        ("valid = 'empty'", "customers_exemptioncertificate_has_days"),
    ],
)
def test_a_drafted_certificate_is_sound(root: Account, change: str, guard: str) -> None:
    operations.draft_certificate(
        account=root, number="X1", jurisdiction=build.place(), valid_from=JAN, actor=None
    )
    assert refused(f"UPDATE customers_exemptioncertificate SET {change}") == guard


def test_a_vat_check_is_kept(root: Account) -> None:
    owner = build.customer("GmbH", kind="ORG", vat_id="DE123")
    operations.record_vat_id_check(
        customer=owner, checked_on=JAN, is_valid=True, source="VIES", actor=None
    )
    guard = "customers_vatidcheck_is_append_only"
    assert refused("UPDATE customers_vatidcheck SET is_valid = false") == guard
    assert refused("DELETE FROM customers_vatidcheck") == guard
