"""What an order is worth: its charges of one full period at the prices of its day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import catalog.queries
from catalog.models import Charge
from catalog.rules.pricing import PriceTerms, price, with_override
from customers.models import Account, Order, OrderItem
from customers.queries.tree import pricebook_of

DAYS: Final = Decimal(30)
"""Days of the period for which a price per day is counted."""


def worth_of_order(order: Order) -> Decimal:
    """Return the net of one full period of everything that the order adds, in its currency.

    Recurring and one-time charges of the offers that it adds or changes to, own prices before
    list prices; usage and agreed prices are left out.
    """
    account = Account.objects.select_related("customer").get(pk=order.account_id)
    items = OrderItem.objects.filter(order=order, offer_version__isnull=False)
    return sum((_worth(account, one) for one in items.order_by("seq")), Decimal(0))


def terms_of_item(
    account: Account, item: OrderItem, charges: Iterable[Charge]
) -> Iterator[tuple[Charge, Decimal | None, PriceTerms | None]]:
    """Give each charge with the item's own price of it and the list price of its day."""
    book_id = pricebook_of(account_id=account.pk, on_date=item.effective_on)
    own = {one.charge_id: one.unit_price for one in item.prices.all()}
    listed = catalog.queries.compiled()
    for charge in charges:
        terms = listed.price_for(
            charge.pk,
            book_id=book_id,
            currency=account.currency,
            on_date=item.effective_on,
            segment=account.customer.segment,
        )
        yield charge, own.get(charge.pk), terms


def worth_of(
    *,
    account: Account,
    version_id: int,
    quantity: Decimal,
    on_date: date,
    own: Mapping[int, Decimal | None] | None = None,
) -> Decimal:
    """Return the net of one full period of the recurring charges of a version on a day.

    `own` are unit prices by charge, before list prices; usage and agreed prices are left out.
    """
    charges = Charge.objects.filter(offer_version=version_id, kind="RECURRING")
    book_id = pricebook_of(account_id=account.pk, on_date=on_date)
    listed = catalog.queries.compiled()
    total = Decimal(0)
    for charge in charges.order_by("sequence"):
        terms = listed.price_for(
            charge.pk,
            book_id=book_id,
            currency=account.currency,
            on_date=on_date,
            segment=account.customer.segment,
        )
        total += _amount(charge, terms, (own or {}).get(charge.pk), quantity, account.currency)
    return total


def _amount(
    charge: Charge,
    terms: PriceTerms | None,
    own: Decimal | None,
    quantity: Decimal,
    currency: str,
) -> Decimal:
    if terms is None:
        return Decimal(0)
    if own is not None:
        terms = with_override(terms, own)
    factor = DAYS if charge.price_model == "PER_DAY" else Decimal(1)
    return price(terms, quantity, currency, factor=factor).amount


def _worth(account: Account, item: OrderItem) -> Decimal:
    quantity = item.quantity
    if quantity is None:
        quantity = Decimal(1)
        if item.subscription is not None and (last := item.subscription.items.last()) is not None:
            quantity = last.quantity
    total = Decimal(0)
    charges = Charge.objects.filter(offer_version=item.offer_version_id).exclude(kind="USAGE")
    if not item.with_one_time:
        charges = charges.exclude(kind="ONE_TIME")
    for charge, own, terms in terms_of_item(account, item, charges.exclude(trigger="END")):
        total += _amount(charge, terms, own, quantity, account.currency)
    return total
