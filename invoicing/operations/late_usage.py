"""What usage that came after its period was billed will add to the next documents (RATE-3).

The payers are calculated once more for the bill date that was posted last, by the run's own code:
what is owed for its days less what was billed of them. Nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection

import customers.queries
import rating.queries
from catalog.choices import ChargeKind
from customers.models import Account
from invoicing.models import BillCycle, BillRun, BillRunAccount
from invoicing.operations.drafting import make_drafts
from invoicing.operations.frame import Frame
from rating.queries import Arrived

ZERO: Final = Decimal(0)
CHUNK: Final = 1_000
LONGEST_MONTH: Final = 31


class LateUsage(NamedTuple):
    """The late usage of an account and its worth before tax, in the account's currency.

    `worth` is what the next document will bill of it, or give back; it holds what else has changed
    about billed usage since. `problem` says why it could not be worked out.
    """

    account_id: int
    account_number: str
    account_name: str
    currency: str
    events: int
    first_day: date
    last_day: date
    worth: Decimal
    problem: str = ""


def late_usage(*, entities: Collection[int] | None = None) -> list[LateUsage]:
    """Return the usage that came after its days were billed, by account, most worth first.

    Of each cycle since its last posted run, as far back as runs look (CHG-6). Accounts whose
    payer is still open in that run are left out: they are not billed yet. `entities` limits the
    payers.
    """
    found: list[LateUsage] = []
    for cycle in BillCycle.objects.order_by("code"):
        run = (
            BillRun.objects.filter(cycle=cycle, posted_at__isnull=False)
            .order_by("-bill_date")
            .first()
        )
        if run is not None:
            found += _late_of(run, cycle, entities)
    return sorted(found, key=lambda one: (-abs(one.worth), one.account_number))


def _late_of(
    run: BillRun, cycle: BillCycle, entities: Collection[int] | None
) -> Iterator[LateUsage]:
    reach = timedelta(days=LONGEST_MONTH * (cycle.rebill_periods + 1))
    arrived = rating.queries.late_arrivals(
        start=run.bill_date - reach, end=run.bill_date, since=run.cutoff_at
    )
    if not arrived:
        return
    payers = customers.queries.payers_of([(one, run.bill_date) for one in arrived])
    billed = BillRunAccount.objects.filter(run=run, is_open=False, payer__in=set(payers))
    if entities is not None:
        billed = billed.filter(payer__entity__in=entities)
    wanted = sorted(billed.values_list("payer_id", flat=True))
    frame = Frame(BillRun(pk=0, cycle=cycle, bill_date=run.bill_date), cycle)
    owned: dict[int, list[int]] = defaultdict(list)
    for account, payer in zip(arrived, payers, strict=True):
        if payer is not None:
            owned[payer].append(account)
    for at in range(0, len(wanted), CHUNK):
        yield from _chunk(frame, wanted[at : at + CHUNK], owned, arrived)


def _chunk(
    frame: Frame,
    payer_ids: Sequence[int],
    owned: dict[int, list[int]],
    arrived: dict[int, Arrived],
) -> Iterator[LateUsage]:
    with connection.cursor() as cursor:
        drafts, outcomes = make_drafts(cursor, frame, payer_ids)
    worth: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for draft in drafts:
        for document in draft.documents:
            for line in document.lines:
                if line.entry.subject.kind == ChargeKind.USAGE:
                    worth[line.entry.owner_id] += line.net
    problems = {one.payer_id: one.problem for one in outcomes}
    accounts = Account.objects.in_bulk([pk for payer in payer_ids for pk in owned[payer]])
    for payer in payer_ids:
        for pk in owned[payer]:
            account, came = accounts[pk], arrived[pk]
            yield LateUsage(
                pk, account.number, account.name, account.currency, came.events, came.first_day,
                came.last_day, worth[pk], problems.get(payer, ""),
            )  # fmt: skip
