"""Balances of money: open one, draw documents from it, let it expire, pay it back (ENT-9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models.functions import Now

import audit.operations
import ledger.operations
import ledger.queries
from catalog.models import UsageType
from customers.choices import AccountRole
from customers.models import Account
from foundation.errors import Invalid
from foundation.money import quantize
from foundation.periods import local_date
from foundation.permissions import require
from foundation.scope import require_sight
from ledger.choices import Side
from ledger.rules.entries import EntryLine
from rating.models import BalanceBucket, BalanceMovement
from rating.operations.adjusting import CannotTake, move_by_hand, reason_of
from rating.operations.beginning import require_opened
from rating.rules.money import Purse, paid_part

ZERO: Final = Decimal(0)


def open_money(
    *,
    account: Account,
    amount: Decimal,
    consideration: Decimal,
    starts: datetime,
    ends: datetime | None,
    name: str,
    usage_type: str = "",
    priority: int = 100,
    document_id: int | None = None,
    reason: str = "",
    actor: User | None,
) -> BalanceBucket:
    """Open a balance of money that pays documents of a payer, and fill it.

    It pays for what is billed of its days, or of one usage type only. `consideration` is what was
    paid for it, nothing where it is given, with a `reason`; `document_id` the document that sold
    it. The caller has asked for the permission.

    Raises: Invalid.
    """
    kind = UsageType.objects.filter(code=usage_type).first() if usage_type else None
    if usage_type and kind is None:
        raise Invalid("there is no such kind of usage", column="usage_type")
    if account.role != AccountRole.PAYER:
        raise Invalid("only an account that pays for itself holds money", column="account")
    if amount <= ZERO or amount != quantize(amount, account.currency):
        raise Invalid("an amount above zero, in whole minor units", column="amount")
    if ends is not None and ends <= starts:
        raise Invalid("it ends after it starts; give a later last day", column="ends")
    require_opened(account, starts)
    with transaction.atomic():
        made = BalanceBucket.objects.create(
            account=account,
            usage_type=kind,
            currency=account.currency,
            consideration=consideration,
            name=name,
            source="TOPUP" if consideration else "PROMO",
            priority=priority,
            initial=amount,
            valid=DateTimeTZRange(starts, ends),
        )
        if reason:
            move_by_hand(made, amount, reason, actor, "balance.given")
        else:
            BalanceMovement.objects.create(
                bucket=made, kind="GRANT", delta=amount, document_id=document_id, actor=actor
            )
        made.refresh_from_db()
    return made


def give_money(
    *,
    account: Account,
    amount: Decimal,
    starts: datetime,
    ends: datetime | None,
    name: str,
    reason: str,
    usage_type: str = "",
    actor: User | None,
) -> BalanceBucket:
    """Give a payer money to use, with a reason; what it pays is goodwill when it is used (J25).

    Raises: Forbidden, Invalid.
    """
    require(actor, "rating.adjust_balance")
    require_sight(actor, account)
    return open_money(
        account=account, amount=amount, consideration=ZERO, starts=starts, ends=ends, name=name,
        usage_type=usage_type, reason=reason_of(reason), actor=actor,
    )  # fmt: skip


def draw_money(pays: Sequence[tuple[int, Decimal, int]]) -> None:
    """Draw from balances what they pay: balance, amount, document. Locks them.

    The journal entry of the document carries it (J25). In the caller's transaction.
    """
    BalanceMovement.objects.bulk_create(
        [
            BalanceMovement(bucket_id=bucket, kind="CONSUME", delta=-amount, document_id=document)
            for bucket, amount, document in pays
        ]
    )


def pay_back(*, bucket_id: int, reason: str, actor: User | None) -> tuple[BalanceBucket, Decimal]:
    """Take all that is left out of a balance of money and close it; return what was paid for it.

    What was given is not paid back. The caller posts it (J27). Locks the balance.

    Raises: Forbidden, Invalid, CannotTake.
    """
    require(actor, "rating.sell_balance")
    why = reason_of(reason)
    with transaction.atomic():
        rows = BalanceBucket.objects.select_for_update(of=("self",), no_key=True)
        bucket = rows.select_related("account__entity").get(pk=bucket_id)
        worth = unused_consideration(bucket) if bucket.currency else ZERO
        if bucket.closed_at is not None or not worth:
            raise CannotTake("nothing is left in it that was paid for")
        BalanceMovement.objects.create(
            bucket=bucket, kind="REFUND", delta=-bucket.remaining, reason=why, actor=actor
        )
        BalanceBucket.objects.filter(pk=bucket.pk).update(closed_at=Now())
        audit.operations.record_event(
            topic="balance.paid_back",
            subject=bucket,
            payload={"worth": str(worth), "why": why},
            actor=actor,
        )
        bucket.refresh_from_db()
    return bucket, worth


def unused_consideration(bucket: BalanceBucket) -> Decimal:
    """Return what had been paid for what is left of a balance of money (ENT-9)."""
    left = bucket.remaining
    purse = Purse(bucket.pk, left, bucket.initial, bucket.consideration, bucket.currency, date.min)
    return paid_part(purse, left, ZERO)


def post_breakage(rows: Iterable[BalanceBucket], as_of: datetime) -> None:
    """Post what had been paid for what expires of balances of money (J26, ENT-9).

    Breakage is revenue; where unclaimed money belongs to the state, a posting rule of the entity
    sends J26 to 2900 instead. In the caller's transaction, which closes the balances.
    """
    for bucket in rows:
        worth = unused_consideration(bucket) if bucket.currency else ZERO
        if worth:
            on_date = local_date(as_of, ZoneInfo(bucket.account.time_zone))
            post_unused(bucket, "J26", {"": worth}, on_date=on_date, actor=None)


def post_unused(
    bucket: BalanceBucket,
    event: str,
    amounts: Mapping[str, Decimal],
    *,
    on_date: date,
    actor: User | None,
) -> None:
    """Post that a balance is owed to the customer no more: what is credited, by GL code.

    J26 where it expires, J27 where it is paid back.
    """
    entity = bucket.account.entity

    def account(side: Side, code: str = "") -> str:
        return ledger.queries.posting_account(entity.pk, event, side, code, on_date)

    payer = bucket.account_id
    lines = [
        EntryLine(account=account(Side.DEBIT), debit=sum(amounts.values(), ZERO), payer_id=payer)
    ]
    lines += [
        EntryLine(account=account(Side.CREDIT, code), credit=amount, payer_id=payer)
        for code, amount in amounts.items()
    ]
    ledger.operations.post_entry(
        entity=entity,
        source_type=bucket._meta.label_lower,
        source_id=bucket.pk,
        event=event,
        accounting_date=on_date,
        currency=bucket.currency,
        lines=lines,
        description=bucket.name,
        actor=actor,
    )
