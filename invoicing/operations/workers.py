"""Workers of a run: they drain its chunks, each from a connection of its own (F03, F04).

A chunk is claimed with its attempt counted, then worked on in one transaction under its row lock;
a claim that finds somebody else at work is given back. What kills a worker leaves the chunk as it
was; what fails is split until the account at fault stands alone, and that one is parked.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from time import monotonic, sleep
from typing import Final, NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from foundation.errors import Refusal
from foundation.sql import run as run_statement
from invoicing import signals
from invoicing.choices import AccountState, ChunkStage, RunState
from invoicing.models import BillRun, BillRunAccount, BillRunChunk
from invoicing.operations.drafting import draft_chunk
from invoicing.operations.frame import Frame
from invoicing.operations.moment import NOW, MomentIsOver, forget, one_moment
from invoicing.operations.posting import Accounts, post_chunk, suspects
from invoicing.operations.writing import DraftedElsewhere

MOST_ATTEMPTS: Final = 3
A_MOMENT: Final = 0.2
"""Seconds in which whoever claims a chunk comes to hold it, or gives the claim back."""
ABOUT_THE_RUN: Final = frozenset({"LED-2"})
"""Rules whose refusal concerns the run, not one payer: a closed period stops all alike."""
READ_BY_KEY: Final = (
    "SELECT set_config('enable_seqscan', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)
"""A chunk is a small part of every table it touches: its rows are found by their keys, and the
other cores belong to the other workers. Left alone, the planner reads whole tables for it."""
log = logging.getLogger(__name__)


class Work(NamedTuple):
    """A stage that chunks go through: from, to, the run's state while it lasts, what is done.

    With `at_one_moment` all its workers look at inputs as they were at the same moment.
    """

    stage: ChunkStage
    done: ChunkStage
    state: RunState
    payers: tuple[AccountState, ...]
    do: Callable[[CursorWrapper, Frame, BillRun, Mapping[int, str]], list[int]]
    at_one_moment: bool


class RunHasMovedOn(Exception):
    """The run left the state in which this work is done: it was cancelled or sent back."""


def _draft(
    cursor: CursorWrapper, frame: Frame, run: BillRun, payers: Mapping[int, str]
) -> list[int]:
    again = [payer for payer, state in payers.items() if state != AccountState.QUEUED]
    draft_chunk(cursor, frame, list(payers), drafted_before=again)
    return []


def _post(
    cursor: CursorWrapper, frame: Frame, run: BillRun, payers: Mapping[int, str]
) -> list[int]:
    actor_id = run.updated_by_id or run.approved_by_id
    accounts = Accounts(frame)
    posted = post_chunk(cursor, frame, accounts, list(payers), actor_id)
    return posted.invoice_ids


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let a chunk make its many small objects without the collector walking over them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


ALIVE: Final = (
    AccountState.QUEUED,
    AccountState.DRAFTED,
    AccountState.HELD,
    AccountState.ERROR,
    AccountState.NOTHING,
)
DRAFTING: Final = Work(
    ChunkStage.DRAFT, ChunkStage.DRAFTED, RunState.CALCULATING, ALIVE, _draft, False
)
POSTING: Final = Work(
    ChunkStage.POST, ChunkStage.POSTED, RunState.POSTING, (AccountState.DRAFTED,), _post, True
)


def drain(run_id: int, work: Work, *, workers: int = 1, until: float | None = None) -> bool:
    """Work on the chunks of a stage until none is left or the time is up; tell whether none is.

    With several workers each is a process of its own with a connection of its own. What is the
    same for every payer is read before they part. `until` is a reading of the monotonic clock.
    """
    left = _left(run_id, work)
    if left == 0:
        return True
    run = BillRun.objects.select_related("cycle").get(pk=run_id)
    frame = Frame(run, run.cycle)
    with one_moment() if work.at_one_moment else nullcontext(NOW) as frame.moment:
        if work.at_one_moment:
            frame.suspects = suspects(run, frame)
        if workers > 1 and not connection.in_atomic_block and left > 1:
            _fork(frame, work, workers, until)
        _drain(frame, work, until)
    return _left(run_id, work) == 0


def _left(run_id: int, work: Work) -> int:
    return BillRunChunk.objects.filter(run_id=run_id, stage=work.stage).count()


def _fork(frame: Frame, work: Work, workers: int, until: float | None) -> None:
    """Let children drain beside this process's own share, and wait for them.

    A child lets go of the connection it inherits without a word to the server, for it is its
    parent's.
    """
    gc.freeze()
    children = []
    for _ in range(workers - 1):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                forget(connection)
                frame.moment.join()
                _drain(frame, work, until)
                connection.close()
                code = 0
            except MomentIsOver:
                log.warning("run %s: its leader died before this worker began", frame.run_id)
            except BaseException:
                log.exception("a worker of run %s failed", frame.run_id)
            finally:
                os._exit(code)
        children.append(child)
    try:
        _drain(frame, work, until)
    finally:
        for child in children:
            os.waitpid(child, 0)
        gc.unfreeze()


def _drain(frame: Frame, work: Work, until: float | None) -> None:
    """Work until nothing is left to claim.

    The last chunk of a stage is claimed by every idle worker before one of them holds it, so too
    many claims are taken for deaths only when they are still there a moment later.
    """
    run_id = frame.run_id
    doubted: set[int] = set()
    while until is None or monotonic() < until:
        claimed = _claim(run_id, work)
        if claimed is None:
            return
        chunk_id, attempts, payers = claimed
        if attempts > MOST_ATTEMPTS and chunk_id not in doubted:
            doubted.add(chunk_id)
            _give_back(chunk_id, work)
            sleep(A_MOMENT)
            continue
        if attempts > MOST_ATTEMPTS:
            _give_up(chunk_id, work, payers, "The worker died on it three times.")
            continue
        try:
            if not _work_on(run_id, chunk_id, frame, work):
                _give_back(chunk_id, work)
        except (RunHasMovedOn, MomentIsOver):
            _give_back(chunk_id, work)
            return
        except (OperationalError, InterfaceError) as error:
            if attempts >= MOST_ATTEMPTS:
                _give_up(chunk_id, work, payers, _sentence(error))
            connection.close_if_unusable_or_obsolete()
        except DraftedElsewhere as elsewhere:
            _give_up(chunk_id, work, payers, elsewhere.message)
        except Refusal as refusal:
            _stop(run_id, f"{refusal.rule}: {refusal}")
            return
        except DatabaseError as error:
            if (rule := _rule_of(error)) in ABOUT_THE_RUN:
                _stop(run_id, f"{rule}: {_sentence(error)}")
                return
            log.warning("chunk %s of run %s failed: %s", chunk_id, run_id, error)
            _give_up(chunk_id, work, payers, _sentence(error))


def _claim(run_id: int, work: Work) -> tuple[int, int, int] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        run_statement(cursor, "invoicing", "claim_chunk", run_id=run_id, stage=work.stage)
        return cursor.fetchone()


def _give_back(chunk_id: int, work: Work) -> None:
    """Take back a claim that came to nothing; wait for whoever works on the chunk."""
    chunk = BillRunChunk.objects.filter(pk=chunk_id, stage=work.stage, attempts__gt=0)
    chunk.update(attempts=F("attempts") - 1)


def _work_on(run_id: int, chunk_id: int, frame: Frame, work: Work) -> bool:
    """Carry one chunk through the stage: its effect and its mark commit together.

    Tell whether it was this worker's to do: false when another holds it, or has done it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(READ_BY_KEY)
        cursor.execute(
            "SELECT r.state FROM invoicing_billrun r WHERE r.id = %s FOR SHARE", [run_id]
        )
        if cursor.fetchone() != (work.state,):
            raise RunHasMovedOn
        if not _hold(cursor, chunk_id, work):
            return False
        cursor.execute(
            "SELECT payer_id, state FROM invoicing_billrunaccount "
            "WHERE chunk_id = %s AND is_open AND state = ANY (%s) ORDER BY payer_id FOR UPDATE",
            [chunk_id, list(work.payers)],
        )
        payers = dict(cursor.fetchall())
        run = BillRun.objects.get(pk=run_id)
        with _no_collection():
            invoices = work.do(cursor, frame, run, payers) if payers else []
        cursor.execute(
            "UPDATE invoicing_billrunchunk SET stage = %s, error = '' WHERE id = %s",
            [work.done, chunk_id],
        )
        if invoices:
            transaction.on_commit(
                lambda: signals.invoices_posted.send(BillRun, invoice_ids=invoices)
            )
    return True


def _hold(cursor: CursorWrapper, chunk_id: int, work: Work) -> bool:
    """Lock a chunk until the transaction ends; tell whether it was free and still to be done."""
    cursor.execute(
        "SELECT 1 FROM invoicing_billrunchunk WHERE id = %s AND stage = %s FOR UPDATE SKIP LOCKED",
        [chunk_id, work.stage],
    )
    return cursor.fetchone() is not None


def _give_up(chunk_id: int, work: Work, payers: int, reason: str) -> None:
    """Split a chunk that fails as a whole; park the payer of a chunk of one (F04).

    Whoever works on the chunk meanwhile is left to it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not _hold(cursor, chunk_id, work):
            return
        cursor.execute(
            "SELECT count(*) FROM invoicing_billrunaccount WHERE chunk_id = %s AND is_open",
            [chunk_id],
        )
        alive = cursor.fetchone()[0]
        if alive > 1:
            run_statement(
                cursor,
                "invoicing",
                "split_chunk",
                chunk_id=chunk_id,
                stage=work.stage,
                error=reason[:500],
            )
            return
        BillRunAccount.objects.filter(chunk_id=chunk_id, is_open=True).update(
            state=AccountState.ERROR, reason=reason[:500]
        )
        BillRunChunk.objects.filter(pk=chunk_id).update(stage=work.done, error=reason[:500])


def _stop(run_id: int, reason: str) -> None:
    """Stop the run with a reason: what refuses concerns every payer; resuming tries again."""
    BillRun.objects.filter(pk=run_id).update(error=reason)


def _rule_of(error: DatabaseError) -> str:
    """Return the rule that a guard of the database named, if it did."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "message_hint", None) or ""


def _sentence(error: Exception) -> str:
    """Return the first line of what the database said."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
