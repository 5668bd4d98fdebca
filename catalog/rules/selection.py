"""Which price version applies (PRC-1, PRC-3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from catalog.rules.pricing import PriceTerms

ANY = "*"


class AmbiguousPrice(Exception):
    """Two prices of one book fit equally well."""

    rule = "PRC-3"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A published price with what it asks for; '*' asks for nothing."""

    terms: PriceTerms
    starts: date
    ends: date | None
    segment: str = ANY
    region: str = ANY
    channel: str = ANY
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def rank(self) -> tuple[int, bool, bool, bool]:
        """Order by most attributes, then segment, region, channel (PRC-3)."""
        return (
            len(self.attributes),
            self.segment != ANY,
            self.region != ANY,
            self.channel != ANY,
        )

    def fits(
        self,
        *,
        segment: str,
        region: str,
        channel: str,
        attributes: Mapping[str, str],
        on_date: date,
    ) -> bool:
        """Say whether the price is valid on the day for these circumstances (PRC-1)."""
        return (
            self.starts <= on_date
            and (self.ends is None or on_date < self.ends)
            and self.segment in (ANY, segment)
            and self.region in (ANY, region)
            and self.channel in (ANY, channel)
            and all(attributes.get(name) == value for name, value in self.attributes)
        )


def attribute_pairs(key: str) -> tuple[tuple[str, str], ...]:
    """Read a canonical attribute key, `a=1,b=2` or '*'."""
    if key == ANY:
        return ()
    return tuple(
        (name, value) for name, _, value in (part.partition("=") for part in key.split(","))
    )


def attribute_key(attributes: Mapping[str, str]) -> str:
    """Write attributes as a canonical sorted key; none is '*'."""
    return ",".join(f"{name}={attributes[name]}" for name in sorted(attributes)) or ANY


def choose(
    candidates: Iterable[Candidate],
    *,
    segment: str = ANY,
    region: str = ANY,
    channel: str = ANY,
    attributes: Mapping[str, str],
    on_date: date,
) -> Candidate | None:
    """Return the most specific price that fits, or None (PRC-3).

    Raises: AmbiguousPrice when two of equal rank fit.
    """
    best: Candidate | None = None
    equal = False
    for one in candidates:
        if not one.fits(
            segment=segment, region=region, channel=channel, attributes=attributes, on_date=on_date
        ):
            continue
        if best is None or one.rank > best.rank:
            best, equal = one, False
        elif one.rank == best.rank:
            equal = True
    if best is not None and equal:
        message = (
            f"Price {best.terms.price_version_id} and another of equal rank both apply "
            f"on {on_date}."
        )
        raise AmbiguousPrice(message)
    return best
