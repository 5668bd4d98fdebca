"""Top up balances of money by themselves: rules, requests for payments, answers (ENT-8).

The engine asks for money through the outbox (`top_up.requested`, with a key under which it is to
be taken once) and is told what became of it. A balance comes of what was captured, never of what
was asked for: `payments.operations.capture_top_up` sells it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from audit.operations import Happening
from catalog.models import UsageType
from customers.choices import AccountRole
from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.money import quantize
from foundation.permissions import require
from foundation.scope import require_sight
from rating.choices import TopUpState
from rating.models import BalanceBucket, TopUpRequest, TopUpRule
from rating.models.top_up import MOST_TRIES
from rating.operations.adjusting import reason_of
from rating.operations.beginning import require_opened
from rating.queries.top_ups import Standing, due_top_ups

ZERO: Final = Decimal(0)
ANSWERED_WITHIN: Final = timedelta(days=3)
"""How long a request waits for its answer before it expires."""


class CannotTopUp(Refusal):
    """The rule cannot be set or ended, or the request not answered, as asked for."""

    rule = "ENT-8"


def set_top_up(
    *,
    account: Account,
    threshold: Decimal,
    amount: Decimal,
    most_per_month: Decimal,
    starts: date,
    actor: User | None,
    most_tries: int = 3,
    usage_type: str = "",
) -> TopUpRule:
    """Ask for `amount` from a local day on, once what is left has fallen to `threshold` (ENT-8).

    For money that pays all that is billed, or one usage type. The rule before ends on that day.
    At most `most_per_month` in a calendar month, and `most_tries` requests that bring nothing.

    Raises: Forbidden, Invalid, CannotTopUp.
    """
    require(actor, "rating.set_top_up")
    require_sight(actor, account)
    kind = UsageType.objects.filter(code=usage_type).first() if usage_type else None
    if usage_type and kind is None:
        raise Invalid("there is no such kind of usage", column="usage_type")
    _require_terms(account, threshold, amount, most_per_month, most_tries)
    require_opened(account, starts)
    with transaction.atomic():
        rows = TopUpRule.objects.select_for_update().filter(account=account, usage_type=kind)
        if rows.filter(valid__startswith__gte=starts).exists():
            raise CannotTopUp("a rule begins on that day or later already")
        for one in rows.filter(valid__contains=starts):
            _end(one, starts)
        made = TopUpRule.objects.create(
            account=account, usage_type=kind, currency=account.currency, threshold=threshold,
            amount=amount, most_per_month=most_per_month, most_tries=most_tries,
            valid=DateRange(starts, None),
        )  # fmt: skip
        _record("top_up.rule_set", made, actor, account=account.pk, amount=str(amount),
                threshold=str(threshold), day=starts.isoformat())  # fmt: skip
    return made


def end_top_up(*, rule_id: int, ends: date, actor: User | None) -> TopUpRule:
    """End a rule: from the local day on nothing is asked for by it. Locks it.

    Raises: Forbidden, CannotTopUp.
    """
    require(actor, "rating.set_top_up")
    with transaction.atomic():
        rule = TopUpRule.objects.select_for_update().get(pk=rule_id)
        require_sight(actor, rule)
        if ends <= rule.valid.lower or (rule.valid.upper and ends >= rule.valid.upper):
            raise CannotTopUp("the rule does not hold on that day and the one before")
        _end(rule, ends)
        _record("top_up.rule_ended", rule, actor, account=rule.account_id, day=ends.isoformat())
    return rule


def ask_top_ups(*, as_of: datetime) -> int:
    """Ask for a payment wherever a rule says so; return how many were asked for (ENT-8).

    One in flight per account and kind: a second call asks for nothing. Who has no rule costs
    nothing. Locks: the accounts concerned, in the order of ids, then looks again.
    """
    due = due_top_ups(as_of=as_of)
    if not due:
        return 0
    accounts = sorted({one.account_id for one in due})
    with transaction.atomic():
        for account_id in accounts:
            advisory_lock("top-up", account_id)
        made = TopUpRequest.objects.bulk_create(
            [_request(one, as_of) for one in due_top_ups(as_of=as_of, accounts=accounts)]
        )
        audit.operations.record_events([_asked(one) for one in made])
    return len(made)


def expire_top_ups(*, as_of: datetime) -> int:
    """End the requests that nobody has answered in time; return how many."""
    with transaction.atomic():
        rows = TopUpRequest.objects.select_for_update(of=("self",)).filter(
            state=TopUpState.REQUESTED, expires_at__lte=as_of
        )
        late = list(rows.order_by("pk"))
        for one in late:
            one.state, one.ended_at = TopUpState.EXPIRED, as_of
            one.save(update_fields=["state", "ended_at"])
            _record("top_up.expired", one, None, account=one.account_id, key=one.key)
    return len(late)


def fail_top_up(
    *,
    request_id: int,
    reason: str,
    as_of: datetime,
    actor: User | None,
    retry_at: datetime | None = None,
) -> TopUpRequest:
    """Note that a payment could not be had, and when it may be tried again (ENT-8). Locks it.

    Without `retry_at` the rule rests until it is set anew. The same answer again changes nothing.

    Raises: Forbidden, Invalid, CannotTopUp.
    """
    require(actor, "rating.answer_top_up")
    why = reason_of(reason)
    with transaction.atomic():
        asked = hold_top_up(request_id=request_id)
        require_sight(actor, asked)
        if asked.state == TopUpState.FAILED and asked.reason == why:
            return asked
        if asked.state != TopUpState.REQUESTED:
            raise CannotTopUp(f"it was answered already: {asked.get_state_display().lower()}")
        if retry_at is not None and retry_at <= as_of:
            raise Invalid("it is tried again later than now", column="retry_at")
        asked.state, asked.ended_at = TopUpState.FAILED, as_of
        asked.reason, asked.retry_at = why, retry_at
        asked.save(update_fields=["state", "ended_at", "reason", "retry_at"])
        _record("top_up.failed", asked, actor, account=asked.account_id, key=asked.key, why=why,
                retry_at=retry_at and retry_at.isoformat())  # fmt: skip
    return asked


def hold_top_up(*, request_id: int) -> TopUpRequest:
    """Return a request and hold it until the caller's transaction ends: one answers at a time."""
    rows = TopUpRequest.objects.select_for_update(of=("self",))
    return rows.select_related("account__entity", "usage_type").get(pk=request_id)


def close_top_up(
    *,
    asked: TopUpRequest,
    bucket: BalanceBucket,
    reference: str,
    as_of: datetime,
    actor: User | None,
) -> TopUpRequest:
    """Note the balance that came of a request whose money was captured.

    The caller holds the request and has sold the balance in the same transaction.
    """
    asked.state, asked.ended_at = TopUpState.CAPTURED, as_of
    asked.bucket, asked.captured, asked.reference = bucket, bucket.consideration, reference
    asked.save(update_fields=["state", "ended_at", "bucket", "captured", "reference"])
    _record("top_up.captured", asked, actor, account=asked.account_id, key=asked.key,
            amount=str(asked.captured), reference=reference, balance=bucket.pk)  # fmt: skip
    return asked


def _require_terms(
    account: Account, threshold: Decimal, amount: Decimal, most: Decimal, tries: int
) -> None:
    if account.role != AccountRole.PAYER:
        raise Invalid("only an account that pays for itself holds money", column="account")
    if account.currency != account.entity.functional_currency:
        raise CannotTopUp(
            f"balances are sold in {account.entity.functional_currency}, the currency of the "
            "seller's books"
        )
    for column, value in (("threshold", threshold), ("amount", amount), ("most_per_month", most)):
        if value < ZERO or value != quantize(value, account.currency):
            raise Invalid("an amount in whole minor units, not below zero", column=column)
    if amount <= ZERO:
        raise Invalid("ask for more than nothing", column="amount")
    if most < amount:
        raise Invalid("at least one top-up must fit into a month", column="most_per_month")
    if not 1 <= tries <= MOST_TRIES:
        raise Invalid(f"between 1 and {MOST_TRIES} tries a month", column="most_tries")


def _end(rule: TopUpRule, ends: date) -> None:
    rule.valid = DateRange(rule.valid.lower, ends)
    rule.save(update_fields=["valid"])


def _request(one: Standing, as_of: datetime) -> TopUpRequest:
    return TopUpRequest(
        rule_id=one.rule_id,
        account_id=one.account_id,
        usage_type_id=one.usage_type_id,
        currency=one.currency,
        amount=one.top_up.amount,
        number=one.last_number + 1,
        month=one.month,
        remaining=one.top_up.left,
        asked_at=as_of,
        expires_at=as_of + ANSWERED_WITHIN,
    )


def _asked(one: TopUpRequest) -> Happening:
    return Happening(
        topic="top_up.requested",
        subject_type=one._meta.label_lower,
        subject_id=one.pk,
        payload={
            "account": one.account_id,
            "idempotency_key": one.key,
            "amount": str(quantize(one.amount, one.currency)),
            "currency": one.currency,
            "left": str(quantize(one.remaining, one.currency)),
            "expires_at": one.expires_at.isoformat(),
        },
    )


def _record(
    topic: str, subject: TopUpRule | TopUpRequest, actor: User | None, **payload: Any
) -> None:
    audit.operations.record_event(topic=topic, subject=subject, payload=payload, actor=actor)
