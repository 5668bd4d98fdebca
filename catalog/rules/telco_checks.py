"""When zones, time bands and rate slots of a charge can be priced (RATE step 6, UNIT-5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from catalog.rules.selection import attribute_pairs
from catalog.rules.terms import SLOTTED, PriceTerms
from catalog.rules.timebands import Band, gaps

ZONE, BAND = "zone", "band"
MOST_GAPS = 3


@dataclass(frozen=True, slots=True)
class EventCharge:
    """What of a charge decides how one event is rated; None where it has no map or no plan."""

    code: str
    model: str
    rounding: str
    price_attributes: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    zones: Collection[str] | None = None
    bands: Sequence[Band] | None = None
    silent_maps: Sequence[str] = ()
    """Maps of its chain, by code, that lead nowhere."""


def event_problems(charge: EventCharge) -> Iterator[str]:
    """Say what keeps the events of a charge from being rated, and what to do about it."""
    if charge.model in SLOTTED and charge.rounding != "EVENT":
        yield "rate slots count within one event; choose rounding of each event."
    if charge.zones is not None:
        yield from _found(charge, ZONE, "zone map")
        if not charge.zones:
            yield "its zone map has no prefix and no fallback; import the prefixes first."
        elif charge.silent_maps:
            named = ", ".join(charge.silent_maps)
            yield f"zone map {named} of its chain has no prefix and no zone; import them first."
    if charge.bands is None:
        return
    yield from _found(charge, BAND, "band plan")
    if charge.rounding != "EVENT":
        yield "time bands price each event; choose rounding of each event."
    missing = gaps(charge.bands)
    if missing:
        more = f" and {len(missing) - MOST_GAPS} more" if len(missing) > MOST_GAPS else ""
        yield (
            f"its time bands leave out {', '.join(missing[:MOST_GAPS])}{more}; add a band of "
            "little weight for the whole week."
        )


def _found(charge: EventCharge, name: str, what: str) -> Iterator[str]:
    if name not in charge.price_attributes:
        yield f"it has a {what}, but is not priced by {name}; add it to the price attributes."
    if name in charge.filtered:
        yield f"the {name} is found after the charge is; filter by an attribute that is sent."


def unknown_values(
    charge: EventCharge, terms: PriceTerms, attributes: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """Say which zones and bands a price asks for that no event can have."""
    pairs = set(attributes)
    for tier in terms.tiers:
        pairs.update(attribute_pairs(tier.cell or "*"))
    bands = None if charge.bands is None else {one.code for one in charge.bands}
    for name, known in ((ZONE, charge.zones), (BAND, bands)):
        if known is None:
            continue
        for wanted in sorted({value for key, value in pairs if key == name} - set(known)):
            yield (
                f"No event has the {name} {wanted}; known are {', '.join(sorted(known)[:8])}. "
                f"Correct the price, or add the {name} first."
            )


def left_out(
    charge: EventCharge, priced: Collection[tuple[tuple[str, str], ...]]
) -> Iterator[str]:
    """Say which zones and bands have no price, given the attributes of the prices and cells.

    A price that asks for nothing serves all; so does one that asks for less.
    """
    wanted: list[tuple[tuple[str, str], ...]] = [()]
    for name, values in ((ZONE, charge.zones), (BAND, [b.code for b in charge.bands or ()])):
        if values:
            wanted = [(*pairs, (name, value)) for pairs in wanted for value in sorted(set(values))]
    found = {ZONE, BAND}
    asked = [{p for p in pairs if p[0] in found} for pairs in priced]
    missing = [pairs for pairs in wanted if pairs and not any(one <= set(pairs) for one in asked)]
    if missing and wanted != [()]:
        named = "; ".join(", ".join(f"{k}={v}" for k, v in pairs) for pairs in missing[:MOST_GAPS])
        more = f" and {len(missing) - MOST_GAPS} more" if len(missing) > MOST_GAPS else ""
        yield f"no price fits {named}{more}; add one, or a price for all others."
