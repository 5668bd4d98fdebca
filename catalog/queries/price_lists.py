"""Prices as lists: for the matrix, for files, for comparing with files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Prefetch, Q, QuerySet

from catalog.models import Charge, PriceTier, PriceVersion
from catalog.rules.price_diff import Standing
from catalog.rules.price_rows import TOLD_BY, PriceKey, PriceValues
from catalog.rules.pricing import ROWED, Tier

IN_FORCE: Final = ("PUBLISHED", "RETIRED")
WAITING: Final = ("DRAFT", "IN_REVIEW", "APPROVED")


def prices(
    *,
    charges: str = "",
    offer: str = "",
    currency: str = "",
    pricebook: str | None = None,
    segment: str = "",
    state: str = "",
    on_date: date | None = None,
    batch_id: int | None = None,
) -> QuerySet[PriceVersion]:
    """Return prices with charge, offer and tiers, narrowed as asked; "" asks for nothing.

    `pricebook` None asks for all, "" for the default prices.
    """
    found = (
        PriceVersion.objects.select_related(
            "charge__offer_version__offer", "pricebook", "created_by"
        )
        .prefetch_related(Prefetch("tiers", PriceTier.objects.order_by("seq")))
        .order_by("charge__reference", "currency", "pricebook__code", "segment", "region",
                  "channel", "attribute_key", "valid", "id")
    )  # fmt: skip
    wanted: dict[str, Any] = {
        "charge__reference__icontains": charges,
        "charge__offer_version__offer__code": offer,
        "currency": currency,
        "segment": segment,
        "state": state,
        "batch_id": batch_id,
        "valid__contains": on_date,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    if pricebook is not None:
        found = (
            found.filter(pricebook__code=pricebook)
            if pricebook
            else found.filter(pricebook__isnull=True)
        )
    return found


def key_of(price: PriceVersion) -> PriceKey:
    """Return what tells a price apart; its charge and book must be selected."""
    return PriceKey(
        charge=price.charge.reference,
        pricebook=price.pricebook.code if price.pricebook else "",
        currency=price.currency,
        segment=price.segment,
        region=price.region,
        channel=price.channel,
        attributes=price.attribute_key,
    )


def values_of(price: PriceVersion) -> PriceValues:
    """Return what a price says; its tiers must be fetched."""
    return PriceValues(
        unit_price=price.unit_price,
        flat_amount=price.flat_amount,
        percent=price.percent,
        min_amount=price.min_amount,
        max_amount=price.max_amount,
        package_size=price.package_size,
        free_units=price.free_units,
        event_fee=price.event_fee,
        event_min=price.event_min,
        event_max=price.event_max,
        free_events=price.free_events,
        free_amount=price.free_amount,
        tax_inclusive=price.tax_inclusive,
        tiers=tuple(
            Tier(tier.upper_inclusive, tier.unit_price, tier.flat_amount, tier.cell)
            for tier in sorted(price.tiers.all(), key=lambda tier: tier.seq)
        ),
    )


def met_by(price: PriceVersion) -> QuerySet[PriceVersion]:
    """Return the prices in force of the same key whose days the price would take."""
    book = Q(pricebook=price.pricebook_id) if price.pricebook_id else Q(pricebook__isnull=True)
    return (
        prices()
        .filter(
            book,
            charge_id=price.charge_id,
            currency=price.currency,
            segment=price.segment,
            region=price.region,
            channel=price.channel,
            attribute_key=price.attribute_key,
            state__in=IN_FORCE,
            valid__overlap=price.valid,
        )
        .exclude(pk=price.pk)
    )


def standing_prices(charge_ids: Iterable[int]) -> dict[PriceKey, list[Standing]]:
    """Return the prices of the charges, in force and waiting, by key."""
    found: dict[PriceKey, list[Standing]] = {}
    rows = prices().filter(charge_id__in=list(charge_ids), state__in=(*IN_FORCE, *WAITING))
    for price in rows:
        key = key_of(price)
        found.setdefault(key, []).append(
            Standing(
                price.pk,
                key,
                price.valid.lower,
                price.valid.upper,
                values_of(price),
                price.state in IN_FORCE,
            )
        )
    return found


def charges_by_reference(references: Iterable[str]) -> Mapping[str, Charge]:
    """Return charges with all that their terms need, by reference."""
    found = Charge.objects.filter(reference__in=list(references)).select_related(
        "offer_version__offer",
        "product__tax_category",
        "product__gl_code",
        "product__revenue_rule",
        "usage_type__unit",
        "price_unit",
    )
    return {charge.reference: charge for charge in found}


def file_rows(found: QuerySet[PriceVersion]) -> Iterator[list[Any]]:
    """Return the rows of a price file, one per tier, as `price_rows.HEADINGS` orders them."""
    for price in found:
        key, values, model = key_of(price), values_of(price), price.charge.price_model
        head = [
            *(key.charge, key.pricebook, key.currency),
            *(_shown(word) for word in key[3:6]),
            "" if key.attributes == "*" else key.attributes.replace(",", ";"),
            price.valid.lower,
            price.valid.upper or "",
            model,
        ]
        told = TOLD_BY.get(model, "unit_price")
        tail = [
            number(values.percent) or _zero("percent", told),
            number(values.min_amount),
            number(values.max_amount),
            number(values.package_size) if values.package_size != 1 else "",
            number(values.free_units),
            number(values.free_amount),
            values.free_events or "",
            number(values.event_fee),
            number(values.event_min),
            number(values.event_max),
            "true" if values.tax_inclusive else "",
        ]
        if model in ROWED:
            for seq, tier in enumerate(values.tiers, 1):
                upper = "" if tier.upper is None else number(tier.upper)
                place = [seq, upper, tier.cell.replace(",", ";")]
                yield [*head, *place, *_told(told, tier.unit_price, tier.flat_amount), *tail]
        else:
            cost = _told(told, values.unit_price, values.flat_amount)
            yield [*head, "", "", "", *cost, *tail]


def _told(told: str, unit_price: Decimal, flat_amount: Decimal) -> list[Decimal | str]:
    return [
        number(unit_price) or _zero("unit_price", told),
        number(flat_amount) or _zero("flat", told),
    ]


def _zero(column: str, told: str) -> Decimal | str:
    """Return the zero that a file must say: a price that is left out is refused."""
    return Decimal(0) if column == told else ""


def number(value: Decimal | None) -> Decimal | str:
    """Return a number for a file: short, "" for nothing, text where a cell would round it."""
    if not value:
        return ""
    text = f"{value:f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    digits = short.replace(".", "").lstrip("0")
    return Decimal(short) if len(digits) <= 15 else short


def _shown(word: str) -> str:
    return "" if word == "*" else word


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One charge of the price matrix with its prices by column."""

    charge: Charge
    cells: Mapping[str, list[PriceVersion]]


def matrix(found: Iterable[PriceVersion]) -> tuple[list[str], list[MatrixLine]]:
    """Arrange prices as charges by (currency, book, segment); the columns are in order."""
    columns: set[str] = set()
    by_charge: dict[int, tuple[Charge, dict[str, list[PriceVersion]]]] = {}
    for price in found:
        column = column_of(price)
        columns.add(column)
        _, cells = by_charge.setdefault(price.charge_id, (price.charge, {}))
        cells.setdefault(column, []).append(price)
    lines = [MatrixLine(charge, cells) for charge, cells in by_charge.values()]
    lines.sort(key=lambda line: (line.charge.offer_version_id, line.charge.sequence))
    return sorted(columns), lines


def column_of(price: PriceVersion) -> str:
    """Name the column of a price: currency, then book and segment where they narrow."""
    book = price.pricebook.code if price.pricebook else ""
    narrowed = [book, *(w for w in (price.segment, price.region, price.channel) if w != "*")]
    return " · ".join([price.currency, *(word for word in narrowed if word)])
