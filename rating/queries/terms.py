"""What the catalogue says about usage: types with their units, usage charges with their terms."""

from collections import defaultdict
from decimal import Decimal

from catalog.choices import ChargeKind, Dimension, TimeAttribute, UsageRounding
from catalog.models import Charge, UnitOfMeasure, UsageType
from catalog.queries import band_plans, zone_maps
from rating.rules.guiding import ChargeTerms
from rating.rules.rows import UsageTypeTerms


def usage_types() -> dict[str, UsageTypeTerms]:
    """Return the active usage types by code."""
    units: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for unit in UnitOfMeasure.objects.all():
        units[unit.dimension].append((unit.code, unit.to_base))
    relevant = _relevant_names()
    return {
        kind.code: UsageTypeTerms(
            code=kind.code,
            base_unit=kind.unit.code,
            units={
                code: (factor, kind.unit.to_base) for code, factor in units[kind.unit.dimension]
            },
            at_end=kind.time_attribute == TimeAttribute.END,
            allows_negative=kind.allows_corrections,
            relevant=tuple(sorted(relevant[kind.pk])),
            values={
                name: frozenset(map(str, values))
                for name, values in kind.attribute_schema.items()
                if isinstance(values, list) and values
            },
            dedupe=tuple(kind.dedupe_fields),
        )
        for kind in UsageType.objects.filter(is_active=True).select_related("unit")
    }


def usage_charges() -> dict[int, ChargeTerms]:
    """Return what each usage charge asks of an event, by charge id."""
    charges = list(Charge.objects.filter(kind=ChargeKind.USAGE).select_related("usage_type__unit"))
    maps = zone_maps({one.zone_map_id for one in charges if one.zone_map_id})
    plans = band_plans({one.band_plan_id for one in charges if one.band_plan_id})
    return {
        charge.pk: ChargeTerms(
            charge_id=charge.pk,
            usage_type=charge.usage_type.code if charge.usage_type else "",
            filter=tuple(sorted(charge.usage_filter.items())),
            price_names=tuple(sorted(charge.price_attributes)),
            by_event=charge.usage_rounding == UsageRounding.EVENT,
            decimals=charge.event_decimals,
            mode=charge.event_mode,
            first=charge.first_increment,
            following=charge.next_increment,
            increment_mode=charge.increment_mode,
            zones=maps.get(charge.zone_map_id or 0),
            bands=plans.get(charge.band_plan_id or 0),
            unit_seconds=_seconds(charge),
        )
        for charge in charges
    }


def _seconds(charge: Charge) -> Decimal | None:
    """Return the seconds of a unit of usage; None where it does not measure time."""
    unit = charge.usage_type.unit if charge.usage_type else None
    return unit.to_base if unit is not None and unit.dimension == Dimension.TIME else None


def _relevant_names() -> dict[int, set[str]]:
    """Return the attributes that filters and prices of each usage type read."""
    names: dict[int, set[str]] = defaultdict(set)
    for charge in Charge.objects.filter(kind=ChargeKind.USAGE):
        if charge.usage_type_id is not None:
            names[charge.usage_type_id].update(charge.usage_filter, charge.price_attributes)
    return names
