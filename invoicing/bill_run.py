"""The story of a bill run, as an operator would tell it (BR-1).

    SELECT   freeze the list of payers of the cycle, each with its reason if it is left out
    DRAFT    charge, tax and assemble every payer: documents without number, receivable or journal
    REVIEW   add up, take the fingerprint, put the run before somebody else
    APPROVE  wait for that person; what is approved is the fingerprint
    POST     number, receivable and journal for every draft that is not held
    FINISH   let go of what was held, check the control totals, close

Every chapter is harmless to repeat. A run that died is carried on by calling `carry` again: each
chapter looks for what is still missing. A run that waits for a person stops. One bad account is
parked with its reason and never blocks the rest. A trial run is the run: posting promotes its
drafts, and holds those whose inputs have changed.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models.functions import Now

import audit.operations
import customers.queries
import invoicing.queries
import rating.operations
from foundation.errors import Refusal
from foundation.sql import run as run_statement
from invoicing import signals
from invoicing.choices import AccountState, ApprovalMode, RunState, Severity
from invoicing.models import BillRun, BillRunAccount, BillRunFinding
from invoicing.operations import drafting, runs
from invoicing.operations.cycle_changes import carry_out_cycle_changes
from invoicing.operations.frame import inputs_snapshot, inputs_stamp
from invoicing.operations.workers import DRAFTING, POSTING, drain

SMALLEST_CHUNK: Final = 500
LARGEST_CHUNK: Final = 2_000
PARKED: Final = (AccountState.HELD, AccountState.ERROR)


class Stage(NamedTuple):
    """A chapter: its name, the states in which it is told, and what happens in it."""

    name: str
    states: tuple[RunState, ...]
    chapter: Callable[[BillRun, float | None], bool]


class TreeIsBroken(Refusal):
    """The account tree contradicts itself: nobody could say who pays for whom."""

    rule = "HIER-7"


class ControlTotalsDiffer(Refusal):
    """What was posted, held and failed does not add up to what was selected."""

    rule = "BR-8"


def carry(run_id: int, *, until: float | None = None) -> BillRun:
    """Carry a run from chapter to chapter until it is closed, waits, or the time is up."""
    while True:
        run = BillRun.objects.select_related("cycle", "created_by").get(pk=run_id)
        stage = next((one for one in STAGES if run.state in one.states), None)
        if stage is None or not stage.chapter(run, until):
            return BillRun.objects.get(pk=run_id)
        if until is not None and monotonic() >= until:
            return BillRun.objects.get(pk=run_id)


def select_payers(run: BillRun, until: float | None) -> bool:
    """Freeze the list of payers and deal them to chunks (BR-3)."""
    if broken := customers.queries.hierarchy_findings():
        raise TreeIsBroken(broken[0].message)
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state != RunState.CREATED:
            return True
        binds = {
            "run_id": run.pk,
            "cycle": run.cycle.code,
            "bill_date": run.bill_date,
            "smallest": SMALLEST_CHUNK,
            "largest": LARGEST_CHUNK,
        }
        with connection.cursor() as cursor:
            run_statement(cursor, "invoicing", "select_payers", **binds)
        runs.move(run, RunState.SELECTED, selected_at=Now())
    return True


def begin_drafting(run: BillRun, until: float | None) -> bool:
    """Bring balances to the cutoff; note the catalogue and tax tables the drafts are made by."""
    rating.operations.settle_balances(as_of=run.cutoff_at)
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state == RunState.SELECTED:
            runs.move(run, RunState.CALCULATING, **_inputs())
    return True


def _inputs() -> dict[str, object]:
    """Note what the drafts are made by, the snapshot first: no change falls in between."""
    return {"inputs_snapshot": inputs_snapshot(), "inputs_stamp": inputs_stamp()}


def draft_documents(run: BillRun, until: float | None) -> bool:
    """Charge, tax and assemble every payer into drafts (BR-1, BR-4)."""
    if not run.inputs_stamp:
        runs.move(run, RunState.CALCULATING, **_inputs())
    if not drain(run.pk, DRAFTING, workers=run.workers, until=until):
        return False
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state != RunState.CALCULATING or invoicing.queries.is_drafting(run.pk):
            return True
        if run.inputs_stamp != inputs_stamp():  # a price or tax rate changed under the drafts
            runs.move(run, RunState.CALCULATED)
            runs.send_back(run)
            return True
        runs.move(run, RunState.CALCULATED, calculated_at=Now())
    return True


def review(run: BillRun, until: float | None) -> bool:
    """Add up, take the fingerprint and put the run before somebody else (BR-5, BR-6)."""
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state != RunState.CALCULATED:
            return True
        runs.move(run, RunState.IN_REVIEW, **runs.reviewed(run.pk))
        if run.cycle.approval_mode == ApprovalMode.MANUAL:
            runs.ask_for_approval(run)
        transaction.on_commit(lambda: signals.runs_reviewed.send(BillRun, run_ids=[run.pk]))
    return True


def await_approval(run: BillRun, until: float | None) -> bool:
    """Stop for a person; a cycle may let a run without warnings pass by rule (BR-6)."""
    if run.cycle.approval_mode != ApprovalMode.AUTOMATIC or _needs_a_person(run):
        return False
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state == RunState.IN_REVIEW:
            runs.move(run, RunState.APPROVED, approved_at=Now(), approved_hash=run.run_hash)
    runs.post_run(run_id=run.pk, actor=None)
    return True


def _needs_a_person(run: BillRun) -> bool:
    parked = BillRunAccount.objects.filter(run=run, state__in=PARKED)
    warnings = BillRunFinding.objects.filter(run=run).exclude(severity=Severity.INFO)
    return parked.exists() or warnings.exists()


def post(run: BillRun, until: float | None) -> bool:
    """Number, receivable and journal for every approved draft, chunk by chunk (BR-7)."""
    if not drain(run.pk, POSTING, workers=run.workers, until=until):
        return False
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state == RunState.POSTING and not invoicing.queries.is_posting(run.pk):
            runs.move(run, RunState.POSTED, posted_at=Now())
    return True


def finish(run: BillRun, until: float | None) -> bool:
    """Let go of what is left, check totals, end budgets, change bill days, close (BR-8)."""
    with transaction.atomic():
        run = runs.locked_run(run.pk)
        if run.state != RunState.POSTED:
            return True
        left = BillRunAccount.objects.filter(run=run, is_open=True)
        payers = list(left.values_list("payer_id", flat=True))
        unbilled = list(left.filter(state__in=PARKED).values_list("payer_id", flat=True))
        with connection.cursor() as cursor:
            drafting.discard_drafts(cursor, run.pk, payers, keep_findings=True)
        left.update(is_open=False)
        totals = invoicing.queries.totals_by_currency(run.pk)
        if differing := invoicing.queries.control_differences(run.pk):
            raise ControlTotalsDiffer(differing[0].message)
        runs.end_spent_budgets(run)
        carry_out_cycle_changes(run=run, unbilled=unbilled)
        runs.move(run, RunState.CLOSED, closed_at=Now(), totals=totals)
        audit.operations.record_event(
            topic="bill_run.closed", subject=run, payload={"totals": totals}
        )
    return True


STAGES: Final = (
    Stage("SELECT", (RunState.CREATED,), select_payers),
    Stage("DRAFT", (RunState.SELECTED,), begin_drafting),
    Stage("DRAFT", (RunState.CALCULATING,), draft_documents),
    Stage("REVIEW", (RunState.CALCULATED,), review),
    Stage("APPROVE", (RunState.IN_REVIEW,), await_approval),
    Stage("POST", (RunState.POSTING,), post),
    Stage("FINISH", (RunState.POSTED,), finish),
)
