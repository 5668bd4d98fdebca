"""Balances of money: what may pay documents, and what paid one."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from foundation import sql
from rating.models import BalanceBucket, BalanceMovement
from rating.rules.money import Purse

HOLD = " FOR NO KEY UPDATE OF b"


def is_money_held() -> bool:
    """Tell whether any account has a balance of money that is not closed."""
    return BalanceBucket.objects.exclude(currency="").filter(closed_at__isnull=True).exists()


def purses(
    cursor: CursorWrapper, account_ids: Sequence[int], *, lock: bool = False
) -> dict[int, list[Purse]]:
    """Return the balances of money of accounts, by account; those without are left out.

    `lock` holds them, in the order of ids, until the transaction ends.
    """
    text = sql.statement("rating", "purses") + (HOLD if lock else "")
    cursor.execute(text, {"accounts": list(account_ids)})
    found: dict[int, list[Purse]] = {}
    for account_id, *facts in cursor.fetchall():
        found.setdefault(account_id, []).append(Purse(*facts))
    return found


def payments_of(document_id: int) -> list[tuple[BalanceBucket, Decimal]]:
    """Return the balances of money that paid a document, and how much each."""
    drawn = (
        BalanceMovement.objects.filter(document_id=document_id, kind="CONSUME")
        .select_related("bucket")
        .order_by("id")
    )
    return [(one.bucket, -one.delta) for one in drawn]
