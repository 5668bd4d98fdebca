"""Verbs of balances of money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import invoicing.operations
import payments.operations
import rating.operations
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb
from foundation.periods import boundary_instant
from payments.models import TenderType
from rating.models import BalanceBucket, TopUpRequest


@verb("balance.sell")
def sell(
    scene: Scene,
    *,
    account: str,
    amount: Decimal,
    name: str = "Prepaid",
    usage: str = "",
    ends: date | None = None,
    bonus: Decimal = Decimal(0),
    bonus_policy: str = "NONE",
) -> None:
    """Sell money to use from the day on; `ends` is the first day that it pays no more (ENT-9)."""
    payer = scene.account(account)
    zone = ZoneInfo(payer.time_zone)
    invoicing.operations.sell_balance(
        account=payer,
        amount=amount,
        bonus=bonus,
        bonus_policy=bonus_policy,
        usage_type=usage,
        starts=boundary_instant(scene.day, zone),
        ends=None if ends is None else boundary_instant(ends, zone),
        name=name,
        on_date=scene.day,
        actor=scene.cast.approver,
    )


@verb("balance.pay_back")
def pay_back(scene: Scene, *, account: str, name: str, fee: Decimal = Decimal(0)) -> None:
    """Turn what is left of a balance, less a fee, into credit of its account (J27)."""
    bucket = BalanceBucket.objects.get(account=scene.account(account), name=name)
    invoicing.operations.pay_back_balance(
        bucket_id=bucket.pk,
        fee=fee,
        reason="as the scenario says",
        on_date=scene.day,
        actor=scene.cast.approver,
    )


@verb("top_up.set")
def set_top_up(
    scene: Scene,
    *,
    account: str,
    threshold: Decimal,
    amount: Decimal,
    most_per_month: Decimal,
    usage: str = "",
) -> None:
    """Ask for money by itself from the day on, once so much is left (ENT-8)."""
    rating.operations.set_top_up(
        account=scene.account(account),
        usage_type=usage,
        threshold=threshold,
        amount=amount,
        most_per_month=most_per_month,
        starts=scene.day,
        actor=scene.cast.approver,
    )


@verb("top_up.capture")
def capture(scene: Scene, *, account: str, reference: str, amount: Decimal) -> None:
    """Say that the newest payment asked for was captured: its balance is sold (J4, J13)."""
    payments.operations.capture_top_up(
        request_id=_newest(scene, account).pk,
        reference=reference,
        amount=amount,
        tender=TenderType.objects.get(code="WIRE"),
        received_on=scene.day,
        as_of=scene.now,
        on_date=scene.day,
        actor=scene.cast.cash,
    )


@verb("top_up.fail")
def fail(scene: Scene, *, account: str, reason: str) -> None:
    """Say that the newest payment asked for could not be had: nothing is sold (ENT-8)."""
    rating.operations.fail_top_up(
        request_id=_newest(scene, account).pk,
        reason=reason,
        as_of=scene.now,
        actor=scene.cast.cash,
    )


def _newest(scene: Scene, account: str) -> TopUpRequest:
    return TopUpRequest.objects.filter(account=scene.account(account)).latest("pk")
