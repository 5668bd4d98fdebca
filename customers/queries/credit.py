"""Credit limits: what is at risk with an account and all below it, beside its limit (HIER-5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from customers.models import Account
from customers.queries.above import Part, exposure_parts
from foundation import sql

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is at risk with an account and all below it, in its currency; `limit` None: any."""

    account: Account
    limit: Decimal | None
    parts: tuple[Part, ...]

    @property
    def total(self) -> Decimal:
        """Return the sum; negative where we hold more of the customer's money than is owed."""
        return sum((one.amount for one in self.parts), ZERO)

    @property
    def left(self) -> Decimal | None:
        """Return what may still be ordered."""
        return None if self.limit is None else self.limit - self.total

    def exceeded_by(self, amount: Decimal) -> bool:
        """Tell whether an amount more goes beyond the limit."""
        return self.limit is not None and self.total + amount > self.limit


def exposure(*, account: Account, as_of: date) -> Exposure:
    """Return what is at risk with the account and all that hang below it on the day (HIER-5).

    Open receivables less unapplied credits and cash, usage and memos not billed yet, and the first
    bill of what was ordered and never billed; documents of other currencies are not counted.
    """
    with connection.cursor() as cursor:
        sql.run(cursor, "customers", "below_on", account_id=account.pk, on_date=as_of)
        accounts = [pk for (pk,) in cursor.fetchall()]
    parts = exposure_parts(accounts, account.currency, as_of)
    return Exposure(account, account.credit_limit, tuple(parts))


def limited(*, account_id: int, as_of: date) -> list[Account]:
    """Return the account and those above it on the day that have a limit, nearest first."""
    text = sql.statement("customers", "limited")
    return list(Account.objects.raw(text, {"account_id": account_id, "on_date": as_of}))


def exceeded(accounts: Iterable[Account], amount: Decimal, as_of: date) -> list[Exposure]:
    """Return the exposures that an amount more would carry beyond their limits."""
    found = (exposure(account=one, as_of=as_of) for one in accounts)
    return [one for one in found if one.exceeded_by(amount)]
