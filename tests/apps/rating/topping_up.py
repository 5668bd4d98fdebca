"""What tests of automatic top-ups start from: a payer with little left, and a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import payments.operations
import rating.operations
from customers.models import Account
from payments.models import TenderType
from rating.models import BalanceBucket, TopUpRequest, TopUpRule

D = Decimal
START = date(2027, 1, 1)
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def money(payer: Account, amount: str = "30.00", **more: Any) -> BalanceBucket:
    """Give the payer money to use from the first day of the year on."""
    given = {"starts": datetime(2026, 12, 31, 23, tzinfo=UTC), "ends": None, **more}
    return rating.operations.give_money(
        account=payer, amount=D(amount), name="Prepaid", reason="To begin with", actor=None,
        **given,
    )  # fmt: skip


def take(held: BalanceBucket, amount: str) -> None:
    rating.operations.take_balance(
        bucket_id=held.pk, quantity=D(amount), reason="Used it up", actor=None
    )


def rule(payer: Account, **more: Any) -> TopUpRule:
    """Set the rule: 25.00 at 10.00, at most 60.00 and three tries a month."""
    given = {
        "threshold": D(10), "amount": D(25), "most_per_month": D(60), "most_tries": 3,
        "starts": START, "actor": None, **more,
    }  # fmt: skip
    return rating.operations.set_top_up(account=payer, **given)


def ask(as_of: datetime = NOW) -> TopUpRequest:
    assert rating.operations.ask_top_ups(as_of=as_of) == 1
    return TopUpRequest.objects.latest("pk")


def tender() -> TenderType:
    return TenderType.objects.get_or_create(
        code="CARD", defaults={"name": "Card", "clearing_account": "1010"}
    )[0]


def capture(asked: TopUpRequest, amount: str = "25.00", **more: Any) -> TopUpRequest:
    given = {
        "reference": f"PSP-{asked.pk}", "tender": tender(), "received_on": NOW.date(),
        "as_of": NOW, "on_date": NOW.date(), "actor": None, **more,
    }  # fmt: skip
    return payments.operations.capture_top_up(request_id=asked.pk, amount=D(amount), **given)


def fail(asked: TopUpRequest, **more: Any) -> TopUpRequest:
    given = {"reason": "Card declined", "as_of": NOW, "actor": None, **more}
    return rating.operations.fail_top_up(request_id=asked.pk, **given)
