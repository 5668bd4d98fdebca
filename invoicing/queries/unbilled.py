"""What some accounts will be billed that is in no document yet, estimated (HIER-5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

import catalog.queries
from catalog.rules.pricing import CannotPriceQuantity, price, with_override
from catalog.rules.selection import attribute_pairs
from customers.queries.above import Part
from foundation.money import quantize
from foundation.sql import run as run_statement
from invoicing.models import ChargeItem

ZERO: Final = Decimal(0)


def at_risk(accounts: Sequence[int], currency: str, as_of: date) -> list[Part]:
    """Return usage not billed, first bills of what was ordered, and memos that wait.

    Net, at own prices before list prices, each sum by itself: tiers that reach across
    subscriptions, agreed prices and discounts are left out, so it is rather too much.
    """
    return [
        Part("Usage not billed", _usage(accounts, currency, as_of)),
        Part("First bill of what was ordered", _first_bills(accounts, currency, as_of)),
        Part("Memos that wait", _waiting(accounts, currency)),
    ]


def _usage(accounts: Sequence[int], currency: str, as_of: date) -> Decimal:
    total = ZERO
    for charge, book, segment, key, day, quantity, amount, of in _rows(
        "unbilled_usage", accounts, as_of
    ):
        if of != currency:
            continue
        if amount is None:
            attributes = dict(attribute_pairs(key))
            amount = _priced(charge, book, segment, currency, day, quantity, attributes=attributes)
        total += quantize(amount, currency)
    return total


def _first_bills(accounts: Sequence[int], currency: str, as_of: date) -> Decimal:
    total = ZERO
    for charge, book, segment, own, day, quantity, of in _rows("unbilled_firsts", accounts, as_of):
        if of == currency:
            total += _priced(charge, book, segment, currency, day, quantity, own=own)
    return total


def _priced(
    charge: int,
    book: int | None,
    segment: str,
    currency: str,
    day: date,
    quantity: Decimal,
    *,
    own: Decimal | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Decimal:
    terms = catalog.queries.compiled().price_for(
        charge, book_id=book, currency=currency, on_date=day, segment=segment,
        attributes=attributes or {},
    )  # fmt: skip
    if terms is None:
        return ZERO
    if own is not None:
        terms = with_override(terms, own)
    try:
        return price(terms, quantity, currency).amount
    except CannotPriceQuantity:
        return ZERO


def _waiting(accounts: Sequence[int], currency: str) -> Decimal:
    rows = ChargeItem.objects.filter(
        account_id__in=list(accounts), subscription_charge_id=0, line_id__isnull=True,
        currency=currency,
    )  # fmt: skip
    return sum(rows.values_list("amount", flat=True), ZERO)


def _rows(name: str, accounts: Sequence[int], as_of: date) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        run_statement(cursor, "invoicing", name, accounts=list(accounts), as_of=as_of)
        yield from cursor.fetchall()
