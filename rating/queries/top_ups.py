"""Automatic top-ups: what rules see at a moment, rules of an account, requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from foundation import sql
from rating.models import TopUpRequest, TopUpRule
from rating.rules.top_ups import TopUp, held_back


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule in force, the local month of the account, its last request, and how it stands."""

    rule_id: int
    account_id: int
    usage_type_id: int | None
    currency: str
    month: date
    last_number: int
    top_up: TopUp


def top_up_standings(*, as_of: datetime, accounts: Sequence[int] | None = None) -> list[Standing]:
    """Return every rule in force at a moment, of all accounts or of some, by account."""
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "top_ups", as_of=as_of, accounts=accounts)
        return [
            Standing(rule, account, kind, currency, month, number, TopUp(*facts))
            for rule, account, kind, currency, month, number, *facts in cursor.fetchall()
        ]


def due_top_ups(*, as_of: datetime, accounts: Sequence[int] | None = None) -> list[Standing]:
    """Return the rules by which a payment is to be asked for at a moment (ENT-8)."""
    found = top_up_standings(as_of=as_of, accounts=accounts)
    return [one for one in found if not held_back(one.top_up, as_of)]


def top_up_rules(*, account_id: int) -> QuerySet[TopUpRule]:
    """Return the rules of an account, the newest first."""
    rows = TopUpRule.objects.filter(account_id=account_id)
    return rows.select_related("usage_type").order_by("-valid", "-id")


def top_ups(
    *,
    state: str = "",
    account: str = "",
    older_than: timedelta | None = None,
    as_of: datetime | None = None,
) -> QuerySet[TopUpRequest]:
    """Return requests, the newest first; in a state, asked for so long before a moment.

    `account` is what the number of the account begins with.
    """
    rows = TopUpRequest.objects.select_related("account", "usage_type", "rule")
    if state:
        rows = rows.filter(state=state)
    if account:
        rows = rows.filter(account__number__startswith=account)
    if older_than is not None and as_of is not None:
        rows = rows.filter(asked_at__lte=as_of - older_than)
    return rows.order_by("-id")
