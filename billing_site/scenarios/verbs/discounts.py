"""Verbs of discounts, coupons and commitments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import catalog.operations
import customers.operations
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb
from catalog.models import DiscountDef, Product
from customers.models import GrantedDiscount

LONG_AGO = date(2020, 1, 1)


@verb("discount.define")
def define(
    scene: Scene,
    *,
    as_: str,
    percent: str | None = None,
    amount: str | None = None,
    free_units: str | None = None,
    unit_price: str | None = None,
    by_volume: dict[str, str] | None = None,
    level: str = "CHARGE",
    charge: str = "",
    kind: str = "",
    periods: int | None = None,
    priority: int = 100,
    group: str = "",
    additive: bool = False,
    exclusive: bool = False,
    at_most: str | None = None,
    carries_forward: bool = False,
) -> None:
    """Define a discount called `as`: percent, amount, free_units, unit_price or by_volume."""
    given = {
        "PERCENT": None if percent is None else Decimal(percent) / 100,
        "AMOUNT": amount,
        "FREE_UNITS": free_units,
        "PRICE_OVERRIDE": unit_price,
        "VOLUME_REBATE": "0" if by_volume else None,
    }
    [(what, value)] = [(name, value) for name, value in given.items() if value is not None]
    catalog.operations.define_discount(
        code=as_.upper(),
        name=as_.title(),
        kind=what,
        level=level,
        value=Decimal(value),
        steps=[(Decimal(least), Decimal(part) / 100) for least, part in (by_volume or {}).items()],
        starts=LONG_AGO,
        currency=scene.currency,
        charge=scene.charge(charge) if charge else None,
        charge_kind=kind,
        periods=periods,
        priority=priority,
        stack_group=group,
        method="ADDITIVE" if additive else "COMPOUND",
        is_exclusive=exclusive,
        max_amount=None if at_most is None else Decimal(at_most),
        carries_forward=carries_forward,
        actor=None,
    )


@verb("discount.give")
def give(
    scene: Scene,
    *,
    discount: str,
    account: str = "",
    subscription: str = "",
    from_: date | None = None,
    until: date | None = None,
) -> None:
    """Give a defined discount to an account and all below it, or to a subscription."""
    customers.operations.grant_discount(
        discount=DiscountDef.objects.get(code=discount.upper()),
        starts=from_ or scene.day,
        ends=until,
        actor=None,
        **_whose(scene, account, subscription),
    )


@verb("discount.end")
def end(
    scene: Scene,
    *,
    discount: str,
    account: str = "",
    subscription: str = "",
    effective: date | None = None,
) -> None:
    """End a discount that was given: periods whose first charged day is later are not reduced."""
    grant = GrantedDiscount.objects.get(
        discount__code=discount.upper(), state="GRANTED", **_whose(scene, account, subscription)
    )
    customers.operations.end_discount(grant=grant, on_date=effective or scene.day, actor=None)


@verb("coupon.define")
def coupon(
    scene: Scene,
    *,
    code: str,
    discount: str,
    uses: int | None = None,
    until: date | None = None,
) -> None:
    """Promote a defined discount by a coupon that may be used so often, up to a day."""
    promotion = catalog.operations.define_promotion(
        code=code,
        name=code.title(),
        discount=DiscountDef.objects.get(code=discount.upper()),
        starts=scene.day,
        ends=until,
        actor=None,
    )
    catalog.operations.define_coupons(promotion=promotion, codes=[code], max_uses=uses, actor=None)


@verb("coupon.use")
def use(scene: Scene, *, code: str, account: str = "", subscription: str = "") -> None:
    """Use a coupon from the day on, for an account or a subscription."""
    customers.operations.redeem_coupon(
        code=code, starts=scene.day, actor=None, **_whose(scene, account, subscription)
    )


@verb("commitment.agree")
def commit(
    scene: Scene,
    *,
    contract: str,
    name: str,
    at_least: str | None = None,
    at_most: str | None = None,
    each: str = "MONTH",
    until: date,
    from_: date | None = None,
    measure: str = "NET_CHARGE",
) -> None:
    """Agree with a contract on a least or greatest amount each MONTH, QUARTER, YEAR or TERM."""
    owner = scene.contract(contract)
    spec = catalog.operations.define_commitment(
        code=name.upper().replace(" ", "-"),
        name=name,
        kind="MINIMUM" if at_least is not None else "MAXIMUM",
        amount=Decimal(at_least if at_least is not None else at_most or "0"),
        currency=scene.currency,
        window=each,
        measure=measure,
        shortfall_product=Product.objects.get(code="SERVICE"),
        actor=None,
    )
    customers.operations.agree_commitment(
        contract=owner, spec=spec, starts=from_ or scene.day, ends=until, actor=None
    )


def _whose(scene: Scene, account: str, subscription: str) -> dict[str, Any]:
    if subscription:
        row = scene.subscription(subscription)
        return {"account": row.account, "subscription": row}
    return {"account": scene.account(account), "subscription": None}
