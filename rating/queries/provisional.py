"""Price usage as it stands: provisional for screens, final for a charge and period (RATE 8, 10).

Invoicing prices whole periods by the same rules, with tiers across accounts and against what was
billed before; these answers are for each subscription charge by itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from catalog.choices import CounterScope
from catalog.models import Charge
from catalog.rules.pricing import CannotPriceQuantity, PriceTerms, split_counter
from catalog.rules.selection import attribute_pairs
from customers.models import Account, SubscriptionCharge
from foundation.money import quantize
from foundation.periods import Period
from rating.models import UsageAggregate
from rating.queries.guides import usage_charges_of
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges
from rating.rules.guiding import UsageCharge

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RatedUsage:
    """The usage of a charge and attribute group over some days, priced.

    `service_id` is given where one service made it all. `amount_exact` and `amount` (rounded once,
    UNIT-2) are in the account's currency, and None where there is no price: `note` says why.
    """

    subscription_charge_id: int
    service_id: int | None
    attribute_key: str
    quantity: Decimal
    event_count: int
    price_version_ids: tuple[int, ...]
    amount_exact: Decimal | None
    amount: Decimal | None
    note: str = ""


def final_rating(
    *, subscription_charge_id: int, period: Period, price_tree_on: date | None = None
) -> list[RatedUsage]:
    """Rate a subscription charge over a full period of local days, by group (RATE step 10).

    The answer depends only on the stored events, the catalogue and the timeline (RATE-1).
    """
    own = SubscriptionCharge.objects.get(pk=subscription_charge_id)
    return _rated(
        own.account_id,
        period.start,
        period.end,
        price_tree_on or period.end,
        only=subscription_charge_id,
    )


def provisional(*, account_id: int, start: date, end: date) -> list[RatedUsage]:
    """Rate an account's usage of local days [start, end) as if they were billed alone."""
    return _rated(account_id, start, end, end)


def _rated(
    account_id: int, start: date, end: date, tree_on: date, only: int | None = None
) -> list[RatedUsage]:
    rows = UsageAggregate.objects.filter(
        account_id=account_id, on_date__gte=start, on_date__lt=end
    )
    if only is not None:
        rows = rows.filter(subscription_charge_id=only)
    by_charge: dict[int, list[UsageAggregate]] = defaultdict(list)
    for row in rows.order_by("subscription_charge_id", "on_date"):
        by_charge[row.subscription_charge_id].append(row)
    if not by_charge:
        return []
    currency = Account.objects.values_list("currency", flat=True).get(pk=account_id)
    prices, charges = _tools(account_id, by_charge, tree_on)
    scopes = dict(
        Charge.objects.filter(
            pk__in={one.terms.charge_id for one in charges.values()}
        ).values_list("id", "counter_scope")
    )
    found: list[RatedUsage] = []
    for own_id, usage in by_charge.items():
        own = charges[own_id]
        by_service = scopes[own.terms.charge_id] == CounterScope.SERVICE
        groups: dict[tuple[str, int], list[UsageAggregate]] = defaultdict(list)
        for row in usage:
            groups[row.attribute_key, row.service_id if by_service else 0].append(row)
        found += [_priced(own, key, group, currency, prices) for (key, _), group in groups.items()]
    return found


def _tools(
    account_id: int, own_ids: Iterable[int], tree_on: date
) -> tuple[EventPrices, dict[int, UsageCharge]]:
    subscriptions = SubscriptionCharge.objects.filter(pk__in=list(own_ids)).values_list(
        "subscription_id", flat=True
    )
    prices = EventPrices(on_date=tree_on)
    with connection.cursor() as cursor:
        prices.learn(cursor, [account_id])
        charges = usage_charges_of(cursor, usage_charges(), set(subscriptions))
    return prices, {one.subscription_charge_id: one for all_ in charges.values() for one in all_}


def _priced(
    own: UsageCharge,
    key: str,
    rows: list[UsageAggregate],
    currency: str,
    prices: EventPrices,
) -> RatedUsage:
    services = {row.service_id for row in rows}
    quantity = sum((row.quantity for row in rows), ZERO)
    exact: Decimal | None = None
    versions: tuple[int, ...] = ()
    rounded: Decimal | None = None
    note = ""
    if own.terms.by_event:
        exact = sum((row.amount or ZERO for row in rows), ZERO)
        rounded, note = quantize(exact, currency), "each event rounded by itself"
    else:
        parts, missing = _parts(own, key, rows, currency, prices)
        if missing is not None:
            note = f"no price on {missing.isoformat()}"
        else:
            try:
                priced = split_counter(parts, currency)
            except CannotPriceQuantity as problem:
                note = str(problem)
            else:
                exact = sum((one.amount_exact for one in priced), ZERO)
                rounded = sum((one.amount for one in priced), ZERO)
                versions = tuple(terms.price_version_id for terms, _ in parts)
    return RatedUsage(
        own.subscription_charge_id, services.pop() if len(services) == 1 else None, key, quantity,
        sum(row.event_count for row in rows), versions, exact, rounded, note,
    )  # fmt: skip


def _parts(
    own: UsageCharge,
    key: str,
    rows: list[UsageAggregate],
    currency: str,
    prices: EventPrices,
) -> tuple[list[tuple[PriceTerms, Decimal]], date | None]:
    """Sum rows by the price of their day, in order of time; also the first day without price."""
    parts: list[tuple[PriceTerms, Decimal]] = []
    for row in rows:
        terms = prices.terms_on(
            account_id=row.account_id,
            currency=currency,
            own=own,
            attributes=dict(attribute_pairs(key)),
            day=row.on_date,
        )
        if terms is None:
            return [], row.on_date
        if parts and parts[-1][0] == terms:
            parts[-1] = (terms, parts[-1][1] + row.quantity)
        else:
            parts.append((terms, row.quantity))
    return parts, None
