"""Pricing: quantities a second of each price model, calls a second by zone, band and increment.

One process, CPU time, no database: the same rules that the bill run and the usage load call. A
call has one of 20,000 numbers and 200 prefixes, starts on any second of a week, lasts up to ten
minutes in 60/6, is split where its band changes, bears a connect fee and is rounded by itself.
The yardstick is the same call walked from increment to increment.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure
from catalog.rules.counters import split_counter
from catalog.rules.events import Increments, rate_event
from catalog.rules.pricing import PriceTerms, Tier, price, round_event
from catalog.rules.timebands import Band, Bands
from catalog.rules.zones import Prefix, Zones, compiled

QUANTITIES, CALLS, WALKED, TURNS = 100_000, 100_000, 2_000, 5
D = Decimal
BERLIN = ZoneInfo("Europe/Berlin")
TIERS = (
    Tier(D(100), D("0.10"), D(2)),
    Tier(D(1000), D("0.05"), D(0)),
    Tier(None, D("0.01"), D(0)),
)
MODELS = {
    "flat": PriceTerms(1, "FLAT", "EUR", flat_amount=D("29.99")),
    "per_unit": PriceTerms(1, "PER_UNIT", "EUR", unit_price=D("0.125")),
    "graduated": PriceTerms(1, "GRADUATED", "EUR", tiers=TIERS),
    "volume": PriceTerms(1, "VOLUME", "EUR", tiers=TIERS),
    "stairstep": PriceTerms(1, "STAIRSTEP", "EUR", tiers=TIERS),
    "package": PriceTerms(1, "PACKAGE", "EUR", unit_price=D(7), package_size=D(100)),
    "overage": PriceTerms(1, "OVERAGE", "EUR", unit_price=D("0.1"), included=D(500)),
    "percent": PriceTerms(1, "PERCENT", "EUR", percent=D("0.029"), flat_amount=D("0.3")),
    "bounded": PriceTerms(1, "GRADUATED", "EUR", tiers=TIERS, min_amount=D(5), max_amount=D(90)),
}
STEPS = Increments(D(60), D(6))
EVERY = frozenset(range(1, 8))
PLAN = Bands((
    Band("OFF", EVERY, 0, 0), Band("PEAK", frozenset(range(1, 6)), 480, 1200, 1),
    Band("NIGHT", EVERY, 1320, 360, 2),
))  # fmt: skip
BY_BAND = {
    code: PriceTerms(number, "PER_UNIT", "EUR", unit_price=D(rate), event_fee=D("0.05"))
    for number, (code, rate) in enumerate(
        (("OFF", "0.002"), ("PEAK", "0.004"), ("NIGHT", "0.001"))
    )
}
Call = tuple[str, datetime, int]


def run(scale: float) -> list[Figure]:
    """Price quantities by each model, then rate calls."""
    rng = random.Random(7)
    count = max(1_000, round(QUANTITIES * scale))
    quantities = [D(rng.randrange(1, 400_000)).scaleb(-2) for _ in range(count)]
    figures = [
        _figure(f"rating.{name}_per_second", _priced(terms, quantities), count)
        for name, terms in MODELS.items()
    ]
    figures.append(_figure("rating.counter_per_second", _counted(quantities), count))
    calls = _calls(rng, max(1_000, round(CALLS * scale)))
    zones = _zones(rng)
    ours = _figure("rating.call_rules_per_second", lambda: [rate(zones, one) for one in calls],
                   len(calls))  # fmt: skip
    few = calls[:WALKED]
    walk = _figure("", lambda: [walked(zones, one) for one in few], len(few))
    assert [rate(zones, one) for one in few] == [walked(zones, one) for one in few]
    ratio = ours.value / walk.value
    figures.append(
        Figure(ours.name, ours.value, ours.unit, "walking by increment", ratio, ours.spread)
    )
    return figures


def _priced(terms: PriceTerms, quantities: list[Decimal]) -> Callable[[], object]:
    return lambda: [price(terms, one, "EUR").amount for one in quantities]


def _counted(quantities: list[Decimal]) -> Callable[[], object]:
    terms, before = MODELS["graduated"], D("950.5")
    return lambda: [split_counter([(terms, one)], "EUR", before=before) for one in quantities]


def _figure(name: str, work: Callable[[], object], count: int) -> Figure:
    rates = []
    for _ in range(TURNS):
        began = time.process_time()
        work()
        rates.append(count / (time.process_time() - began))
    middle = statistics.median(rates)
    spread = (max(rates) - min(rates)) / middle
    return Figure(name, round(middle), "1/s", spread=spread, note="one process, CPU time")


def _calls(rng: random.Random, count: int) -> list[Call]:
    monday = datetime(2027, 5, 3, tzinfo=UTC)
    numbers = [f"+{rng.randrange(10**9, 10**12)}" for _ in range(20_000)]
    return [
        (rng.choice(numbers), monday + timedelta(seconds=rng.randrange(604_800)),
         rng.randrange(1, 600))
        for _ in range(count)
    ]  # fmt: skip


def _zones(rng: random.Random) -> Zones:
    prefixes = {str(rng.randrange(1, 10 ** rng.randrange(1, 6))) for _ in range(200)}
    rows = [Prefix(one, f"Z{len(one)}", date(2020, 1, 1), None) for one in sorted(prefixes)]
    return compiled("DEST", "called", "REST", rows)


def rate(zones: Zones, call: Call) -> tuple[str, Decimal]:
    """Return zone and amount of a call, by the rules."""
    number, start, seconds = call
    local = start.astimezone(BERLIN).date()
    end = start + timedelta(seconds=seconds)
    cuts = [(D((at - start).seconds), band) for at, band in PLAN.pieces(start, end, BERLIN)]
    found = rate_event(BY_BAND.__getitem__, D(seconds), "EUR", cuts=cuts, increments=STEPS)
    return zones.zone_of(number, local.isoformat()), round_event(found.amount, 4)


def walked(zones: Zones, call: Call) -> tuple[str, Decimal]:
    """Return the same, one increment after the other."""
    number, start, seconds = call
    day = start.astimezone(BERLIN).date().isoformat()
    total, at, step, fee = D(0), 0, 60, D(0)
    while at < seconds:
        local = (start + timedelta(seconds=at)).astimezone(BERLIN)
        terms = BY_BAND[PLAN.at(local.date(), local.hour * 60 + local.minute)]
        fee = fee or terms.event_fee
        total, at, step = total + step * terms.unit_price, at + step, 6
    return zones.zone_of(number, day), round_event(total + fee, 4)
