"""What is sold with included usage, by when it has to be granted, and what was granted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection

from catalog.models import EntitlementSpec
from customers.choices import ServiceState
from customers.models import ServiceInstance
from customers.queries.periods import CYCLE_ANCHOR
from foundation import sql
from foundation.periods import Alignment, Rhythm, Unit
from rating.models import BalanceBucket
from rating.rules.grants import Grant, GrantTerms, grants_due, rhythm_of, trial_grant

PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class SoldItem:
    """An item of a subscription whose offer includes usage, over its days."""

    item_id: int
    offer_version_id: int
    subscription_id: int
    account_id: int
    zone: ZoneInfo
    quantity: Decimal
    start: date
    end: date | None
    trial_end: date | None
    cycle: Rhythm


@dataclass(frozen=True, slots=True)
class DueGrant:
    """A grant that is due and was not made; without a service it is for the account."""

    item: SoldItem
    spec: EntitlementSpec
    service_id: int | None
    grant: Grant


def terms_of(spec: EntitlementSpec) -> GrantTerms:
    """Return the terms of an entitlement; its usage type and unit are loaded with it."""
    return GrantTerms(
        quantity=spec.quantity,
        unit=Unit(spec.period_unit),
        count=spec.period_count,
        alignment=Alignment(spec.alignment),
        prorates=spec.prorate_grant,
        places=spec.usage_type.unit.precision,
        rollover_percent=spec.rollover_percent,
        rollover_cap=spec.rollover_cap,
        life_periods=spec.rollover_periods,
        re_rolls=spec.rolls_again,
    )


def specs() -> dict[int, list[EntitlementSpec]]:
    """Return what offer versions include, by version; drafts too, nobody has bought them."""
    found: dict[int, list[EntitlementSpec]] = defaultdict(list)
    for spec in EntitlementSpec.objects.select_related("usage_type__unit").order_by("pk"):
        found[spec.offer_version_id].append(spec)
    return found


def sold_items(*, since: date, until: date) -> Iterator[list[SoldItem]]:
    """Yield pages of the items with included usage that have days in [since, until]."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            sql.run(
                cursor, "rating", "grant_items", since=since, until=until, after=after, size=PAGE
            )
            rows = cursor.fetchall()
        if rows:
            yield [
                SoldItem(
                    item, version, subscription, account, ZoneInfo(zone), quantity, start, end,
                    trial, Rhythm(CYCLE_ANCHOR, Unit.MONTH, months, day),
                )
                for item, version, subscription, account, zone, quantity, start, end, trial,
                day, months in rows
            ]  # fmt: skip
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def due_grants(
    items: Sequence[SoldItem],
    specs: dict[int, list[EntitlementSpec]],
    *,
    since: date,
    until: date,
) -> list[DueGrant]:
    """Return the grants of items that have begun by `until` and were not made (desired state)."""
    services = _services(items)
    capped = {
        (one.offer_version_id, one.usage_type_id)
        for each in specs.values()
        for one in each
        if one.ends_trial
    }
    made = set(
        BalanceBucket.objects.filter(
            item__in=[one.item_id for one in items], source="GRANT"
        ).values_list("item_id", "spec_id", "period_start", "service_id")
    )
    return [
        due
        for item in items
        for spec in specs.get(item.offer_version_id, ())
        if spec.scope != "POOL"  # what fills pools follows their members: `queries.pooling`
        for due in _of_item(
            item,
            spec,
            services.get(item.subscription_id, ()),
            since,
            until,
            is_capped=(spec.offer_version_id, spec.usage_type_id) in capped,
        )
        if (item.item_id, spec.pk, due.grant.full.start, due.service_id) not in made
    ]


def _of_item(
    item: SoldItem,
    spec: EntitlementSpec,
    services: Iterable[int],
    since: date,
    until: date,
    *,
    is_capped: bool,
) -> Iterator[DueGrant]:
    by_service = spec.scope == "SERVICE"
    for grant in _grants(item, spec, since, until, is_capped=is_capped):
        for service in services if by_service else (None,):
            yield DueGrant(item, spec, service, grant)


def _grants(
    item: SoldItem, spec: EntitlementSpec, since: date, until: date, *, is_capped: bool
) -> Iterator[Grant]:
    """Yield the grants of an item; where a trial is capped, what it includes begins after it."""
    terms, start = terms_of(spec), item.start
    if spec.ends_trial:
        yield from trial_grant(terms, start=start, trial_end=item.trial_end, until=until)
        return
    if is_capped and item.trial_end is not None:
        start = max(start, item.trial_end)
    yield from grants_due(
        terms,
        rhythm=rhythm_of(terms, start=start, cycle=item.cycle),
        start=start,
        end=item.end,
        items=Decimal(1) if spec.scope == "SERVICE" else item.quantity,
        since=since,
        until=until,
    )


def _services(items: Sequence[SoldItem]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = ServiceInstance.objects.filter(subscription__in=[one.subscription_id for one in items])
    for key, subscription in (
        rows.exclude(state=ServiceState.TERMINATED)
        .order_by("pk")
        .values_list("pk", "subscription_id")
    ):
        found[subscription].append(key)
    return found
