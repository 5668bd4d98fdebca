"""The whole catalogue in memory, as a bill run reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db import connection

from catalog.models import (
    Charge,
    GLCode,
    Offer,
    OfferVersion,
    PriceBook,
    PriceVersion,
    Product,
    RevenueRule,
    UnitOfMeasure,
    UsageType,
)
from catalog.queries.terms import ChargeTerms, charge_terms, price_candidate
from catalog.rules.pricing import PriceTerms, choose_cell
from catalog.rules.selection import ANY, Candidate, choose
from tax.models import TaxCategory

__all__ = ["ChargeTerms", "CompiledCatalog", "compiled", "current_stamp"]

IN_FORCE: Final = ("PUBLISHED", "RETIRED")
"""Retired prices still price the days that they were valid for."""

_NO_ATTRIBUTES: Final[dict[str, str]] = {}


@dataclass(slots=True)
class CompiledCatalog:
    """Charges by id and prices by (charge, book, currency), without a query behind them."""

    stamp: str
    charges: dict[int, ChargeTerms]
    parents: dict[int, int | None]
    prices: dict[tuple[int, int | None, str], tuple[Candidate, ...]]
    terms: dict[int, PriceTerms]
    _found: dict[tuple[object, ...], PriceTerms | None] = field(default_factory=dict)
    _cells: dict[tuple[int, str], PriceTerms] = field(default_factory=dict)

    def price_for(
        self,
        charge_id: int,
        *,
        book_id: int | None,
        currency: str,
        on_date: date,
        segment: str = ANY,
        region: str = ANY,
        channel: str = ANY,
        attributes: Mapping[str, str] = _NO_ATTRIBUTES,
    ) -> PriceTerms | None:
        """Return the listed price of a charge on a day, or None (PRC-1, PRC-2, PRC-3).

        Books are asked from the given one up its parents, the default prices last; answers are
        remembered. `on_date` is the period's start or the event's local date.

        Raises: catalog.rules.selection.AmbiguousPrice.
        """
        key: tuple[object, ...] = (charge_id, book_id, currency, on_date)
        if segment != ANY or region != ANY or channel != ANY or attributes:
            key += (segment, region, channel, *sorted(attributes.items()))
        try:
            return self._found[key]
        except KeyError:
            pass
        answer = None
        for book in self.chain(book_id):
            chosen = choose(
                self.prices.get((charge_id, book, currency), ()),
                segment=segment,
                region=region,
                channel=channel,
                attributes=attributes,
                on_date=on_date,
            )
            if chosen is not None:
                answer = self._cell(chosen.terms, attributes)
                break
        self._found[key] = answer
        return answer

    def _cell(self, terms: PriceTerms, attributes: Mapping[str, str]) -> PriceTerms | None:
        """Return the cell of a matrix, the same object for the same cell."""
        chosen = choose_cell(terms, attributes)
        if chosen is None or chosen is terms:
            return chosen
        return self._cells.setdefault((chosen.price_version_id, chosen.cell), chosen)

    def chain(self, book_id: int | None) -> Iterable[int | None]:
        """Yield the book, its parents and the default prices (None), each once."""
        seen: set[int] = set()
        while book_id is not None and book_id not in seen:
            seen.add(book_id)
            yield book_id
            book_id = self.parents.get(book_id)
        yield None

    def is_in_order(self, charge_id: int) -> bool:
        """Say whether a price of the charge counts transactions in their order (UNIT-9)."""
        return any(
            one.terms.counts_transactions
            for (charge, _, _), candidates in self.prices.items()
            if charge == charge_id
            for one in candidates
        )

    def price_changes(self, charge_id: int, currency: str) -> list[date]:
        """Return the days on which a listed price of the charge begins or ends, in order."""
        days: set[date] = set()
        for (charge, _, money), candidates in self.prices.items():
            if charge == charge_id and money == currency:
                for one in candidates:
                    days.add(one.starts)
                    if one.ends is not None:
                        days.add(one.ends)
        return sorted(days)


_kept: dict[tuple[str, ...], CompiledCatalog] = {}


def compiled(*, currencies: Iterable[str] | None = None) -> CompiledCatalog:
    """Return the catalogue in force, kept in the process until a row of it changes.

    Call it once per run or chunk: it reads one stamp, and the catalogue when the stamp moved.
    `currencies` limits the prices; None takes all.
    """
    wanted = () if currencies is None else tuple(sorted(set(currencies)))
    stamp = current_stamp()
    held = _kept.get(wanted)
    if held is None or held.stamp != stamp:
        held = _kept[wanted] = _read(stamp, wanted)
    return held


def current_stamp() -> str:
    """Return a text that differs after any change of the catalogue (one small statement)."""
    tables = [
        model._meta.db_table
        for model in (
            *(Offer, OfferVersion, Charge, PriceBook, PriceVersion, Product, GLCode),
            *(RevenueRule, UsageType, UnitOfMeasure, TaxCategory),
        )
    ]
    parts = [
        # A rollback can bring an old count back, so the newest change counts too.
        f"(SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM {table})"
        for table in tables
    ]
    parts.append("(SELECT oid::text FROM pg_database WHERE datname = current_database())")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws('|', {', '.join(parts)})")
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def _read(stamp: str, currencies: tuple[str, ...]) -> CompiledCatalog:
    charges = {
        charge.pk: charge_terms(charge)
        for charge in Charge.objects.select_related(
            "offer_version__offer",
            "product__tax_category",
            "product__gl_code",
            "product__revenue_rule",
            "usage_type__unit",
            "price_unit",
        )
    }
    versions = PriceVersion.objects.filter(state__in=IN_FORCE).prefetch_related("tiers")
    if currencies:
        versions = versions.filter(currency__in=currencies)
    prices: dict[tuple[int, int | None, str], list[Candidate]] = {}
    for version in versions:
        key = (version.charge_id, version.pricebook_id, version.currency)
        candidate = price_candidate(version, charges[version.charge_id])
        prices.setdefault(key, []).append(candidate)
    return CompiledCatalog(
        stamp=stamp,
        charges=charges,
        parents=dict(PriceBook.objects.values_list("id", "parent_id")),
        prices={key: tuple(found) for key, found in prices.items()},
        terms={one.terms.price_version_id: one.terms for all_ in prices.values() for one in all_},
    )
