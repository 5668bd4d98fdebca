"""Bundles: drafted, checked, frozen with their version, copied to the next (P8)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from catalog import operations
from catalog.models import BundleComponent, DiscountDef, Offer, OfferVersion
from catalog.operations import CannotPublish, NotADraft
from catalog.queries.checklist import offer_checklist
from foundation.errors import Forbidden, Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.attacks import refused, run
from tests.apps.catalog.shop import START, Shop
from tests.apps.catalog.test_offers import fully_priced, go

pytestmark = pytest.mark.django_db
D = Decimal
PART, GIVEN = "catalog_bundlecomponent", "catalog_bundlediscount"


@pytest.fixture
def fiber() -> Shop:
    """An offer on sale, to be a part of bundles."""
    fiber = shop.open_shop()
    fully_priced(fiber)
    go(fiber.version.pk)
    return fiber


def bundle(code: str = "HOME", **terms: Any) -> OfferVersion:
    offer = operations.create_offer(code=code, name=code.title(), actor=None)
    terms = {"starts": START, "currencies": ["USD"], **terms}
    return operations.draft_version(offer=offer, actor=None, **terms)


def put(version: OfferVersion, offer: Offer, **terms: Any) -> BundleComponent:
    given = {"treatment": "INCLUDED", "ssp_weight": D(40), "actor": None, **terms}
    return operations.add_component(version=version, offer=offer, **given)


def tenth_off(code: str = "TENTH", **terms: Any) -> DiscountDef:
    return operations.define_discount(
        code=code, name="A tenth off", kind="PERCENT", level="OFFER", value=D("0.1"),
        starts=START, actor=None, **terms,
    )  # fmt: skip


def told(version: OfferVersion) -> list[str]:
    return [one.message for one in offer_checklist(version).problems]


def test_what_a_bundle_is_made_of_is_frozen_and_copied(fiber: Shop) -> None:
    home = bundle()
    tv = operations.create_offer(code="TV", name="TV", actor=None)
    put(home, fiber.offer, min_quantity=D(0), default_quantity=D(1), max_quantity=D(3))
    gone = put(home, tv, treatment="DISCOUNTED", discounts=[tenth_off()])
    operations.remove_component(component_id=gone.pk, actor=None)
    home = operations.weigh_bundle(version=home, ssp_weight=D(5), actor=None)
    go(home.pk)
    with pytest.raises(NotADraft):
        put(home, tv)
    with pytest.raises(NotADraft):
        operations.weigh_bundle(version=home, ssp_weight=None, actor=None)
    with pytest.raises(NotADraft):
        operations.remove_component(component_id=home.components.get().pk, actor=None)
    following = operations.draft_version(
        offer=home.offer, starts=START, copy_from=home, actor=None
    )
    copied = following.components.get()
    assert following.ssp_weight == 5
    assert [copied.offer, copied.treatment, copied.ssp_weight] == [fiber.offer, "INCLUDED", 40]
    quantities = [copied.min_quantity, copied.default_quantity, copied.max_quantity]
    assert quantities == [0, 1, 3]


def test_the_discounts_of_a_component_are_copied_with_it(fiber: Shop) -> None:
    home = bundle()
    put(home, fiber.offer, treatment="DISCOUNTED", discounts=[tenth_off()])
    following = operations.draft_version(
        offer=home.offer, starts=START, copy_from=home, actor=None
    )
    assert following.components.get().discounts.get().discount.code == "TENTH"


def test_an_approval_is_bound_to_what_the_bundle_is_made_of(fiber: Shop) -> None:
    from catalog.operations.offers import _payload

    home = bundle()
    before = _payload(home)
    put(home, fiber.offer)
    assert _payload(home) != before


def test_a_component_says_what_can_be_meant(fiber: Shop) -> None:
    home = bundle()
    account_wide = operations.define_discount(
        code="ALL", name="All", kind="PERCENT", level="ACCOUNT", value=D("0.1"), starts=START,
        actor=None,
    )  # fmt: skip
    for terms in (
        {"treatment": "GIFT"},
        {"min_quantity": D(-1)},
        {"min_quantity": D(2), "default_quantity": D(1)},
        {"max_quantity": D(0), "min_quantity": D(0), "default_quantity": D(0)},
        {"max_quantity": D(1), "default_quantity": D(2)},
        {"ssp_weight": D(0)},
        {"discounts": [tenth_off("T1")]},
        {"treatment": "DISCOUNTED", "discounts": [account_wide]},
    ):
        with pytest.raises(Invalid):
            put(home, fiber.offer, **terms)
    put(home, fiber.offer)
    with pytest.raises(Invalid, match="already"):
        put(home, fiber.offer)
    with pytest.raises(Invalid):
        operations.weigh_bundle(version=home, ssp_weight=D(0), actor=None)


def test_who_may_not_draft_makes_no_bundle(fiber: Shop) -> None:
    home = bundle()
    part = put(home, fiber.offer)
    who = shop.viewer()
    with pytest.raises(Forbidden):
        put(home, fiber.offer, actor=who)
    with pytest.raises(Forbidden):
        operations.remove_component(component_id=part.pk, actor=who)
    with pytest.raises(Forbidden):
        operations.weigh_bundle(version=home, ssp_weight=D(1), actor=who)


def test_a_bundle_without_ssp_for_a_distinct_component_is_not_published(fiber: Shop) -> None:
    """P8."""
    home = bundle()
    put(home, fiber.offer, ssp_weight=None)
    operations.submit_offer(version_id=home.pk, actor=None)
    operations.approve_offer(version_id=home.pk, actor=None)
    with pytest.raises(CannotPublish, match="FIBER is a distinct obligation"):
        operations.publish_offer(version_id=home.pk, actor=None)


def test_a_component_is_sold_as_long_as_the_bundle(fiber: Shop) -> None:
    """The versions on sale, one after the other, cover the days of the bundle."""
    home = bundle()
    put(home, fiber.offer)
    assert told(home) == []
    until = START + timedelta(days=90)
    version = OfferVersion.objects.get(pk=fiber.version.pk)
    version.sale_window = DateRange(START, until)
    version.save()
    assert told(home) == [f"FIBER is not on sale on {until}, when the bundle is."]
    short = bundle("SHORT", ends=until)
    put(short, fiber.offer)
    assert told(short) == []
    early = bundle("EARLY", starts=date(2026, 12, 1))
    put(early, fiber.offer)
    assert told(early) == ["FIBER is not on sale on 2026-12-01, when the bundle is."]


def test_a_component_is_priced_in_every_currency_of_the_bundle(fiber: Shop) -> None:
    home = bundle(currencies=["EUR", "USD"])
    put(home, fiber.offer)
    assert told(home) == [
        f"FIBER: charge {code} has no published price in EUR."
        for code in ("RENTAL", "INSTALL", "MINUTES")
    ]


def test_a_component_is_priced_on_the_first_day_of_the_bundle(fiber: Shop) -> None:
    """A price that has ended by then is none."""
    ended = "daterange(lower(valid), '2027-02-01')"
    run(f"UPDATE catalog_priceversion SET valid = {ended} WHERE charge_id = {fiber.install.pk}")
    early, late = bundle("EARLY"), bundle("LATE", starts=date(2027, 3, 1))
    put(early, fiber.offer)
    put(late, fiber.offer)
    assert told(early) == []
    assert told(late) == ["FIBER: charge INSTALL has no published price in USD."]


def test_no_offer_contains_itself(fiber: Shop) -> None:
    """P8: by raw SQL, also by way of another bundle and of a version moved to another offer."""
    home, outer, third = bundle(), bundle("OUTER"), bundle("THIRD")
    put(home, fiber.offer)
    put(outer, home.offer)
    for inside in (home.offer, outer.offer):
        with pytest.raises(DatabaseError, match="contain itself"), transaction.atomic():
            put(home, inside)
    part = put(third, fiber.offer)
    put(outer, third.offer)
    move = f"UPDATE {PART} SET offer_id = %s WHERE id = {part.pk}"
    assert refused(move % outer.offer_id) == f"{PART}_no_cycle"
    run("SET LOCAL session_replication_role = replica")
    assert refused(move % outer.offer_id) == f"{PART}_no_cycle"
    run("SET LOCAL session_replication_role = origin")
    moved = f"UPDATE catalog_offerversion SET offer_id = {fiber.offer.pk} WHERE id = {home.pk}"
    assert refused(moved) == "catalog_offerversion_keeps_offer"


def test_a_submitted_version_keeps_what_it_is_made_of(fiber: Shop) -> None:
    home = bundle()
    put(home, fiber.offer)
    operations.submit_offer(version_id=home.pk, actor=None)
    changes = [
        f"SET {one}" for one in ("min_quantity = 0", "ssp_weight = 1", "treatment = 'LIST'")
    ]
    for change in changes:
        assert refused(f"UPDATE {PART} {change}") == f"{PART}_is_frozen"
    assert refused(f"DELETE FROM {PART}") == f"{PART}_is_frozen"
    run("SET LOCAL session_replication_role = replica")
    assert refused(f"UPDATE {PART} {changes[0]}") == f"{PART}_is_frozen"


def test_a_submitted_version_keeps_the_discounts_of_its_components(fiber: Shop) -> None:
    home = bundle()
    part = put(home, fiber.offer, treatment="DISCOUNTED", discounts=[tenth_off()])
    other = tenth_off("OTHER")
    operations.submit_offer(version_id=home.pk, actor=None)
    add = f"INSERT INTO {GIVEN} (component_id, discount_id) VALUES ({part.pk}, {other.pk})"
    assert refused(add) == f"{GIVEN}_is_frozen"
    assert refused(f"DELETE FROM {GIVEN}") == f"{GIVEN}_is_frozen"
    run("SET LOCAL session_replication_role = replica")
    assert refused(f"DELETE FROM {GIVEN}") == f"{GIVEN}_is_frozen"


def test_only_a_discounted_component_has_discounts(fiber: Shop) -> None:
    home = bundle()
    part = put(home, fiber.offer, treatment="DISCOUNTED", discounts=[tenth_off()])
    assert refused(f"UPDATE {PART} SET treatment = 'LIST'") == f"{PART}_stays_discounted"
    again = f"INSERT INTO {GIVEN} (component_id, discount_id) SELECT component_id, discount_id "
    assert refused(f"{again} FROM {GIVEN}") == f"{GIVEN}_is_unique"
    run(f"DELETE FROM {GIVEN}")
    run(f"UPDATE {PART} SET treatment = 'LIST'")
    add = f"INSERT INTO {GIVEN} (component_id, discount_id) SELECT {part.pk}, id"
    assert refused(f"{add} FROM catalog_discountdef") == f"{GIVEN}_is_of_discounted"


FAULTS = [
    ("min_quantity = -1", "quantities_fit"),
    ("default_quantity = 0", "quantities_fit"),
    ("max_quantity = 0, min_quantity = 0, default_quantity = 0", "quantities_fit"),
    ("max_quantity = 0.5", "quantities_fit"),
    ("treatment = 'GIFT'", "treatment_is_known"),
    ("ssp_weight = 0", "ssp_weight_is_positive"),
    ("min_quantity = 'NaN'", "min_quantity_is_number"),
    ("default_quantity = 'NaN'", "default_quantity_is_number"),
    ("max_quantity = 'NaN'", "max_quantity_is_number"),
    ("ssp_weight = 'NaN'", "ssp_weight_is_number"),
]


def test_a_component_is_checked(fiber: Shop) -> None:
    put(bundle(), fiber.offer)
    for change, guard in FAULTS:
        assert refused(f"UPDATE {PART} SET {change}") == f"{PART}_{guard}", change


def test_a_component_comes_once_and_a_bundle_weighs_more_than_nothing(fiber: Shop) -> None:
    home = bundle()
    put(home, fiber.offer)
    tv = operations.create_offer(code="TV", name="TV", actor=None)
    put(home, tv)
    assert refused(f"UPDATE {PART} SET offer_id = {tv.pk}") == f"{PART}_offer_is_unique"
    weigh = f"UPDATE catalog_offerversion SET ssp_weight = %s WHERE id = {home.pk}"
    assert refused(weigh % 0) == "catalog_offerversion_ssp_weight_is_positive"
    assert refused(weigh % "'NaN'") == "catalog_offerversion_ssp_weight_is_number"
