"""Entitlements: checks by API among a million buckets, and reservations by several processes.

4,000 accounts hold 20,000 services with fifty monthly buckets each, one of them running. A check
is a request of the API with all that belongs to one, asked one after the other; every second one
goes beyond its bucket and is priced. Reservations of one unit are made by four processes at once,
on a bucket that holds half of what is asked for.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, connections

from benchmarks.figures import Figure, Repetitions
from benchmarks.pages import reader
from benchmarks.usage import lay_services
from customers.models import ServiceIdentifier
from rating import operations
from rating.models import BalanceBucket, Reservation
from rating.queries import Use

ACCOUNTS, PER_SERVICE = 4_000, 50
CHECKS, RESERVATIONS, PROCESSES = 2_000, 2_000, 4
AT = datetime(2027, 5, 10, 12, tzinfo=UTC)
TODAY = date(2027, 5, 10)


def run(scale: float) -> list[Figure]:
    """Fill the buckets, ask, reserve."""
    lay_services(max(20, round(ACCOUNTS * scale)))
    count = _fill()
    numbers = list(ServiceIdentifier.objects.order_by("pk").values_list("value", flat=True))
    dice = random.Random(1)
    client = reader()
    _call(client, numbers[0], beyond=True)
    asked = [dice.choice(numbers) for _ in range(max(200, round(CHECKS * scale)))]
    calls = Repetitions([_call(client, one, beyond=at % 2 == 0) for at, one in enumerate(asked)])
    held = round(RESERVATIONS * min(1.0, scale * 4)) // 2
    seconds = _reserve_at_once(numbers[0], 2 * held)
    middle, most = calls.median * 1000, max(calls.seconds) * 1000
    return [
        Figure(
            "entitlements.check_p99_ms", _percentile(calls, 99), "ms",
            note=f"p50 {middle:.1f} ms, slowest {most:.1f} ms; {count:,} buckets, "
            f"{len(asked):,} requests of the API",
        ),
        Figure(
            "entitlements.reservations_per_second", 2 * held / seconds, "1/s",
            note=f"{2 * held:,} asked of one bucket of {held:,} by {PROCESSES} processes",
        ),
    ]  # fmt: skip


def _fill() -> int:
    """Give each service fifty monthly buckets, the last of May 2027 running."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO rating_balancebucket (account_id, service_id, usage_type_id, usage_filter,
                name, source, priority, is_blocker, initial, remaining, valid)
            SELECT s.account_id, v.id, u.id, '{}', 'Included data', 'PROMO', 100, false, 1000, 0,
                tstzrange('2027-05-01'::timestamptz - make_interval(months => n),
                    '2027-06-01'::timestamptz - make_interval(months => n))
            FROM customers_serviceinstance AS v
            JOIN customers_subscription AS s ON s.id = v.subscription_id
            JOIN catalog_usagetype AS u ON u.code = 'DATA', generate_series(0, %s) AS n
            """,
            [PER_SERVICE - 1],
        )
        cursor.execute(
            "INSERT INTO rating_balancemovement (bucket_id, kind, delta, reason)"
            " SELECT id, 'GRANT', initial, '' FROM rating_balancebucket"
        )
        cursor.execute("VACUUM ANALYZE rating_balancebucket")
    return BalanceBucket.objects.count()


def _call(client: Any, identifier: str, *, beyond: bool) -> float:
    body = {
        "usage_type": "DATA", "identifier": identifier, "at": AT.isoformat(),
        "quantity": "1200" if beyond else "800", "attributes": {"zone": "EU"},
    }  # fmt: skip
    expected = ("1000.00000000", "200.00000000") if beyond else ("800.00000000", "0.00000000")
    started = time.perf_counter()
    answer = client.post("/api/v1/entitlements/check/", body, format="json")
    seconds = time.perf_counter() - started
    if (answer.data.get("covered"), answer.data.get("billable")) != expected:
        raise RuntimeError(f"{answer.status_code}: {answer.content!r}")
    return seconds


def _percentile(taken: Repetitions, share: int) -> float:
    """Return a percentile of the seconds, in milliseconds: the nearest rank."""
    ordered = sorted(taken.seconds)
    return ordered[-(-share * len(ordered) // 100) - 1] * 1000


def _reserve_at_once(identifier: str, asked: int) -> float:
    """Reserve unit by unit from several processes, twice what there is; return the seconds."""
    service = ServiceIdentifier.objects.get(value=identifier).service
    BalanceBucket.objects.filter(service=service).update(closed_at=AT)
    made = operations.give_balance(
        account=service.subscription.account, usage_type="DATA", quantity=Decimal(asked // 2),
        starts=AT - timedelta(days=1), ends=None, name="Race", reason="A race", actor=None,
    )  # fmt: skip
    connections.close_all()
    context = multiprocessing.get_context("fork")
    started = time.perf_counter()
    workers = [
        context.Process(target=_reserve, args=(identifier, asked // PROCESSES, turn))
        for turn in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - started
    made.refresh_from_db()
    held = sum(Reservation.objects.values_list("held", flat=True), Decimal(0))
    if any(one.exitcode for one in workers) or made.remaining or held != made.initial:
        raise RuntimeError(f"{made.remaining} remain, {held} are held of {made.initial}")
    return seconds


def _reserve(identifier: str, times: int, turn: int) -> None:
    for number in range(times):
        operations.reserve(
            use=Use("DATA", identifier, Decimal(1), AT, {"zone": "EU"}),
            key=f"race-{turn}-{number}", ttl=timedelta(hours=1), as_of=AT, on_date=TODAY,
        )  # fmt: skip
    connections.close_all()
