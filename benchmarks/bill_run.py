"""A bill run of 20,000 payers: three recurring and two metered lines each, from SELECT to POSTED.

Two workers, all constraints on; each invoice has five lines with tax, an open item, a balanced
journal entry and its charge items. Beside it, in turns, the same documents by an ordinary ORM
loop, by `bulk_create`, and a binary COPY of the ready rows by one worker into the same schema.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime

from django.db import connection

import invoicing.operations
from benchmarks._payers import BILL_DATE, Population, Town
from benchmarks._yardsticks import copy_ready_rows, orm_bulk, orm_loop
from benchmarks.figures import Figure, Repetitions, memory
from invoicing.choices import RunState
from invoicing.models import BillRun, BillRunAccount, BillRunChunk

PAYERS, TURNS = 20_000, 3
SMALL, LARGE = 2_000, 50_000
LOOP_PAYERS, BULK_PAYERS = 60, 2_000
WORKERS = 2
CUTOFF = datetime(2027, 2, 2, tzinfo=UTC)


def run(scale: float) -> list[Figure]:
    """Measure ours and the yardsticks in turns, then small and large runs."""
    town = Town()
    payers = max(200, round(PAYERS * scale))
    bill(town, town.settle("WARM", 200))
    ours: list[float] = []
    loop: list[float] = []
    bulk: list[float] = []
    copied: list[float] = []
    peak = 0.0
    for turn in range(TURNS):
        population = town.settle(f"RUN{turn}", payers)
        with memory() as watch:
            ours.append(payers / bill(town, population))
        peak = max(peak, watch.peak_mb)
        loop.append(orm_loop(town.settle(f"LOOP{turn}", LOOP_PAYERS), town))
        bulk_payers = min(payers, BULK_PAYERS)
        bulk.append(orm_bulk(town.settle(f"BULK{turn}", bulk_payers), town))
        copied.append(copy_ready_rows(population, town.settle(f"COPY{turn}", payers)))
    small, large = _growth(town, scale)
    rate, spread = statistics.median(ours), Repetitions(ours).spread

    def beside(name: str, yardstick: list[float], what: str) -> Figure:
        ratio = statistics.median(a / b for a, b in zip(ours, yardstick, strict=True))
        return Figure(name, ratio, "×", what, ratio, Repetitions(yardstick).spread,
                      f"{statistics.median(yardstick):,.0f} invoices/s")  # fmt: skip

    return [
        Figure("bill_run.invoices_per_second", rate, "invoices/s", spread=spread,
               note=f"{payers:,} payers, 2 workers"),
        beside("bill_run.times_orm_loop", loop, "ORM loop"),
        beside("bill_run.times_bulk_create", bulk, "bulk_create"),
        beside("bill_run.share_of_copy", copied, "COPY of ready rows, 1 worker"),
        Figure("bill_run.cost_growth", large / small, "×",
               note=f"{small * 1e6:,.0f} µs an invoice, then {large * 1e6:,.0f} µs"),
        Figure("bill_run.peak_mb", peak, "MB", note="both workers, shared pages once"),
    ]  # fmt: skip


def bill(town: Town, population: Population) -> float:
    """Carry a run from its start to CLOSED; return the seconds until it was posted."""
    began = time.perf_counter()
    started = invoicing.operations.start_run(
        cycle=population.cycle,
        bill_date=BILL_DATE,
        cutoff_at=CUTOFF,
        actor=town.company.clerk,
        workers=WORKERS,
    )
    reviewed = invoicing.operations.continue_run(run_id=started.pk, workers=WORKERS)
    if reviewed.state != RunState.IN_REVIEW:
        raise RuntimeError(f"the run stands at {reviewed.state}: {reviewed.error}")
    invoicing.operations.approve_run(run_id=started.pk, actor=town.company.boss)
    invoicing.operations.post_run(run_id=started.pk, actor=town.company.clerk)
    closed = invoicing.operations.continue_run(run_id=started.pk, workers=WORKERS)
    seconds = time.perf_counter() - began
    _require_complete(closed, population)
    return seconds


def _require_complete(run: BillRun, population: Population) -> None:
    posted = BillRunAccount.objects.filter(run=run, state="POSTED").count()
    if run.state != RunState.CLOSED or posted != population.payers:
        states = list(BillRunChunk.objects.filter(run=run).values_list("stage", flat=True))
        raise RuntimeError(f"{posted} of {population.payers} posted, {run.state}, {states}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _growth(town: Town, scale: float) -> tuple[float, float]:
    """Return the cost of an invoice in a small and in a large run, in seconds."""
    costs = []
    for name, payers in (("SMALL", SMALL), ("LARGE", LARGE)):
        count = max(200, round(payers * scale))
        costs.append(bill(town, town.settle(name, count)) / count)
    return costs[0], costs[1]
