"""Price usage as it stands: provisional for screens, final for a charge and period (RATE 8, 10).

Invoicing prices whole periods by the same rules, with tiers across periods and against what was
billed before. A counter that subscriptions share is priced as a whole here as there, with who
shares it on the first day; quantities that are no sums have the price of the first day.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from catalog.choices import CounterScope
from catalog.models import Charge
from catalog.rules.counters import split_counter
from catalog.rules.metered import Metered, Reading, metered
from catalog.rules.metering import Metric, Sample
from catalog.rules.pricing import (
    CannotPriceQuantity,
    Priced,
    PriceTerms,
    price,
    price_transactions,
)
from catalog.rules.selection import attribute_pairs
from customers.models import Account, SubscriptionCharge
from foundation.money import quantize
from foundation.periods import Period
from rating.models import Usage, UsageAggregate
from rating.queries.guides import usage_charges_of
from rating.queries.prices import EventPrices
from rating.queries.shared_usage import SHARED, Sharer, shared_parts, sharers_of
from rating.queries.terms import usage_charges
from rating.rules.guiding import UsageCharge

ZERO = Decimal(0)
ACCOUNTS_AT_ONCE = 1000


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


def provisional(*, account_id: int, start: date, end: date) -> list[RatedUsage]:
    """Rate an account's usage of local days [start, end) as if they were billed alone.

    Counters that it shares with others count theirs as well.
    """
    return _rated_by_account([account_id], start, end, end).get(account_id, [])


def provisional_by_account(
    *, account_ids: Sequence[int], start: date, end: date, only: Collection[int]
) -> dict[int, list[RatedUsage]]:
    """Rate the usage of some subscription charges over local days [start, end), by account."""
    return _rated_by_account(account_ids, start, end, end, only)


def provisional_worth(
    *, account_ids: Collection[int], start: date, end: date
) -> dict[int, Decimal]:
    """Return what the usage of each account over local days [start, end) is worth by itself.

    In the account's currency; what has no price counts nothing, accounts without usage are left
    out. A few statements for a thousand accounts.
    """
    found: dict[int, Decimal] = {}
    wanted = sorted(account_ids)
    for at in range(0, len(wanted), ACCOUNTS_AT_ONCE):
        rated = _rated_by_account(wanted[at : at + ACCOUNTS_AT_ONCE], start, end, end)
        for account_id, rows in rated.items():
            found[account_id] = sum((row.amount or ZERO for row in rows), ZERO)
    return found


def _rated_by_account(
    account_ids: Sequence[int],
    start: date,
    end: date,
    tree_on: date,
    only: Collection[int] | None = None,
) -> dict[int, list[RatedUsage]]:
    rows = UsageAggregate.objects.filter(
        account_id__in=account_ids, on_date__gte=start, on_date__lt=end
    )
    if only is not None:
        rows = rows.filter(subscription_charge_id__in=only)
    by_charge: dict[tuple[int, int], list[UsageAggregate]] = defaultdict(list)
    for row in rows.order_by("subscription_charge_id", "on_date"):
        by_charge[row.account_id, row.subscription_charge_id].append(row)
    if not by_charge:
        return {}
    accounts = {account_id for account_id, _ in by_charge}
    currencies = dict(Account.objects.filter(pk__in=accounts).values_list("id", "currency"))
    prices, charges = _tools(accounts, {own_id for _, own_id in by_charge}, tree_on)
    scopes = dict(
        Charge.objects.filter(
            pk__in={one.terms.charge_id for one in charges.values()}
        ).values_list("id", "counter_scope")
    )
    metrics = {
        one.terms.charge_id: prices.metric_of(one.terms.charge_id) for one in charges.values()
    }
    rated: dict[int, list[RatedUsage]] = defaultdict(list)
    shared = {charge: scope for charge, scope in scopes.items() if scope in SHARED}
    if shared:
        wanted = {key: charges[key[1]].terms.charge_id in shared for key in by_charge}
        for account_id, one in _shared(wanted, shared, (start, end), tree_on):
            rated[account_id].append(one)
        by_charge = {key: usage for key, usage in by_charge.items() if not wanted[key]}
    for (account_id, own_id), usage in by_charge.items():
        own, found = charges[own_id], rated[account_id]
        currency = currencies[account_id]
        by_service = scopes[own.terms.charge_id] == CounterScope.SERVICE
        metric = metrics.get(own.terms.charge_id)
        if metric is not None and metric.needs_events:
            found += _metered(own, metric, (account_id, start, end), currency, prices)
            continue
        groups: dict[tuple[str, int], list[UsageAggregate]] = defaultdict(list)
        for row in usage:
            groups[row.attribute_key, row.service_id if by_service else 0].append(row)
        found += [
            _priced(own, key, group, currency, prices, metric)
            for (key, _), group in groups.items()
        ]
    return rated


def _shared(
    wanted: Mapping[tuple[int, int], bool],
    scopes: Mapping[int, str],
    days: tuple[date, date],
    tree_on: date,
) -> Iterator[tuple[int, RatedUsage]]:
    """Rate usage whose counter is shared, with that of all who share it (TIER-3).

    `wanted` are account and subscription charge; yields what is asked for, by account.
    """
    asked = {key for key, is_shared in wanted.items() if is_shared}
    start, end = days
    holders = sharers_of({account for account, _ in asked}, scopes, start)
    accounts = {account for account, _ in holders.values()}
    rows = list(
        UsageAggregate.objects.filter(
            account_id__in=accounts, subscription_charge_id__in=holders,
            on_date__gte=start, on_date__lt=end,
        )
    )  # fmt: skip
    prices, charges = _tools(accounts, {row.subscription_charge_id for row in rows}, tree_on)
    currencies = dict(Account.objects.filter(pk__in=accounts).values_list("id", "currency"))
    sharers, counters = {}, {}
    for own_id in {row.subscription_charge_id for row in rows}:
        account, payer = holders[own_id]
        charge = charges[own_id].terms.charge_id
        sharers[own_id] = Sharer(charges[own_id], account, currencies[account])
        counters[own_id] = charge, account if scopes[charge] == CounterScope.ACCOUNT else payer
    metrics = {charge: prices.metric_of(charge) for charge in scopes}
    for own_id, key, part in shared_parts(rows, sharers, counters, prices, metrics, days):
        account = sharers[own_id].account_id
        if (account, own_id) not in asked:
            continue
        services = {row.service_id for row in part.rows}
        yield account, RatedUsage(
            own_id, services.pop() if len(services) == 1 else None, key, part.quantity,
            sum(row.event_count for row in part.rows), part.versions,
            None if part.note else part.exact, None if part.note else part.amount, part.note,
        )  # fmt: skip


def _tools(
    account_ids: Iterable[int], own_ids: Iterable[int], tree_on: date
) -> tuple[EventPrices, dict[int, UsageCharge]]:
    subscriptions = SubscriptionCharge.objects.filter(pk__in=list(own_ids)).values_list(
        "subscription_id", flat=True
    )
    prices = EventPrices(on_date=tree_on)
    with connection.cursor() as cursor:
        prices.learn(cursor, account_ids)
        charges = usage_charges_of(cursor, usage_charges(), set(subscriptions))
    return prices, {one.subscription_charge_id: one for all_ in charges.values() for one in all_}


def _priced(
    own: UsageCharge,
    key: str,
    rows: list[UsageAggregate],
    currency: str,
    prices: EventPrices,
    metric: Metric | None,
) -> RatedUsage:
    services = {row.service_id for row in rows}
    if metric is not None and metric.rule == "COUNT":
        for row in rows:
            row.quantity = Decimal(row.event_count)
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
        if metric is not None:
            parts, quantity = _converted(metric, parts), metric.converted(quantity)
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


def _converted(
    metric: Metric, parts: list[tuple[PriceTerms, Decimal]]
) -> list[tuple[PriceTerms, Decimal]]:
    """Convert and round the running sum, so that the parts add up to the whole (UNIT-7)."""
    found, exact, done = [], ZERO, ZERO
    for terms, quantity in parts:
        exact += quantity
        reached = metric.converted(exact)
        found.append((terms, reached - done))
        done = reached
    return found


def _metered(
    own: UsageCharge,
    metric: Metric,
    scope: tuple[int, date, date],
    currency: str,
    prices: EventPrices,
) -> list[RatedUsage]:
    """Rate quantities that are no sums, from the events of the period (UNIT-3, UNIT-4, UNIT-9)."""
    account_id, start, end = scope
    zone = ZoneInfo(Account.objects.values_list("time_zone", flat=True).get(pk=account_id))
    period = Period(start, end)
    on = [
        (max(first, start), min(last or end, end))
        for first, last in own.days
        if first < end and (last is None or last > start)
    ]
    readings = _readings(own.subscription_charge_id, metric, account_id, start, end)
    answers = []
    for one in metered(metric, readings, period, on, zone):
        attributes = dict(attribute_pairs(one.usage_key))
        terms = prices.terms_on(
            account_id=account_id, currency=currency, own=own, attributes=attributes,
            day=on[0][0],
        )  # fmt: skip
        priced, note = None, ""
        if terms is None:
            note = f"no price on {on[0][0].isoformat()}"
        else:
            try:
                priced = _price_metered(metric, terms, one, currency)
            except CannotPriceQuantity as problem:
                note = str(problem)
        answers.append(
            RatedUsage(
                own.subscription_charge_id, one.service_id, one.usage_key, one.quantity,
                one.events, (terms.price_version_id,) if terms else (),
                priced.amount_exact if priced else None, priced.amount if priced else None, note,
            )
        )  # fmt: skip
    return answers


def _price_metered(metric: Metric, terms: PriceTerms, one: Metered, currency: str) -> Priced:
    if metric.rule == "TRANSACTIONS" and terms.counts_transactions:
        return price_transactions(terms, one.values, currency)
    return price(terms, one.quantity, currency)


def _readings(
    own_id: int, metric: Metric, account_id: int, start: date, end: date
) -> list[Reading]:
    """Read the events of a charge, and of each group the last one before the period."""
    events = Usage.objects.filter(account_id=account_id, subscription_charge_id=own_id)
    found = list(events.filter(on_date__gte=start, on_date__lt=end))
    if metric.carries_over:
        found += (
            events.filter(on_date__lt=start)
            .order_by("attribute_key", "-event_start", "-id")
            .distinct("attribute_key")
        )
    return [
        Reading(
            event.on_date,
            event.attribute_key,
            Sample(
                event.event_end if metric.at_end else event.event_start,
                event.billable_quantity,
                str(event.attributes.get(metric.unique_attribute, ""))
                if metric.unique_attribute
                else event.identifier,
                event.id,
            ),
            event.service_id,
        )
        for event in found
    ]


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
