"""What a person does to one account of a bill run: hold, release, calculate again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from invoicing.choices import AccountState, RunState
from invoicing.models import BillRun, BillRunAccount
from invoicing.operations import runs
from invoicing.operations.drafting import draft_chunk
from invoicing.operations.frame import Frame

if TYPE_CHECKING:
    from foundation.permissions import Actor


class CannotChangeAccount(Refusal):
    """The account of the run is in a state in which this cannot be done."""

    rule = "BR-5"


def recalculate_account(*, run_id: int, payer_id: int, actor: Actor) -> BillRunAccount:
    """Draft one payer of a reviewed run again; the run needs a new approval (BR-4, BR-6).

    Raises: Forbidden; CannotChangeRun; CannotChangeAccount.
    """
    require(actor, "invoicing.start_run")
    with transaction.atomic():
        run = _reviewed(run_id)
        account = _account(run, payer_id)
        with connection.cursor() as cursor:
            draft_chunk(cursor, Frame(run, run.cycle), [payer_id], drafted_before=[payer_id])
        runs.review_again(run, actor, "bill_run.account_recalculated", payer_id)
    account.refresh_from_db()
    return account


def hold_account(*, run_id: int, payer_id: int, reason: str, actor: Actor) -> BillRunAccount:
    """Take a drafted payer out of posting, with a reason (BR-5).

    Raises: Forbidden; CannotChangeRun; CannotChangeAccount.
    """
    return _set_state(
        run_id, payer_id, AccountState.DRAFTED, AccountState.HELD, reason, actor, "held"
    )


def release_account(*, run_id: int, payer_id: int, reason: str, actor: Actor) -> BillRunAccount:
    """Let a held payer be posted after all, with a reason (BR-5).

    Raises: Forbidden; CannotChangeRun; CannotChangeAccount.
    """
    return _set_state(
        run_id, payer_id, AccountState.HELD, AccountState.DRAFTED, reason, actor, "released"
    )


def _set_state(
    run_id: int,
    payer_id: int,
    before: AccountState,
    after: AccountState,
    reason: str,
    actor: Actor,
    word: str,
) -> BillRunAccount:
    require(actor, "invoicing.hold_account")
    if not reason.strip():
        raise Invalid(f"Say why the account is {word}.", rule="BR-5")
    with transaction.atomic():
        run = _reviewed(run_id)
        account = _account(run, payer_id)
        if account.state == after:
            return account
        if account.state != before:
            raise CannotChangeAccount(
                f"The account is {account.get_state_display().lower()}: it cannot be {word}."
            )
        account.state = after
        account.reason = reason if after == AccountState.HELD else ""
        account.save(update_fields=["state", "reason"])
        runs.review_again(run, actor, f"bill_run.account_{word}", payer_id, reason)
    return account


def _reviewed(run_id: int) -> BillRun:
    run = runs.locked_run(run_id)
    if run.state not in (RunState.IN_REVIEW, RunState.APPROVED):
        raise runs.CannotChangeRun(f"Run {run.pk} is not in review.")
    return run


def _account(run: BillRun, payer_id: int) -> BillRunAccount:
    account = (
        BillRunAccount.objects.select_for_update()
        .filter(run=run, payer_id=payer_id, is_open=True)
        .first()
    )
    if account is None:
        raise CannotChangeAccount(f"Run {run.pk} does not hold this account.")
    return account
