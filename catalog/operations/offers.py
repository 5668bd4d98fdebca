"""Offers: draft, submit, approve, publish, retire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max

import audit.operations
from catalog.choices import VersionState
from catalog.models import (
    BundleComponent,
    Charge,
    EntitlementSpec,
    Offer,
    OfferVersion,
    PriceVersion,
    Product,
    UsageType,
)
from catalog.operations import life
from catalog.operations.bundles import copy_components
from catalog.operations.prices import copy_price
from catalog.queries.checklist import offer_checklist
from catalog.queries.terms import charge_terms
from catalog.rules.checklist import charge_problems
from foundation.errors import Invalid
from foundation.parsing import BadValue, code_text, plain_text
from foundation.permissions import require

ACTION: Final = "catalog.publish_offer"


TERMS: Final = (
    *("channels", "currencies", "min_quantity", "max_quantity", "terms_months", "trial_days"),
    *("notice_days", "suspension_policy", "end_day", "ssp_weight"),
)
"""Columns that the next version of an offer takes over unless it says otherwise."""


def create_offer(
    *, code: str, name: str, family: str = "", description: str = "", actor: User | None
) -> Offer:
    """Create an offer; what it contains stands in its versions."""
    require(actor, "catalog.draft_offer")
    try:
        code, name = code_text(code, 32), plain_text(name, 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    with transaction.atomic():
        offer = Offer.objects.create(
            code=code, name=name, family=family, description=description, created_by=actor
        )
        audit.operations.record_event(topic="offer.created", subject=offer, actor=actor)
    return offer


def create_offer_with_draft(
    *,
    code: str,
    name: str,
    family: str,
    starts: date,
    currencies: Sequence[str],
    actor: User | None,
) -> OfferVersion:
    """Create an offer and the draft of its first version together."""
    with transaction.atomic():
        offer = create_offer(code=code, name=name, family=family, actor=actor)
        return draft_version(offer=offer, starts=starts, currencies=list(currencies), actor=actor)


def draft_version(
    *,
    offer: Offer,
    starts: date,
    ends: date | None = None,
    copy_from: OfferVersion | None = None,
    actor: User | None,
    **terms: Any,
) -> OfferVersion:
    """Draft the next version of an offer, sold from `starts`.

    `copy_from` copies the charges of another version, with their prices of that day as drafts, and
    what it includes and is made of, and its terms where none are given.
    `terms` are columns of the version (currencies, terms_months, notice_days …).
    """
    require(actor, "catalog.draft_offer")
    with transaction.atomic():
        Offer.objects.select_for_update().get(pk=offer.pk)
        if copy_from is not None:
            terms = {name: getattr(copy_from, name) for name in TERMS} | terms
        last = OfferVersion.objects.filter(offer=offer).aggregate(last=Max("number"))["last"]
        version = OfferVersion.objects.create(
            offer=offer,
            number=(last or 0) + 1,
            sale_window=DateRange(starts, ends, "[)"),
            created_by=actor,
            **terms,
        )
        if copy_from is not None:
            _copy_charges(copy_from, version, starts, actor)
            for spec in copy_from.entitlements.all():
                EntitlementSpec.objects.create(
                    offer_version=version, created_by=actor, **_columns(spec)
                )
            copy_components(copy_from, version, actor)
    return version


def add_charge(
    *,
    version: OfferVersion,
    product: Product,
    code: str,
    name: str,
    kind: str,
    price_model: str,
    usage_type: UsageType | None = None,
    timing: str = "",
    sequence: int = 0,
    actor: User | None,
    **terms: Any,
) -> Charge:
    """Add a charge to a draft; `terms` are its other columns.

    Usage is billed in arrears, everything else in advance unless `timing` says otherwise.

    Raises: NotADraft; Invalid when the charge contradicts itself (UNIT-2).
    """
    require(actor, "catalog.draft_offer")
    try:
        code, name = code_text(code, 32), plain_text(name, 100)
        terms |= _attributes(terms)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    with transaction.atomic():
        version = (
            OfferVersion.objects.select_for_update(of=("self",))
            .select_related("offer")
            .get(pk=version.pk)
        )
        life.require_state(version, VersionState.DRAFT)
        charge = Charge(
            offer_version=version,
            product=product,
            code=code,
            reference=reference(version, code),
            name=name,
            kind=kind,
            price_model=price_model,
            usage_type=usage_type,
            timing=timing or ("ARREARS" if kind == "USAGE" else "ADVANCE"),
            sequence=sequence or version.charges.count() + 1,
            created_by=actor,
            **terms,
        )
        for problem in charge_problems(charge_terms(charge)):
            if problem.rule != "PUBLISH":
                raise Invalid(problem.message, rule=problem.rule)
        charge.save()
    return charge


def _attributes(terms: dict[str, Any]) -> dict[str, Any]:
    """Check the names and values of attributes that a charge filters and prices by."""
    wanted, keyed = terms.get("usage_filter") or {}, terms.get("price_attributes") or []
    if not isinstance(wanted, dict) or not isinstance(keyed, list | tuple):
        message = 'write a filter as {"zone": "EU"} and attributes as ["zone"]'
        raise BadValue("ATTRIBUTES", message)
    return {
        "usage_filter": {code_text(str(k), 32): code_text(str(v), 64) for k, v in wanted.items()},
        "price_attributes": [code_text(str(name), 32) for name in keyed],
    }


def remove_charge(*, charge_id: int, actor: User | None) -> None:
    """Take a charge, and the drafts of its prices, out of a draft version."""
    require(actor, "catalog.draft_offer")
    with transaction.atomic():
        charge = Charge.objects.select_related("offer_version").get(pk=charge_id)
        life.require_state(charge.offer_version, VersionState.DRAFT)
        PriceVersion.objects.filter(charge=charge, state=VersionState.DRAFT).delete()
        charge.delete()


def reference(version: OfferVersion, code: str) -> str:
    """Return the name of a charge in files: offer, version, code."""
    return f"{version.offer.code}/{version.number}/{code}"


def submit_offer(*, version_id: int, actor: User | None, reason: str = "") -> OfferVersion:
    """Submit a draft for review; from here on it does not change."""
    require(actor, "catalog.draft_offer")
    with transaction.atomic():
        version = _locked(version_id)
        life.submit(version, action=ACTION, payload=_payload(version), actor=actor, reason=reason)
    return version


def approve_offer(*, version_id: int, actor: User | None, comment: str = "") -> OfferVersion:
    """Approve a version that somebody else drafted."""
    require(actor, "catalog.approve_offer")
    with transaction.atomic():
        version = _locked(version_id)
        life.approve(version, action=ACTION, actor=actor, comment=comment)
    return version


def reject_offer(*, version_id: int, actor: User | None, comment: str) -> OfferVersion:
    """Send a version back to its author."""
    require(actor, "catalog.approve_offer")
    with transaction.atomic():
        version = _locked(version_id)
        life.reject(version, action=ACTION, actor=actor, comment=comment)
    return version


def publish_offer(*, version_id: int, actor: User | None) -> OfferVersion:
    """Put an approved version on sale; the version on sale before it ends on that day.

    Raises: CannotPublish when the checklist is not green; WrongState; CannotApprove.
    """
    require(actor, "catalog.publish_offer")
    with transaction.atomic():
        version = _locked(version_id)
        checklist = offer_checklist(version)
        if not checklist.is_green:
            raise life.CannotPublish(checklist)
        starts = version.sale_window.lower
        for before in OfferVersion.objects.select_for_update().filter(
            offer_id=version.offer_id,
            state=VersionState.PUBLISHED,
            sale_window__overlap=version.sale_window,
            sale_window__startswith__lt=starts,
        ):
            before.sale_window = DateRange(before.sale_window.lower, starts, "[)")
            before.updated_by = actor
            before.save()
        life.publish(version, action=ACTION, payload=_payload(version), actor=actor)
        audit.operations.record_event(
            topic="offer.published",
            subject=version,
            payload={"offer": version.offer.code, "version": version.number},
            actor=actor,
        )
    return version


def retire_offer(*, version_id: int, actor: User | None) -> OfferVersion:
    """Take a version off sale; what was sold keeps running."""
    require(actor, "catalog.publish_offer")
    with transaction.atomic():
        version = _locked(version_id)
        life.retire(version, actor=actor)
        audit.operations.record_event(topic="offer.retired", subject=version, actor=actor)
    return version


def _locked(version_id: int) -> OfferVersion:
    return (
        OfferVersion.objects.select_for_update(of=("self",))
        .select_related("offer")
        .get(pk=version_id)
    )


def _payload(version: OfferVersion) -> dict[str, Any]:
    """Return all that decides what publishing the version does."""
    return {
        "offer": version.offer.code,
        "version": version.number,
        "sale_window": [version.sale_window.lower, version.sale_window.upper],
        "currencies": list(version.currencies),
        "terms_months": list(version.terms_months),
        "notice_days": version.notice_days,
        "trial_days": version.trial_days,
        "suspension_policy": version.suspension_policy,
        "end_day": version.end_day,
        "charges": [_columns(charge) for charge in version.charges.order_by("code")],
        "entitlements": [_columns(one) for one in version.entitlements.order_by("code")],
        **_made_of(version),
    }


def _made_of(version: OfferVersion) -> dict[str, Any]:
    """Return what a bundle is made of; nothing of any other offer."""
    parts = version.components.order_by("offer__code").prefetch_related("discounts__discount")
    if not parts and version.ssp_weight is None:
        return {}
    return {
        "ssp_weight": version.ssp_weight,
        "components": [
            _columns(one) | {"discounts": [given.discount.code for given in one.discounts.all()]}
            for one in parts
        ],
    }


_NOT_COPIED: Final = {
    "id", "offer_version", "reference", "created_at", "created_by", "updated_at", "updated_by",
    "version",
}  # fmt: skip


def _columns(part: BundleComponent | Charge | EntitlementSpec) -> dict[str, Any]:
    return {
        field.attname: getattr(part, field.attname)
        for field in part._meta.concrete_fields
        if field.name not in _NOT_COPIED
    }


def _copy_charges(
    source: OfferVersion, version: OfferVersion, starts: date, actor: User | None
) -> None:
    for charge in source.charges.order_by("sequence", "code"):
        copied = Charge.objects.create(
            offer_version=version,
            reference=reference(version, charge.code),
            created_by=actor,
            **_columns(charge),
        )
        prices: Sequence[PriceVersion] = list(
            PriceVersion.objects.filter(
                charge=charge, state=VersionState.PUBLISHED, valid__contains=starts
            ).prefetch_related("tiers")
        )
        for price in prices:
            copy_price(price, charge=copied, starts=starts, actor=actor)
