"""Where things have their pages, floors above included: by name, and empty where there is none."""

from __future__ import annotations

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from customers.models import Account
from foundation import clock


def address(name: str, *args: object) -> str:
    """Return the address of a named page, or "" while no room offers it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def document(source_type: str, source_id: int) -> str:
    """Return the page of an item's document: `invoicing.invoice` is at `invoicing:invoice`."""
    label, _, model = source_type.partition(".")
    return address(f"{label}:{model}", source_id) or address(
        f"admin:{label}_{model}_change", source_id
    )


def account(account_id: int) -> str:
    """Return an account's page, or else its open items."""
    return address("customers:account", account_id) or address(
        "receivables:account_items", account_id
    )


def item(item_id: int) -> str:
    """Return an open item's page."""
    return reverse("receivables:openitem", args=[item_id])


def person(request: HttpRequest) -> User:
    """Return who is at the page: a screen lets nobody in who has not logged in."""
    return cast(User, request.user)


def today(payer: Account) -> date:
    """Return the day that it is for an account's books."""
    return clock.today(ZoneInfo(payer.time_zone))
