"""How far usage has come to the limits above which it is billed at once (UNIT-8 THRESHOLD).

An interim run bills what the running period owes of such usage by its day, less what was billed:
the run that ends the period bills the rest, and all together come to what it alone would have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

import customers.queries
import rating.queries
from catalog.models import Charge
from customers.choices import AccountRole
from customers.models import Account, AccountPosition, SubscriptionCharge
from foundation.money import quantize
from foundation.periods import Period
from invoicing.models import BillCycle, BillRunAccount, ChargeItem

if TYPE_CHECKING:
    from invoicing.operations.inputs import Payer
    from invoicing.rules.charging import ChargePlan

ZERO: Final = Decimal(0)
AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a payer's usage by a charge is not billed yet in its period, and the limit of it.

    Both are in the payer's currency, before discounts and tax.
    """

    payer: Account
    charge: Charge
    period: Period
    worth: Decimal
    threshold: Decimal

    @property
    def has_reached(self) -> bool:
        """Tell whether it is at or above the limit."""
        return self.worth >= self.threshold

    @property
    def share(self) -> Decimal:
        """Return how much of the limit is used: 1 is all of it."""
        return self.worth / self.threshold


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


def limited_charges() -> dict[int, Charge]:
    """Return the charges that are billed inside their period above a limit."""
    return {one.pk: one for one in _limited()}


def _limited() -> QuerySet[Charge]:
    return Charge.objects.filter(timing="THRESHOLD").exclude(offer_version__state="DRAFT")


def sells_limits() -> bool:
    """Tell whether any charge is billed inside its period above a limit."""
    return _limited().exists()


def reached_limits(*, day: date, entities: Collection[int] | None = None) -> list[Standing]:
    """Return whose usage of the running period, up to a day, has reached its limit.

    Payers that are in a run already are left out. `entities` limits them. One statement where
    nothing is sold so, else a few for a thousand accounts.
    """
    busy = BillRunAccount.objects.filter(is_open=True).values("payer_id")
    payers = Account.objects.exclude(pk__in=busy)
    if entities is not None:
        payers = payers.filter(entity__in=entities)
    return [one for one in standings_of(payers=payers, day=day) if one.has_reached]


def standings_of(*, payers: QuerySet[Account], day: date) -> list[Standing]:
    """Return how far the usage of payers has come to its limits, up to a day, by charge.

    All that has a limit in the payer's currency and was used in the running period, whether or
    not a run holds the payer. One statement where nothing is sold so, else a few for a thousand
    accounts that have such a charge and are payers asked for, or somebody else pays for.
    """
    charges = limited_charges()
    return _standings(charges, day, _owners(charges, payers, day), payers) if charges else []


def limits_of(*, payer: Account, day: date) -> list[Standing]:
    """Return how far the usage of a payer has come to its limits, up to a day, by charge.

    All that has a limit in its currency and was used in the running period, whether or not a run
    holds the payer.
    """
    charges = limited_charges()
    if not charges:
        return []
    theirs = customers.queries.membership_of(payer_ids=[payer.pk], on_date=day)
    only = Account.objects.filter(pk=payer.pk)
    rows = _sold(charges).filter(account_id__in=sorted(theirs))
    return _standings(charges, day, _accounts_of(rows), only)


def _owners(charges: Iterable[int], payers: QuerySet[Account], day: date) -> list[int]:
    """Return who has such a charge: of the payers asked for, and all that others pay for."""
    own = payers.filter(pk=OuterRef("account_id"))
    paid_for = AccountPosition.objects.filter(
        account_id=OuterRef("account_id"), valid__contains=day, role=AccountRole.NON_PAYER
    )
    return _accounts_of(_sold(charges).filter(Q(Exists(own)) | Q(Exists(paid_for))))


def _sold(charges: Iterable[int]) -> QuerySet[SubscriptionCharge]:
    return SubscriptionCharge.objects.filter(charge_id__in=list(charges))


def _accounts_of(rows: QuerySet[SubscriptionCharge]) -> list[int]:
    return sorted(rows.values_list("account_id", flat=True).distinct())


def _standings(
    charges: Mapping[int, Charge], day: date, owners: list[int], payers: QuerySet[Account]
) -> list[Standing]:
    """Return what the usage of owners is worth, by payer and charge.

    What the bill would say before discounts, less what earlier interim bills of the period say.
    """
    found: list[Standing] = []
    for period, paying in _running(day, owners, payers).items():
        worth = _worth(paying, charges, Period(period.start, day))
        billed = _billed({payer.pk for payer in paying.values()}, charges, period)
        by_id = {payer.pk: payer for payer in paying.values()}
        for (payer_id, charge_id), amount in sorted(worth.items()):
            payer, charge = by_id[payer_id], charges[charge_id]
            text = charge.thresholds.get(payer.currency)
            if text is not None:
                open_ = quantize(amount - billed.get((payer_id, charge_id), ZERO), payer.currency)
                found.append(Standing(payer, charge, period, open_, Decimal(text)))
    return found


def _running(
    day: date, owners: list[int], payers: QuerySet[Account]
) -> dict[Period, dict[int, Account]]:
    """Return who of the payers pays for each account, by the period that runs on a day."""
    paying = customers.queries.payers_of([(owner, day) for owner in owners])
    known = payers.in_bulk([one for one in paying if one])
    cycles = {one.code: one for one in BillCycle.objects.filter(is_active=True)}
    found: dict[Period, dict[int, Account]] = defaultdict(dict)
    for owner, number in zip(owners, paying, strict=True):
        payer = known.get(number or 0)
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
