"""What waits of changes of the bill day (PER-7)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from invoicing.choices import CycleChangeState
from invoicing.models import BillCycle, CycleChange

if TYPE_CHECKING:
    from django.db.models import QuerySet


def pending_cycle_change(*, account_id: int) -> CycleChange | None:
    """Return the change of an account that waits for the end of its running period."""
    rows = CycleChange.objects.filter(account_id=account_id, state=CycleChangeState.PENDING)
    return rows.select_related("cycle").first()


def leaving(*, cycle: BillCycle, by: date) -> dict[int, date]:
    """Return who leaves the days of a cycle at a boundary up to a bill date, and which it is."""
    return dict(changes_due(cycle=cycle, by=by).values_list("account_id", "boundary"))


def changes_due(*, cycle: BillCycle, by: date) -> QuerySet[CycleChange]:
    """Return the changes of payers of a cycle that wait for a boundary up to a bill date."""
    return CycleChange.objects.filter(
        state=CycleChangeState.PENDING, boundary__lte=by, account__cycle_code=cycle.code
    )
