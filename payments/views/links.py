"""Where things have their pages; empty while no room offers one."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


def address(name: str, *args: object) -> str:
    """Return the address of a named page, or "" while no room offers it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def account(account_id: int) -> str:
    """Return an account's page, or else its payments."""
    return address("customers:account", account_id) or address(
        "payments:account_payments", account_id
    )


def payment(payment_id: int) -> str:
    """Return a payment's page."""
    return reverse("payments:payment", args=[payment_id])


def receipt(receipt_id: int) -> str:
    """Return an unidentified receipt's page."""
    return reverse("payments:unidentifiedreceipt", args=[receipt_id])


def entry(entry_id: int) -> str:
    """Return a journal entry's page."""
    return reverse("ledger:entry", args=[entry_id])


def item(item_id: int) -> str:
    """Return an open item's page."""
    return reverse("receivables:openitem", args=[item_id])


def person(request: HttpRequest) -> User:
    """Return who is at the page: a screen lets nobody in who has not logged in."""
    return cast(User, request.user)
