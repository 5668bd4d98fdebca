"""Customers and contacts by legal entity: a customer may have accounts with several."""

from __future__ import annotations

from django.db.models import Q

from customers.models import Account, Customer


def customers_of(entities: frozenset[int]) -> Q:
    """Return the condition of customers with an account of the entities, or with none at all.

    A customer without an account is nobody's yet: whoever made it opens its first account.
    """
    accounts = Account.objects.order_by()
    inside = accounts.filter(entity__in=entities).values("customer")
    return Q(pk__in=inside) | ~Q(pk__in=accounts.values("customer"))


def contacts_of(entities: frozenset[int]) -> Q:
    """Return the condition of contacts of the entities' accounts, and of their customers'."""
    customers = Customer.objects.filter(customers_of(entities)).order_by()
    return Q(account__entity__in=entities) | Q(
        account__isnull=True, customer__in=customers.values("pk")
    )
