"""Stored usage rated: a month of data through sums and tiers, a month of calls one by one.

1,000,000 events each, of 2,000 accounts. Data: the sums are made anew from the events and priced
by the run's own code to drafted documents. Calls: each event is guided, its zone found among
5,000 prefixes, cut at its time bands, priced in 60/6 with a connect fee, rounded, and written
back with the sums; then all of it again, which changes nothing. Yardsticks: an ordinary ORM loop,
and DuckDB over the same rows, out of PostgreSQL and into a bare table of it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import psutil
from django.db import connection

import invoicing.operations
from benchmarks._callers import FEB, JAN, Callers
from benchmarks._duck import duck_calls, duck_sums
from benchmarks.figures import Figure, memory
from catalog.models import PriceVersion, ZonePrefix
from catalog.rules.timebands import Bands
from customers.models import ServiceIdentifier
from invoicing.models import BillCycle, ChargeItem
from rating import operations
from rating.models import RatedUsage, Usage, UsageAggregate, UsageEvent
from rating.queries.terms import usage_charges

EVENTS, ACCOUNTS, LOOPED, WORKERS = 1_000_000, 2_000, 500, 2
AS_OF = datetime(2027, 2, 1, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
D = Decimal


def run(scale: float) -> list[Figure]:
    """Measure data through sums, then calls one by one, then calls again."""
    callers = Callers()
    accounts = max(50, round(ACCOUNTS * scale))
    cycle = callers.settle(accounts)
    each = max(20, round(EVENTS * scale / accounts))
    count = callers.store("DATA", each)
    with memory() as watch:
        seconds = _through_sums(callers, cycle)
    loop, duck = count / seconds / _loop_sums(), duck_sums()
    aggregated = [
        Figure("rating.aggregate_events_per_second", count / seconds, "events/s",
               "ORM loop over the events", loop,
               note=f"{count:,} events, {WORKERS} workers, {watch.peak_mb:,.0f} MB"),
        Figure("rating.aggregate_times_duckdb", duck / seconds, "times",
               f"DuckDB at {count / duck:,.0f} events/s", duck / seconds,
               note="two threads, without documents"),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rating_usageevent, rating_ratedusage, rating_usageaggregate")
    calls = callers.store("CALL", each)
    return [*aggregated, *_one_by_one(calls)]


def _through_sums(callers: Callers, cycle: BillCycle) -> float:
    began = time.perf_counter()
    operations.rebuild_sums(start=JAN, end=FEB)
    summed = time.perf_counter()
    started = invoicing.operations.start_run(
        cycle=cycle, bill_date=FEB, cutoff_at=AS_OF, actor=callers.company.clerk, workers=WORKERS
    )
    done = invoicing.operations.continue_run(run_id=started.pk, workers=WORKERS)
    seconds = time.perf_counter() - began
    print(f"  sums {summed - began:.2f} s, priced and drafted {seconds - summed + began:.2f} s")
    if done.error or not ChargeItem.objects.filter(run_id=started.pk).exists():
        raise RuntimeError(f"the run stands at {done.state}: {done.error}")
    return seconds


def _loop_sums() -> float:
    """Add up events one by one through the ORM; return events a second."""
    events = list(Usage.objects.all()[:LOOPED])
    began = time.perf_counter()
    for event in events:
        row, _ = UsageAggregate.objects.get_or_create(
            account_id=event.account_id, subscription_charge_id=event.subscription_charge_id,
            service_id=event.service_id, on_date=event.on_date,
            attribute_key=f"loop {event.attribute_key}",
            defaults={"quantity": 0, "event_count": 1},
        )  # fmt: skip
        row.quantity += event.billable_quantity
        row.event_count += 1
        row.save()
    return len(events) / (time.perf_counter() - began)


def _one_by_one(count: int) -> list[Figure]:
    with memory() as watch:
        began, cpu = time.perf_counter(), _cpu_seconds()
        first = operations.rerate(start=JAN, end=FEB, as_of=AS_OF)
        seconds, cpu = time.perf_counter() - began, _cpu_seconds() - cpu
    print(f"  rated in {seconds:.2f} s, {cpu:.2f} s of CPU with the database's")
    if first.changed != count:
        raise RuntimeError(f"{first.changed} of {count} events were rated")
    before = _fingerprint()
    began = time.perf_counter()
    again = operations.rerate(start=JAN, end=FEB, as_of=AS_OF)
    second = time.perf_counter() - began
    if again.changed or again.accounts or _fingerprint() != before:
        raise RuntimeError("rating again changed what was rated")
    loop, duck = _loop_calls(), duck_calls()
    return [
        Figure("rating.cdr_per_second_per_core", count / cpu, "events/s",
               "ORM loop by the clock", count / seconds / loop,
               note=f"{count:,} events stored to stored, by CPU time of worker and database; "
               f"{count / seconds:,.0f}/s by the clock"),
        Figure("rating.cdr_times_duckdb", duck / seconds, "times",
               f"DuckDB at {count / duck:,.0f} events/s", duck / seconds,
               note="two threads, no cut at bands, a bare table"),
        Figure("rating.again_events_per_second", count / second, "events/s",
               note="a closed month rated again, nothing changed"),
        Figure("rating.peak_mb", watch.peak_mb, "MB", note=f"{count:,} events"),
    ]  # fmt: skip


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of the database process that serves it."""
    connection.ensure_connection()
    served = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + served.user + served.system


def _fingerprint() -> tuple[object, ...]:
    """Return what tells whether any event or sum is another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(hashtextextended(e::text, 0)) FROM rating_usage AS e),"
            " (SELECT sum(hashtextextended(a::text, 0)) FROM rating_usageaggregate AS a)"
        )
        return tuple(cursor.fetchone())


def _loop_calls() -> float:
    """Price calls as an ordinary program would: look up, walk the increments, save."""
    plan: Bands = next(one.bands for one in usage_charges().values() if one.bands)
    events = list(UsageEvent.objects.all()[:LOOPED])
    began = time.perf_counter()
    for event in events:
        owner = ServiceIdentifier.objects.select_related("service__subscription__account").get(
            value=event.identifier, valid__contains=event.event_start
        )
        digits = str(event.attributes["called"]).lstrip("+")
        starts = [digits[:length] for length in range(1, len(digits))]
        prefix = max(
            ZonePrefix.objects.filter(prefix__in=starts, valid__contains=event.on_date),
            key=lambda one: len(one.prefix),
            default=None,
        )
        price = PriceVersion.objects.prefetch_related("tiers").get(
            charge__code="CALL", valid__contains=event.on_date
        )
        cells = {tier.cell: tier.unit_price for tier in price.tiers.all()}
        total, at, step = price.event_fee, 0, 60
        while at < event.quantity:
            local = (event.event_start + timedelta(seconds=at)).astimezone(BERLIN)
            band = plan.at(local.date(), local.hour * 60 + local.minute)
            zone = prefix.zone if prefix else "REST"
            total += step * cells.get(f"band={band},zone={zone}", cells["*"])
            at, step = at + step, 6
        RatedUsage.objects.filter(
            account_id=owner.service.subscription.account_id, event_start=event.event_start,
            id=event.id,
        ).update(amount_exact=total)  # fmt: skip
    return len(events) / (time.perf_counter() - began)
