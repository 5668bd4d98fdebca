"""Large trees: a move writes its own row; the numbers follow by the tick (HIER-7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from customers import operations, queries, tasks
from customers.models import Account
from customers.models.account import take_tree_lock
from customers.operations import tree_numbers
from customers.views import tree as views_tree
from tests.apps.customers import build
from tests.apps.customers.attacks import refused
from tests.attacks import rows

pytestmark = pytest.mark.django_db
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)
NOON = datetime(2027, 2, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_trees_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_numbers, "AT_ONCE", 2)
    monkeypatch.setattr(tree_numbers, "BATCH", 2)


@pytest.fixture
def group() -> list[Account]:
    """A root, two divisions and three sites of the first, all numbered."""
    root = build.account("Group")
    one, two = (build.account(name, parent=root) for name in ("One", "Two"))
    sites = [build.account(f"Site {n}", parent=one) for n in range(3)]
    assert operations.number_trees() == 1
    assert queries.hierarchy_findings(JAN) == []
    return [root, one, two, *sites]


def waiting() -> list[str]:
    return sorted(Account.objects.filter(unnumbered__gt=0).values_list("name", flat=True))


def names(account: Account) -> list[tuple[str, int]]:
    return [(row.name, row.level) for row in queries.subtree(account=account, most=100)]


def move(account: Account, parent: Account | None) -> None:
    operations.move_account(account=account, parent=parent, on_date=FEB, as_of=FEB, actor=None)


def places() -> dict[str, str]:
    """Return where each account's row lies; a row that is written lies elsewhere."""
    return dict(rows("SELECT name, ctid::text FROM customers_account"))


def test_a_move_writes_no_account_but_its_own_and_the_mark(group: list[Account]) -> None:
    before = places()
    move(group[1], group[2])
    assert waiting() == ["Group"]
    assert {name for name, place in places().items() if place != before[name]} == {"Group", "One"}


def test_a_new_account_writes_no_account_but_its_own_and_the_mark(group: list[Account]) -> None:
    before = places()
    newcomer = build.account("Newcomer", parent=group[1])
    assert {name for name, place in places().items() if before.get(name) != place} == {
        "Group",
        "Newcomer",
    }
    assert newcomer.level == 2
    assert queries.hierarchy_findings(JAN) == []
    assert ("Newcomer", 2) in names(group[0])


def test_readers_go_by_the_parents_until_the_tree_is_numbered(group: list[Account]) -> None:
    root, one, two, *sites = group
    move(one, two)
    wanted = [("Group", 0), ("Two", 1), ("One", 2), *((f"Site {n}", 3) for n in range(3))]
    assert names(root) == wanted
    assert [row.name for row in queries.ancestors(account=sites[0])] == ["Group", "Two", "One"]
    assert queries.hierarchy_findings(FEB) == [], "a late cache is no fault"
    assert tasks.sweep(NOON)["trees"] == 1
    assert waiting() == []
    assert names(root) == wanted
    assert queries.hierarchy_findings(FEB) == []
    assert tasks.sweep(NOON)["trees"] == 0


def test_a_branch_that_leaves_its_tree_is_a_tree_that_waits(group: list[Account]) -> None:
    _root, one, *_ = group
    move(one, None)
    assert waiting() == ["One"], "what is left of the group is small"
    assert operations.number_trees() == 1
    one.refresh_from_db()
    assert names(one)[0] == ("One", 0)
    assert queries.hierarchy_findings(FEB) == []
    move(one, group[2])
    assert waiting() == ["Group"], "what hangs below another is no root that waits"
    assert operations.number_trees() == 1
    assert queries.hierarchy_findings(FEB) == []


def test_a_tree_that_changes_while_it_is_numbered_is_left_to_the_next_call(
    group: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    _root, one, two, *sites = group
    move(one, two)
    write = tree_numbers._write
    batches: list[object] = []

    def interrupted(wanted: Sequence[tree_numbers.Row]) -> None:
        write(wanted)
        if not batches:
            batches.append(wanted)
            move(sites[0], two)

    monkeypatch.setattr(tree_numbers, "_write", interrupted)
    assert operations.number_trees() == 0
    assert waiting() == ["Group"]
    assert operations.number_trees() == 1
    assert queries.hierarchy_findings(FEB) == []


def test_a_fault_in_a_tree_that_waits_is_still_found_by_its_parents(group: list[Account]) -> None:
    """A circle cannot be reached from any root, numbered or not."""
    root, one, _two, *sites = group
    take_tree_lock()
    Account.objects.filter(pk=root.pk).update(unnumbered=1)
    Account.objects.filter(pk=one.pk).update(parent=sites[0].pk)
    found = {finding.message for finding in queries.hierarchy_findings()}
    assert "is not reachable from a root" in found


def test_rebuild_numbers_trees_that_wait_and_trees_that_are_wrong(group: list[Account]) -> None:
    move(group[1], group[2])
    other = build.account("Other")
    take_tree_lock()
    Account.objects.filter(pk=other.pk).update(tree_id=group[0].tree_id)
    Account.objects.filter(pk=group[3].pk).update(lft=70)
    operations.rebuild_tree(actor=None)
    assert waiting() == []
    assert queries.hierarchy_findings(FEB) == []


def test_only_a_root_waits(group: list[Account]) -> None:
    statement = f"UPDATE customers_account SET unnumbered = 1 WHERE id = {group[1].pk}"
    assert refused(statement, locked=True) == "customers_account_root_is_unnumbered"


def test_a_large_branch_is_turned_page_by_page(
    group: list[Account], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account itself is shown whichever page its siblings are on."""
    monkeypatch.setattr(views_tree, "SHOWN", 2)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    _root, one, two, first, second, third = group
    address = reverse("customers:account_tree", args=[two.pk])
    shown = client.get(address, {"open": str(one.pk)}).content.decode()
    assert [row.number in shown for row in (first, second, third)] == [True, True, False]
    assert f"?open={one.pk}&amp;page={one.pk}:1" in shown
    turned = client.get(address, {"open": str(one.pk), "page": f"{one.pk}:1"}).content.decode()
    assert [row.number in turned for row in (first, second, third)] == [False, False, True]
    assert "earlier accounts" in turned
    own = client.get(reverse("customers:account_tree", args=[third.pk])).content.decode()
    assert [row.number in own for row in (first, second, third)] == [True, True, True]
