"""What usage costs by the month: against caps, and what balances of money still pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

import customers.queries
from customers.models import Account
from customers.queries.periods import CYCLE_ANCHOR
from foundation import sql
from foundation.periods import Period, Rhythm, Unit, local_date
from rating.models import SpendCap
from rating.queries.provisional import provisional_worth

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the usage of an account cost in a month so far, before tax, under its cap."""

    cap: SpendCap
    period: Period
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """What of money bears on a use: what a cap leaves (None: no cap blocks), what is prepaid."""

    cap: Decimal | None = None
    spent: Decimal = ZERO
    prepaid: Decimal = ZERO

    def allows(self, amount: Decimal) -> bool:
        """Tell whether use of this price stays within the cap."""
        return self.cap is None or self.spent + amount <= self.cap


def month_of(cycle_day: int, day: date) -> Period:
    """Return the month of spending that contains a day: from cycle day to cycle day."""
    return Rhythm(CYCLE_ANCHOR, Unit.MONTH, 1, cycle_day).containing(day)


def caps(*, account_id: int) -> QuerySet[SpendCap]:
    """Return the caps of an account, the newest first."""
    return SpendCap.objects.filter(account_id=account_id).order_by("-valid")


def spent_under_caps(*, as_of: datetime) -> Iterator[Spent]:
    """Yield what each cap in force at a moment has seen spent in the month of that moment.

    A few statements for a thousand accounts whose months begin on the same day.
    """
    rows = SpendCap.objects.filter(valid__contains=as_of.date()).select_related("account")
    months: dict[Period, dict[int, SpendCap]] = defaultdict(dict)
    for cap in rows.order_by("pk"):
        today = local_date(as_of, ZoneInfo(cap.account.time_zone))
        months[month_of(cap.account.cycle_day, today)][cap.account_id] = cap
    for period, held in months.items():
        worth = provisional_worth(account_ids=held, start=period.start, end=period.end)
        for account_id, amount in worth.items():
            yield Spent(held[account_id], period, amount)


def standing(*, account_id: int, kind: str, day: date, at: datetime) -> Standing:
    """Return what of money bears on the use of an account: its cap, its payer's balances (ENT-1).

    One statement where there is neither. What is prepaid is less what the accounts of the payer
    have used in its month: a balance is drawn when that is billed.
    """
    with connection.cursor() as cursor:
        sql.run(
            cursor, "rating", "standing", account=account_id, day=day, at=at, kind=kind
        )  # fmt: skip
        most, payer_id, prepaid = cursor.fetchone()
    spent = ZERO
    if most is not None:
        spent = _worth(account_id, {account_id}, day)
    if prepaid:
        members = customers.queries.membership_of(payer_ids=[payer_id], on_date=day)
        prepaid = max(ZERO, prepaid - _worth(payer_id, set(members), day))
    return Standing(most, spent, prepaid)


def _worth(owner_id: int, account_ids: set[int], day: date) -> Decimal:
    """Return what accounts have used in the month of one of them, before tax."""
    cycle_day = Account.objects.values_list("cycle_day", flat=True).get(pk=owner_id)
    month = month_of(cycle_day, day)
    worth = provisional_worth(account_ids=account_ids, start=month.start, end=month.end)
    return sum(worth.values(), ZERO)
