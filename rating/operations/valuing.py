"""Say what suspended usage is worth, and who sees to it (RATE step 9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from foundation.errors import Invalid
from foundation.permissions import require
from rating.choices import SuspenseState, ValueBasis
from rating.models import SuspenseItem
from rating.operations.suspending import locked_open
from rating.queries.estimating import Estimator

CHUNK = 2_000
VALUED = ("basis", "worth", "currency", "account_id")


@dataclass(slots=True)
class ValuedRows:
    """Count rows that have a value now, and those that cannot have one."""

    valued: int = 0
    without: int = 0


def value_suspense(
    *, as_of: datetime, item_ids: Collection[int] | None = None, actor: User | None = None
) -> ValuedRows:
    """Estimate what open rows would cost alone: the given ones anew, or all not valued yet.

    A second call finds nothing to do. A chunk of rows is a transaction; the sweep calls it every
    hour. Nothing is billed by it.

    Raises: Forbidden.
    """
    require(actor, "rating.recycle_suspense")
    waiting = SuspenseItem.objects.filter(state=SuspenseState.OPEN)
    if item_ids is None:
        waiting = waiting.filter(basis=ValueBasis.PENDING)
    else:
        waiting = waiting.filter(pk__in=item_ids)
    estimator: Estimator | None = None
    done = ValuedRows()
    last = 0
    while True:
        with transaction.atomic():
            rows = waiting.filter(pk__gt=last).select_for_update().order_by("pk")
            items = list(rows[:CHUNK])
            if not items:
                return done
            estimator = estimator or Estimator(as_of=as_of)
            _estimate(items, estimator, done)
        last = items[-1].pk


def _estimate(items: Sequence[SuspenseItem], estimator: Estimator, done: ValuedRows) -> None:
    found = estimator.estimates(items)
    for item in items:
        estimate = found[item.pk]
        for name in VALUED:
            setattr(item, name, getattr(estimate, name))
        if estimate.worth is None:
            done.without += 1
        else:
            done.valued += 1
    SuspenseItem.objects.bulk_update(items, VALUED, batch_size=1000)


@transaction.atomic
def hand_suspense(
    *, item_ids: Collection[int], owner: User | None, actor: User | None = None
) -> int:
    """Say who sees to open rows, or that nobody does; return how many.

    Raises: Forbidden; Invalid where the person may not correct rows; CannotRecycle.
    """
    require(actor, "rating.recycle_suspense")
    if owner is not None and not (owner.is_active and owner.has_perm("rating.recycle_suspense")):
        raise Invalid(f"{owner.get_username()} may not correct suspended rows", rule="OWNER")
    items = locked_open(item_ids)
    return SuspenseItem.objects.filter(pk__in=[one.pk for one in items]).update(owner=owner)
