"""Reads of bill runs: how far, how much, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from foundation.integrity import Finding
from foundation.sql import run as run_statement
from invoicing.choices import AccountState, ChunkStage, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, BillRunChunk, BillRunFinding
from invoicing.rules.findings import LEFT_OFF

ZERO: Final = Decimal(0)
SELECTED: Final = "SELECTED"
Totals = dict[str, dict[str, object]]
"""Control totals as plain values: currency → state → figures."""


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """Payers and signed amount of a run in one currency and state (BR-8)."""

    currency: str
    state: str
    payers: int
    amount: Decimal
    documents: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the present stage is done, in payers."""

    stage: str
    done: int
    total: int

    @property
    def percent(self) -> int:
        """Return whole percent, 100 when there is nothing to do."""
        return 100 if not self.total else self.done * 100 // self.total


def control_totals(run_id: int) -> list[ControlTotal]:
    """Return the control totals by currency and state (BR-8)."""
    return [total for _, total in _totals_of([run_id])]


def _totals_of(run_ids: Sequence[int]) -> list[tuple[int, ControlTotal]]:
    with connection.cursor() as cursor:
        run_statement(cursor, "invoicing", "control_totals", run_ids=list(run_ids))
        return [(run_id, ControlTotal(*total)) for run_id, *total in cursor.fetchall()]


def totals_by_currency(run_id: int) -> Totals:
    """Return the control totals of a run as plain values, for storing."""
    return totals_of_runs([run_id])[run_id]


def totals_of_runs(run_ids: Sequence[int]) -> dict[int, Totals]:
    """Return the control totals of each of the runs, as `totals_by_currency` does, in one look."""
    found: dict[int, Totals] = {run_id: {} for run_id in run_ids}
    for run_id, one in _totals_of(run_ids):
        if one.state == AccountState.NOT_SELECTED:
            continue
        figures = {"payers": one.payers, "amount": f"{one.amount:f}", "documents": one.documents}
        found[run_id].setdefault(one.currency, {})[one.state] = figures
    return found


def control_differences(run_id: int) -> list[Finding]:
    """Return where posted + held + error is not what was selected and reviewed (BR-8, I-19).

    In count: every selected payer has come to an end. In amount: what the accounts of a run say
    was posted is what its documents say, and posted + held + failed is what was reviewed.
    """
    run = BillRun.objects.get(pk=run_id)
    found = []
    totals = control_totals(run_id)
    unfinished = sum(one.payers for one in totals if one.state == AccountState.QUEUED)
    if unfinished:
        found.append(_differs(run, f"{unfinished} payers were never worked on", "0", unfinished))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum(CASE doc_type WHEN 'CREDIT_NOTE' THEN -total ELSE total END) "
            "FROM invoicing_invoice WHERE run_id = %s AND state IN ('POSTED', 'SUPPRESSED') "
            "GROUP BY currency",
            [run_id],
        )
        documents = dict(cursor.fetchall())
    for currency in sorted({one.currency for one in totals}):
        mine = [one for one in totals if one.currency == currency]
        posted = sum((one.amount for one in mine if one.state in ("POSTED", "SUPPRESSED")), ZERO)
        if posted != documents.get(currency, ZERO):
            found.append(
                _differs(
                    run,
                    f"the documents in {currency} do not add up to what was posted",
                    posted,
                    documents.get(currency, ZERO),
                )
            )
        reviewed = sum(
            (Decimal(str(one["amount"])) for one in run.totals.get(currency, {}).values()), ZERO
        )
        now = sum((one.amount for one in mine), ZERO)
        if reviewed != now:
            found.append(
                _differs(run, f"the totals in {currency} are not those reviewed", reviewed, now)
            )
    return found


def _differs(run: BillRun, message: str, expected: object, actual: object) -> Finding:
    return Finding(
        "I-19",
        f"invoicing.billrun:{run.pk}",
        f"Run {run.pk}: {message}.",
        str(expected),
        str(actual),
    )


def is_drafting(run_id: int) -> bool:
    """Tell whether a chunk of the run waits to be drafted."""
    return BillRunChunk.objects.filter(run_id=run_id, stage=ChunkStage.DRAFT).exists()


def is_posting(run_id: int) -> bool:
    """Tell whether a chunk of the run waits to be posted."""
    return BillRunChunk.objects.filter(run_id=run_id, stage=ChunkStage.POST).exists()


def progress(run: BillRun) -> Progress:
    """Return how far the run is in its present stage."""
    waiting = {
        RunState.CALCULATING: ChunkStage.DRAFT,
        RunState.SELECTED: ChunkStage.DRAFT,
        RunState.POSTING: ChunkStage.POST,
    }.get(RunState(run.state))
    chunks = BillRunChunk.objects.filter(run=run).exclude(stage=ChunkStage.SPLIT)
    figures = chunks.aggregate(
        total=Sum("payers", default=0),
        left=Sum("payers", filter=Q(stage=waiting or ""), default=0),
    )
    return Progress(run.state, figures["total"] - figures["left"], figures["total"])


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How often a rule found something in a run."""

    rule: str
    severity: str
    number: int


def findings_of_run(run_id: int) -> list[FindingCount]:
    """Return the findings of a run by rule and severity, gravest first, with their number."""
    order = {"BLOCK": 0, "WARN": 1, "INFO": 2}
    rows = (
        BillRunFinding.objects.filter(run_id=run_id)
        .values_list("rule", "severity")
        .annotate(number=Count("id"))
    )
    found = [FindingCount(*row) for row in rows]
    return sorted(found, key=lambda one: (order[one.severity], one.rule))


NOT_YET: Final = (AccountState.NOT_SELECTED, AccountState.QUEUED, AccountState.RELEASED)
"""States of a payer whom a run has not tried to bill."""


def charges_left_off() -> QuerySet[BillRunFinding]:
    """Return the charges that the last run of their payer could not bill, while it billed others.

    A later run that bills the charge, or leaves it off once more, takes the place of the finding.
    """
    later = BillRunAccount.objects.filter(
        payer=OuterRef("payer_id"), run_id__gt=OuterRef("run_id")
    ).exclude(state__in=NOT_YET)
    return (
        BillRunFinding.objects.filter(rule=LEFT_OFF)
        .exclude(run__state=RunState.CANCELLED)
        .exclude(Exists(later.exclude(run__state=RunState.CANCELLED)))
        .select_related("run")
    )


def parked_accounts() -> QuerySet[BillRunAccount]:
    """Return held and failed accounts whose period has not been billed by a later run."""
    later = BillRunAccount.objects.filter(payer=OuterRef("payer"), pk__gt=OuterRef("pk")).exclude(
        state__in=NOT_YET
    )
    return (
        BillRunAccount.objects.filter(state__in=[AccountState.HELD, AccountState.ERROR])
        .exclude(run__state=RunState.CANCELLED)
        .exclude(Exists(later))
        .select_related("run", "payer")
    )


def due_bill_date(cycle: BillCycle, today: date) -> date:
    """Return the latest bill date of the cycle whose usage has been waited for (PER-8)."""
    rhythm = cycle.rhythm
    return rhythm.boundary(rhythm.number(today - timedelta(days=cycle.usage_delay_days)))
