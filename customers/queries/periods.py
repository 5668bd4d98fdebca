"""The running period of a subscription, as its payer is billed."""

from __future__ import annotations

from datetime import date
from typing import Final

from customers.models import Account, Subscription, SubscriptionCharge
from customers.queries.tree import payer_of
from foundation.periods import Alignment, LongAnchor, Period, Rhythm, Unit, charge_rhythm

CYCLE_ANCHOR: Final = date(2020, 1, 1)
"""The day from which longer cycles count unless their cycle says otherwise (PER-2)."""


def cycle_period(*, account_id: int, on_date: date) -> Period:
    """Return the cycle period of the account's payer that contains the day."""
    return _cycle(account_id, on_date).containing(on_date)


def period_end(*, subscription: Subscription, on_date: date) -> date:
    """Return the first day after what is running on the day: the latest end of the full periods.

    Of the recurring charges that run on the day; the payer's cycle where there is none (PER-6).
    """
    cycle = _cycle(subscription.account_id, on_date)
    ends = [
        charge_rhythm(
            start=row.anchor or on_date,
            alignment=Alignment(row.charge.alignment),
            cycle=cycle,
            unit=Unit(row.charge.period_unit),
            count=row.charge.period_count,
            long_anchor=LongAnchor(row.charge.long_anchor),
        )
        .containing(on_date)
        .end
        for row in SubscriptionCharge.objects.filter(
            subscription=subscription,
            charge__kind="RECURRING",
            segments__valid__contains=on_date,
        ).select_related("charge")
    ]
    return max(ends, default=cycle.containing(on_date).end)


def _cycle(account_id: int, on_date: date) -> Rhythm:
    payer_id = payer_of(account_id=account_id, on_date=on_date) or account_id
    payer = Account.objects.only("cycle_day", "cycle_months").get(pk=payer_id)
    return Rhythm(CYCLE_ANCHOR, Unit.MONTH, payer.cycle_months, payer.cycle_day)
