"""The numbers of the tree (left, right, level, tree): a read cache, brought up to date later.

A move or a new account writes its own row and marks its root. A small tree is numbered at once; a
large one by the tick (`number_trees`), in short transactions, so that nobody waits for it. Until
then its readers go by the parents. Nothing that is billed reads these numbers (HIER-7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection, transaction
from django.db.models import F, Max

from customers.models import Account
from customers.models.account import take_tree_lock
from customers.rules.numbering import Node, numbered
from foundation import sql

AT_ONCE: Final = 200
"""Accounts of a tree that is numbered with the write that changes it."""
BATCH: Final = 5_000
Row = tuple[int, int, int, int, int]
"""Account, tree, left, right, level."""


def note_change(*, root_ids: Iterable[int]) -> None:
    """Mark the trees as not numbered yet, and number the small ones; under the tree lock."""
    for root_id in sorted(set(root_ids)):
        Account.objects.filter(pk=root_id).update(unnumbered=F("unnumbered") + 1)
        rows = _rows_of(root_id, most=AT_ONCE + 1)
        if len(rows) <= AT_ONCE:
            _write(_differences(root_id, rows))
            Account.objects.filter(pk=root_id).update(unnumbered=0)


def number_trees() -> int:
    """Number the trees that changed since they were numbered; return how many were finished.

    Called by the tick. Each batch is a transaction of its own under the tree lock; a tree that
    changes meanwhile is left to the next call. A second call finds nothing to do.
    """
    waiting = Account.objects.filter(parent__isnull=True, unnumbered__gt=0).order_by("pk")
    return sum(_number(*each) for each in list(waiting.values_list("pk", "unnumbered")))


def number_all() -> None:
    """Number every tree afresh, sound or not, under the tree lock (HIER-7)."""
    take_tree_lock()
    roots = list(
        Account.objects.filter(parent__isnull=True)
        .order_by("pk")
        .values_list("pk", "tree_id", "lft", "rght", "level", "unnumbered")
    )
    parents = set(
        Account.objects.filter(parent__isnull=False).values_list("parent_id", flat=True).distinct()
    )
    taken: set[int] = set()
    free = (Account.objects.aggregate(last=Max("tree_id"))["last"] or 0) + 1
    for pk, tree_id, lft, rght, level, unnumbered in roots:
        tree = tree_id
        if tree in taken:
            tree, free = free, free + 1
        taken.add(tree)
        if pk in parents:
            _write(_differences(pk, _rows_of(pk), tree))
        elif (tree, lft, rght, level) != (tree_id, 1, 2, 0):
            _write([(pk, tree, 1, 2, 0)])
        if unnumbered:
            Account.objects.filter(pk=pk).update(unnumbered=0)


def _number(root_id: int, changes: int) -> int:
    """Number one tree in batches as it stood when read; return 1 unless it changed meanwhile."""
    wanted = _differences(root_id, _rows_of(root_id))
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic():
            take_tree_lock()
            if not _still(root_id, changes):
                return 0
            _write(wanted[start : start + BATCH])
    with transaction.atomic():
        take_tree_lock()
        same = Account.objects.filter(pk=root_id, parent__isnull=True, unnumbered=changes)
        return same.update(unnumbered=0)


def _still(root_id: int, changes: int) -> bool:
    return Account.objects.filter(pk=root_id, parent__isnull=True, unnumbered=changes).exists()


def _rows_of(root_id: int, most: int | None = None) -> list[tuple[int | None, ...]]:
    """Return id, parent and numbers of a tree's accounts, siblings by their account number."""
    with connection.cursor() as cursor:
        sql.run(cursor, "customers", "tree_of", root_id=root_id, most=most)
        return list(cursor.fetchall())


def _differences(
    root_id: int, rows: Sequence[tuple[int | None, ...]], tree_id: int | None = None
) -> list[Row]:
    """Return the rows whose numbers are not those of the tree, as they should be."""
    nodes = [Node(row[0] or 0, row[1]) for row in rows]
    stored = {row[0]: row[2:] for row in rows}
    tree = stored[root_id][0] if tree_id is None else tree_id
    found: list[Row] = []
    for account_id, numbers in numbered(root_id, nodes).items():
        wanted = (tree or 0, numbers.lft, numbers.rght, numbers.level)
        if stored[account_id] != wanted:
            found.append((account_id, *wanted))
    return sorted(found)


def _write(rows: Sequence[Row]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        ids, trees, lefts, rights, levels = (list(column) for column in zip(*rows, strict=True))
        sql.run(
            cursor, "customers", "number_accounts",
            ids=ids, trees=trees, lefts=lefts, rights=rights, levels=levels,
        )  # fmt: skip
