"""What stands between a version and its publication: the checklist, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from catalog.models import Charge, OfferVersion, PriceVersion
from catalog.queries.bundles import bundle_facts, components_of
from catalog.queries.telco import band_plans, zone_names
from catalog.queries.terms import charge_terms, price_candidate
from catalog.rules.bundles import bundle_problems
from catalog.rules.checklist import Problem, charge_problems, price_problems
from catalog.rules.selection import attribute_pairs
from catalog.rules.telco_checks import EventCharge, event_problems, left_out, unknown_values
from catalog.rules.thresholds import unlimited

IN_FORCE: Final = ("PUBLISHED", "RETIRED")


@dataclass(frozen=True, slots=True)
class Checklist:
    """All that is wrong with a version; green when nothing is."""

    problems: tuple[Problem, ...]

    @property
    def is_green(self) -> bool:
        """Say whether the version may be published."""
        return not self.problems


def price_checklist(price: PriceVersion) -> Checklist:
    """Check one price: its charge, its model's values, its tiers, and its rivals (PRC-3)."""
    charge = full_charge(price.charge_id)
    terms = charge_terms(charge)
    candidate = price_candidate(price, terms)
    problems = [*charge_problems(terms), *price_problems(terms, candidate)]
    event = event_charge(charge)
    problems += _told(charge, event_problems(event))
    for why in unknown_values(event, candidate.terms, candidate.attributes):
        problems.append(Problem("PRC-3", "attributes", why))
    problems += _rivals(price)
    return Checklist(tuple(problems))


def offer_checklist(version: OfferVersion) -> Checklist:
    """Check an offer version: charges that can be taxed, posted, recognised and priced.

    Every charge needs a published price in every currency on its first day of sale (PRC-1).
    """
    charges = list(
        Charge.objects.filter(offer_version=version).select_related(
            "offer_version__offer",
            "product__tax_category",
            "product__gl_code",
            "product__revenue_rule",
            "usage_type__unit",
            "price_unit",
        )
    )
    problems: list[Problem] = []
    made_of = components_of(version)
    if not charges and not made_of:
        problems.append(Problem("PUBLISH", "", "The offer version has no charge."))
    for charge in charges:
        problems += charge_problems(charge_terms(charge))
        problems += _told(charge, event_problems(event_charge(charge)))
    problems += _included(version, charges)
    if made_of:
        problems += bundle_problems(bundle_facts(version, made_of, _currencies(version)))
    problems += _missing_prices(version, charges)
    return Checklist(tuple(problems))


def _currencies(version: OfferVersion) -> list[str]:
    """Return the currencies that a version promises, else those of its prices."""
    priced = PriceVersion.objects.filter(charge__offer_version=version, state__in=IN_FORCE)
    return sorted(version.currencies or set(priced.values_list("currency", flat=True)))


def _included(version: OfferVersion, charges: Sequence[Charge]) -> Iterator[Problem]:
    """Say which charge does not price the sum of its usage, though a part of it is included."""
    included = {one.usage_type_id: one.code for one in version.entitlements.all()}
    for charge in charges:
        code = included.get(charge.usage_type_id or 0)
        if code is None:
            continue
        metric = charge_terms(charge).metric
        counts = metric is not None and metric.rule != "SUM"
        if counts or charge.price_model in ("PERCENT", "DYNAMIC"):
            message = (
                f"{charge.code} does not price a plain sum of usage, of which {code} could cover "
                "a part; include another kind of usage."
            )
            yield Problem("ENT-3", charge.code, message)
    charged = {charge.usage_type_id for charge in charges}
    for spec in version.entitlements.all():
        if spec.ends_trial and spec.usage_type_id not in charged:
            message = f"{spec.code} caps a trial by usage that no charge of the offer prices."
            yield Problem("CHG-10", spec.code, message)


def event_charge(charge: Charge) -> EventCharge:
    """Return what of a charge decides how one event is rated, zones and bands looked up."""
    plan = charge.band_plan_id
    zones = zone_names(charge.zone_map_id) if charge.zone_map_id else None
    return EventCharge(
        code=charge.code,
        model=charge.price_model,
        rounding=charge.usage_rounding,
        price_attributes=tuple(charge.price_attributes),
        filtered=tuple(charge.usage_filter),
        zones=None if zones is None else set().union(*zones.values()),
        silent_maps=tuple(code for code, names in (zones or {}).items() if not names),
        bands=band_plans([plan])[plan].bands if plan else None,
    )


def _told(charge: Charge, found: Iterable[str]) -> Iterator[Problem]:
    for why in found:
        yield Problem("UNIT-5", charge.code, f"{charge.code}: {why}")


def full_charge(charge_id: int) -> Charge:
    """Return a charge with all that its terms need, in one query."""
    return Charge.objects.select_related(
        "offer_version__offer",
        "product__tax_category",
        "product__gl_code",
        "product__revenue_rule",
        "usage_type__unit",
        "price_unit",
    ).get(pk=charge_id)


def _missing_prices(version: OfferVersion, charges: Iterable[Charge]) -> Iterator[Problem]:
    first_day = version.sale_window.lower
    priced: dict[int, set[str]] = {}
    found = PriceVersion.objects.filter(
        charge__offer_version=version,
        state__in=IN_FORCE,
        pricebook__isnull=True,
        segment="*",
        region="*",
        channel="*",
        valid__contains=first_day,
    ).prefetch_related("tiers")
    asked: dict[tuple[int, str], list[tuple[tuple[str, str], ...]]] = {}
    for one in found:
        priced.setdefault(one.charge_id, set()).add(one.currency)
        own = attribute_pairs(one.attribute_key)
        cells = [attribute_pairs(tier.cell) for tier in one.tiers.all() if tier.cell]
        asked.setdefault((one.charge_id, one.currency), []).extend(
            (*own, *cell) for cell in cells or [()]
        )
    wanted = set(version.currencies) or set().union(*priced.values())
    on = f"{first_day.day} {first_day:%b %Y}"
    for charge in charges:
        if charge.timing == "THRESHOLD":
            for currency in unlimited(charge.thresholds.items(), wanted):
                message = f"{charge.code} has no limit in {currency}; add one to its thresholds."
                yield Problem("UNIT-8", charge.code, message)
        if not wanted:
            message = f"{charge.code} has no published price on {on}."
            yield Problem("PRC-1", charge.code, message)
        for currency in sorted(wanted - priced.get(charge.pk, set())):
            message = f"{charge.code} has no published price in {currency} on {on}."
            yield Problem("PRC-1", charge.code, message)
        for currency in sorted(wanted & priced.get(charge.pk, set())):
            for why in left_out(event_charge(charge), asked[charge.pk, currency]):
                message = f"{charge.code}: in {currency} on {on} {why}"
                yield Problem("PRC-1", charge.code, message)


def _rivals(price: PriceVersion) -> Iterator[Problem]:
    """Find prices in force that would fit as well as this one, so that neither wins (PRC-3)."""
    in_book = Q(pricebook=price.pricebook_id) if price.pricebook_id else Q(pricebook__isnull=True)
    others = PriceVersion.objects.filter(
        in_book,
        charge_id=price.charge_id,
        currency=price.currency,
        state__in=IN_FORCE,
        valid__overlap=price.valid,
    ).exclude(pk=price.pk)
    mine = _asks(price)
    for other in others:
        theirs = _asks(other)
        if theirs == mine:
            continue  # the same key: publication ends the earlier one, or is refused
        both = mine.keys() & theirs.keys()
        can_meet = all(mine[name] == theirs[name] for name in both)
        if can_meet and _rank(mine) == _rank(theirs):
            yield Problem(
                "PRC-3",
                "attributes",
                f"Price {other.pk} asks for as much and fits the same sales; neither would win.",
            )


def _asks(price: PriceVersion) -> dict[str, str]:
    asks = {
        f".{name}": value
        for name in ("segment", "region", "channel")
        if (value := getattr(price, name)) != "*"
    }
    if price.attribute_key != "*":
        for part in price.attribute_key.split(","):
            name, _, value = part.partition("=")
            asks[name] = value
    return asks


def _rank(asks: dict[str, str]) -> tuple[int, bool, bool, bool]:
    attributes = sum(1 for name in asks if not name.startswith("."))
    return attributes, ".segment" in asks, ".region" in asks, ".channel" in asks
