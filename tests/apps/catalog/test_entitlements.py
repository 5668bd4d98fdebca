"""What an offer includes: drafted, checked, frozen with its version, copied to the next."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog import operations
from catalog.models import EntitlementSpec, UsageType
from catalog.operations import NotADraft
from catalog.queries.checklist import offer_checklist
from foundation.errors import Forbidden, Invalid
from tests.apps.catalog import shop
from tests.apps.catalog.attacks import refused, run
from tests.apps.catalog.shop import START, Shop
from tests.apps.catalog.test_offers import fully_priced, go

pytestmark = pytest.mark.django_db
D = Decimal
SPEC = "catalog_entitlementspec"


def include(fiber: Shop, **terms: Any) -> EntitlementSpec:
    usage = terms.pop("usage_type", None) or fiber.minutes.usage_type
    assert usage is not None
    given = {"code": "INCLUDED", "name": "Included minutes", "quantity": D(300), **terms}
    actor = given.pop("actor", None)
    return operations.add_entitlement(
        version=fiber.version, usage_type=usage, actor=actor, **given
    )


def test_what_is_included_is_frozen_and_copied_to_the_next_version(fiber: Shop) -> None:
    spec = include(fiber, rollover_percent=D("0.5"), usage_filter={"zone": "EU"})
    fully_priced(fiber)
    go(fiber.version.pk)
    with pytest.raises(NotADraft):
        include(fiber, code="MORE")
    with pytest.raises(NotADraft):
        operations.remove_entitlement(entitlement_id=spec.pk, actor=None)
    following = operations.draft_version(
        offer=fiber.version.offer, starts=START, copy_from=fiber.version, actor=None
    )
    copied = following.entitlements.get()
    assert copied.code == "INCLUDED"
    assert [copied.quantity, copied.rollover_percent] == [300, D("0.5")]
    assert copied.usage_filter == {"zone": "EU"}
    operations.remove_entitlement(entitlement_id=copied.pk, actor=None)
    assert not following.entitlements.exists()


def test_an_approval_is_bound_to_what_is_included(fiber: Shop) -> None:
    """The content that was approved is the content that is published."""
    from catalog.operations.offers import _payload

    before = _payload(fiber.version)
    include(fiber)
    assert _payload(fiber.version) != before


def test_who_may_not_draft_includes_nothing(fiber: Shop) -> None:
    with pytest.raises(Forbidden):
        include(fiber, actor=shop.viewer())
    spec = include(fiber)
    with pytest.raises(Forbidden):
        operations.remove_entitlement(entitlement_id=spec.pk, actor=shop.viewer("other"))


def test_only_a_sum_can_be_included_and_more_than_nothing(fiber: Shop) -> None:
    assert fiber.minutes.usage_type is not None
    peak = UsageType.objects.create(
        code="PEAK", name="Peak", unit=fiber.minutes.usage_type.unit, identifier_type="METER",
        aggregate_rule="MAX",
    )  # fmt: skip
    with pytest.raises(Invalid, match="do not add up"):
        include(fiber, usage_type=peak)
    with pytest.raises(Invalid, match="more than nothing"):
        include(fiber, quantity=D(0))
    with pytest.raises(Invalid):
        include(fiber, code="not a code!")


def test_what_caps_a_trial_is_plain_and_is_priced_beyond_it(fiber: Shop) -> None:
    for terms in ({"scope": "ACCOUNT"}, {"is_blocker": True}, {"rollover_percent": D(1)}):
        with pytest.raises(Invalid) as refusal:
            include(fiber, ends_trial=True, **terms)
        assert refusal.value.rule == "CHG-10"
    include(fiber, ends_trial=True)
    assert not [one for one in offer_checklist(fiber.version).problems if one.rule == "CHG-10"]
    assert fiber.minutes.usage_type is not None
    unit = fiber.minutes.usage_type.unit
    mails = UsageType.objects.create(code="MAIL", name="M", unit=unit, identifier_type="TENANT")
    include(fiber, usage_type=mails, code="MAILS", ends_trial=True)
    told = [one.message for one in offer_checklist(fiber.version).problems if one.rule == "CHG-10"]
    assert told == ["MAILS caps a trial by usage that no charge of the offer prices."]


def test_the_checklist_names_a_charge_that_prices_no_sum(fiber: Shop) -> None:
    include(fiber)
    assert not [one for one in offer_checklist(fiber.version).problems if one.rule == "ENT-3"]
    run("UPDATE catalog_charge SET price_model = 'DYNAMIC' WHERE kind = 'USAGE'")
    told = [one.message for one in offer_checklist(fiber.version).problems if one.rule == "ENT-3"]
    assert len(told) == 1
    assert "does not price a plain sum" in told[0]


@pytest.mark.parametrize("change", ["quantity = 1", "name = 'More'", "overage = 'BLOCK'"])
def test_a_submitted_version_keeps_what_it_includes(fiber: Shop, change: str) -> None:
    include(fiber)
    fully_priced(fiber)
    operations.submit_offer(version_id=fiber.version.pk, actor=None)
    assert refused(f"UPDATE {SPEC} SET {change}") == f"{SPEC}_is_frozen"
    assert refused(f"DELETE FROM {SPEC}") == f"{SPEC}_is_frozen"
    run("SET LOCAL session_replication_role = replica")
    assert refused(f"UPDATE {SPEC} SET {change}") == f"{SPEC}_is_frozen"


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("quantity = 0", "quantity_is_positive"),
        ("quantity = 'NaN'", "quantity_is_number"),
        ("period_count = 0", "period_is_positive"),
        ("rollover_periods = 0", "period_is_positive"),
        ("rollover_percent = 1.01", "rollover_fits"),
        ("rollover_cap = -1", "rollover_fits"),
        ("rollover_cap = 'NaN'", "rollover_cap_is_number"),
        ("scope = 'WORLD'", "scope_is_known"),
        ("period_unit = 'AEON'", "period_unit_is_known"),
        ("alignment = 'NONE'", "alignment_is_known"),
        ("overage = 'MAYBE'", "overage_is_known"),
        ("ends_trial = true, scope = 'ACCOUNT'", "trial_is_plain"),
        ("ends_trial = true, is_blocker = true", "trial_is_plain"),
        ("ends_trial = true, rollover_percent = 0.5", "trial_is_plain"),
    ],
)
def test_what_is_included_is_checked(fiber: Shop, change: str, guard: str) -> None:
    include(fiber)
    assert refused(f"UPDATE {SPEC} SET {change}") == f"{SPEC}_{guard}"


def test_a_code_is_given_once_within_a_version(fiber: Shop) -> None:
    include(fiber)
    include(fiber, code="OTHER")
    assert refused(f"UPDATE {SPEC} SET code = 'INCLUDED'") == f"{SPEC}_code_is_unique"
