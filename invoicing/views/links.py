"""Addresses that the pages of documents lead to."""

from __future__ import annotations

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

import rating.queries
from foundation import clock
from foundation.periods import Period
from foundation.screens import Fact
from foundation.screens.cells import days_text, money_text
from invoicing.models import Invoice
from ledger.models import LegalEntity


def invoice(pk: int) -> str:
    """Return the page of a document."""
    return reverse("invoicing:invoice", args=[pk])


def line(pk: int | None) -> str:
    """Return the page that explains a line."""
    return reverse("invoicing:line", args=[pk]) if pk else ""


def pdf(pk: int) -> str:
    """Return the paper form of a document."""
    return reverse("invoicing:pdf", args=[pk])


def account(pk: int) -> str:
    """Return an account's page."""
    return reverse("customers:account", args=[pk])


def credit(pk: int) -> str:
    """Return the page of a credit request."""
    return reverse("invoicing:credit", args=[pk])


def payments_of(document: Invoice) -> list[Fact]:
    """Lead to the balances of money that paid a document, each with its amount."""
    return [
        Fact(
            label="Paid from",
            value=f"{bucket.name}: {money_text(amount, bucket.currency)} {bucket.currency}",
            url=named("rating:balance", bucket.pk),
        )
        for bucket, amount in rating.queries.payments_of(document.pk)
    ]


def named(name: str, *args: object) -> str:
    """Return the address of a page of another room, or "" where there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def person(request: HttpRequest) -> User:
    """Return who is at the page; a screen lets nobody else in."""
    return cast(User, request.user)


def today(document: Invoice) -> date:
    """Return the date in the zone of the document's entity."""
    return clock.today(ZoneInfo(document.entity.time_zone))


def today_of(entity: LegalEntity) -> date:
    """Return the date in the zone of an entity."""
    return clock.today(ZoneInfo(entity.time_zone))


def days(start: date, end: date) -> str:
    """Write half-open days with their last day (PER-1)."""
    return days_text(Period(start, end))
