"""Rate again with approval: open a job, see what it changes, send it, perform it (RATE-2).

What is approved are the figures: a job whose effect has become another by the time it is
performed is refused, and opened again. `rerate` does the work.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum

import audit.operations
from catalog.models import Charge, Product
from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from rating.choices import RerateState
from rating.models import RerateChange, RerateJob, UsageAggregate
from rating.operations.rerating import Rerated, rerate
from rating.queries.provisional import provisional_worth
from rating.queries.rerates import sums_by_account, users_of

MOST_EVENTS: Final = 500_000
"""As many a page or a call rates again while somebody waits; more by the command."""
ZERO: Final = Decimal(0)


class CannotRerate(Refusal):
    """The job is not in the state that the step needs, or is not what was approved any more."""

    rule = "RATE-2"


DECISION: Final = audit.operations.Decision(
    RerateJob, "rating.approve_rerate", CannotRerate, name="job", again="send it again"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Events of an account, and their worth by themselves in its currency."""

    events: int
    worth: Decimal


@transaction.atomic
def open_rerate(
    *,
    start: date,
    end: date,
    reason: str,
    as_of: datetime,
    actor: User | None,
    charge: Charge | None = None,
    product: Product | None = None,
    account_ids: Collection[int] | None = None,
    most_events: int | None = None,
) -> RerateJob:
    """Open a job for local days [start, end) and compare: rate again, look, take it back.

    The scope is the usage of the accounts given, or of those that used the charge or product, or
    of everybody; all usage of an account is rated again. Loads wait meanwhile. A job that finds
    no difference is over with that.

    Raises: Forbidden; Invalid where nothing is in the scope, or more than `most_events`.
    """
    require(actor, "rating.rate_usage")
    if end <= start:
        raise Invalid("the last day lies before the first", rule="RATE-2")
    if not reason.strip():
        raise Invalid("say why usage is rated again", rule="RATE-2")
    accounts = None if account_ids is None else sorted(set(account_ids))
    if charge is not None or product is not None:
        users = users_of(start=start, end=end, charge=charge, product=product)
        accounts = users if accounts is None else sorted(set(users) & set(accounts))
    _require_size(start, end, accounts, most_events)
    job = RerateJob.objects.create(
        start=start, end=end, charge=charge, product=product, account_ids=accounts,
        reason=reason, requested_by=actor, compared_at=as_of,
    )  # fmt: skip
    with transaction.atomic():
        done, changed = _carried_out(job, as_of)
        after = _figures(job, changed)
        transaction.set_rollback(True)
    before = _figures(job, changed)
    currencies = dict(Account.objects.filter(pk__in=changed).values_list("id", "currency"))
    RerateChange.objects.bulk_create(
        [
            RerateChange(
                job=job, account_id=one, currency=currencies[one],
                events_before=before[one].events, events_after=after[one].events,
                worth_before=before[one].worth, worth_after=after[one].worth,
            )
            for one in sorted(changed)
        ],
        batch_size=2000,
    )  # fmt: skip
    job.event_count, job.changed_count = done.events, done.changed
    job.suspended_count = done.suspended
    if not (done.changed or done.suspended or changed):
        job.state = RerateState.UNCHANGED
    job.save()
    return job


@transaction.atomic
def request_rerate(*, job: RerateJob, requester: User) -> RerateJob:
    """Send a job for approval; one whose request has expired is sent again.

    Raises: Forbidden; CannotRerate.
    """
    require(requester, "rating.rate_usage")
    row = DECISION.locked(job)
    if row.state == RerateState.UNCHANGED:
        raise CannotRerate("rating again would change nothing")
    if row.state not in (RerateState.DRAFT, RerateState.PENDING):
        raise CannotRerate("the job was decided already")
    row.state, row.requested_by = RerateState.PENDING, requester
    row.save()
    audit.operations.request_approval(
        action=DECISION.action,
        subject=row,
        payload=_payload(row),
        requester=requester,
        reason=row.reason,
    )
    return row


@transaction.atomic
def approve_rerate(
    *,
    job: RerateJob,
    approver: User | None,
    as_of: datetime,
    comment: str = "",
    most_events: int | None = None,
) -> Rerated:
    """Approve a job that somebody else sent, unless somebody has, and perform it.

    What was billed already is corrected on the next document (CHG-3). A program, which is nobody,
    performs only what a person has approved.

    Raises: Forbidden; audit.operations.CannotDecide; CannotRerate where the effect is not what
    was compared, or more than `most_events` are in the scope.
    """
    require(approver, DECISION.action)
    row = DECISION.waiting(job)
    _require_size(row.start, row.end, row.account_ids, most_events)
    used = DECISION.approve(row, _payload(row), approver=approver, comment=comment)
    done, changed = _carried_out(row, as_of)
    after = _figures(row, changed)
    expected = {
        one.account_id: (one.events_after, one.worth_after)
        for one in RerateChange.objects.filter(job=row)
    }
    if expected != {pk: (one.events, one.worth) for pk, one in after.items()}:
        raise CannotRerate(
            "usage, prices or the timeline have changed since the job was compared; "
            "reject it and open it again"
        )
    row.state, row.done_at, row.decided_by = RerateState.DONE, as_of, used.approver
    row.save()
    audit.operations.record_event(
        topic="usage.rerated",
        subject=row,
        payload={"accounts": len(changed), "events": done.changed, "suspended": done.suspended},
        actor=approver,
    )
    return done


@transaction.atomic
def reject_rerate(*, job: RerateJob, approver: User, comment: str) -> RerateJob:
    """Refuse a job that somebody else sent, saying why.

    Raises: Forbidden; audit.operations.CannotDecide; CannotRerate.
    """
    row = DECISION.reject(job, approver=approver, comment=comment)
    row.state, row.decided_by = RerateState.REJECTED, approver
    row.save()
    return row


def _carried_out(job: RerateJob, as_of: datetime) -> tuple[Rerated, set[int]]:
    """Rate the scope again; return what was done and the accounts whose sums are others."""
    advisory_lock("usage", "sums")
    scope: dict[str, Any] = {"start": job.start, "end": job.end, "account_ids": job.account_ids}
    before = sums_by_account(**scope)
    done = rerate(**scope, as_of=as_of)
    after = sums_by_account(**scope)
    touched = {pk for pk in before.keys() | after.keys() if before.get(pk) != after.get(pk)}
    return done, touched | {one.account_id for one in done.accounts}


def _figures(job: RerateJob, accounts: Collection[int]) -> dict[int, Figures]:
    summed = sums_by_account(start=job.start, end=job.end, account_ids=accounts)
    worth = provisional_worth(account_ids=accounts, start=job.start, end=job.end)
    return {
        one: Figures(summed[one].events if one in summed else 0, worth.get(one, ZERO))
        for one in accounts
    }


def _require_size(
    start: date, end: date, accounts: list[int] | None, most_events: int | None
) -> None:
    rows = UsageAggregate.objects.filter(on_date__gte=start, on_date__lt=end)
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    count = rows.aggregate(count=Sum("event_count", default=0))["count"]
    if not count:
        raise Invalid("there is no usage in this scope", rule="RATE-2")
    if most_events is not None and count > most_events:
        raise Invalid(
            f"{count:,} events are more than a page rates again ({most_events:,}): choose fewer "
            "days or accounts, or use the command rerate",
            rule="RATE-2",
        )


def _payload(job: RerateJob) -> dict[str, Any]:
    """Return what the approval is bound to: the scope, and the sums by currency."""
    rows = RerateChange.objects.filter(job=job).order_by("account_id")
    worth: dict[str, list[Decimal]] = {}
    for one in rows:
        sums = worth.setdefault(one.currency, [ZERO, ZERO])
        sums[0] += one.worth_before
        sums[1] += one.worth_after
    return {
        "job": job.pk,
        "start": job.start,
        "end": job.end,
        "events": job.event_count,
        "changed": job.changed_count,
        "suspended": job.suspended_count,
        "before": {currency: sums[0] for currency, sums in sorted(worth.items())},
        "after": {currency: sums[1] for currency, sums in sorted(worth.items())},
    }
