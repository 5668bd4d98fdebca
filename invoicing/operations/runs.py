"""What a person does to a bill run: start, approve, post, cancel, hold, calculate again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models.functions import Now

import audit.operations
import catalog.operations
import invoicing.queries
from catalog.models import DiscountDef
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from foundation.sql import run as run_statement
from invoicing.choices import AccountState, ChunkStage, RunKind, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, BillRunChunk
from invoicing.operations.drafting import discard_drafts, draft_chunk
from invoicing.operations.frame import Frame
from invoicing.operations.reading import own_rows

if TYPE_CHECKING:
    from foundation.permissions import Actor

ACTION: Final = "invoicing.post_run"


class CannotStartRun(Refusal):
    """The cycle has no run on this date."""

    rule = "BR-3"


class CannotChangeRun(Refusal):
    """The run is in a state in which this cannot be done any more."""

    rule = "BR-9"


class CannotApproveRun(Refusal):
    """The run may not be approved by this person, or not as it stands."""

    rule = "BR-6"


def start_run(
    *,
    cycle: BillCycle,
    bill_date: date,
    cutoff_at: datetime,
    actor: Actor,
    kind: RunKind = RunKind.CYCLE,
    workers: int = 1,
) -> BillRun:
    """Create the run of a cycle on a date; a second start returns the first run (F01).

    A catch-up run bills those of the cycle's payers that the run of the date has left out; there
    may be several, one after the other. Nothing is calculated yet: `continue_run` does that.

    Raises: Forbidden; CannotStartRun.
    """
    require(actor, "invoicing.start_run")
    if kind == RunKind.INTERIM:
        raise CannotStartRun("An interim run starts by itself, where usage reaches its limit.")
    if not cycle.is_active:
        raise CannotStartRun(f"Cycle {cycle.code} is not active.")
    if not cycle.rhythm.is_boundary(bill_date):
        raise CannotStartRun(f"{bill_date} is no bill date of cycle {cycle.code}.")
    with transaction.atomic():
        advisory_lock("run", f"{cycle.pk}:{bill_date}")
        standing = BillRun.objects.filter(cycle=cycle, bill_date=bill_date).exclude(
            state__in=[RunState.CANCELLED]
        )
        if kind == RunKind.CATCH_UP:
            if not standing.filter(kind=RunKind.CYCLE).exists():
                raise CannotStartRun("There is no run of this cycle and date to catch up on.")
            standing = standing.filter(kind=RunKind.CATCH_UP).exclude(state=RunState.CLOSED)
        else:
            standing = standing.filter(kind=RunKind.CYCLE)
        if (found := standing.first()) is not None:
            return found
        run = BillRun.objects.create(
            kind=kind,
            cycle=cycle,
            bill_date=bill_date,
            cutoff_at=cutoff_at,
            workers=workers,
            created_by=_person(actor),
        )
        record("bill_run.started", run, actor, {"bill_date": str(bill_date)})
    return run


def approve_run(*, run_id: int, actor: Actor, comment: str = "") -> BillRun:
    """Approve a reviewed run exactly as it stands; the creator of it cannot (BR-6).

    Raises: Forbidden; CannotApproveRun; audit.operations.CannotDecide.
    """
    require(actor, "invoicing.approve_run")
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state in (RunState.APPROVED, RunState.POSTING, RunState.POSTED, RunState.CLOSED):
            return run
        if run.state != RunState.IN_REVIEW:
            raise CannotApproveRun(f"Run {run.pk} is not in review.")
        if run.created_by_id is not None and actor is not None and run.created_by_id == actor.pk:
            raise CannotApproveRun("Whoever started a run does not approve it.")
        digest = current_hash(run.pk)
        if digest != run.run_hash:
            raise CannotApproveRun(
                f"The drafts of run {run.pk} are not what was reviewed; calculate it again."
            )
        approver = _approver(run, actor, comment)
        move(
            run,
            RunState.APPROVED,
            approved_by_id=approver,
            approved_at=Now(),
            approved_hash=digest,
        )
        record("bill_run.approved", run, actor, {"hash": digest, "comment": comment})
    run.refresh_from_db()
    return run


def _approver(run: BillRun, actor: Actor, comment: str) -> int | None:
    """Use the approval asked for at review, deciding it now if nobody has yet."""
    person = _person(actor)
    if run.created_by is None or person is None:
        return None if person is None else person.pk
    payload = approval_payload(run)
    request = audit.operations.request_approval(
        action=ACTION, subject=run, payload=payload, requester=run.created_by
    )
    used = audit.operations.approve_and_use(
        request=request, subject=run, payload=payload, approver=person, comment=comment
    )
    return used.approver_id


def approval_payload(run: BillRun) -> dict[str, object]:
    """Return what an approval of the run is bound to."""
    return {"run": run.pk, "hash": run.run_hash, "totals": run.totals}


def post_run(*, run_id: int, actor: Actor) -> BillRun:
    """Let an approved run be posted; `continue_run` carries it on from there (BR-7).

    From now on it cannot be cancelled (BR-9). A second call changes nothing.

    Raises: Forbidden; CannotChangeRun.
    """
    require(actor, "invoicing.post_run")
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state in (RunState.POSTING, RunState.POSTED, RunState.CLOSED):
            return run
        if run.state != RunState.APPROVED:
            raise CannotChangeRun(f"Run {run.pk} is not approved.")
        BillRunChunk.objects.filter(run=run, stage=ChunkStage.DRAFTED).update(
            stage=ChunkStage.POST, attempts=0
        )
        move(run, RunState.POSTING, posting_started_at=Now(), updated_by=_person(actor))
        record("bill_run.posting", run, actor, {"hash": run.run_hash})
    return run


def cancel_run(*, run_id: int, actor: Actor, reason: str) -> BillRun:
    """Discard a run and its drafts, before posting only (BR-9). A second call changes nothing.

    Raises: Forbidden; Invalid; CannotChangeRun.
    """
    require(actor, "invoicing.cancel_run")
    if not reason.strip():
        raise Invalid("Say why the run is cancelled.", rule="BR-9")
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state == RunState.CANCELLED:
            return run
        if not run.is_before_posting:
            raise CannotChangeRun(
                f"Run {run.pk} is being posted or is posted; correct it by credit memos."
            )
        payers = list(
            BillRunAccount.objects.filter(run=run, is_open=True).values_list("payer_id", flat=True)
        )
        with connection.cursor() as cursor:
            discard_drafts(cursor, run.pk, payers, keep_findings=True)
        BillRunAccount.objects.filter(run=run, is_open=True).update(
            is_open=False, state=AccountState.RELEASED, reason=f"Run cancelled: {reason}"[:500]
        )
        move(run, RunState.CANCELLED, updated_by=_person(actor))
        record("bill_run.cancelled", run, actor, {"reason": reason})
    return run


def recalculate_run(*, run_id: int, actor: Actor) -> BillRun:
    """Let every payer of a run be drafted again; an approval is lost by it (BR-4, BR-6).

    Raises: Forbidden; CannotChangeRun.
    """
    require(actor, "invoicing.start_run")
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state not in (RunState.CALCULATED, RunState.IN_REVIEW, RunState.APPROVED):
            raise CannotChangeRun(f"Run {run.pk} has no drafts to calculate again.")
        send_back(run)
        record("bill_run.recalculated", run, actor, {})
    return run


def resume_run(*, run_id: int, actor: Actor) -> BillRun:
    """Let a run that stopped with an error go on; in review, let its failed accounts try again.

    Raises: Forbidden; CannotChangeRun.
    """
    require(actor, "invoicing.start_run")
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state in (RunState.CANCELLED, RunState.CLOSED):
            raise CannotChangeRun(f"Run {run.pk} is over.")
        move(run, RunState(run.state), error="")
        BillRunChunk.objects.filter(run=run, stage__in=[ChunkStage.DRAFT, ChunkStage.POST]).update(
            attempts=0
        )
        if run.state in (RunState.IN_REVIEW, RunState.APPROVED):
            failed = list(
                BillRunAccount.objects.filter(
                    run=run, is_open=True, state=AccountState.ERROR
                ).values_list("payer_id", flat=True)
            )
            if failed:
                with connection.cursor() as cursor:
                    draft_chunk(cursor, Frame(run, run.cycle), failed, drafted_before=failed)
                review_again(run, actor, "bill_run.accounts_retried", failed[0])
        record("bill_run.resumed", run, actor, {})
    return run


def send_back(run: BillRun) -> None:
    """Return a locked run to CALCULATING with every chunk to draft again."""
    BillRunChunk.objects.filter(run=run, stage=ChunkStage.DRAFTED).update(
        stage=ChunkStage.DRAFT, attempts=0
    )
    move(
        run,
        RunState.CALCULATING,
        inputs_stamp="",
        run_hash="",
        approved_by=None,
        approved_at=None,
        approved_hash="",
    )


def review_again(run: BillRun, actor: Actor, topic: str, payer_id: int, reason: str = "") -> None:
    """Renew hash and totals after one payer changed; an approval is lost by it (BR-6)."""
    state = RunState.IN_REVIEW
    move(run, state, approved_by=None, approved_at=None, approved_hash="", **reviewed(run.pk))
    ask_for_approval(run)
    record(topic, run, actor, {"payer": payer_id, "reason": reason})


def reviewed(run_id: int) -> dict[str, object]:
    """Return fingerprint and control totals of a run as it stands (BR-6, BR-8)."""
    return {
        "run_hash": current_hash(run_id),
        "totals": invoicing.queries.totals_by_currency(run_id),
    }


def ask_for_approval(run: BillRun) -> None:
    """Put the run into the approvals inbox, for everybody but its creator."""
    if run.created_by is not None:
        audit.operations.request_approval(
            action=ACTION,
            subject=run,
            payload=approval_payload(run),
            requester=run.created_by,
            reason=f"Bill run {run.pk} of {run.bill_date}",
        )


def current_hash(run_id: int) -> str:
    """Return the fingerprint of everything an approver approves (BR-6)."""
    with connection.cursor() as cursor:
        run_statement(cursor, "invoicing", "run_hash", run_id=run_id)
        return str(cursor.fetchone()[0])


def end_spent_budgets(run: BillRun) -> None:
    """Let nobody be given a discount any more whose budget the documents have used up (DSC-3)."""
    if not DiscountDef.objects.filter(budget__isnull=False, is_used=True).exists():
        return
    with connection.cursor() as cursor:
        given: dict[int, Decimal] = dict(
            own_rows(cursor, "given_of_budgets", on_date=run.bill_date)
        )
    catalog.operations.end_spent_budgets(given=given, on_date=run.bill_date)


def locked_run(run_id: int) -> BillRun:
    """Return the run with its row locked; workers that hold it shared are waited for."""
    return BillRun.objects.select_for_update(of=("self",)).select_related("cycle").get(pk=run_id)


def move(run: BillRun, state: RunState, **fields: object) -> None:
    """Carry a run to a state; the database refuses a way that BR-1 does not know."""
    run.state = state
    for name, value in fields.items():
        setattr(run, name, value)
    run.save(update_fields=["state", *fields])


def _person(actor: Actor):  # type: ignore[no-untyped-def]  # a User, or None for the system
    return actor if actor is not None and actor.pk is not None else None


def record(topic: str, run: BillRun, actor: Actor, payload: dict[str, object]) -> None:
    audit.operations.record_event(topic=topic, subject=run, payload=payload, actor=_person(actor))
