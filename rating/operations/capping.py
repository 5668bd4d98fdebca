"""Cap what the usage of an account may cost a month."""

from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight
from rating.models import SpendCap
from rating.operations.beginning import require_opened


class CannotCap(Refusal):
    """A later cap is set already, or there is none to end."""

    rule = "CAP"


def set_cap(
    *, account: Account, amount: Decimal | None, blocks: bool, starts: date, actor: User | None
) -> SpendCap:
    """Cap what the usage of an account may cost a month, from a local day on.

    The cap before ends on that day; without an amount nothing comes after it. Returns the cap
    that begins, or the one that ends.

    Raises: Forbidden, Invalid, CannotCap.
    """
    require(actor, "rating.set_cap")
    require_sight(actor, account)
    if amount is not None and (amount <= 0 or amount != quantize(amount, account.currency)):
        raise Invalid("an amount above zero, in whole minor units", column="amount")
    if amount is not None:
        require_opened(account, starts)
    with transaction.atomic():
        rows = SpendCap.objects.select_for_update().filter(account=account)
        if rows.filter(valid__startswith__gte=starts).exists():
            raise CannotCap("a cap begins on that day or later already")
        running = rows.filter(valid__contains=starts).first()
        if running is not None:
            running.valid = DateRange(running.valid.lower, starts)
            running.save(update_fields=["valid"])
        elif amount is None:
            raise CannotCap("no cap holds on that day")
        if amount is not None:
            running = SpendCap.objects.create(
                account=account, currency=account.currency, amount=amount, blocks=blocks,
                valid=DateRange(starts, None),
            )  # fmt: skip
        assert running is not None
        audit.operations.record_event(
            topic="spending.cap_set" if amount is not None else "spending.cap_ended",
            subject=running,
            payload={
                "account": account.pk, "amount": str(running.amount), "blocks": running.blocks,
                "day": starts.isoformat(),
            },
            actor=actor,
        )  # fmt: skip
    return running
