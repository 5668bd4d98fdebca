"""Sets that a bill run and rating read, each in one statement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.operations import CannotDecide
from catalog.models import PriceBook
from customers import operations, queries
from customers.choices import AccountRole, AddressRole
from customers.models import Account, ExemptionCertificate
from customers.queries import billing
from foundation.errors import Invalid
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)


def rows(name: str, columns: tuple[str, ...], **binds: Any) -> list[dict[str, str | None]]:
    with connection.cursor() as cursor:
        found = list(getattr(queries, name)(cursor, **binds))
    assert all(len(row) == len(columns) for row in found)
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_payers_with_their_address_of_the_day() -> None:
    book = PriceBook.objects.create(code="VIP", name="VIP")
    owner = build.customer("GmbH", kind="ORG", vat_id="DE123", segment="SME")
    payer = build.account(customer=owner, pricebook=book, terms_days=14)
    operations.record_vat_id_check(
        customer=owner, checked_on=JAN, is_valid=True, source="VIES", actor=None
    )
    operations.set_address(
        account=payer,
        role=AddressRole.BILLING,
        address=build.address("Hamburg"),
        valid_from=FEB,
        actor=None,
    )
    ids = [payer.pk]
    before = rows("copy_payers", billing.PAYER_COLUMNS, payer_ids=ids, on_date=JAN)[0]
    after = rows("copy_payers", billing.PAYER_COLUMNS, payer_ids=ids, on_date=FEB)[0]
    assert (before["town"], after["town"]) == ("Berlin", "Hamburg")
    assert after["jurisdiction_id"] == str(build.place().pk)
    assert after["vat_id_is_valid"] == "t"
    assert (after["pricebook_id"], after["terms_days"]) == (str(book.pk), "14")
    assert (after["kind"], after["segment"]) == ("ORG", "SME")


def test_members_inherit_book_and_place_from_the_nearest_node() -> None:
    """PRC-2: the price book of the nearest node having one."""
    top, near = (PriceBook.objects.create(code=code, name=code) for code in ("TOP", "NEAR"))
    root = build.account("Root", pricebook=top)
    plain = build.account("Plain", parent=root)
    special = build.account("Special", parent=plain, pricebook=near)
    leaf = build.account("Leaf", parent=special)
    found = rows("copy_members", billing.MEMBER_COLUMNS, payer_ids=[root.pk], on_date=JAN)
    books = {row["account_id"]: row["pricebook_id"] for row in found}
    assert books == {
        str(root.pk): str(top.pk),
        str(plain.pk): str(top.pk),
        str(special.pk): str(near.pk),
        str(leaf.pk): str(near.pk),
    }
    assert [row["depth"] for row in found] == ["0", "1", "2", "3"]
    assert {row["jurisdiction_id"] for row in found} == {str(build.place().pk)}
    assert queries.pricebook_of(account_id=leaf.pk, on_date=JAN) == near.pk


def test_segments_of_accounts_in_one_statement() -> None:
    version = build.offer(charges=({}, build.usage_charge(), {"code": "S", "kind": "ONE_TIME"}))
    owners = [build.account(f"A{number}") for number in range(3)]
    for number, owner in enumerate(owners):
        build.add(owner, version, JAN, identifiers=[build.number(f"49{number}")])
    ids = [owner.pk for owner in owners]
    with CaptureQueriesContext(connection) as captured:
        found = rows("copy_segments", billing.SEGMENT_COLUMNS, account_ids=ids, since=FEB)
    assert len(captured) <= 1
    assert len(found) == 6, "the one-time charge of January is past"
    everything = rows("copy_segments", billing.SEGMENT_COLUMNS, account_ids=ids, since=JAN)
    assert len(everything) == 9
    assert everything[0]["valid_from"] == "2027-01-01"
    assert everything[0]["valid_to"] is None
    assert Decimal(str(everything[0]["quantity"])) == 1


def test_contract_prices_nearest_node_first() -> None:
    """PRC-2, PRC-4."""
    version = build.offer(charges=({},))
    charge = version.charges.get()
    root = build.account("Root")
    leaf = build.account("Leaf", parent=root)
    for node, price in ((root, Decimal(8)), (leaf, None)):
        contract = operations.draft_contract(account=node, valid_from=JAN, actor=None)
        operations.set_contract_price(
            contract=contract,
            currency="EUR",
            charge=charge,
            unit_price=price,
            percent_off=None if price else Decimal("0.1"),
            actor=None,
        )
        operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    operations.draft_contract(account=leaf, valid_from=JAN, actor=None)
    found = rows(
        "copy_contract_prices",
        billing.CONTRACT_PRICE_COLUMNS,
        account_ids=[root.pk, leaf.pk],
        since=JAN,
        until=FEB,
    )
    assert [(row["account_id"], row["distance"], row["kind"]) for row in found] == [
        (str(root.pk), "0", "FIXED"),
        (str(leaf.pk), "0", "PERCENT_OFF"),
        (str(leaf.pk), "1", "FIXED"),
    ]


def test_a_newly_agreed_price_ends_the_one_before() -> None:
    charge = build.offer().charges.get()
    contract = operations.draft_contract(account=build.account(), valid_from=JAN, actor=None)
    first = operations.set_contract_price(
        contract=contract, currency="EUR", charge=charge, unit_price=Decimal(8), actor=None
    )
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    operations.set_contract_price(
        contract=contract,
        currency="EUR",
        charge=charge,
        unit_price=Decimal(7),
        valid_from=FEB,
        actor=None,
    )
    first.refresh_from_db()
    assert (first.valid.lower, first.valid.upper, first.in_force) == (JAN, FEB, True)


def exempt(account: Account, number: str, *, flows_down: bool) -> ExemptionCertificate:
    clerk, boss = build.user(f"clerk{number}"), build.user(f"boss{number}")
    row = operations.draft_certificate(
        account=account,
        number=number,
        jurisdiction=build.place(),
        valid_from=JAN,
        flows_down=flows_down,
        actor=clerk,
    )
    operations.request_certificate(certificate=row, requester=clerk)
    return operations.approve_certificate(certificate=row, approver=boss)


def exempt_days(account: Account) -> list[tuple[Any, ...]]:
    """Return number, first day and end of what is exempt from January on."""
    with connection.cursor() as cursor:
        found = queries.set_rows(
            cursor, "exemptions", accounts=[account.pk], on_date=JAN, since=JAN, until=None
        )
    return [(row[1], row[6], row[7]) for row in found]


def test_a_revoked_certificate_exempts_the_days_before() -> None:
    """TAX-6: revoked from 1 February, a document of 31 January is exempt, one of that day not."""
    root = build.account("Root")
    row = exempt(root, "1", flows_down=False)
    assert exempt_days(root) == [(row.pk, JAN, None)]
    for day in (date(2026, 12, 31), date(2020, 1, 1)):
        with pytest.raises(Invalid, match="from one of these days"):
            operations.revoke_certificate(
                certificate=row, revoked_from=day, reason="moved", actor=None
            )
    with pytest.raises(Invalid, match="say why"):
        operations.revoke_certificate(certificate=row, revoked_from=FEB, reason=" ", actor=None)
    operations.revoke_certificate(certificate=row, revoked_from=FEB, reason="moved", actor=None)
    assert exempt_days(root) == [(row.pk, JAN, FEB)]
    with pytest.raises(operations.CannotDecideCertificate, match="not in force"):
        operations.revoke_certificate(
            certificate=row, revoked_from=MAR, reason="moved", actor=None
        )
    never = exempt(root, "2", flows_down=False)
    operations.revoke_certificate(certificate=never, revoked_from=JAN, reason="false", actor=None)
    assert exempt_days(root) == [(row.pk, JAN, FEB)]


def test_exemptions_flow_down_only_when_they_say_so() -> None:
    """TAX-6, HIER-5."""
    root = build.account("Root")
    leaf = build.account("Leaf", parent=root)
    exempt(root, "1", flows_down=False)
    exempt(root, "2", flows_down=True)
    operations.draft_certificate(
        account=leaf, number="3", jurisdiction=build.place(), valid_from=JAN, actor=None
    )
    found = rows(
        "copy_exemptions",
        billing.EXEMPTION_COLUMNS,
        account_ids=[root.pk, leaf.pk],
        on_date=JAN,
        since=JAN,
        until=None,
    )
    assert [row["account_id"] for row in found] == [str(root.pk), str(root.pk), str(leaf.pk)]


def test_nobody_approves_a_certificate_of_his_own() -> None:
    clerk = build.user()
    row = operations.draft_certificate(
        account=build.account(),
        number="1",
        jurisdiction=build.place(),
        valid_from=JAN,
        actor=clerk,
    )
    operations.request_certificate(certificate=row, requester=clerk)
    with pytest.raises(CannotDecide, match="own"):
        operations.approve_certificate(certificate=row, approver=clerk)


def test_usage_is_guided_by_the_time_of_the_event() -> None:
    """RATE step 5: the owner whose validity contains the event time."""
    version = build.offer(charges=({}, build.usage_charge()))
    owner = build.account()
    first = build.add(owner, version, JAN, identifiers=[build.number("491")])
    build.terminate(first, FEB)
    second = build.add(owner, version, MAR, identifiers=[build.number("491")])

    def guided(day: date) -> int | None:
        found = queries.owner_of_identifier(type="MSISDN", value="491", at=build.noon(day))
        return found.subscription_id if found else None

    assert guided(date(2027, 1, 15)) == first.pk
    assert guided(date(2027, 2, 15)) is None
    assert guided(MAR) == second.pk
    with connection.cursor() as cursor:
        charges = list(queries.usage_charges(cursor, subscription_ids=[first.pk, second.pk]))
        services = [service.pk for service in first.services.all()]
        status = list(queries.service_status(cursor, service_ids=services))
    assert [(row[0], row[3], row[4]) for row in charges] == [
        (str(first.pk), "2027-01-01", "2027-02-01"),
        (str(second.pk), "2027-03-01", None),
    ]
    assert status[0][1] == "ACTIVE"


def test_contract_prices_of_a_node_hold_while_it_is_above() -> None:
    """HIER-5: after a move the agreed prices of the old parent hold up to it, the new from it."""
    charge = build.offer(charges=({},)).charges.get()
    old, new = build.account("Old"), build.account("New")
    leaf = build.account("Leaf", parent=old)
    for node, price in ((old, 8), (new, 7)):
        contract = operations.draft_contract(account=node, valid_from=JAN, actor=None)
        operations.set_contract_price(
            contract=contract, currency="EUR", charge=charge, unit_price=Decimal(price), actor=None
        )
        operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    operations.move_account(account=leaf, parent=new, on_date=FEB, as_of=FEB, actor=None)
    found = rows(
        "copy_contract_prices",
        billing.CONTRACT_PRICE_COLUMNS,
        account_ids=[leaf.pk],
        since=JAN,
        until=None,
    )
    assert [(Decimal(str(r["unit_price"])), r["valid_from"], r["valid_to"]) for r in found] == [
        (Decimal(8), "2027-01-01", "2027-02-01"),
        (Decimal(7), "2027-02-01", None),
    ]


def test_a_move_that_splits_divides_the_periods_of_all_below_that_do_not_pay() -> None:
    """HIER-6: the day is told for the account and its non-payers, not for those who pay."""
    old, new = build.account("Old"), build.account("New")
    branch = build.account("Branch", parent=old)
    leaf, own = build.account("Leaf", parent=branch), build.account("Own", parent=branch)
    operations.change_role(account=own, role=AccountRole.PAYER, on_date=JAN, as_of=JAN, actor=None)
    operations.move_account(
        account=branch, parent=new, on_date=FEB, as_of=FEB, splits=True, actor=None
    )
    ids = [branch.pk, leaf.pk, own.pk, old.pk]
    with connection.cursor() as cursor:
        told = queries.set_rows(cursor, "splits", accounts=ids, since=JAN)
        assert told == [(branch.pk, FEB), (leaf.pk, FEB)]
        assert queries.special_terms(cursor, since=JAN).has_splits
        assert not queries.special_terms(cursor, since=FEB).has_splits
