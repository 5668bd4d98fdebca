"""The reviewed life of an offer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog import operations
from catalog.models import PriceVersion
from catalog.operations import CannotApprove, CannotPublish, NotADraft
from catalog.rules.pricing import Tier
from foundation.errors import Forbidden, Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.shop import START, Shop, published

pytestmark = pytest.mark.django_db
D = Decimal
TIERS = (Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))


def fully_priced(fiber: Shop, **more: Any) -> None:
    published(fiber.rental, flat_amount=D(30), **more)
    published(fiber.install, unit_price=D(99), **more)
    published(fiber.minutes, tiers=TIERS, **more)


def go(version_id: int) -> None:
    operations.submit_offer(version_id=version_id, actor=None)
    operations.approve_offer(version_id=version_id, actor=None)
    operations.publish_offer(version_id=version_id, actor=None)


def test_an_offer_is_published_by_two_people() -> None:
    author, checker = shop.author(), shop.checker()
    fiber = shop.open_shop(actor=author)
    fully_priced(fiber)
    operations.submit_offer(version_id=fiber.version.pk, actor=author)
    with pytest.raises(Forbidden):
        operations.approve_offer(version_id=fiber.version.pk, actor=author)
    operations.approve_offer(version_id=fiber.version.pk, actor=checker)
    version = operations.publish_offer(version_id=fiber.version.pk, actor=checker)
    assert version.is_published


def test_an_author_with_every_right_still_needs_somebody_else() -> None:
    both = shop.person(
        "both",
        *("catalog.draft_offer", "catalog.approve_offer", "catalog.publish_offer"),
        "audit.approve_request",
    )
    fiber = shop.open_shop(actor=both)
    operations.submit_offer(version_id=fiber.version.pk, actor=both)
    with pytest.raises(CannotApprove):
        operations.approve_offer(version_id=fiber.version.pk, actor=both)


def test_the_checklist_must_be_green() -> None:
    """2.11: price, tax category, GL code and revenue rule of every charge."""
    fiber = shop.open_shop()
    bare = operations.define_product(code="BARE", name="Bare", product_type="FEE", actor=None)
    operations.add_charge(
        version=fiber.version, product=bare, code="FEE", name="Fee", kind="ONE_TIME",
        price_model="FLAT", actor=None,
    )  # fmt: skip
    published(fiber.rental, flat_amount=D(30))
    operations.submit_offer(version_id=fiber.version.pk, actor=None)
    operations.approve_offer(version_id=fiber.version.pk, actor=None)
    with pytest.raises(CannotPublish) as caught:
        operations.publish_offer(version_id=fiber.version.pk, actor=None)
    words = str(caught.value)
    for missing in ("tax category", "GL code", "revenue rule"):
        assert f"FEE: its product has no {missing}" in words
    assert "INSTALL has no published price in USD" in words
    assert "RENTAL has no published price" not in words


def test_every_promised_currency_has_a_price() -> None:
    """PRC-1: a charge without a price in the currency is found at publication."""
    fiber = shop.open_shop(currencies=["USD", "EUR"])
    fully_priced(fiber)
    with pytest.raises(CannotPublish, match="RENTAL has no published price in EUR"):
        go(fiber.version.pk)


def test_an_offer_without_charges_is_not_published() -> None:
    offer = operations.create_offer(code="EMPTY", name="Empty", actor=None)
    version = operations.draft_version(offer=offer, starts=START, actor=None)
    with pytest.raises(CannotPublish, match="no charge"):
        go(version.pk)


def test_a_submitted_version_takes_no_charge() -> None:
    fiber = shop.open_shop()
    operations.submit_offer(version_id=fiber.version.pk, actor=None)
    with pytest.raises(NotADraft):
        operations.add_charge(
            version=fiber.version, product=fiber.product, code="LATE", name="Late",
            kind="ONE_TIME", price_model="FLAT", actor=None,
        )  # fmt: skip
    with pytest.raises(NotADraft):
        operations.remove_charge(charge_id=fiber.rental.pk, actor=None)
    operations.reject_offer(version_id=fiber.version.pk, actor=None, comment="Not yet")
    operations.remove_charge(charge_id=fiber.rental.pk, actor=None)


def test_events_are_not_rounded_where_the_price_counts() -> None:
    """UNIT-2."""
    fiber = shop.open_shop()
    with pytest.raises(Invalid, match="counts across events"):
        operations.add_charge(
            version=fiber.version, product=fiber.usage, code="SMS", name="SMS", kind="USAGE",
            price_model="VOLUME", usage_type=fiber.voice, usage_rounding="EVENT", actor=None,
        )  # fmt: skip


def test_a_new_version_copies_charges_and_their_prices_and_takes_over() -> None:
    fiber = shop.open_shop()
    fully_priced(fiber)
    go(fiber.version.pk)
    summer = date(2027, 6, 1)
    second = operations.draft_version(
        offer=fiber.offer, starts=summer, copy_from=fiber.version, actor=None
    )
    assert second.number == 2
    assert set(second.charges.values_list("reference", flat=True)) == {
        "FIBER/2/RENTAL", "FIBER/2/INSTALL", "FIBER/2/MINUTES"
    }  # fmt: skip
    drafts = PriceVersion.objects.filter(charge__offer_version=second)
    assert {price.state for price in drafts} == {"DRAFT"}
    assert drafts.get(charge__code="MINUTES").tiers.count() == 2
    for price in drafts:
        operations.submit_price(price_id=price.pk, actor=None)
        operations.approve_price(price_id=price.pk, actor=None)
        operations.publish_price(price_id=price.pk, on_date=summer, actor=None)
    go(second.pk)
    fiber.version.refresh_from_db()
    assert fiber.version.sale_window.upper == summer
    retired = operations.retire_offer(version_id=second.pk, actor=None)
    assert retired.state == "RETIRED"


def test_the_next_version_keeps_the_terms_unless_it_says_otherwise() -> None:
    """A trial is not lost with the next version (CHG-10)."""
    fiber = shop.open_shop()
    first = operations.draft_version(
        offer=fiber.offer, starts=START, trial_days=30, notice_days=60, actor=None
    )
    second = operations.draft_version(
        offer=fiber.offer, starts=START, copy_from=first, trial_days=14, actor=None
    )
    assert (second.trial_days, second.notice_days) == (14, 60)


def test_whoever_lacks_the_right_is_refused() -> None:
    fiber = shop.open_shop()
    viewer = shop.viewer()
    pk = fiber.version.pk
    for act in (
        lambda: operations.create_offer(code="X", name="X", actor=viewer),
        lambda: operations.draft_version(offer=fiber.offer, starts=START, actor=viewer),
        lambda: operations.remove_charge(charge_id=fiber.rental.pk, actor=viewer),
        lambda: operations.submit_offer(version_id=pk, actor=viewer),
        lambda: operations.approve_offer(version_id=pk, actor=viewer),
        lambda: operations.reject_offer(version_id=pk, actor=viewer, comment="x"),
        lambda: operations.publish_offer(version_id=pk, actor=viewer),
        lambda: operations.retire_offer(version_id=pk, actor=viewer),
        lambda: operations.define_gl_code(code="X", name="X", revenue_account="1", actor=viewer),
    ):
        with pytest.raises(Forbidden):
            act()


def test_defining_twice_changes_only_what_differs() -> None:
    first = operations.define_gl_code(code="A", name="A", revenue_account="4000", actor=None)
    again = operations.define_gl_code(code="A", name="A", revenue_account="4000", actor=None)
    assert (again.pk, again.version) == (first.pk, 1)
    changed = operations.define_gl_code(code="A", name="A", revenue_account="4010", actor=None)
    assert (changed.pk, changed.revenue_account, changed.version) == (first.pk, "4010", 2)
    with pytest.raises(Invalid):
        operations.define_gl_code(code="A B", name="A", revenue_account="1", actor=None)


@pytest.mark.parametrize(
    "terms",
    [{"usage_filter": ["zone"]}, {"usage_filter": {"zone": "a b"}}, {"price_attributes": "zone"}],
)
def test_attributes_of_a_charge_are_checked(terms: dict[str, Any]) -> None:
    fiber = shop.open_shop()
    with pytest.raises(Invalid):
        operations.add_charge(
            version=fiber.version, product=fiber.usage, code="SMS", name="SMS", kind="USAGE",
            price_model="PER_UNIT", usage_type=fiber.voice, actor=None, **terms,
        )  # fmt: skip
