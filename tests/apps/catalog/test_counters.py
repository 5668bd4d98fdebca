"""Which tier counters a charge may have; what cannot be kept is refused (TIER-3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog import operations
from catalog.operations import CannotPublish
from catalog.rules.pricing import Tier
from foundation.errors import Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.shop import published

pytestmark = pytest.mark.django_db
D = Decimal
DEARER = (Tier(D(100), D("0.05"), D(0)), Tier(None, D("0.10"), D(0)))
CHEAPER = (Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))


def counted(model: str = "GRADUATED", kind: str = "USAGE", **terms: Any) -> Any:
    fiber = shop.open_shop()
    product = fiber.usage if kind == "USAGE" else fiber.product
    more: dict[str, Any] = {"usage_type": fiber.voice} if kind == "USAGE" else {}
    return operations.add_charge(
        version=fiber.version, product=product, code="COUNTED", name="Counted", kind=kind,
        price_model=model, actor=None, **more, **terms,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"kind": "RECURRING", "tier_reset": "NEVER"}, "only usage has a tier counter"),
        ({"model": "PER_UNIT", "usage_rounding": "EVENT", "counter_scope": "SERVICE"},
         "or round by line"),
        ({"model": "HIGH_WATER", "tier_reset": "CONTRACT_YEAR"}, "usage that is not a sum"),
        ({"tier_reset": "TERM", "counter_scope": "ACCOUNT"}, "begins anew each period"),
        ({"counter_scope": "PAYER", "alignment": "ANNIVERSARY"}, "align the charge"),
        ({"tier_reset": "TERM", "tier_proration": True}, "shrink with a partial period only"),
        ({"counter_scope": "SERVICE", "bill_zero": True}, "by subscription, not by service"),
    ],
)  # fmt: skip
def test_counters_that_cannot_be_kept_are_refused(terms: dict[str, Any], why: str) -> None:
    with pytest.raises(Invalid, match=why) as caught:
        counted(**terms)
    assert caught.value.rule == "TIER-3"


@pytest.mark.parametrize("reset", ["PERIOD", "CONTRACT_YEAR", "TERM", "NEVER"])
@pytest.mark.parametrize("scope", ["SUBSCRIPTION", "SERVICE"])
def test_counters_that_are_kept(scope: str, reset: str) -> None:
    charge = counted(counter_scope=scope, tier_reset=reset)
    assert published(charge, tiers=CHEAPER).state == "PUBLISHED"


def test_a_price_that_falls_is_refused_for_a_counter_over_periods() -> None:
    charge = counted("VOLUME", tier_reset="CONTRACT_YEAR")
    assert published(charge, tiers=DEARER, currency="EUR").state == "PUBLISHED"
    with pytest.raises(CannotPublish, match="cost 5, less than the 10 before: tier 2"):
        published(charge, tiers=CHEAPER)


def test_transactions_are_counted_by_subscription_and_period() -> None:
    charge = counted("PERCENT", counter_scope="SERVICE")
    with pytest.raises(CannotPublish, match="in the order of one subscription and period"):
        published(charge, percent=D("0.01"), free_events=3)
