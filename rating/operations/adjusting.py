"""Give units to an account and take them back, with a reason (ADJ-1 SERVICE_CREDIT)."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit.operations
from catalog.models import UsageType
from customers.models import Account, ServiceInstance
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from rating.models import BalanceBucket, BalanceMovement
from rating.operations.beginning import require_opened
from rating.operations.drawing import request_draws


class CannotTake(Refusal):
    """The bucket has ended, or less is left in it."""

    rule = "ENT-1"


def give_balance(
    *,
    account: Account,
    usage_type: str,
    quantity: Decimal,
    starts: datetime,
    ends: datetime | None,
    name: str,
    reason: str,
    service: ServiceInstance | None = None,
    actor: User | None,
) -> BalanceBucket:
    """Give an account, or one of its services, units to use over a span of time.

    `quantity` is in the unit of the usage type. Usage of the span that was charged and is not
    billed yet is drawn from it. No document comes of it: it is a service credit (J10).

    Raises: Forbidden, Invalid.
    """
    require(actor, "rating.adjust_balance")
    kind = UsageType.objects.filter(code=usage_type, aggregate_rule="SUM").first()
    if kind is None:
        raise Invalid("there is no usage of this kind that adds up", column="usage_type")
    if quantity <= 0:
        raise Invalid("give more than nothing", column="quantity")
    if ends is not None and ends <= starts:
        raise Invalid("it ends after it starts; give a later last day", column="ends")
    require_opened(account, starts)
    if service is not None and service.subscription.account_id != account.pk:
        raise Invalid("the service is not one of the account's", column="service")
    why = reason_of(reason)
    with transaction.atomic():
        advisory_lock("usage", "sums")  # a load that is running would not see the bucket
        made = BalanceBucket.objects.create(
            account=account,
            service=service,
            usage_type=kind,
            name=name,
            source="PROMO",
            initial=quantity,
            valid=DateTimeTZRange(starts, ends),
        )
        move_by_hand(made, quantity, why, actor, "balance.given")
        request_draws({account.pk: starts})
    return made


def take_balance(
    *, bucket_id: int, quantity: Decimal, reason: str, actor: User | None
) -> BalanceBucket:
    """Take units, or money that was given, out of a bucket; what was used stays used. Locks it.

    Raises: Forbidden, Invalid, CannotTake.
    """
    require(actor, "rating.adjust_balance")
    why = reason_of(reason)
    with transaction.atomic():
        bucket = BalanceBucket.objects.select_for_update(no_key=True).get(pk=bucket_id)
        if quantity <= 0:
            raise Invalid("take more than nothing", column="quantity")
        if bucket.closed_at is not None or quantity > bucket.remaining:
            raise CannotTake("the balance has ended, or less than that is left in it")
        if bucket.consideration:
            raise CannotTake("what was paid for is paid back, not taken")
        move_by_hand(bucket, -quantity, why, actor, "balance.taken")
        bucket.refresh_from_db()
    return bucket


def reason_of(text: str) -> str:
    """Return why something is done by hand, in at least a few words.

    Raises: Invalid.
    """
    why = " ".join(text.split())[:200]
    if len(why) < 5:
        raise Invalid("say in a few words why", rule="REASON", column="reason")
    return why


def move_by_hand(
    bucket: BalanceBucket, delta: Decimal, why: str, actor: User | None, topic: str
) -> None:
    """Move a bucket by hand, with the reason, and announce it."""
    BalanceMovement.objects.create(
        bucket=bucket, kind="ADJUST", delta=delta, reason=why, actor=actor
    )
    audit.operations.record_event(
        topic=topic, subject=bucket, payload={"delta": str(delta), "why": why}, actor=actor
    )
