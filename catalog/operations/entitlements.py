"""What an offer includes: added to a draft, frozen with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from catalog.choices import EntitlementScope, VersionState
from catalog.models import EntitlementSpec, OfferVersion, UsageType
from catalog.operations import life
from foundation.errors import Invalid
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require


def add_entitlement(
    *,
    version: OfferVersion,
    code: str,
    name: str,
    usage_type: UsageType,
    quantity: Decimal,
    usage_filter: Mapping[str, str] | None = None,
    actor: User | None,
    **terms: Any,
) -> EntitlementSpec:
    """Add to a draft what a period includes; `terms` are the other columns of the entitlement.

    `quantity` is in the unit of the usage type.

    Raises: NotADraft; Invalid for a usage type whose quantity is no sum of its events.
    """
    require(actor, "catalog.draft_offer")
    try:
        code, name = code_text(code, 32), plain_text(name, 100)
        wanted = {
            code_text(str(one), 32): code_text(str(value), 64)
            for one, value in (usage_filter or {}).items()
        }
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    if usage_type.aggregate_rule != "SUM":
        raise Invalid(
            f"events of {usage_type.code} do not add up; only a sum can be included in part",
            rule="ENT-1",
        )
    if terms.get("scope") == EntitlementScope.POOL:
        _require_plain(wanted, terms)
    if terms.get("ends_trial"):
        _require_simple(terms)
    if quantity <= 0:
        raise Invalid("what is included is more than nothing", rule="ENT-1")
    with transaction.atomic():
        version = OfferVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        life.require_state(version, VersionState.DRAFT)
        return EntitlementSpec.objects.create(
            offer_version=version,
            code=code,
            name=name,
            usage_type=usage_type,
            quantity=quantity,
            usage_filter=wanted,
            created_by=actor,
            **terms,
        )


def _require_plain(usage_filter: Mapping[str, str], terms: Mapping[str, Any]) -> None:
    """A pool takes all usage of a kind, month by month, and nothing of it goes on (POOL-2)."""
    plain = {"period_unit": "MONTH", "period_count": 1, "alignment": "CYCLE", "is_blocker": False}
    odd = [name for name, value in plain.items() if terms.get(name, value) != value]
    if usage_filter or odd or terms.get("rollover_percent"):
        raise Invalid(
            "what goes to a pool is by the month and cycle, for all usage of the kind, blocks "
            "nothing and does not roll over",
            rule="POOL-2",
        )


def _require_simple(terms: Mapping[str, Any]) -> None:
    """The cap of a trial is each service's own, blocks nothing and ends with it (CHG-10)."""
    scope = terms.get("scope", EntitlementScope.SERVICE)
    if scope != EntitlementScope.SERVICE or terms.get("is_blocker"):
        raise Invalid(
            "what caps a trial is for each service, and blocks nothing behind it", rule="CHG-10"
        )
    if terms.get("rollover_percent"):
        raise Invalid("what a trial leaves unused does not roll over", rule="CHG-10")


def remove_entitlement(*, entitlement_id: int, actor: User | None) -> None:
    """Take out of a draft version what it would have included."""
    require(actor, "catalog.draft_offer")
    with transaction.atomic():
        spec = EntitlementSpec.objects.select_related("offer_version").get(pk=entitlement_id)
        life.require_state(spec.offer_version, VersionState.DRAFT)
        spec.delete()
