"""Who else pays for charges of an account (HIER-8)."""

from __future__ import annotations

from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet

from customers.models import Account, ChargeRedirection


def redirections(*, since: date) -> QuerySet[ChargeRedirection]:
    """Return the redirections in force on or after a day."""
    return ChargeRedirection.objects.filter(valid__overlap=DateRange(since, None))


def redirections_of(*, account: Account) -> QuerySet[ChargeRedirection]:
    """Return what is redirected from an account and to it, the newest first."""
    return (
        ChargeRedirection.objects.filter(Q(account=account) | Q(payer=account))
        .select_related("account", "payer", "subscription", "product")
        .order_by("-valid", "-pk")
    )
