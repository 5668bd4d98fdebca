"""Define bill cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

import audit.operations
from foundation.errors import Invalid
from foundation.permissions import require
from invoicing.models import BillCycle

if TYPE_CHECKING:
    from foundation.permissions import Actor


def define_cycle(*, code: str, name: str, actor: Actor, **terms: Any) -> BillCycle:
    """Define a bill cycle by its code; the same code again changes what it says (PER-2).

    `terms` are columns of the cycle: day, months, anchor, usage_delay_days, rebill_periods …

    Raises: Forbidden; Invalid.
    """
    require(actor, "invoicing.add_billcycle")
    person = actor if actor is not None and actor.pk is not None else None
    with transaction.atomic():
        cycle = BillCycle.objects.select_for_update().filter(code=code).first()
        is_new = cycle is None
        cycle = cycle or BillCycle(code=code, created_by=person)
        for key, value in {"name": name, **terms}.items():
            setattr(cycle, key, value)
        cycle.updated_by = person
        try:
            cycle.full_clean()
        except ValidationError as error:
            raise Invalid("; ".join(error.messages), rule="PER-2") from error
        cycle.save()
        audit.operations.record_event(
            topic="bill_cycle.defined" if is_new else "bill_cycle.changed",
            subject=cycle,
            payload={"code": code, "day": cycle.day, "months": cycle.months},
            actor=person,
        )
    return cycle
