"""What is paid for or shared ahead of use: a family's pool, money in advance, top-ups."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import invoicing.operations
import payments.operations
import rating.operations
from billing_site.demo.clients import Front
from billing_site.demo.deals import FAMILY
from billing_site.demo.months import WAIT, Act
from billing_site.demo.people import OPENING
from customers.models import Account
from foundation.periods import boundary, boundary_instant
from invoicing.models import Invoice
from payments.models import TenderType
from rating.models import TopUpRequest
from receivables.rules.allocation import Advice

AHEAD, DECLINED = "US-10000", "US-10001"
"""Who pays in advance, and whose card is declined."""
SOLD_ON: Final = date(2026, 8, 3)


def acts(front: Front, runs: Iterable[tuple[str, date]]) -> Iterator[Act]:
    """Return what happens with balances; top-ups are answered once a run has asked for them."""
    yield Act(OPENING, "0 pool of the family", lambda: _pool(front))
    yield Act(SOLD_ON, "0 balance sold", lambda: _sell(front))
    yield Act(SOLD_ON, "0 top-ups", lambda: _rules(front))
    for cycle, bill_date in runs:
        yield _answers(front, cycle, bill_date + WAIT)


def _answers(front: Front, cycle: str, day: date) -> Act:
    return Act(day, f"5 top-ups {cycle}", lambda: _answer(front, day))


def _pool(front: Front) -> None:
    """Let the family share the data that its lines bring."""
    rating.operations.open_pool(
        node=Account.objects.get(number=FAMILY),
        usage_type="DATA",
        name="Family data",
        starts=OPENING,
        as_of=_noon(OPENING),
        actor=front.cast.approver,
    )


def _sell(front: Front) -> None:
    """Sell a household money to use, with a bonus, and have it paid."""
    account = Account.objects.select_related("entity").get(number=AHEAD)
    invoicing.operations.sell_balance(
        account=account,
        amount=Decimal("100.00"),
        bonus=Decimal("10.00"),
        starts=boundary_instant(OPENING, ZoneInfo(account.time_zone)),
        ends=None,
        name="Prepaid 2026",
        on_date=SOLD_ON,
        actor=front.cast.operator,
    )
    memo = Invoice.objects.get(payer=account)
    payments.operations.record_payment(
        payer=account,
        amount=memo.total,
        currency=memo.currency,
        tender=TenderType.objects.get(code="WIRE"),
        received_on=SOLD_ON,
        external_id=f"ahead-{memo.number}",
        remittance=[Advice(str(memo.number))],
        actor=front.cast.cash,
    )


def _rules(front: Front) -> None:
    for number, threshold in ((AHEAD, "60.00"), (DECLINED, "10.00")):
        rating.operations.set_top_up(
            account=Account.objects.select_related("entity").get(number=number),
            threshold=Decimal(threshold),
            amount=Decimal("50.00"),
            most_per_month=Decimal("100.00"),
            most_tries=1,
            starts=SOLD_ON,
            actor=front.cast.operator,
        )


def _answer(front: Front, day: date) -> None:
    """Say what became of the top-ups that were asked for: one card works, the other does not."""
    for asked in TopUpRequest.objects.filter(state="REQUESTED").select_related("account"):
        if asked.account.number == DECLINED:
            rating.operations.fail_top_up(
                request_id=asked.pk,
                reason="Card declined by its bank",
                retry_at=next_try(day),
                as_of=_noon(day),
                actor=front.cast.cash,
            )
            continue
        payments.operations.capture_top_up(
            request_id=asked.pk,
            reference=f"card-{asked.key}",
            amount=asked.amount,
            tender=TenderType.objects.get(code="OTHER"),
            received_on=day,
            as_of=_noon(day),
            on_date=day,
            actor=front.cast.cash,
        )


def next_try(day: date) -> datetime:
    """Return when a declined card is asked again: at noon of the first day of the next month."""
    return _noon(boundary(day.replace(day=1), 1))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
