"""What the next invoice will be, as things stand or with an order: the run's own code, not stored.

The drafts are calculated like those of a run and thrown away. An order is carried out in a
transaction that is rolled back, so what is shown is what posting it would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import transaction

import customers.operations
import customers.queries
import invoicing.queries
import rating.operations
import rating.queries
from customers.choices import AccountRole
from customers.models import Account, Order, OrderItem
from foundation.permissions import require
from invoicing.operations.next_invoices import (
    NextInvoice,
    PreviewLine,
    all_calculated,
    bill_date_after,
    bill_dates_after,
    calculated,
    payer_for,
    payers_for,
    rhythm_of,
)
from rating.models import RerateJob

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO: Final = Decimal(0)
MOST_RERATED: Final = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Projected:
    """What one bill date would bring, without and with an order; taxes are estimated."""

    bill_date: date
    currency: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """Return by how much the order changes it."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Preview:
    """The next invoice of a payer without and with an order."""

    before: NextInvoice
    after: NextInvoice
    projection: tuple[Projected, ...] = ()

    @property
    def currency(self) -> str:
        """Return the payer's currency."""
        return self.after.currency

    @property
    def charges(self) -> tuple[PreviewLine, ...]:
        """Return the lines that the order adds."""
        return tuple(without(self.after.lines, self.before.lines))

    @property
    def falls_away(self) -> tuple[PreviewLine, ...]:
        """Return the lines that are not billed any more because of the order."""
        return tuple(without(self.before.lines, self.after.lines))

    @property
    def difference(self) -> Decimal:
        """Return by how much the next invoice changes, tax included."""
        return self.after.total - self.before.total


def next_invoice(*, account_id: int, as_of: date) -> NextInvoice:
    """Return the next invoice of whoever pays for the account, as things stand.

    Raises: CannotPreview.
    """
    payer = payer_for(account_id, as_of)
    return calculated(payer, bill_date_after(payer, as_of))


def preview_draft(
    *, order: Order, as_of: date, actor: User | None, bills: int = 1
) -> list[Preview]:
    """Return what a draft order would change; it stays a draft.

    With more `bills`, the totals of so many bill dates are projected, from what is known today:
    usage to come is not.

    Raises: CannotPreview; customers.operations.IncompleteOrder.
    """
    require(actor, "customers.place_order")
    targets = OrderItem.objects.filter(order=order, target_account__isnull=False)
    touched = [order.account_id, *targets.values_list("target_account_id", flat=True)]
    return _previews(
        touched,
        as_of,
        lambda: customers.operations.submit_order(
            order=order, as_of=as_of, actor=actor, asks=False
        ),
        bills,
    )


def project(*, account_id: int, as_of: date, bills: int = 12) -> list[Projected]:
    """Return what the next bill dates of whoever pays for the account would bring.

    Raises: CannotPreview.
    """
    payer = payer_for(account_id, as_of)
    return [
        Projected(day, payer.currency, total, total)
        for day, total in _projected(payer, bill_date_after(payer, as_of), bills)
    ]


def preview_move(
    *,
    account: Account,
    parent: Account | None,
    on_date: date,
    as_of: date,
    actor: User | None,
    role: AccountRole | None = None,
    splits: bool = False,
) -> list[Preview]:
    """Return what a move of an account would change on the next invoice of each payer (HIER-6).

    Of who pays before it, and who pays from its day on. Nothing is kept.

    Raises: CannotPreview; what `customers.operations.move_account` refuses.
    """
    require(actor, "customers.move_account")
    touched = [account.pk, *([parent.pk] if parent is not None else [])]
    return _previews(
        touched,
        as_of,
        lambda: customers.operations.move_account(
            account=account,
            parent=parent,
            role=role,
            on_date=on_date,
            as_of=as_of,
            splits=splits,
            actor=actor,
        ),
    )


def preview_rerate(*, job: RerateJob, at: datetime, actor: User | None) -> list[Preview]:
    """Return what a job that rates usage again would change on the next documents (RATE-2).

    Of those who pay for the accounts that it changes most. Nothing is kept.

    Raises: Forbidden; CannotPreview.
    """
    require(actor, "invoicing.view_invoice")
    largest = rating.queries.largest_changes(job, most=MOST_RERATED)

    def carry_out() -> None:
        rating.operations.rerate(
            start=job.start, end=job.end, account_ids=job.account_ids, as_of=at
        )

    return _previews([one.account_id for one in largest], at.date(), carry_out)


def _previews(
    touched: Iterable[int], as_of: date, carry_out: Callable[[], object], bills: int = 1
) -> list[Preview]:
    payers = payers_for(touched, as_of)
    days = bill_dates_after(payers.values(), as_of)
    before = all_calculated(payers.values(), days)
    ahead = {pk: _ahead(payer, days[pk], bills) for pk, payer in payers.items()}
    with transaction.atomic():
        carry_out()
        after = all_calculated(payers.values(), days)
        later = {pk: _ahead(payer, days[pk], bills) for pk, payer in payers.items()}
        transaction.set_rollback(True)
    return [
        Preview(
            before[pk],
            after[pk],
            tuple(
                Projected(day, payer.currency, now, then)
                for (day, now), (_, then) in zip(ahead[pk], later[pk], strict=True)
            ),
        )
        for pk, payer in payers.items()
    ]


def _ahead(payer: Account, first: date, bills: int) -> list[tuple[date, Decimal]]:
    return _projected(payer, first, bills) if bills > 1 else []


def _projected(payer: Account, first: date, bills: int) -> list[tuple[date, Decimal]]:
    """Return bill dates and the total that each adds to what is owed by the one before.

    What is owed by a date less what is billed grows from date to date by what its bill will
    hold; the look-back grows with it, so that nothing falls out of sight. The last is the one at
    which the payer takes another bill day.
    """
    found, owed = [], ZERO
    rhythm = rhythm_of(payer)
    change = invoicing.queries.pending_cycle_change(account_id=payer.pk)
    for number in range(bills):
        day = rhythm.boundary(rhythm.number(first) + number)
        if change is not None and day > change.boundary:
            break
        total = calculated(payer, day, ahead=number).total
        found.append((day, total - owed))
        owed = total
    return found


def without(lines: Sequence[T], others: Sequence[T]) -> list[T]:
    """Return the lines that the others do not have, each counted once."""
    rest = list(others)
    found = []
    for line in lines:
        if line in rest:
            rest.remove(line)
        else:
            found.append(line)
    return found
