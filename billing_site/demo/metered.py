"""GPU hours billed inside their month above a limit (UNIT-8): one bill made, others near it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import invoicing.operations
import payments.operations
from billing_site.demo import months
from billing_site.demo.clients import Front, order
from billing_site.demo.months import Act
from billing_site.demo.people import Taken
from billing_site.demo.usage_files import Event, UsageFilePlan, text
from customers.models import Account
from invoicing.choices import RunKind, RunState
from invoicing.models import BillRun, Invoice
from payments.models import TenderType

SOURCE: Final = "GPU"
SOLD_ON: Final = date(2026, 8, 5)
TENANTS: Final = {
    "US-50000": "tenant-gpu-1",
    "US-50001": "tenant-gpu-2",
    "US-50002": "tenant-gpu-3",
    "EU-50000": "tenant-gpu-4",
    "EU-50001": "tenant-gpu-5",
}
HOURS: Final[tuple[tuple[date, Mapping[str, str]], ...]] = (
    (date(2026, 8, 18), {"US-50000": "60", "US-50001": "80", "EU-50000": "50"}),
    (date(2026, 9, 21), {"US-50000": "260", "EU-50000": "90"}),
    (date(2026, 9, 28), {"US-50000": "40", "US-50002": "30"}),
)
"""What was used on days of the story. 260 hours are 620.00 USD, of which 500.00 is the limit."""
BILLED_ON: Final = date(2026, 9, 24)
PAID_ON: Final = date(2026, 10, 9)
YESTERDAY: Final = {
    "US-50000": "230",  # 560.00 of 500.00
    "US-50001": "245",  # 590.00 of 500.00
    "US-50002": "172",  # 430.00 of 500.00
    "EU-50000": "170",  # 382.50 of 450.00
    "EU-50001": "200",  # 450.00 of 450.00
}
"""What is told of the day before the telling, so that the running periods stand near limits."""
STORY_ENDS: Final = date(2026, 11, 8)


def acts(front: Front, now: datetime) -> Iterator[Act]:
    """Return the orders, the files, the bill above the limit and its payment."""
    yield Act(SOLD_ON, "0 order GPU", lambda: _sell(front))
    for number, (used_on, hours) in enumerate(HOURS, start=1):
        yield months.usage(front, _file(number, used_on, hours))
    yield Act(BILLED_ON, "2 interim", lambda: _bill(front), whole=False)
    yield Act(PAID_ON, "3 payment interim", lambda: _pay(front))
    yield Act(STORY_ENDS, "6 usage of yesterday", lambda: _running(front, now), whole=False)


def _sell(front: Front) -> None:
    for number, tenant in TENANTS.items():
        item = front.add(Taken("GPU", SOLD_ON, 1, tenant))
        account = Account.objects.get(number=number)
        order(account, [item], day=SOLD_ON, actor=front.cast.care)


def _file(number: int, used_on: date, hours: Mapping[str, str]) -> UsageFilePlan:
    rows = [
        Event(
            source=SOURCE,
            key=f"{number:02d}-{account}",
            usage_type="GPU",
            identifier_type="TENANT",
            identifier=TENANTS[account],
            at=datetime.combine(used_on, time(12), UTC),
            quantity=quantity,
        )
        for account, quantity in hours.items()
    ]
    name = f"gpu-{number:04d}.csv"
    return UsageFilePlan(SOURCE, name, number, used_on + timedelta(days=1), text(rows))


def _bill(front: Front) -> None:
    """Let the clock look who has reached a limit, and carry what it starts to its end."""
    invoicing.operations.start_interims(as_of=datetime.combine(BILLED_ON, time(6), UTC))
    started = BillRun.objects.filter(kind=RunKind.INTERIM, bill_date=BILLED_ON)
    for run in started.exclude(state=RunState.CLOSED):
        months.carry_to_its_end(invoicing.operations.continue_run(run_id=run.pk), front.cast)


def _pay(front: Front) -> None:
    for document in Invoice.objects.filter(origin=RunKind.INTERIM, state="POSTED"):
        payments.operations.record_payment(
            payer=document.payer,
            amount=document.total,
            currency=document.currency,
            tender=TenderType.objects.get(code="WIRE"),
            received_on=PAID_ON,
            external_id=f"interim-{document.number}",
            reference=str(document.number),
            actor=front.cast.cash,
        )


def _running(front: Front, now: datetime) -> None:
    """Receive what was used on the day before, at the earliest after the story."""
    day = max(now.date(), STORY_ENDS)
    plan = _file(len(HOURS) + 1, day - timedelta(days=1), YESTERDAY)
    months.receive(front, plan, received_at=max(now, datetime.combine(day, time(), UTC)))
