"""What suspended rows would cost alone: how much money waits (RATE step 9).

A row that its owner's charge takes has the owner's price. Where nobody is known, or no charge or
price of theirs takes it, the lowest list price of a charge for such usage stands in, in the
currency that most accounts have. What cannot be read has no value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count

import catalog.queries
from catalog.queries import CompiledCatalog
from catalog.rules.pricing import CannotPriceQuantity, price
from customers.models import Account
from rating.choices import ValueBasis
from rating.models import SuspenseItem, UsageSource
from rating.queries.guides import Guided, Guides
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges, usage_types
from rating.rules.eventprices import MOST_AMOUNT, EventPrice, counted
from rating.rules.guiding import ChargeTerms, matches
from rating.rules.reasons import Rejected
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED, Layout, Row, RowReader, UsageTypeTerms


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a row would cost alone in `currency`, by which prices, and whose it would be."""

    basis: ValueBasis
    worth: Decimal | None = None
    currency: str = ""
    account_id: int | None = None


NOTHING = Estimate(ValueBasis.NONE)


class Estimator:
    """Estimate rows by sets: the catalogue is read once, owners once for each call."""

    def __init__(self, *, as_of: datetime) -> None:
        self._as_of = as_of
        self._catalog = catalog.queries.compiled()
        self._terms = usage_charges()
        self._types = usage_types()
        self._prices = EventPrices(on_date=as_of.date(), listed=self._catalog)
        self._guides = Guides(charges=self._terms, prices=self._prices)
        self._listed = _Listed(self._catalog, self._terms, _usual_currency())

    def estimates(self, items: Sequence[SuspenseItem]) -> dict[int, Estimate]:
        """Return what each row would cost, by its id; its corrections count."""
        rows = dict(self._read(items))
        with connection.cursor() as cursor:
            self._guides.learn(
                cursor, {(one.identifier_type, one.identifier) for one in rows.values()}
            )
            found = {pk: self._guides.find(row) for pk, row in rows.items()}
            owners = {one.guide.account_id for one in found.values() if isinstance(one, Guided)}
            self._prices.learn(cursor, owners)
        self._guides.forget()
        answers = dict.fromkeys((item.pk for item in items), NOTHING)
        for pk, row in rows.items():
            guided = found[pk]
            own = self._owned(guided) if isinstance(guided, Guided) else None
            answers[pk] = own or self._listed.estimate(row)
        return answers

    def _read(self, items: Sequence[SuspenseItem]) -> Iterator[tuple[int, Row]]:
        by_source: dict[int, list[SuspenseItem]] = defaultdict(list)
        for item in items:
            by_source[item.source_id].append(item)
        for source in UsageSource.objects.filter(pk__in=by_source):
            values = {one.pk: {**one.fields, **one.corrections} for one in by_source[source.pk]}
            reader = _reader(source, values.values(), self._as_of, self._types)
            for pk, row in values.items():
                columns = reader.layout.columns
                try:
                    yield pk, reader.read([str(pk), *(row.get(name, "") for name in columns)])
                except Rejected:
                    continue

    def _owned(self, found: Guided) -> Estimate | None:
        guide = found.guide
        worth = found.amount
        if worth is None:
            known = self._prices.price_on(guide, found.group, date.fromisoformat(found.day))
            try:
                if known is not None:
                    worth = price(known.terms, found.billable, guide.currency).amount_exact
            except CannotPriceQuantity:
                worth = None
        if worth is None or abs(worth) >= MOST_AMOUNT:
            return None
        return Estimate(ValueBasis.OWNER, worth, guide.currency, guide.account_id)


@dataclass(slots=True)
class _Listed:
    """What usage costs by the price list, whoever used it."""

    catalog: CompiledCatalog
    terms: dict[int, ChargeTerms]
    currency: str

    def estimate(self, row: Row) -> Estimate:
        """Return the lowest price that a charge for such usage lists."""
        given = dict(row.route.relevant)
        found = [
            worth
            for one in self.terms.values()
            if one.usage_type == row.usage_type and matches(one.filter, given)
            if (worth := self._worth(one, row, given)) is not None
        ]
        if not found:
            return NOTHING
        return Estimate(ValueBasis.LIST, min(found, key=abs), self.currency)

    def _worth(self, terms: ChargeTerms, row: Row, given: dict[str, str]) -> Decimal | None:
        listed = self.catalog.price_for(
            terms.charge_id,
            book_id=None,
            currency=self.currency,
            on_date=date.fromisoformat(row.start[:10]),
            attributes={name: given[name] for name in terms.price_names if name in given},
        )
        if listed is None:
            return None
        quantity = counted(terms.increments, row.value)
        try:
            if terms.by_event:
                worth = EventPrice(
                    listed, self.currency, terms.decimals, terms.mode, terms.increments
                ).amount(quantity)
            else:
                worth = price(listed, quantity, self.currency).amount_exact
        except CannotPriceQuantity:
            return None
        return worth if abs(worth) < MOST_AMOUNT else None


def _usual_currency() -> str:
    """Return the currency that most accounts have."""
    counted_by = Account.objects.order_by().values("currency").annotate(count=Count("id"))
    most = counted_by.order_by("-count", "currency").first()
    return most["currency"] if most else ""


def _reader(
    source: UsageSource,
    rows: Iterable[dict[str, str]],
    as_of: datetime,
    types: Mapping[str, UsageTypeTerms],
) -> RowReader:
    """Return a reader of rows of any age: one that came too late has a value as well."""
    names = sorted({name for row in rows for name in row if name.startswith(PREFIX)})
    reader = RowReader(
        Layout((*REQUIRED, *OPTIONAL, *names)),
        source=source.code,
        zone=ZoneInfo(source.time_zone),
        types=types,
        received_at=as_of,
    )
    reader.newest = date.max
    return reader
