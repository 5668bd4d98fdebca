"""Usage whose tier counter several subscriptions share, priced as the next bill will (TIER-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import customers.queries
from catalog.choices import CounterScope
from catalog.rules.metering import MOST_PLACES, Metric
from catalog.rules.pricing import CannotPriceQuantity, PriceTerms
from catalog.rules.selection import attribute_pairs
from catalog.rules.sharing import Factors, borne, stretches
from customers.models import SubscriptionCharge
from rating.models import UsageAggregate
from rating.queries.prices import EventPrices
from rating.rules.guiding import UsageCharge

ZERO = Decimal(0)
DAY = timedelta(days=1)
SHARED = (CounterScope.ACCOUNT, CounterScope.PAYER)


class Sharer(NamedTuple):
    """A subscription charge that counts together with others, and its account."""

    own: UsageCharge
    account_id: int
    currency: str


@dataclass(slots=True)
class Part:
    """What one subscription charge bears of a counter in an attribute group, and why not."""

    rows: list[UsageAggregate]
    quantity: Decimal
    exact: Decimal = ZERO
    amount: Decimal = ZERO
    versions: tuple[int, ...] = ()
    note: str = ""


class NoPrice(Exception):
    """A day of usage has no price."""


def sharers_of(
    account_ids: Collection[int], charge_ids: Collection[int], on_date: date
) -> dict[int, tuple[int, int]]:
    """Return account and payer of the subscription charges that may count with these accounts'.

    By subscription charge; those of all accounts for which the same payer pays on the day.
    """
    accounts = sorted(account_ids)
    payers = customers.queries.payers_of([(one, on_date) for one in accounts])
    known = {
        one: one if payer is None else payer for one, payer in zip(accounts, payers, strict=True)
    }
    members = known | customers.queries.membership_of(
        payer_ids=sorted(set(known.values())), on_date=on_date
    )
    rows = SubscriptionCharge.objects.filter(account_id__in=members, charge_id__in=charge_ids)
    return {
        own: (account, members[account]) for own, account in rows.values_list("id", "account_id")
    }


def shared_parts(
    rows: Collection[UsageAggregate],
    sharers: Mapping[int, Sharer],
    counters: Mapping[int, tuple[int, int]],
    prices: EventPrices,
    metrics: Mapping[int, Metric | None],
    days: tuple[date, date],
) -> Iterator[tuple[int, str, Part]]:
    """Yield subscription charge, attribute group and what it bears of its counter.

    `counters` names the counter of each subscription charge: its charge and whose it is.
    """
    groups: dict[tuple[tuple[int, int], str], dict[int, list[UsageAggregate]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        own = row.subscription_charge_id
        groups[counters[own], row.attribute_key][own].append(row)
    for ((charge_id, _), key), used in groups.items():
        metric = metrics.get(charge_id)
        parts = {own: Part(found, _shown(metric, found)) for own, found in used.items()}
        try:
            _bear(parts, key, sharers, prices, metric, days)
        except NoPrice as why:
            for part in parts.values():
                part.note = f"no price on {why}"
        except CannotPriceQuantity as problem:
            for part in parts.values():
                part.note = str(problem)
        for own, part in parts.items():
            yield own, key, part


def _bear(
    parts: Mapping[int, Part],
    key: str,
    sharers: Mapping[int, Sharer],
    prices: EventPrices,
    metric: Metric | None,
    days: tuple[date, date],
) -> None:
    """Price the counter stretch by stretch, and let each bear what it used of it (POOL-1)."""
    attributes = dict(attribute_pairs(key))

    def on(own: int, day: date) -> PriceTerms | None:
        sharer = sharers[own]
        return prices.terms_on(
            account_id=sharer.account_id, currency=sharer.currency, own=sharer.own,
            attributes=attributes, day=day,
        )  # fmt: skip

    def quoted(own: int, day: date) -> PriceTerms:
        found = on(own, day)
        if found is None:
            raise NoPrice(day.isoformat())
        return found

    def since(own: int, day: date, after: date) -> date:
        terms = quoted(own, day)
        while day - DAY > after and on(own, day - DAY) == terms:
            day -= DAY
        return day

    counted = [
        (own, row.on_date, _counted(metric, row))
        for own, part in parts.items()
        for row in part.rows
    ]
    reached = exact = ZERO
    for _, _, used in stretches(counted, quoted, since, days):
        exact += sum((quantity for *_, quantity in used), ZERO)
        whole = exact if metric is None else metric.converted(exact)
        named = [(terms, terms, quantity) for _, terms, quantity in used]
        for (own, terms, _), found in zip(
            used, borne(named, reached, whole, Factors()), strict=True
        ):
            part = parts[own]
            part.exact += found.exact
            part.amount += found.amount
            part.versions = (*part.versions, terms.price_version_id)
        reached = whole


def _counted(metric: Metric | None, row: UsageAggregate) -> Decimal:
    by_count = metric is not None and metric.rule == "COUNT"
    return Decimal(row.event_count) if by_count else row.quantity


def _shown(metric: Metric | None, rows: list[UsageAggregate]) -> Decimal:
    """Return what is used in the unit of the price; the counter alone is rounded (UNIT-7)."""
    quantity = sum((_counted(metric, row) for row in rows), ZERO)
    return quantity if metric is None else replace(metric, places=MOST_PLACES).converted(quantity)
