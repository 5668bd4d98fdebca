"""Sets that a bill run and rating read, each in one statement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

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


def rows(name: str, **binds: Any) -> list[tuple[Any, ...]]:
    """Return a set by its statement's name."""
    with connection.cursor() as cursor:
        return queries.set_rows(cursor, name, **binds)


def agreed(**binds: Any) -> list[dict[str, str | None]]:
    """Return agreed prices as text by column."""
    with connection.cursor() as cursor:
        found = list(queries.copy_contract_prices(cursor, **binds))
    return [dict(zip(billing.CONTRACT_PRICE_COLUMNS, row, strict=True)) for row in found]


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
    (before,) = rows("payers", payers=ids, on_date=JAN)
    (after,) = rows("payers", payers=ids, on_date=FEB)
    kind, segment, has_vat_id, terms_days, book_id, town, place = 6, 7, 9, 18, 24, 27, 31
    assert (before[town], after[town]) == ("Berlin", "Hamburg")
    assert (after[place], after[has_vat_id]) == (build.place().pk, True)
    assert (after[book_id], after[terms_days]) == (book.pk, 14)
    assert (after[kind], after[segment]) == ("ORG", "SME")


def test_members_inherit_book_and_place_from_the_nearest_node() -> None:
    """PRC-2: the price book of the nearest node having one."""
    top, near = (PriceBook.objects.create(code=code, name=code) for code in ("TOP", "NEAR"))
    root = build.account("Root", pricebook=top)
    plain = build.account("Plain", parent=root)
    special = build.account("Special", parent=plain, pricebook=near)
    leaf = build.account("Leaf", parent=special)
    found = rows("members", payers=[root.pk], on_date=JAN)
    account, depth, book_id, place = 1, 3, 12, 13
    assert {row[account]: row[book_id] for row in found} == {
        root.pk: top.pk,
        plain.pk: top.pk,
        special.pk: near.pk,
        leaf.pk: near.pk,
    }
    assert [row[depth] for row in found] == [0, 1, 2, 3]
    assert {row[place] for row in found} == {build.place().pk}
    assert queries.pricebook_of(account_id=leaf.pk, on_date=JAN) == near.pk


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
    found = agreed(account_ids=[root.pk, leaf.pk], since=JAN, until=FEB)
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
    found = rows("exemptions", accounts=[account.pk], on_date=JAN, since=JAN, until=None)
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
    found = rows("exemptions", accounts=[root.pk, leaf.pk], on_date=JAN, since=JAN, until=None)
    assert [row[0] for row in found] == [root.pk, root.pk, leaf.pk]


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
    found = agreed(account_ids=[leaf.pk], since=JAN, until=None)
    assert [(Decimal(str(r["unit_price"])), r["valid_from"], r["valid_to"]) for r in found] == [
        (Decimal(8), "2027-01-01", "2027-02-01"),
        (Decimal(7), "2027-02-01", None),
    ]


def test_a_move_that_splits_divides_the_periods_of_all_below_that_do_not_pay() -> None:
    """HIER-6: the day is told for the account and its non-payers, not for those who pay."""
    old, new = build.account("Old"), build.account("New")
    branch = build.account("Branch", parent=old)
    leaf, own = build.account("Leaf", parent=branch), build.account("Own", parent=branch)
    operations.move_account(
        account=own, parent=branch, role=AccountRole.PAYER, on_date=JAN, as_of=JAN, actor=None
    )
    operations.move_account(
        account=branch, parent=new, on_date=FEB, as_of=FEB, splits=True, actor=None
    )
    ids = [branch.pk, leaf.pk, own.pk, old.pk]
    with connection.cursor() as cursor:
        told = queries.set_rows(cursor, "splits", accounts=ids, since=JAN)
        assert told == [(branch.pk, FEB), (leaf.pk, FEB)]
        assert queries.special_terms(cursor, since=JAN).has_splits
        assert not queries.special_terms(cursor, since=FEB).has_splits
