"""Who else pays for charges of an account (HIER-8)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from customers.models import Account, ChargeRedirection


def redirections_of(*, account: Account) -> QuerySet[ChargeRedirection]:
    """Return what is redirected from an account and to it, the newest first."""
    return (
        ChargeRedirection.objects.filter(Q(account=account) | Q(payer=account))
        .select_related("account", "payer", "subscription", "product")
        .order_by("-valid", "-pk")
    )
