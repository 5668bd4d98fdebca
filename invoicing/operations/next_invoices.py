"""The next invoices of payers: calculated by the run's own code, by sets, and thrown away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Max

import customers.queries
from customers.models import Account
from foundation.errors import Refusal
from foundation.periods import Rhythm
from invoicing.choices import RunKind, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount
from invoicing.operations.drafting import Outcome, make_drafts
from invoicing.operations.frame import Frame
from invoicing.operations.writing import Draft
from invoicing.rules.charging import Life
from invoicing.rules.documents import Entry, in_reading_order

ZERO: Final = Decimal(0)
BILLED: Final = (RunState.POSTING, RunState.POSTED, RunState.CLOSED)


class CannotPreview(Refusal):
    """Nobody pays for the account on that day, or its payer has no bill cycle."""

    rule = "BR-4"


class Piece(NamedTuple):
    """A full period of a charge of a subscription that no document has billed."""

    charge: int
    start: date
    end: date

    def __str__(self) -> str:
        """Return what names it on a form: "17@2027-02-01"."""
        return f"{self.charge}@{self.start}"


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line that the next document would have; negative amounts are credits.

    `piece` is what can still be waived or reduced; None for discounts, credits, corrections and
    what a commitment lacks.
    """

    account_id: int
    text: str
    start: date
    end: date
    quantity: Decimal
    net: Decimal
    tax: Decimal
    currency: str
    piece: Piece | None = None


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """What a payer would be billed at its next bill date; `problem` says why it could not be.

    `prepaid` is what its balances of money would pay of it.
    """

    payer_id: int
    bill_date: date
    currency: str
    lines: tuple[PreviewLine, ...]
    problem: str = ""
    prepaid: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Return the sum of the lines before tax."""
        return sum((one.net for one in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        """Return the estimated taxes."""
        return sum((one.tax for one in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """Return what would be billed."""
        return self.net + self.tax


def payer_for(account_id: int, as_of: date) -> Account:
    """Return who pays for an account on a day.

    Raises: CannotPreview.
    """
    (payer,) = payers_for([account_id], as_of).values()
    return payer


def payers_for(account_ids: Iterable[int], as_of: date) -> dict[int, Account]:
    """Return who pays for accounts on a day, or on that of their opening, by id, each once.

    Raises: CannotPreview.
    """
    wanted = list(dict.fromkeys(account_ids))
    accounts = Account.objects.in_bulk(wanted)
    days = [(one, max(as_of, accounts[one].opened_on)) for one in wanted]
    payers: dict[int, None] = {}
    for (account_id, day), payer_id in zip(days, customers.queries.payers_of(days), strict=True):
        if payer_id is None:
            number = accounts[account_id].number
            raise CannotPreview(f"nobody pays for account {number} on {day}")
        payers[payer_id] = None
    others = [one for one in payers if one not in accounts]
    known = {**accounts, **(Account.objects.in_bulk(others) if others else {})}
    return {one: known[one] for one in payers}


def cycle_of(payer: Account) -> BillCycle:
    """Return the cycle of a payer.

    Raises: CannotPreview.
    """
    return _cycles([payer])[payer.cycle_code]


def rhythm_of(payer: Account) -> Rhythm:
    """Return how the time of a payer is cut into bill periods.

    Raises: CannotPreview.
    """
    return cycle_of(payer).rhythm_for(day=payer.cycle_day, months=payer.cycle_months)


def bill_date_after(payer: Account, as_of: date) -> date:
    """Return the payer's next bill date: the first boundary not yet billed by a run (PER-8).

    Raises: CannotPreview.
    """
    return bill_dates_after([payer], as_of)[payer.pk]


def bill_dates_after(payers: Collection[Account], as_of: date) -> dict[int, date]:
    """Return the next bill date of each payer, by id (PER-8).

    Raises: CannotPreview.
    """
    cycles = _cycles(payers)
    runs = BillRun.objects.cyclic().filter(cycle__in=cycles.values(), state__in=BILLED)
    last = dict(runs.order_by().values_list("cycle__code").annotate(Max("bill_date")))
    found = {}
    for payer in payers:
        rhythm = cycles[payer.cycle_code].rhythm_for(
            day=payer.cycle_day, months=payer.cycle_months
        )
        k = rhythm.number(as_of)
        day = rhythm.boundary(k) if rhythm.boundary(k) == as_of else rhythm.boundary(k + 1)
        done = last.get(payer.cycle_code)
        if done is not None and done >= day:
            day = rhythm.boundary(rhythm.number(done) + 1)
        found[payer.pk] = day
    return found


def _cycles(payers: Iterable[Account]) -> dict[str, BillCycle]:
    codes = {one.cycle_code: one.number for one in payers}
    found = {one.code: one for one in BillCycle.objects.filter(code__in=codes)}
    for code, number in codes.items():
        if code not in found:
            raise CannotPreview(f"payer {number} has no bill cycle")
    return found


def calculated(payer: Account, bill_date: date, *, ahead: int = 0) -> NextInvoice:
    """Calculate the drafts of one payer as a run of that date would, and store nothing.

    `ahead` is how many runs before it are left out, so that it looks back as much farther.
    """
    return all_calculated([payer], {payer.pk: bill_date}, ahead=ahead)[payer.pk]


def preview_interim(*, payer: Account, day: date) -> NextInvoice:
    """Return what an interim run of a day would bill a payer, may it start or not (UNIT-8).

    Raises: CannotPreview where the payer has no bill cycle.
    """
    cycle = cycle_of(payer)
    run = BillRun(kind=RunKind.INTERIM, cycle=cycle, bill_date=day)
    return dict(_chunk([payer], Frame(run, cycle), day))[payer.pk]


def all_calculated(
    payers: Collection[Account], days: Mapping[int, date], *, ahead: int = 0
) -> dict[int, NextInvoice]:
    """Calculate the drafts of payers, each for its bill date, by id.

    Those of one cycle and date are calculated together, like a chunk of a run. What a run has
    drafted and not posted is not billed: it is calculated again.
    """
    cycles = _cycles(payers)
    runs = _unposted(payers)
    together: dict[tuple[str, date, int], list[Account]] = defaultdict(list)
    for payer in payers:
        together[payer.cycle_code, days[payer.pk], runs.get(payer.pk, 0)].append(payer)
    found: dict[int, NextInvoice] = {}
    for (code, day, run_id), some in together.items():
        cycle = cycles[code]
        kept, cycle.rebill_periods = cycle.rebill_periods, cycle.rebill_periods + ahead
        run = BillRun(pk=run_id, cycle=cycle, bill_date=day)
        found.update(_chunk(some, Frame(run, cycle), day))
        cycle.rebill_periods = kept
    return found


def _unposted(payers: Iterable[Account]) -> dict[int, int]:
    """Return the run of its cycle that holds a payer and has not posted, by payer."""
    rows = BillRunAccount.objects.filter(
        payer_id__in=[one.pk for one in payers], is_open=True, run__in=BillRun.objects.cyclic()
    ).exclude(run__state__in=BILLED)
    return dict(rows.values_list("payer_id", "run_id"))


def _chunk(payers: list[Account], frame: Frame, day: date) -> Iterator[tuple[int, NextInvoice]]:
    """Yield the next invoice of payers that are billed together."""
    with connection.cursor() as cursor:
        drafts, outcomes = make_drafts(cursor, frame, sorted(one.pk for one in payers))
    ended = {one.payer_id: one for one in outcomes}
    theirs: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        theirs[draft.payer.id].append(draft)
    for payer in payers:
        yield payer.pk, drafted(payer, day, theirs[payer.pk], ended.get(payer.pk))


def drafted(
    payer: Account, bill_date: date, drafts: Sequence[Draft], outcome: Outcome | None
) -> NextInvoice:
    """Return what the drafts of a payer bill, and how its drafting ended."""
    return NextInvoice(
        payer.pk,
        bill_date,
        payer.currency,
        tuple(line for draft in drafts for line in _lines(draft)),
        "" if outcome is None else outcome.problem,
        sum((one.prepaid for draft in drafts for one in draft.documents), ZERO),
    )


def _lines(draft: Draft) -> Iterable[PreviewLine]:
    for document in draft.documents:
        for line in in_reading_order(document.lines):
            change = line.entry.change
            yield PreviewLine(
                line.entry.owner_id,
                line.entry.subject.text,
                change.start,
                change.end,
                change.quantity,
                line.net,
                sum((one.amount for one in line.taxes), ZERO),
                draft.payer.currency,
                _piece(line.entry),
            )


def _piece(entry: Entry) -> Piece | None:
    life, days = entry.tag, (entry.period.start, entry.period.end)
    if not isinstance(life, Life) or life.id < 0:  # what makes up a promise is of no charge
        return None
    if entry.relief is not None or days in life.billed:
        return None
    return Piece(life.id, *days) if entry.change.amount > ZERO else None
