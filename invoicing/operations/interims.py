"""Bill usage inside its period where it reaches its limit (UNIT-8 THRESHOLD).

An interim run bills what the running period owes of such usage by its day, less what was billed:
the run that ends the period bills the rest, and all together come to what it alone would have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Now

import customers.queries
import rating.queries
from catalog.models import Charge
from customers.models import Account, SubscriptionCharge
from foundation.locks import advisory_lock
from foundation.money import quantize
from foundation.periods import Period
from foundation.sql import run as run_statement
from invoicing.choices import RunKind, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, ChargeItem, InterimBill

if TYPE_CHECKING:
    from invoicing.operations.inputs import Payer
    from invoicing.rules.charging import ChargePlan

ZERO: Final = Decimal(0)
AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Reached:
    """What of a payer's usage by a charge is not billed yet, at or above its limit."""

    payer: Account
    charge_id: int
    period: Period
    worth: Decimal
    threshold: Decimal


def keep_running_usage(payers: Iterable[Payer], plans: Mapping[int, ChargePlan]) -> None:
    """Leave of payers only the usage that an interim run bills; all else waits for its run."""
    for payer in payers:
        payer.lives = [
            (charge, life)
            for charge, life in payer.lives
            if plans[charge].kind == "USAGE" and plans[charge].timing.to_run_date
        ]
        payer.waiting = []
        payer.promises = []
        payer.told_late = []
        payer.previous_total, payer.previous_tax = None, ZERO


def start_interims(*, as_of: datetime) -> list[BillRun]:
    """Start a run of each cycle in which usage has reached its limit; return those started.

    Usage counts up to the day before. A payer that is in a run already waits for the next look;
    a second call on a day starts nothing anew. Without charges of the kind one statement is run.
    """
    charges = {
        one.pk: one
        for one in Charge.objects.filter(timing="THRESHOLD").exclude(offer_version__state="DRAFT")
    }
    if not charges:
        return []
    runs = []
    found: dict[str, list[Reached]] = defaultdict(list)
    for one in reached(charges, as_of.date()):
        found[one.payer.cycle_code].append(one)
    for code in sorted(found):
        run = _start(BillCycle.objects.get(code=code), found[code], as_of)
        if run is not None:
            runs.append(run)
    return runs


def reached(charges: Mapping[int, Charge], day: date) -> list[Reached]:
    """Return whose usage of the running period, up to a day, reaches the limits of charges.

    A few statements for a thousand accounts. Usage is worth what the bill would say before
    discounts, less what earlier interim bills of the period say.
    """
    found: list[Reached] = []
    for period, payers in _running(charges, day).items():
        worth = _worth(payers, charges, Period(period.start, day))
        billed = _billed({payer.pk for payer in payers.values()}, charges, period)
        by_id = {payer.pk: payer for payer in payers.values()}
        for (payer_id, charge_id), amount in sorted(worth.items()):
            payer = by_id[payer_id]
            text = charges[charge_id].thresholds.get(payer.currency)
            open_ = quantize(amount - billed.get((payer_id, charge_id), ZERO), payer.currency)
            if text is not None and open_ >= Decimal(text):
                found.append(Reached(payer, charge_id, period, open_, Decimal(text)))
    return found


def _running(charges: Iterable[int], day: date) -> dict[Period, dict[int, Account]]:
    """Return who pays for each account with such a charge, by the period that runs on a day."""
    owners = sorted(
        SubscriptionCharge.objects.filter(charge_id__in=list(charges))
        .values_list("account_id", flat=True)
        .distinct()
    )
    paying = customers.queries.payers_of([(owner, day) for owner in owners])
    busy = BillRunAccount.objects.filter(is_open=True).values("payer_id")
    payers = Account.objects.exclude(pk__in=busy).in_bulk([one for one in paying if one])
    cycles = {one.code: one for one in BillCycle.objects.filter(is_active=True)}
    found: dict[Period, dict[int, Account]] = defaultdict(dict)
    for owner, number in zip(owners, paying, strict=True):
        payer = payers.get(number or 0)
        if payer is None or payer.cycle_code not in cycles:
            continue
        rhythm = cycles[payer.cycle_code].rhythm_for(
            day=payer.cycle_day, months=payer.cycle_months
        )
        period = rhythm.containing(day)
        if period.start < day:
            found[period][owner] = payer
    return found


def _worth(
    payers: Mapping[int, Account], charges: Iterable[int], days: Period
) -> dict[tuple[int, int], Decimal]:
    """Return what usage of days is worth by payer and charge."""
    found: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    owners = sorted(payers)
    for at in range(0, len(owners), AT_ONCE):
        part = owners[at : at + AT_ONCE]
        charge_of = dict(
            SubscriptionCharge.objects.filter(
                account_id__in=part, charge_id__in=list(charges)
            ).values_list("id", "charge_id")
        )
        for account, rows in rating.queries.provisional_by_account(
            account_ids=part, start=days.start, end=days.end, only=charge_of
        ).items():
            for row in rows:
                charge = charge_of[row.subscription_charge_id]
                found[payers[account].pk, charge] += row.amount or ZERO
    return found


def _billed(
    payers: Iterable[int], charges: Iterable[int], period: Period
) -> dict[tuple[int, int], Decimal]:
    """Return what documents have billed of a period, by payer and charge."""
    rows = ChargeItem.objects.filter(
        payer_id__in=sorted(payers), charge_id__in=list(charges), line_id__isnull=False,
        period_start=period.start, period_end=period.end,
    )  # fmt: skip
    sums = rows.order_by().values_list("payer_id", "charge_id").annotate(Sum("amount"))
    return {(payer, charge): amount for payer, charge, amount in sums}


def _start(cycle: BillCycle, found: list[Reached], as_of: datetime) -> BillRun | None:
    """Start the interim run of a cycle on a day for the payers that it may bill."""
    day = as_of.date()
    with transaction.atomic():
        advisory_lock("run", f"{cycle.pk}:{day}")
        told = InterimBill.objects.filter(on_date=day).values_list("payer_id", "charge_id")
        done = set(told)
        found = [one for one in found if (one.payer.pk, one.charge_id) not in done]
        if not found:
            return None
        run = BillRun.objects.create(
            kind=RunKind.INTERIM, cycle=cycle, bill_date=day, cutoff_at=as_of
        )
        payers = sorted({one.payer.pk for one in found})
        with connection.cursor() as cursor:
            run_statement(
                cursor, "invoicing", "select_interims", run_id=run.pk, cycle=cycle.code,
                bill_date=day, payers=payers,
            )  # fmt: skip
        InterimBill.objects.bulk_create(
            [
                InterimBill(
                    run=run, payer=one.payer, charge_id=one.charge_id, on_date=day,
                    period_start=one.period.start, currency=one.payer.currency, worth=one.worth,
                    threshold=one.threshold,
                )
                for one in found
            ]
        )  # fmt: skip
        run.state = RunState.SELECTED
        BillRun.objects.filter(pk=run.pk).update(state=RunState.SELECTED, selected_at=Now())
    return run
