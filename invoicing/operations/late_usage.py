"""What usage that came after its period was billed will add to the next documents (RATE-3).

The payers are calculated once more for the bill date that was posted last, by the run's own code:
what is owed for its days less what was billed of them. Nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection

import customers.queries
import rating.queries
from catalog.choices import ChargeKind
from customers.models import Account
from invoicing.models import BillRun, BillRunAccount
from invoicing.operations.drafting import make_drafts
from invoicing.operations.frame import Frame
from invoicing.operations.writing import Draft
from rating.queries import Arrived

ZERO: Final = Decimal(0)
CHUNK: Final = 1_000
LONGEST_MONTH: Final = 31


class LateUsage(NamedTuple):
    """The late usage of an account and its worth before tax, in the account's currency.

    `worth` is what the next document will bill of it, or give back; it holds what else has changed
    about billed usage since, and is None until it is worked out. `problem` says why it could not
    be. `run` is the posted run that `payer_id` was billed in.
    """

    account_id: int
    account_number: str
    account_name: str
    currency: str
    events: int
    first_day: date
    last_day: date
    run: BillRun
    payer_id: int
    worth: Decimal | None = None
    problem: str = ""


def late_usage(*, entities: Collection[int] | None = None) -> list[LateUsage]:
    """Return the usage that came after its days were billed, by account, most worth first.

    See `late_accounts`; all of them are worked out.
    """
    found = valued_usage(late_accounts(entities=entities))
    return sorted(found, key=lambda one: (-abs(one.worth or ZERO), one.account_number))


def late_accounts(*, entities: Collection[int] | None = None) -> list[LateUsage]:
    """Return whose usage came after its days were billed, most events first, without its worth.

    Of each cycle since its last posted run, as far back as runs look (CHG-6). Accounts whose
    payer is still open in that run are left out: they are not billed yet. `entities` limits the
    payers.
    """
    last = BillRun.objects.cyclic().filter(posted_at__isnull=False).select_related("cycle")
    found = [
        one
        for run in last.order_by("cycle__code", "-bill_date").distinct("cycle__code")
        for one in _late_of(run, entities)
    ]
    accounts = Account.objects.in_bulk([pk for pk, *_ in found])
    return sorted(
        (
            LateUsage(
                pk, accounts[pk].number, accounts[pk].name, accounts[pk].currency, came.events,
                came.first_day, came.last_day, run, payer,
            )
            for pk, came, run, payer in found
        ),
        key=lambda one: (-one.events, one.account_number),
    )  # fmt: skip


def _late_of(
    run: BillRun, entities: Collection[int] | None
) -> Iterator[tuple[int, Arrived, BillRun, int]]:
    """Yield account, what came, run and payer."""
    reach = timedelta(days=LONGEST_MONTH * (run.cycle.rebill_periods + 1))
    arrived = rating.queries.late_arrivals(
        start=run.bill_date - reach, end=run.bill_date, since=run.cutoff_at
    )
    if not arrived:
        return
    payers = customers.queries.payers_of([(one, run.bill_date) for one in arrived])
    billed = BillRunAccount.objects.filter(run=run, is_open=False, payer__in=set(payers))
    if entities is not None:
        billed = billed.filter(payer__entity__in=entities)
    wanted = set(billed.values_list("payer_id", flat=True))
    for (account, came), payer in zip(arrived.items(), payers, strict=True):
        if payer is not None and payer in wanted:
            yield account, came, run, payer


def valued_usage(rows: Sequence[LateUsage]) -> list[LateUsage]:
    """Return the same, in the same order, each with its worth.

    Their payers are calculated, no others: a thousand of a run at a time, by sets.
    """
    payers: dict[BillRun, set[int]] = defaultdict(set)
    for one in rows:
        payers[one.run].add(one.payer_id)
    worth: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    problems: dict[tuple[int, int], str] = {}
    for run, theirs in payers.items():
        frame = Frame(BillRun(pk=0, cycle=run.cycle, bill_date=run.bill_date), run.cycle)
        wanted = sorted(theirs)
        for at in range(0, len(wanted), CHUNK):
            with connection.cursor() as cursor:
                drafts, outcomes = make_drafts(cursor, frame, wanted[at : at + CHUNK])
            for owner, net in _usage_lines(drafts):
                worth[run.pk, owner] += net
            problems.update({(run.pk, one.payer_id): one.problem for one in outcomes})
    return [
        one._replace(
            worth=worth[one.run.pk, one.account_id],
            problem=problems.get((one.run.pk, one.payer_id), ""),
        )
        for one in rows
    ]


def _usage_lines(drafts: Iterable[Draft]) -> Iterator[tuple[int, Decimal]]:
    """Yield whose usage each line bills, and its amount before tax."""
    for draft in drafts:
        for document in draft.documents:
            for line in document.lines:
                if line.entry.subject.kind == ChargeKind.USAGE:
                    yield line.entry.owner_id, line.net
