"""Prices: draft, submit, approve, publish, end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

import audit.operations
from catalog.choices import VersionState
from catalog.models import Charge, PriceBook, PriceTier, PriceVersion
from catalog.operations import life
from catalog.queries.checklist import price_checklist
from catalog.rules.pricing import Tier
from catalog.rules.selection import attribute_key
from catalog.rules.terms import ordered_cells
from foundation.errors import Invalid, Refusal
from foundation.parsing import BadValue, currency_text, plain_text
from foundation.permissions import require

ACTION: Final = "catalog.publish_price"
ZERO: Final = Decimal(0)
KEY: Final = (
    "charge_id", "pricebook_id", "currency", "segment", "region", "channel", "attribute_key"
)  # fmt: skip
VALUES: Final = (
    "unit_price", "flat_amount", "percent", "min_amount", "max_amount", "package_size",
    "free_units", "event_fee", "event_min", "event_max", "free_events", "free_amount",
    "tax_inclusive",
)  # fmt: skip


class RetroactivePrice(Refusal):
    """The price would change days that have been priced already."""

    rule = "PRICE-RETRO"


def draft_price(
    *,
    charge: Charge,
    currency: str,
    starts: date,
    ends: date | None = None,
    pricebook: PriceBook | None = None,
    segment: str = "*",
    region: str = "*",
    channel: str = "*",
    attributes: Mapping[str, str] | None = None,
    tiers: Sequence[Tier] = (),
    supersedes: PriceVersion | None = None,
    batch_id: int | None = None,
    actor: User | None,
    **values: Any,
) -> PriceVersion:
    """Draft a price of a charge, valid from `starts` (inclusive) to `ends` (exclusive).

    `values` are the columns of a price (VALUES); `tiers` are its tiers or cells.
    `supersedes` names a published price that this one corrects: it is taken out of force when
    this one is published, for its past days too.

    Raises: Invalid.
    """
    require(actor, "catalog.draft_price")
    try:
        currency = currency_text(currency)
        segment, region, channel = (plain_text(one, 32) for one in (segment, region, channel))
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule) from bad
    if ends is not None and ends <= starts:
        raise Invalid("the price ends before it begins", rule="PER-1")
    with transaction.atomic():
        price = PriceVersion.objects.create(
            charge=charge,
            pricebook=pricebook,
            currency=currency,
            segment=segment,
            region=region,
            channel=channel,
            attribute_key=attribute_key(attributes or {}),
            valid=DateRange(starts, ends, "[)"),
            supersedes=supersedes,
            batch_id=batch_id,
            created_by=actor,
            updated_by=actor,
            **_known(values),
        )
        _set_tiers(price, tiers)
    return price


def revise_price(
    *,
    price_id: int,
    actor: User | None,
    starts: date | None = None,
    ends: date | None = None,
    tiers: Sequence[Tier] | None = None,
    **values: Any,
) -> PriceVersion:
    """Change a draft: its values, its validity, and all of its tiers at once.

    Raises: NotADraft.
    """
    require(actor, "catalog.draft_price")
    with transaction.atomic():
        price = _locked(price_id)
        life.require_state(price, VersionState.DRAFT)
        for name, value in _known(values).items():
            setattr(price, name, value)
        if starts is not None:
            price.valid = DateRange(starts, ends, "[)")
        price.updated_by = actor
        price.save()
        if tiers is not None:
            price.tiers.all().delete()
            _set_tiers(price, tiers)
    return price


def discard_price(*, price_id: int, actor: User | None) -> None:
    """Delete a draft.

    Raises: NotADraft.
    """
    require(actor, "catalog.draft_price")
    with transaction.atomic():
        price = _locked(price_id)
        life.require_state(price, VersionState.DRAFT)
        price.delete()


def submit_price(*, price_id: int, actor: User | None, reason: str = "") -> PriceVersion:
    """Submit a draft for review; from here on it does not change.

    Raises: CannotPublish when its checklist is not green; NotADraft.
    """
    require(actor, "catalog.draft_price")
    with transaction.atomic():
        price = _locked(price_id)
        _require_green(price)
        life.submit(price, action=ACTION, payload=payload_of(price), actor=actor, reason=reason)
    return price


def approve_price(*, price_id: int, actor: User | None, comment: str = "") -> PriceVersion:
    """Approve a price that somebody else drafted.

    Raises: CannotApprove; WrongState.
    """
    require(actor, "catalog.approve_price")
    with transaction.atomic():
        price = _locked(price_id)
        life.approve(price, action=ACTION, actor=actor, comment=comment)
    return price


def reject_price(*, price_id: int, actor: User | None, comment: str) -> PriceVersion:
    """Send a price back to its author."""
    require(actor, "catalog.approve_price")
    with transaction.atomic():
        price = _locked(price_id)
        life.reject(price, action=ACTION, actor=actor, comment=comment)
    return price


def publish_price(*, price_id: int, on_date: date, actor: User | None) -> PriceVersion:
    """Put an approved price in force; the price of the same key before it ends where it begins.

    Days before `on_date` (today) are not repriced, unless the price was drafted to supersede the
    one in force. Locks the prices of the key.

    Raises: CannotPublish; RetroactivePrice; WrongState; CannotApprove.
    """
    require(actor, "catalog.publish_price")
    with transaction.atomic():
        price = _locked(price_id)
        _require_green(price)
        _make_room(price, on_date, actor)
        life.publish(price, action=ACTION, payload=payload_of(price), actor=actor)
        audit.operations.record_event(
            topic="price.published", subject=price, payload=_facts(price), actor=actor
        )
    return price


def retire_price(*, price_id: int, on_date: date, ends: date, actor: User | None) -> PriceVersion:
    """End a published price on a day that is not past; from there the charge has none.

    Raises: RetroactivePrice; WrongState.
    """
    require(actor, "catalog.publish_price")
    with transaction.atomic():
        price = _locked(price_id)
        life.require_state(price, VersionState.PUBLISHED)
        if ends < on_date:
            raise RetroactivePrice(f"{ends} is past; its days have been priced")
        if not price.valid.lower < ends <= (price.valid.upper or date.max):
            raise Invalid("the end lies outside of the validity of the price", rule="PER-1")
        price.valid = DateRange(price.valid.lower, ends, "[)")
        price.updated_by = actor
        price.save()
        life.retire(price, actor=actor)
        audit.operations.record_event(
            topic="price.retired", subject=price, payload=_facts(price), actor=actor
        )
    return price


def copy_price(
    price: PriceVersion, *, charge: Charge, starts: date, actor: User | None
) -> PriceVersion:
    """Draft a price with the values of another one."""
    return draft_price(
        charge=charge,
        currency=price.currency,
        starts=starts,
        ends=price.valid.upper,
        pricebook=price.pricebook,
        segment=price.segment,
        region=price.region,
        channel=price.channel,
        attributes=attributes_of(price),
        tiers=tiers_of(price),
        actor=actor,
        **{name: getattr(price, name) for name in VALUES},
    )


def attributes_of(price: PriceVersion) -> dict[str, str]:
    """Return the attributes that a price asks for."""
    if price.attribute_key == "*":
        return {}
    pairs = (part.partition("=") for part in price.attribute_key.split(","))
    return {name: value for name, _, value in pairs}


def tiers_of(price: PriceVersion) -> list[Tier]:
    """Return the tiers of a price, in order."""
    return [
        Tier(tier.upper_inclusive, tier.unit_price, tier.flat_amount, tier.cell)
        for tier in sorted(price.tiers.all(), key=lambda tier: tier.seq)
    ]


def payload_of(price: PriceVersion) -> dict[str, Any]:
    """Return all that decides what publishing the price does."""
    return {
        **{name: getattr(price, name) for name in (*KEY, *VALUES)},
        "valid": [price.valid.lower, price.valid.upper],
        "supersedes": price.supersedes_id,
        "tiers": [list(tier) for tier in tiers_of(price)],
    }


def _make_room(price: PriceVersion, on_date: date, actor: User | None) -> None:
    """End or supersede the prices in force that the new one meets."""
    starts = price.valid.lower
    met = PriceVersion.objects.select_for_update().filter(
        *same_key(price),
        state__in=[VersionState.PUBLISHED, VersionState.RETIRED],
        valid__overlap=price.valid,
    )
    for before in met.exclude(pk=price.pk).order_by("pk"):
        if before.pk == price.supersedes_id:
            before.state = VersionState.OBSOLETE
        elif before.valid.lower < starts and before.state == VersionState.PUBLISHED:
            if starts < on_date:
                raise RetroactivePrice(
                    f"{starts} is past and price {before.pk} was in force; draft a price that "
                    "supersedes it, or begin on a day to come"
                )
            before.valid = DateRange(before.valid.lower, starts, "[)")
        else:
            raise life.WrongState(
                f"price {before.pk} is in force from {before.valid.lower}; supersede it or "
                "begin later",
                rule="I-22",
            )
        before.updated_by = actor
        before.save()


def same_key(price: PriceVersion) -> list[Q]:
    """Return the conditions that the prices of one key share; no book is a key too."""
    return [
        Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        for name in KEY
        for value in (getattr(price, name),)
    ]


def _require_green(price: PriceVersion) -> None:
    checklist = price_checklist(price)
    if not checklist.is_green:
        raise life.CannotPublish(checklist)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(VALUES))
    if unknown:
        raise TypeError(f"a price has no {', '.join(unknown)}")
    return dict(values)


def _set_tiers(price: PriceVersion, tiers: Sequence[Tier]) -> None:
    cells = [tier.cell for tier in tiers if tier.cell]
    if len(set(cells)) != len(cells):
        raise Invalid("a cell is named twice", rule="DUPLICATE")
    for number, tier in enumerate(ordered_cells(tiers), 1):
        PriceTier.objects.create(
            price_version=price,
            seq=number,
            upper_inclusive=tier.upper,
            unit_price=tier.unit_price,
            flat_amount=tier.flat_amount,
            cell=tier.cell,
        )


def _locked(price_id: int) -> PriceVersion:
    return (
        PriceVersion.objects.select_for_update(of=("self",))
        .select_related("charge")
        .prefetch_related("tiers")
        .get(pk=price_id)
    )


def _facts(price: PriceVersion) -> dict[str, Any]:
    return {
        "charge": price.charge.reference,
        "currency": price.currency,
        "from": price.valid.lower.isoformat(),
    }
