"""What payers owe, now and at the end of any past day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import Any, overload

from django.db import connection, transaction
from django.db.models import Q, Sum

from customers.queries.above import Part
from foundation import sql
from foundation.integrity import Check, Finding
from receivables.choices import AgeingBasis, Side
from receivables.models import Allocation, OpenItem
from receivables.rules.ageing import Buckets, net_oldest_first

__all__ = [
    "INTEGRITY",
    "AgeingReport",
    "AgeingRow",
    "AgeingRows",
    "Balance",
    "StandingItem",
    "ageing",
    "allocations_of",
    "at_risk",
    "balance",
    "balances",
    "left_open",
    "standing_items",
]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """A payer's position in one currency (AR-1)."""

    currency: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    disputed: Decimal = ZERO
    overdue: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        """Debits open less credits open."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """One payer's debts by bucket, in one currency (COL-1)."""

    payer_id: int | None
    entity_id: int | None
    currency: str
    amounts: tuple[Decimal, ...]
    disputed: Decimal
    unapplied: Decimal
    items: int

    @property
    def total(self) -> Decimal:
        """All debits."""
        return sum(self.amounts, ZERO)

    @property
    def net(self) -> Decimal:
        """Debits less unapplied credits (I-15)."""
        return self.total - self.unapplied

    @property
    def overdue(self) -> Decimal:
        """Debits past the first bucket."""
        return sum(self.amounts[1:], ZERO)

    @property
    def netted(self) -> tuple[Decimal, ...]:
        """The buckets after unapplied credits are taken off the oldest (COL-1, option)."""
        return net_oldest_first(self.amounts, self.unapplied)


class AgeingRows(Sequence[AgeingRow]):
    """The payers of a report, `count` of them; those read begin at `first`.

    A line is made when it is looked at, as few of many are.
    """

    def __init__(
        self, found: list[tuple[Any, ...]], places: int, *, count: int, first: int = 0
    ) -> None:
        self.found = found
        self.places = places
        self.count_all = count
        self.first = first

    def __len__(self) -> int:
        return self.count_all

    @overload
    def __getitem__(self, place: int) -> AgeingRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[AgeingRow]: ...
    def __getitem__(self, place: int | slice) -> AgeingRow | list[AgeingRow]:
        """Return lines; raise LookupError for lines that were not read."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        at = range(len(self))[place] - self.first
        if not 0 <= at < len(self.found):
            raise LookupError(f"line {place} was not read")
        return _ageing_row(self.found[at], self.places)


@dataclass(frozen=True, slots=True)
class AgeingReport:
    """Ageing at the end of a day: payers, and a total for each currency."""

    as_of: date
    basis: AgeingBasis
    buckets: Buckets
    rows: AgeingRows
    totals: list[AgeingRow]


@dataclass(frozen=True, slots=True)
class StandingItem:
    """An item as it stood at the end of a day."""

    item: OpenItem
    open: Decimal
    disputed: Decimal


def ageing(
    *,
    as_of: date,
    entity_id: int | None = None,
    payer_id: int | None = None,
    currency: str = "",
    basis: AgeingBasis = AgeingBasis.DUE_DATE,
    buckets: Buckets | None = None,
    first: int = 0,
    most: int | None = None,
    entities: Collection[int] | None = None,
) -> AgeingReport:
    """Age what was open at the end of a day, past or present (COL-1, R1).

    Rows are ordered by payer and currency, totals by currency. `first` and `most` say which rows
    to read; totals are of all. One statement, whatever the number of items. `entities` bounds it
    to some legal entities; None for all.
    """
    buckets = buckets or Buckets()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        sql.run(
            cursor,
            "receivables",
            "ageing",
            as_of=as_of,
            payer_id=payer_id,
            entity_id=entity_id,
            currency=currency,
            basis=basis.value,
            entities=None if entities is None else sorted(entities),
            floors=[bound + 1 for bound in buckets.bounds],
            first=first,
            most=most,
        )
        found = cursor.fetchall()
    places = len(buckets.bounds) + 1
    totals = [_ageing_row(row, places) for row in takewhile(lambda row: row[0] is None, found)]
    count = found[0][-1] if found else 0
    rows = AgeingRows(found[len(totals) :], places, count=count, first=first)
    return AgeingReport(as_of, basis, buckets, rows, totals)


def _ageing_row(row: tuple[Any, ...], places: int) -> AgeingRow:
    payer_id, entity_id, currency, held, amounts, disputed, unapplied, items, _ = row
    by_bucket = dict(zip(held, amounts, strict=True))
    return AgeingRow(
        payer_id=payer_id,
        entity_id=entity_id,
        currency=currency,
        amounts=tuple(by_bucket.get(place, ZERO) for place in range(places)),
        disputed=disputed,
        unapplied=unapplied,
        items=items,
    )


def standing_items(*, as_of: date, payer_id: int) -> list[StandingItem]:
    """List what was open on a payer at the end of a day, oldest due first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id, open, disputed FROM receivables_standing_on(%s, %s, NULL)",
            [as_of, payer_id],
        )
        found = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    items = OpenItem.objects.filter(pk__in=found).order_by("due_date", "doc_date", "number", "pk")
    return [StandingItem(item, *found[item.pk]) for item in items]


def balances(*, payer_ids: Iterable[int], as_of: date) -> dict[int, list[Balance]]:
    """Return each payer's open debits and credits by currency; a payer without any is absent."""
    found: dict[int, list[Balance]] = {}
    with connection.cursor() as cursor:
        sql.run(cursor, "receivables", "balances", payer_ids=list(payer_ids), as_of=as_of)
        for payer_id, *figures in cursor.fetchall():
            found.setdefault(payer_id, []).append(Balance(*figures))
    return found


def balance(*, payer_id: int, as_of: date) -> list[Balance]:
    """Return one payer's position by currency; empty when nothing is open (AR-1)."""
    return balances(payer_ids=[payer_id], as_of=as_of).get(payer_id, [])


def allocations_of(item: OpenItem) -> list[Allocation]:
    """Return the allocations that touch an item, oldest first, with both items and their batch."""
    return list(
        Allocation.objects.filter(Q(debit_item=item) | Q(credit_item=item))
        .select_related("batch", "debit_item", "credit_item", "mirror")
        .order_by("pk")
    )


def _findings(code: str, statement: str) -> list[Finding]:
    """Run a check whose rows are (subject, message, expected, actual)."""
    with connection.cursor() as cursor:
        sql.run(cursor, "receivables", statement)
        return [
            Finding(code, str(subject), message, str(expected), str(actual))
            for subject, message, expected, actual in cursor.fetchall()
        ]


INTEGRITY: tuple[Check, ...] = (
    Check(
        "I-1",
        "Open debits are the balance of receivables, open credits that of unapplied credits",
        lambda: _findings("I-1", "check_control_accounts"),
    ),
    Check(
        "I-2",
        "Documents less allocations are the movement of receivables",
        lambda: _findings("I-2", "check_movement"),
    ),
    Check(
        "I-15",
        "Ageing at the end of a day is what the ledger said that day",
        lambda: _findings("I-15", "check_ageing"),
    ),
    Check(
        "AR-1",
        "What is open on an item is its amount less its allocations",
        lambda: _findings("AR-1", "check_open"),
    ),
)


def at_risk(accounts: Sequence[int], currency: str, as_of: date) -> list[Part]:
    """Return what accounts owe and what is held of their money, as it stands (HIER-5)."""
    sums = dict(
        OpenItem.objects.filter(payer_id__in=list(accounts), currency=currency)
        .unsettled()
        .values_list("side")
        .annotate(Sum("open"))
    )
    return [
        Part("Open receivables", sums.get(Side.DEBIT, ZERO)),
        Part("Unapplied credits and cash", -sums.get(Side.CREDIT, ZERO)),
    ]


def left_open(account_id: int, on_date: date) -> str:
    """Say what of an account is not settled, so that it cannot be closed (HIER-9)."""
    item = OpenItem.objects.filter(payer_id=account_id).unsettled().order_by("due_date").first()
    if item is None:
        return ""
    if item.side == Side.CREDIT:
        return f"{item.open:.2f} {item.currency} of {item.number} is held for it"
    return f"{item.open:.2f} {item.currency} of {item.number} is not paid"
