"""What the demo's customers were promised and have promised: a coupon, a rebate, a commitment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

import catalog.operations
import customers.operations
from billing_site.demo.cast import Cast
from billing_site.demo.people import OPENING
from catalog.models import Product
from customers.models import Account, Subscription

COUPON: Final = "WELCOME50"
FAMILY, GROUP = "US-20001", "US-90000"
TERM_END: Final = date(2027, 8, 1)


def strike(cast: Cast) -> None:
    """Give the family half off its line for three months, the group a rebate for its promise."""
    _promote(cast)
    family = Account.objects.get(number=FAMILY)
    line = Subscription.objects.get(account=family, items__offer_version__offer__code="FIBER500")
    customers.operations.redeem_coupon(
        account=family, code=COUPON, starts=OPENING, subscription=line, actor=cast.care
    )
    group = Account.objects.get(number=GROUP)
    rebate = catalog.operations.define_discount(
        code="VOLUME3",
        name="Volume rebate",
        kind="PERCENT",
        level="ACCOUNT",
        value=Decimal("0.03"),
        starts=OPENING,
        actor=cast.catalog,
    )
    customers.operations.grant_discount(
        account=group, discount=rebate, starts=OPENING, actor=cast.care
    )
    _promise(group, cast)


def _promote(cast: Cast) -> None:
    half = catalog.operations.define_discount(
        code="HALF3",
        name="Welcome offer",
        kind="PERCENT",
        level="CHARGE",
        value=Decimal("0.5"),
        charge_kind="RECURRING",
        periods=3,
        starts=OPENING,
        actor=cast.catalog,
    )
    promotion = catalog.operations.define_promotion(
        code="WELCOME",
        name="Half price for three months",
        discount=half,
        starts=OPENING,
        ends=date(2027, 1, 1),
        actor=cast.catalog,
    )
    catalog.operations.define_coupons(
        promotion=promotion, codes=[COUPON], max_uses=500, actor=cast.catalog
    )


def _promise(group: Account, cast: Cast) -> None:
    contract = customers.operations.draft_contract(
        account=group, valid_from=OPENING, valid_to=TERM_END, actor=cast.care
    )
    customers.operations.sign_contract(contract=contract, signed_on=OPENING, actor=cast.approver)
    contract.refresh_from_db()
    spec = catalog.operations.define_commitment(
        code="GROUP-MIN",
        name="Minimum of the group",
        kind="MINIMUM",
        amount=Decimal("2000.00"),
        currency="USD",
        window="MONTH",
        shortfall_product=Product.objects.get(code="SEATS"),
        actor=cast.catalog,
    )
    customers.operations.agree_commitment(
        contract=contract, spec=spec, starts=OPENING, ends=TERM_END, actor=cast.care
    )
