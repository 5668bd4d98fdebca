"""Buckets of the usage tests, made without the operations that grant them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from catalog.models import UsageType
from customers.models import Account
from rating.models import BalanceBucket, BalanceMovement

MAY, JUNE, JULY = (datetime(2027, month, 1, tzinfo=UTC) for month in (5, 6, 7))


def bucket(
    account: Account, amount: int | str, usage: str = "DATA", **values: Any
) -> BalanceBucket:
    """Make a bucket, in May 2027 if nothing else is said, and fill it."""
    given = {
        "source": "PROMO",
        "name": "Present",
        "valid": DateTimeTZRange(MAY, JUNE, "[)"),
        "initial": Decimal(amount),
        **values,
    }
    given.setdefault("usage_type", UsageType.objects.get(code=usage))
    made = BalanceBucket.objects.create(account=account, **given)
    BalanceMovement.objects.create(bucket=made, kind="GRANT", delta=Decimal(amount))
    made.refresh_from_db()
    return made
