"""Build what a scenario's `setup` describes: offers on sale, accounts, their cycles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, JSONField, Model

import customers.operations
import invoicing.operations
from billing_site.demo import shelf
from billing_site.demo.plans import ChargePlan, ComponentPlan, IncludedPlan, OfferPlan, Price, Tier
from billing_site.scenarios import words
from billing_site.scenarios.stage import Scene, Shelf, Stage
from catalog.models import Charge, EntitlementSpec, OfferVersion
from customers.choices import AccountRole, CustomerKind
from customers.operations import AddressInput
from foundation.errors import Invalid

ON_SALE = date(2026, 1, 1)
HOME = {"EU": "XA", "US": "CEDAR"}


class BadSetup(Invalid):
    """The setup cannot be built as it is written."""

    rule = "SCENARIO"


def stock(stage: Stage, setup: words.Setup) -> Shelf:
    """Put up the offers of a setup.

    Raises: BadSetup; whatever an operation refuses.
    """
    return Shelf(
        versions={
            code: put_up(stage, code, offer, setup.currency)
            for code, offer in setup.offers.items()
        },
        identifiers={code: offer.identifier for code, offer in setup.offers.items()},
    )


def open_accounts(scene: Scene, setup: words.Setup) -> None:
    """Open the accounts of a setup, parents first.

    Raises: BadSetup; whatever an operation refuses.
    """
    for name, account in setup.accounts.items():
        open_account(scene, name, account, setup)


def put_up(stage: Stage, code: str, offer: words.Offer, currency: str) -> OfferVersion:
    """Publish an offer."""
    return shelf.put_up(_plan(code, offer, currency), stage.cast, starts=ON_SALE)


def put_up_next(
    stage: Stage, before: OfferVersion, offer: words.Offer, currency: str, starts: date
) -> OfferVersion:
    """Publish the next version of an offer; the one before is off sale from its first day on."""
    plan = _plan(before.offer.code, offer, currency)
    return shelf.put_up_version(before.offer, plan, stage.cast, starts=starts)


def _plan(code: str, offer: words.Offer, currency: str) -> OfferPlan:
    charges = tuple(_charge(name, one, currency) for name, one in offer.charges.items())
    included = tuple(
        IncludedPlan(
            name,
            one.name or name.title(),
            one.usage,
            one.quantity,
            columns(EntitlementSpec, one.terms),
        )
        for name, one in offer.includes.items()
    )
    return OfferPlan(
        code,
        offer.name or code.title(),
        charges,
        terms=columns(OfferVersion, offer.terms),
        included=included,
        components=tuple(_component(name, one) for name, one in offer.components.items()),
    )


def _component(offer: str, one: words.Component) -> ComponentPlan:
    terms = {
        "ssp_weight": one.weight,
        "min_quantity": one.least,
        "default_quantity": one.usual,
        "max_quantity": one.most,
    }
    return ComponentPlan(offer, one.treatment, one.percent_off, terms)


def _charge(code: str, charge: words.Charge, currency: str) -> ChargePlan:
    kind = charge.kind or ("USAGE" if charge.usage else "RECURRING")
    product = {"USAGE": "USAGE", "ONE_TIME": "FEE"}.get(kind, "SERVICE")
    return ChargePlan(
        code=code,
        name=charge.name or code.title(),
        product=charge.product or product,
        kind=kind,
        model=charge.model or ("FLAT" if charge.flat and not charge.price else "PER_UNIT"),
        prices={
            amounts.currency or currency: price(amounts) for amounts in (charge, *charge.also)
        },
        timing="ARREARS" if kind == "USAGE" else "ADVANCE",
        usage_type=charge.usage,
        terms=columns(Charge, charge.terms),
    )


def price(amounts: words.Amounts) -> Price:
    """Write a price as the catalogue's plans do."""
    return Price(
        unit=amounts.price,
        flat=amounts.flat,
        percent=amounts.percent,
        included=amounts.included,
        package=amounts.package,
        minimum=amounts.minimum,
        maximum=amounts.maximum,
        tiers=tuple(Tier(one.up_to, one.price, one.flat, one.cell) for one in amounts.tiers),
    )


def columns(model: type[Model], terms: Mapping[str, str]) -> dict[str, Any]:
    """Read columns of a model from text, by their own names.

    Raises: BadSetup.
    """
    found: dict[str, Any] = {}
    for name, text in terms.items():
        try:
            field = model._meta.get_field(name)
            if isinstance(field, ArrayField | JSONField):
                value = [one.strip() for one in text.split(",") if one.strip()]
                named = getattr(field, "default", None) is dict
                found[name] = (
                    dict(one.split("=") for one in value) if named else field.clean(value, None)
                )
            elif isinstance(field, BooleanField):
                found[name] = field.clean(text.title(), None)
            else:
                found[name] = field.clean(text, None)  # type: ignore[union-attr]
        except FieldDoesNotExist:
            raise BadSetup(f"a {model._meta.verbose_name} has no {name}") from None
        except ValidationError as error:
            raise BadSetup(f"{name}: {' '.join(error.messages)}") from error
    return found


def open_account(scene: Scene, name: str, given: words.Account, setup: words.Setup) -> None:
    """Open an account for a customer of its own, or below a parent for the parent's."""
    parent = scene.account(given.parent) if given.parent else None
    customer = (
        parent.customer
        if parent is not None and not given.vat_id
        else customers.operations.create_customer(
            legal_name=name.title(),
            kind=CustomerKind.PERSON if given.person else CustomerKind.ORG,
            segment=given.segment,
            vat_id=given.vat_id,
            actor=scene.cast.care,
        )
    )
    own = given.pays if given.pays is not None else parent is None
    cycle_code = cycle(given.cycle, given.cycle_months, setup) if own else ""
    scene.accounts[name] = customers.operations.open_account(
        customer=customer,
        name=name.title(),
        number=name.upper(),
        opened_on=given.opened,
        entity=scene.stage.entities[given.entity],
        currency=given.currency,
        time_zone=given.time_zone,
        parent=parent,
        role=AccountRole.PAYER if own else AccountRole.NON_PAYER,
        cycle_code=cycle_code,
        cycle_day=given.cycle,
        cycle_months=given.cycle_months,
        terms_days=given.terms_days,
        billing_address=address(scene, given.place or HOME[given.entity]),
        actor=scene.cast.care,
    )


def cycle(day: int, months: int, setup: words.Setup) -> str:
    """Define the cycle of a day and a number of months, once, and return its code."""
    code = f"C{day:02d}" if months == 1 else f"C{day:02d}M{months}"
    invoicing.operations.define_cycle(
        code=code,
        name=f"Day {day} of every {months} month(s)",
        day=day,
        months=months,
        rebill_periods=setup.rebill_periods,
        corrections=setup.corrections,
        hold_percent=100_000,
        actor=None,
    )
    return code


def address(scene: Scene, place: str) -> AddressInput:
    """Write an address in a place that taxes."""
    jurisdiction = scene.place(place)
    country = jurisdiction
    while country.parent is not None:
        country = country.parent
    return AddressInput(
        line1="1 Main Street",
        town=jurisdiction.name,
        country=country.code,
        jurisdiction=jurisdiction,
    )
