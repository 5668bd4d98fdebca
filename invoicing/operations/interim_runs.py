"""Start the runs that bill usage at its limit: by the clock, or for one payer (UNIT-8)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models.functions import Now

from customers.models import Account
from foundation.locks import advisory_lock
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight
from foundation.sql import run as run_statement
from invoicing.choices import RunKind, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, InterimBill
from invoicing.operations.interims import Standing, limits_of, reached_limits
from invoicing.operations.runs import CannotStartRun, record

if TYPE_CHECKING:
    from foundation.permissions import Actor


def start_interims(*, as_of: datetime) -> list[BillRun]:
    """Start a run of each cycle in which usage has reached its limit; return those started.

    Usage counts up to the day before. A payer that is in a run already waits for the next look;
    a second call on a day starts nothing anew. Without charges of the kind one statement is run.
    """
    found: dict[str, list[Standing]] = defaultdict(list)
    for one in reached_limits(day=as_of.date()):
        found[one.payer.cycle_code].append(one)
    runs = [_start(code, found[code], as_of, None) for code in sorted(found)]
    return [run for run in runs if run is not None]


def start_interim(*, payer: Account, as_of: datetime, actor: Actor) -> BillRun:
    """Start the run of one payer at once; without it the clock does with its next look.

    Whoever asked does not approve it (BR-6). A second call on a day returns the run of the first.

    Raises: Forbidden, OtherEntity; CannotStartRun where nothing has reached its limit, or a run
    holds the payer.
    """
    require(actor, "invoicing.start_run")
    require_sight(actor, payer)
    day = as_of.date()
    with transaction.atomic():
        run = _run_of(payer, day)
        if run is not None and run.state != RunState.CANCELLED:
            return run
        found = ready_for_interim(payer=payer, day=day)
        run = _start(payer.cycle_code, found, as_of, actor)
    return run or InterimBill.objects.filter(payer=payer, on_date=day).latest("pk").run


def ready_for_interim(*, payer: Account, day: date) -> list[Standing]:
    """Return what of a payer's usage has reached its limit and no run bills yet.

    Raises: CannotStartRun where there is none, a run holds the payer, or today had one.
    """
    run = _run_of(payer, day)
    if run is not None and run.state == RunState.CANCELLED:
        raise CannotStartRun("Its run of today was cancelled; ask again tomorrow.")
    if run is not None:
        raise CannotStartRun(f"Run {run.pk} of today bills it already.")
    held = BillRunAccount.objects.filter(payer=payer, is_open=True).first()
    if held is not None:
        raise CannotStartRun(f"Run {held.run_id} holds the account; ask again after it.")
    standings = limits_of(payer=payer, day=day)
    found = [one for one in standings if one.has_reached]
    if not found:
        raise CannotStartRun(_below(standings))
    return found


def _run_of(payer: Account, day: date) -> BillRun | None:
    """Return the interim run of a payer on a day."""
    rows = InterimBill.objects.filter(payer=payer, on_date=day).select_related("run")
    found = rows.order_by("pk").first()
    return None if found is None else found.run


def _below(standings: list[Standing]) -> str:
    told = ", ".join(
        f"{one.charge.reference} stands at {one.worth} of "
        f"{quantize(one.threshold, one.payer.currency)} {one.payer.currency}"
        for one in standings
    )
    return f"No usage has reached its limit: {told or 'none that has one was used'}."


def _start(code: str, found: list[Standing], as_of: datetime, actor: Actor) -> BillRun | None:
    """Start the interim run of a cycle on a day for the payers that it may bill."""
    cycle, day = BillCycle.objects.get(code=code), as_of.date()
    with transaction.atomic():
        advisory_lock("run", f"{cycle.pk}:{day}")
        done = set(InterimBill.objects.filter(on_date=day).values_list("payer_id", "charge_id"))
        found = [one for one in found if (one.payer.pk, one.charge.pk) not in done]
        if not found:
            return None
        run = BillRun.objects.create(
            kind=RunKind.INTERIM, cycle=cycle, bill_date=day, cutoff_at=as_of,
            created_by_id=None if actor is None else actor.pk,
        )  # fmt: skip
        payers = sorted({one.payer.pk for one in found})
        with connection.cursor() as cursor:
            run_statement(
                cursor, "invoicing", "select_interims", run_id=run.pk, cycle=cycle.code,
                bill_date=day, payers=payers,
            )  # fmt: skip
        InterimBill.objects.bulk_create(
            [
                InterimBill(
                    run=run, payer=one.payer, charge=one.charge, on_date=day,
                    period_start=one.period.start, currency=one.payer.currency, worth=one.worth,
                    threshold=one.threshold,
                )
                for one in found
            ]
        )  # fmt: skip
        run.state = RunState.SELECTED
        BillRun.objects.filter(pk=run.pk).update(state=RunState.SELECTED, selected_at=Now())
        if actor is not None:
            record("bill_run.started", run, actor, {"bill_date": str(day)})
    return run
