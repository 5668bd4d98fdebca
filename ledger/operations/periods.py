"""Open, close and reopen accounting periods; the last two need two people (F45, CLOSE-3)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models.functions import Now

from audit import operations as audit
from audit.models import ApprovalRequest
from foundation.errors import Refusal
from foundation.integrity import run_checks
from foundation.locks import advisory_lock
from foundation.periods import Rhythm, Unit
from foundation.permissions import require
from ledger import queries
from ledger.choices import PeriodState
from ledger.models import AccountingPeriod, LegalEntity

CLOSE = "ledger.close_period"
REOPEN = "ledger.reopen_period"


class CannotChangePeriod(Refusal):
    """The period cannot go to that state now; the message says what stands in the way."""

    rule = "F45"


def open_periods(
    *, entity: LegalEntity, first: date, months: int, actor: User | None = None
) -> list[AccountingPeriod]:
    """Open monthly periods from the month of `first`; those that exist stay as they are."""
    require(actor, "ledger.add_accountingperiod")
    rhythm = Rhythm(first.replace(day=1), Unit.MONTH)
    with transaction.atomic():
        advisory_lock("periods", entity.pk)
        existing = {
            period.period.lower: period
            for period in AccountingPeriod.objects.filter(entity=entity)
        }
        wanted = [rhythm.period(k) for k in range(months)]
        AccountingPeriod.objects.bulk_create(
            [
                AccountingPeriod(
                    entity=entity, period=DateRange(month.start, month.end), created_by=actor
                )
                for month in wanted
                if month.start not in existing
            ]
        )
        return list(
            AccountingPeriod.objects.filter(
                entity=entity, period__startswith__in=[month.start for month in wanted]
            )
        )


def soft_close_period(*, period_id: int, actor: User | None) -> AccountingPeriod:
    """Keep everybody but finance from posting to an open period; one person may do it."""
    require(actor, "ledger.close_period")
    with transaction.atomic():
        period = _locked(period_id)
        if period.state != PeriodState.OPEN:
            raise CannotChangePeriod(f"{period} is {period.get_state_display().lower()}")
        return _move(period, PeriodState.SOFT_CLOSED, actor, None)


def request_close(*, period_id: int, actor: User, reason: str = "") -> ApprovalRequest:
    """Ask a second person to agree to the close of a soft-closed period."""
    require(actor, "ledger.close_period")
    period = AccountingPeriod.objects.get(pk=period_id)
    return audit.request_approval(
        action=CLOSE, subject=period, payload=_payload(period), requester=actor, reason=reason
    )


def close_period(*, period_id: int, actor: User | None) -> AccountingPeriod:
    """Close a soft-closed period for good, with the approval of a second person.

    Refused while an earlier period is open or an identity of the journal is red. Waits for
    postings under way; postings after it are refused by the database.

    Raises: CannotChangePeriod; audit.operations.ApprovalMissing.
    """
    require(actor, "ledger.close_period")
    with transaction.atomic():
        period = _locked(period_id)
        if period.state != PeriodState.SOFT_CLOSED:
            raise CannotChangePeriod(f"{period} is soft closed before it is closed")
        earlier = AccountingPeriod.objects.filter(
            entity_id=period.entity_id, period__startswith__lt=period.period.lower
        ).exclude(state=PeriodState.CLOSED)
        if (still_open := earlier.first()) is not None:
            raise CannotChangePeriod(f"{still_open} is closed before {period}")
        red = [result for result in run_checks(queries.INTEGRITY) if not result.is_green]
        if red:
            raise CannotChangePeriod(
                f"the books are not right: {', '.join(result.check.title for result in red)}"
            )
        approval = audit.consume_approval(action=CLOSE, subject=period, payload=_payload(period))
        return _move(period, PeriodState.CLOSED, actor, approval)


def request_reopening(*, period_id: int, actor: User, reason: str) -> ApprovalRequest:
    """Ask a second person to agree to the reopening of the last closed period, saying why."""
    require(actor, "ledger.reopen_period")
    if not reason.strip():
        raise CannotChangePeriod("say why the period is to be reopened")
    period = AccountingPeriod.objects.get(pk=period_id)
    return audit.request_approval(
        action=REOPEN, subject=period, payload=_payload(period), requester=actor, reason=reason
    )


def reopen_period(*, period_id: int, actor: User | None) -> AccountingPeriod:
    """Reopen the last closed period, with the approval of a second person (CLOSE-3).

    Raises: CannotChangePeriod; audit.operations.ApprovalMissing.
    """
    require(actor, "ledger.reopen_period")
    with transaction.atomic():
        period = _locked(period_id)
        if period.state == PeriodState.SOFT_CLOSED:
            return _move(period, PeriodState.OPEN, actor, None)
        if period.state != PeriodState.CLOSED:
            raise CannotChangePeriod(f"{period} is open")
        later_closed = AccountingPeriod.objects.filter(
            entity_id=period.entity_id,
            period__startswith__gt=period.period.lower,
            state=PeriodState.CLOSED,
        )
        if later_closed.exists():
            raise CannotChangePeriod("only the last closed period is reopened")
        approval = audit.consume_approval(action=REOPEN, subject=period, payload=_payload(period))
        return _move(period, PeriodState.OPEN, actor, approval)


def _locked(period_id: int) -> AccountingPeriod:
    return (
        AccountingPeriod.objects.select_for_update(of=("self",))
        .select_related("entity")
        .get(pk=period_id)
    )


def _payload(period: AccountingPeriod) -> dict[str, Any]:
    return {
        "entity": period.entity.code,
        "from": period.period.lower,
        "to": period.period.upper,
        "state": period.state,
        "version": period.version,
    }


def _move(
    period: AccountingPeriod,
    state: PeriodState,
    actor: User | None,
    approval: ApprovalRequest | None,
) -> AccountingPeriod:
    period.state = state
    period.changed_at = Now()
    period.changed_by = actor
    period.updated_by = actor
    if approval is not None:
        period.approval = approval
    period.save()
    audit.record_event(
        topic=f"accounting_period.{state.lower()}",
        subject=period,
        payload={"entity": period.entity.code, "from": period.period.lower.isoformat()},
        actor=actor,
    )
    period.refresh_from_db()
    return period
