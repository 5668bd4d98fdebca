"""Moves in the account tree: the dated positions first, the tree of now after them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection, transaction

import audit.operations
from customers import queries
from customers.choices import AccountRole
from customers.models import Account, AccountPosition
from customers.models.account import take_tree_lock
from customers.operations.tree_numbers import note_change, number_all
from customers.rules import hierarchy
from customers.signals import accounts_moved
from foundation import sql
from foundation.errors import Refusal, translate_database_error
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class AccountNotOpen(Refusal):
    """The account is not open on the day."""

    rule = "HIER-1"


class CannotMove(Refusal):
    """The account cannot hang there: a circle, other money, or a day outside its life."""

    rule = "HIER-6"


@transaction.atomic
def move_account(
    *,
    account: Account,
    parent: Account | None,
    on_date: date,
    as_of: date,
    actor: User | None,
    role: AccountRole | None = None,
    reason: str = "",
    splits: bool = False,
) -> Account:
    """Hang the account below another (None: make it a root) from a day on (HIER-6).

    With the parent that it has and another `role`, only who pays changes.

    Who pays changes with the next full period of each charge. With `splits` the running ones are
    divided on the day: what was billed beyond it is credited to the old payer, the rest is billed
    to the new one at its prices, usage goes by its day.

    The move holds up to the next one already recorded. When its day has come (`as_of`) the tree
    of now follows at once, else on the day (`apply_due_moves`). What pays from when is read from
    the dated positions; open items stay where they are. Takes the tree lock.
    """
    require(actor, "customers.move_account")
    require_sight(actor, account, parent)
    take_tree_lock()
    account = Account.objects.get(pk=account.pk)
    history = _history(account)
    current = hierarchy.position_on(history, on_date)
    if current is None:
        raise AccountNotOpen(f"account {account.number} is not open on {on_date}")
    new_role = role or (AccountRole(current.role) if parent else AccountRole.PAYER)
    if parent is not None:
        parent = Account.objects.get(pk=parent.pk)
        require_place(account, parent, new_role, on_date)
    elif new_role != AccountRole.PAYER:
        raise CannotMove(f"account {account.number} pays for itself when nobody is above it")
    wanted = hierarchy.repositioned(
        history, on_date, parent_id=parent.pk if parent else None, role=new_role, splits=splits
    )
    _write_history(account, wanted, reason=reason, actor=actor)
    _require_tree(account)
    _show_position(account, as_of=as_of)
    audit.operations.record_event(
        topic="account.moved",
        subject=account,
        payload={
            "number": account.number,
            "parent": parent.number if parent else None,
            "role": new_role,
            "on": on_date.isoformat(),
            "splits": splits,
        },
        actor=actor,
    )
    transaction.on_commit(lambda: accounts_moved.send(Account, ids=[account.pk]))
    return account


@transaction.atomic
def apply_due_moves(*, as_of: date, time_zone: str | None = None) -> int:
    """Bring the tree of now to the positions of the day; return how many accounts moved.

    `time_zone` keeps to the accounts of one zone, whose day it is.

    Called by the scheduled tick. A second call moves nothing. Takes the tree lock.
    """
    take_tree_lock()
    with connection.cursor() as cursor:
        sql.run(cursor, "customers", "due_moves", on_date=as_of)
        due = [pk for pk, zone in cursor.fetchall() if time_zone in (None, zone)]
    return sum(_show_position(Account.objects.get(pk=pk), as_of=as_of) for pk in due)


@transaction.atomic
def rebuild_tree(*, actor: User | None) -> int:
    """Number the tree of now afresh from the parents; return how many accounts it has (HIER-7).

    For a tree that `verify_hierarchy` finds broken. Takes the tree lock.
    """
    require(actor, "customers.move_account")
    number_all()
    return Account.objects.count()


def require_place(account: Account, parent: Account, role: str, on_date: date) -> None:
    """Refuse a parent that is not open on the day, or cannot pay for a non-payer."""
    closed_on = parent.closed_on
    if on_date < parent.opened_on or (closed_on is not None and on_date >= closed_on):
        raise AccountNotOpen(f"account {parent.number} is not open on {on_date}", column="parent")
    same_money = (parent.currency, parent.entity_id) == (account.currency, account.entity_id)
    if role == AccountRole.NON_PAYER and not same_money:
        raise CannotMove(
            f"account {parent.number} cannot pay for {account.number or account.name}: "
            "other currency or legal entity",
            column="parent",
        )


def require_lasting_place(account: Account, parent: Account, role: str, on_date: date) -> None:
    """Refuse a parent below which an account cannot hang from the day on for good."""
    if parent.closed_on is not None:
        message = f"account {parent.number} closes on {parent.closed_on}"
        raise AccountNotOpen(message, column="parent")
    require_place(account, parent, role, on_date)


def _history(account: Account) -> tuple[hierarchy.Position, ...]:
    rows = AccountPosition.objects.filter(account=account).order_by("valid")
    return tuple(
        hierarchy.Position(
            row.valid.lower, row.valid.upper, row.parent_id, row.role, row.splits_periods
        )
        for row in rows
    )


def _write_history(
    account: Account,
    wanted: tuple[hierarchy.Position, ...],
    *,
    reason: str,
    actor: User | None,
) -> None:
    """Make the stored positions the wanted ones, touching only what differs."""
    stored = {row.valid.lower: row for row in AccountPosition.objects.filter(account=account)}
    starts = {position.start for position in wanted}
    for start, row in stored.items():
        if start not in starts:
            row.delete()
    for position in wanted:
        if position.start not in stored:
            continue
        row = stored[position.start]
        now = (row.valid.upper, row.parent_id, row.role, row.splits_periods)
        if now != (position.end, position.parent_id, position.role, position.splits):
            row.valid = (position.start, position.end)
            row.parent_id = position.parent_id
            row.role = position.role
            row.splits_periods = position.splits
            row.updated_by = actor
            row.save()
    for position in wanted:
        if position.start not in stored:
            AccountPosition.objects.create(
                account=account,
                valid=(position.start, position.end),
                parent_id=position.parent_id,
                role=position.role,
                splits_periods=position.splits,
                reason=reason,
                created_by=actor,
            )


def _require_tree(account: Account) -> None:
    """Refuse now, in words, what the guard would refuse when the transaction commits."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT customers_judge_positions(%s)", [account.pk])
    except DatabaseError as error:
        raise translate_database_error(error) from error


def _show_position(account: Account, *, as_of: date) -> int:
    """Hang the account where its position of the day says; return 1 when that changed it.

    While the picture still shows the target below the account, whose own move is then due too, it
    is left to the next call of `apply_due_moves`.
    """
    position = hierarchy.position_on(_history(account), as_of)
    if position is None:
        return 0
    if (position.parent_id, position.role) == (account.parent_id, account.role):
        return 0
    roots = set()
    if position.parent_id != account.parent_id:
        target = Account.objects.get(pk=position.parent_id) if position.parent_id else None
        above = [one.pk for one in queries.ancestors(account=target)] if target else []
        if target is not None and account.pk in (target.pk, *above):
            return 0
        old = queries.ancestors(account=account)
        roots = {old[0].pk} if old else set()
        roots.add((*above, target.pk)[0] if target else account.pk)
        account.stand_below(target)
    Account.objects.filter(pk=account.pk).update(
        parent=position.parent_id,
        role=position.role,
        tree_id=account.tree_id,
        lft=account.lft,
        rght=account.rght,
        level=account.level,
        unnumbered=0 if position.parent_id else account.unnumbered,
    )
    note_change(root_ids=roots)
    account.refresh_from_db()
    return 1
