"""The account tree: the picture of now for screens, the dated truth for everything else."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from customers.choices import AddressRole
from customers.models import Account, Address
from customers.queries.billing import bound
from foundation import sql


def payer_of(*, account_id: int, on_date: date) -> int | None:
    """Return the account that pays for this one on the day (HIER-2); None when not open then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_payer_of(%s, %s)", [account_id, on_date])
        payer: int | None = cursor.fetchone()[0]
    return payer


def pricebook_of(*, account_id: int, on_date: date) -> int | None:
    """Return the price book of the nearest account-or-ancestor with one on the day (PRC-2)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_pricebook_of(%s, %s)", [account_id, on_date])
        book: int | None = cursor.fetchone()[0]
    return book


def payers_of(pairs: Sequence[tuple[int, date]]) -> list[int | None]:
    """Return who pays for each account on its day, in the order of the pairs (HIER-2)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customers_payer_of(account, day)"
            " FROM unnest(%s::bigint[], %s::date[]) WITH ORDINALITY AS asked (account, day, place)"
            " ORDER BY place",
            [[account for account, _ in pairs], [day for _, day in pairs]],
        )
        return [payer for (payer,) in cursor.fetchall()]


def membership_of(*, payer_ids: list[int], on_date: date) -> dict[int, int]:
    """Map every account that the payers pay for on the day to its payer, payers included."""
    text = bound(sql.statement("customers", "members"), payers=payer_ids, on_date=on_date)
    with connection.cursor() as cursor:
        cursor.execute(text)
        return {account: payer for payer, account, *_ in cursor.fetchall()}


def ancestors(*, account: Account) -> list[Account]:
    """Return the accounts above by the parents of now, the root first (for screens)."""
    text = sql.statement("customers", "above")
    return list(Account.objects.raw(text, {"account_id": account.pk}))


def children(*, account: Account) -> QuerySet[Account]:
    """Return the accounts directly below, by number (picture of now)."""
    return Account.objects.filter(parent_id=account.pk).order_by("number")


def subtree(*, account: Account, most: int) -> list[Account]:
    """Return the account and those below it in tree order, at most so many (for screens).

    By the numbers of the tree, or by the parents while these wait to be brought up to date.
    """
    above = ancestors(account=account)
    root = above[0] if above else account
    if Account.objects.filter(pk=root.pk, unnumbered=0).exists():
        numbers = Account.objects.values_list("tree_id", "lft", "rght")
        tree_id, lft, rght = numbers.get(pk=account.pk)
        rows = Account.objects.filter(tree_id=tree_id, lft__gte=lft, rght__lte=rght)
        return list(rows.order_by("lft")[:most])
    with connection.cursor() as cursor:
        sql.run(cursor, "customers", "below", account_id=account.pk, most=most)
        below = dict(cursor.fetchall())
    found = Account.objects.in_bulk(below)
    for pk, depth in below.items():
        found[pk].level = len(above) + depth
    return [found[pk] for pk in below]


def address_of(*, account_id: int, role: AddressRole, on_date: date) -> Address | None:
    """Return the address of the account in the role on the day."""
    return (
        Address.objects.filter(
            uses__account_id=account_id, uses__role=role, uses__valid__contains=on_date
        )
        .select_related("jurisdiction")
        .first()
    )
