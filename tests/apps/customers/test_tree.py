"""The account tree: dated parentage is the truth, the MPTT columns its picture of now."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from customers import operations, queries
from customers.choices import AccountRole, AddressRole
from customers.models import Account, AccountPosition
from customers.models.account import take_tree_lock
from foundation.errors import Invalid, Refusal
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)


def corporate() -> tuple[Account, Account, Account]:
    root = build.account("Group")
    division = build.account("Division", parent=root)
    site = build.account("Site", parent=division)
    return root, division, site


def pays(account: Account, *, parent: Account, role: AccountRole = AccountRole.PAYER) -> None:
    """Change who pays from February on, where the account hangs."""
    operations.move_account(
        account=account, parent=parent, role=role, on_date=FEB, as_of=JAN, actor=None
    )


def test_the_nearest_payer_above_pays() -> None:
    """HIER-2."""
    root, division, site = corporate()
    assert queries.payer_of(account_id=site.pk, on_date=JAN) == root.pk
    pays(division, parent=root)
    assert queries.payer_of(account_id=site.pk, on_date=date(2027, 1, 31)) == root.pk
    assert queries.payer_of(account_id=site.pk, on_date=FEB) == division.pk
    assert queries.payer_of(account_id=site.pk, on_date=date(2026, 12, 31)) is None


def test_members_of_payers_in_one_statement() -> None:
    root, division, site = corporate()
    pays(division, parent=root)
    ids = [root.pk, division.pk]
    assert queries.membership_of(payer_ids=ids, on_date=JAN) == {
        root.pk: root.pk,
        division.pk: root.pk,
        site.pk: root.pk,
    }
    assert queries.membership_of(payer_ids=ids, on_date=FEB) == {
        root.pk: root.pk,
        division.pk: division.pk,
        site.pk: division.pk,
    }
    with connection.cursor() as cursor:
        rows = queries.set_rows(cursor, "owners", payers=ids, since=JAN, until=MAR, on_date=JAN)
    assert sorted(row[:4] for row in rows if row[1] == site.pk) == [
        (root.pk, site.pk, JAN, FEB),
        (division.pk, site.pk, FEB, MAR),
    ]


def test_a_move_today_shows_at_once_and_one_tomorrow_later() -> None:
    root, _, site = corporate()
    other = build.account("Other", parent=root)
    operations.move_account(account=site, parent=other, on_date=FEB, as_of=JAN, actor=None)
    site.refresh_from_db()
    assert site.parent_id != other.pk
    assert queries.hierarchy_findings(JAN) == []
    assert queries.hierarchy_findings(FEB), "the picture is late until the day's moves are applied"
    assert operations.apply_due_moves(as_of=FEB) == 1
    assert operations.apply_due_moves(as_of=FEB) == 0
    site.refresh_from_db()
    assert site.parent_id == other.pk
    assert queries.hierarchy_findings(FEB) == []
    assert [row.parent_id for row in AccountPosition.objects.filter(account=site)][1] == other.pk


def test_a_branch_becomes_a_root_and_hangs_again() -> None:
    root, division, site = corporate()
    operations.move_account(account=division, parent=None, on_date=FEB, as_of=FEB, actor=None)
    division.refresh_from_db()
    assert (division.parent_id, division.role) == (None, "PAYER")
    assert queries.payer_of(account_id=site.pk, on_date=FEB) == division.pk
    operations.move_account(
        account=division,
        parent=root,
        role=AccountRole.NON_PAYER,
        on_date=MAR,
        as_of=MAR,
        actor=None,
    )
    assert queries.hierarchy_findings(MAR) == []
    root.refresh_from_db()
    assert [row.pk for row in queries.subtree(account=root, most=9)] == [
        root.pk,
        division.pk,
        site.pk,
    ]
    site.refresh_from_db()
    assert [row.pk for row in queries.ancestors(account=site)] == [root.pk, division.pk]


def test_nobody_hangs_below_himself_on_any_day() -> None:
    _root, division, site = corporate()
    with pytest.raises(Refusal, match="below itself"):
        operations.move_account(account=division, parent=site, on_date=FEB, as_of=JAN, actor=None)


def test_a_circle_in_the_future_is_refused_though_today_has_none() -> None:
    root = build.account("Group")
    one, two = build.account("One", parent=root), build.account("Two", parent=root)
    operations.move_account(account=two, parent=one, on_date=MAR, as_of=JAN, actor=None)
    with pytest.raises(Refusal, match="below itself"):
        operations.move_account(account=one, parent=two, on_date=FEB, as_of=JAN, actor=None)


def test_another_currency_cannot_pay() -> None:
    """HIER-6: a payer with another currency or entity is refused."""
    root = build.account("Group")
    with pytest.raises(Refusal, match="other currency"):
        build.account("Swiss", parent=root, currency="CHF")
    child = build.account("Swiss", parent=root, currency="CHF", role=AccountRole.PAYER)
    with pytest.raises(Refusal, match="other currency"):
        pays(child, parent=root, role=AccountRole.NON_PAYER)


def test_closing_needs_an_empty_node() -> None:
    """HIER-9."""
    _root, division, site = corporate()
    with pytest.raises(operations.CannotCloseAccount, match="hangs below"):
        operations.close_account(account=division, on_date=FEB, actor=None)
    sub = build.add(site, build.offer(), JAN)
    with pytest.raises(operations.CannotCloseAccount, match="has not ended"):
        operations.close_account(account=site, on_date=FEB, actor=None)
    build.terminate(sub, date(2027, 1, 20))
    operations.close_account(account=site, on_date=FEB, actor=None)
    operations.close_account(account=division, on_date=FEB, actor=None)
    site.refresh_from_db()
    assert (site.status, site.closed_on) == ("CLOSED", FEB)
    assert queries.hierarchy_findings(MAR) == []


def test_an_account_read_before_a_move_does_not_put_old_edges_back() -> None:
    root, _, site = corporate()
    stale = Account.objects.get(pk=site.pk)
    build.account("Newcomer", parent=root)
    operations.move_account(account=site, parent=root, on_date=FEB, as_of=FEB, actor=None)
    stale.name = "Site 1"
    stale.save()
    assert queries.hierarchy_findings(FEB) == []


def test_a_broken_tree_is_found_and_rebuilt() -> None:
    _root, _division, site = corporate()
    take_tree_lock()
    Account.objects.filter(pk=site.pk).update(lft=90, rght=91, level=7)
    found = {finding.message for finding in queries.hierarchy_findings(JAN)}
    assert "lies outside its parent" in found
    assert "has another level than its parents make it" in found
    operations.rebuild_tree(actor=None)
    assert queries.hierarchy_findings(JAN) == []


def test_a_hold_needs_a_reason() -> None:
    account = build.account()
    with pytest.raises(Invalid, match="reason"):
        operations.hold_billing(account=account, until=MAR, reason=" ", actor=None)
    held = operations.hold_billing(account=account, until=MAR, reason="Dispute", actor=None)
    assert held.billing_hold_until == MAR
    assert operations.release_billing(account=held, actor=None).billing_hold_until is None


def test_a_zone_must_exist() -> None:
    with pytest.raises(Invalid, match="time zone"):
        build.account(time_zone="Mars/Olympus")


def test_an_address_ends_where_the_next_begins() -> None:
    account = build.account()
    operations.set_address(
        account=account,
        role=AddressRole.BILLING,
        address=build.address("Hamburg"),
        valid_from=FEB,
        actor=None,
    )
    role = account.address_uses.get(address__town="Berlin")
    assert role.valid.upper == FEB
    with connection.cursor() as cursor:
        rows = queries.set_rows(cursor, "payers", payers=[account.pk], on_date=FEB)
    assert rows[0][27] == "Hamburg"
