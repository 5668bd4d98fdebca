"""Verbs of balances of money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import invoicing.operations
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb
from foundation.periods import boundary_instant
from rating.models import BalanceBucket


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
