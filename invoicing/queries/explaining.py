"""Why a line costs what it costs: price, tiers, factor, rounding, taxes, what lies behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import customers.queries
import rating.queries
from catalog.models import PriceVersion
from customers.models import ChargeSegment, OrderItem, SubscriptionCharge
from foundation.money import quantize
from invoicing.choices import SOURCE
from invoicing.models import ChargeItem, InvoiceLine, TaxLine
from invoicing.rules.content import grouped
from ledger.models import JournalEntry
from rating.models import Usage

MOST_EVENTS = 200
METRICS = {
    "MAX": "the greatest value (UNIT-4)",
    "LAST": "the last value (UNIT-9)",
    "UNIQUE": "the distinct ones (UNIT-4)",
    "UNIQUE_DAYS": "the distinct ones by the days they were active (UNIT-6)",
    "AVERAGE": "the mean",
    "TIME_WEIGHTED": "the mean over time (UNIT-4)",
    "P95": "the 95th percentile, nearest rank (UNIT-3)",
    "BUCKET_MAX": "the greatest of each hour or day, added up (UNIT-9),",
}


@dataclass(frozen=True, slots=True)
class TierStep:
    """How much of the quantity met which tier, and what it cost before rounding."""

    tier: int
    quantity: Decimal
    unit_price: Decimal
    flat_amount: Decimal
    amount: Decimal


@dataclass(slots=True)
class Explanation:
    """Everything that made a line; empty where a line has no such thing."""

    line: InvoiceLine
    item: ChargeItem | None = None
    price: PriceVersion | None = None
    tiers: list[TierStep] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    taxes: list[TaxLine] = field(default_factory=list)
    events: list[Usage] = field(default_factory=list)
    more_events: bool = False
    order_item: OrderItem | None = None
    in_bundle: customers.queries.InBundle | None = None
    entry: JournalEntry | None = None


def explain(line_id: int) -> Explanation:
    """Return why a line costs what it costs (D11).

    Reads by key only: the line, its item, price, taxes, at most MOST_EVENTS usage rows, the order
    and the journal entry, whatever the size of the tables.

    Raises: InvoiceLine.DoesNotExist.
    """
    line = InvoiceLine.objects.select_related(
        "invoice__payer", "invoice__entity", "original_line__invoice"
    ).get(pk=line_id)
    found = Explanation(line, taxes=list(line.taxes.all()))
    if line.charge_item_id is not None:
        found.item = ChargeItem.objects.filter(pk=line.charge_item_id).first()
    version = line.price_version_id
    if version is not None:
        found.price = (
            PriceVersion.objects.select_related("charge__offer_version__offer", "pricebook")
            .filter(pk=version)
            .first()
        )
    if found.item is not None:
        _explain_item(found, found.item)
    found.entry = JournalEntry.objects.filter(
        source_type=SOURCE, source_id=line.invoice_id
    ).first()
    return found


def _explain_item(found: Explanation, item: ChargeItem) -> None:
    trace: Mapping[str, Any] = item.trace or {}
    found.tiers = [_tier(row) for row in trace.get("rows", ())]
    found.steps = list(_steps(item, trace, found.line))
    if item.kind == "USAGE":
        _explain_usage(found, item)
    segment = (
        ChargeSegment.objects.filter(
            subscription_charge_id=item.subscription_charge_id,
            valid__contains=item.segment_start,
            order_item__isnull=False,
        )
        .select_related("order_item__order")
        .first()
    )
    found.order_item = segment.order_item if segment is not None else _first_order(item)
    if found.order_item is not None and found.order_item.part_of_id is not None:
        found.in_bundle = _in_bundle(item)


def _in_bundle(item: ChargeItem) -> customers.queries.InBundle | None:
    """Return what the subscription of a charge is in its bundle on the first day of the item."""
    charge = (
        SubscriptionCharge.objects.filter(pk=item.subscription_charge_id)
        .select_related("subscription")
        .first()
    )
    if charge is None:
        return None
    return customers.queries.in_bundle(
        subscription=charge.subscription, on_date=item.segment_start
    )


def _first_order(item: ChargeItem) -> OrderItem | None:
    charge = (
        SubscriptionCharge.objects.filter(pk=item.subscription_charge_id)
        .select_related("item__subscription")
        .first()
    )
    if charge is None:
        return None
    return (
        OrderItem.objects.filter(subscription=charge.item.subscription)
        .select_related("order")
        .order_by("id")
        .first()
    )


def _explain_usage(found: Explanation, item: ChargeItem) -> None:
    rows = rating.queries.events(
        account_ids=[item.account_id],
        start=item.segment_start,
        end=item.segment_end,
        subscription_charge_id=item.subscription_charge_id,
        attribute_key=item.usage_key,
        service_id=item.service_id if "@" in item.price_key else None,
    ).order_by("on_date", "event_start", "id")
    events = list(rows[: MOST_EVENTS + 1])
    found.events, found.more_events = events[:MOST_EVENTS], len(events) > MOST_EVENTS
    if item.subscription_charge_id is None:
        return
    shares = rating.queries.shares_behind(
        subscription_charge_id=item.subscription_charge_id,
        start=item.segment_start,
        end=item.segment_end,
    )
    found.steps[:0] = [
        f"{one.service.number} used {grouped(one.used)} of the pool {one.pool.name} in the month "
        f"from {one.period_start}, to which it brought {grouped(one.contributed)}; "
        f"{grouped(one.covered)} are covered, {grouped(one.used - one.covered)} charged. Who "
        f"bears what is beyond the pool: {one.pool.get_allocation_display().lower()} (POOL-3)"
        for one in shares
    ]


def _shared(trace: Mapping[str, Any], unit: str, currency: str) -> str:
    """Tell what a counter of several subscriptions cost, of which a line bears a part."""
    whose = {"ACCOUNT": "the account", "PAYER": "the payer"}[trace["counter"]]
    return (
        f"its part of {grouped(Decimal(trace['counter_quantity']))}{unit} that "
        f"{trace['counter_members']} subscriptions of {whose} used together, on top of "
        f"{grouped(Decimal(trace['counter_before']))}, which cost {trace['counter_amount']} "
        f"{currency} by their price (TIER-3)"
    )


def _tier(row: Mapping[str, Any]) -> TierStep:
    return TierStep(
        int(row["tier"]),
        Decimal(row["quantity"]),
        Decimal(row["unit_price"]),
        Decimal(row.get("flat_amount", "0")),
        Decimal(row["amount"]),
    )


KINDS = {
    "PERCENT": "{share} % of {of} {ccy}, what the discounts before it had left (DSC-2)",
    "AMOUNT": "{value} {ccy}, of which this charge bears what {of} {ccy} can bear (DSC-3)",
    "FREE_UNITS": "{value} units free, of {of} {ccy} for all of them (DSC-1)",
    "VOLUME_REBATE": "a share of {of} {ccy}, by the step that the period reached (DSC-1)",
    "PRICE_OVERRIDE": "a price of {value} {ccy} a unit instead, of {of} {ccy} before (DSC-1)",
}


def _steps_of_discount(item: ChargeItem, trace: Mapping[str, Any]) -> list[str]:
    """Tell what a discount took off its charge."""
    steps = []
    if trace.get("kind"):
        value = Decimal(trace["value"])
        told = KINDS[trace["kind"]].format(
            value=grouped(value),
            share=grouped(value * 100),
            of=grouped(Decimal(trace["of"])),
            ccy=item.currency,
        )
        steps.append(f"Discount {trace['discount']}: {told}")
    amount = quantize(abs(item.amount.amount), item.currency)
    if item.reverses_id is not None:
        steps.append(f"{amount} {item.currency} of it are taken back with their charge (DSC-6)")
    else:
        steps.append(f"takes {amount} {item.currency} off the line before, rounded once (DSC-3)")
    if item.generation and item.reverses_id is None:
        steps.append("beside what it took off on earlier documents (CHG-3)")
    return steps


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%d %b %Y %H:%M:%S} UTC"


def _steps(item: ChargeItem, trace: Mapping[str, Any], line: InvoiceLine) -> list[str]:
    """Tell the calculation as a person would do it with a pencil."""
    if item.grant_id is not None:
        return _steps_of_discount(item, trace)
    unit = f" {line.uom}" if line.uom else ""
    steps = [f"Quantity {grouped(item.quantity)}{unit}"]
    if trace.get("metric"):
        told = METRICS[trace["metric"]]
        steps.append(f"{told} of {trace['events']:,} events of the period")
    if trace.get("counted_before"):
        before = grouped(Decimal(trace["counted_before"]))
        steps.append(f"counted on from the {before}{unit} that its counter had reached (TIER-3)")
    if trace.get("counter"):
        steps.append(_shared(trace, unit, item.currency))
    if "@" in item.price_key:
        steps.append("with tiers of this service alone (TIER-3)")
    if trace.get("rounding") == "EVENT":
        steps.append("each event is priced and rounded by itself, then summed (UNIT-2)")
    elif trace.get("rows"):
        steps.append(f"priced {trace['model'].lower()} over its tiers, as below (TIER-2)")
    elif item.unit_price is not None:
        steps.append(f"times {grouped(item.unit_price)} {item.currency} a unit")
    if trace.get("cell"):
        steps.append(f"by the cell {trace['cell']} of the matrix (PRC-3)")
    if trace.get("model") == "PER_DAY":
        steps.append(f"times {grouped(item.factor)} days (PER_DAY)")
    elif trace.get("from"):
        steps.append(
            f"times {grouped(item.factor)}, the seconds from {_moment(trace['from'])} to "
            f"{_moment(trace['to'])} by those of the period (PRO-5)"
        )
    elif item.factor != 1:
        days = (item.segment_end - item.segment_start).days
        whole = (item.period_end - item.period_start).days
        steps.append(f"times {grouped(item.factor)}, {days} of {whole} days of the period (PRO-1)")
    if trace.get("bound"):
        word = {"MIN": "raised to the least", "MAX": "lowered to the greatest"}[trace["bound"]]
        steps.append(f"{word} amount of the price (TIER-2)")
    steps.append(
        f"is {grouped(item.amount_exact)}, rounded once to "
        f"{quantize(item.amount.amount, item.currency)} {item.currency} (NUM-1)"
    )
    if item.reverses_id is not None:
        steps.append("it gives back part of what an earlier line billed (CHG-3)")
    elif item.generation:
        steps.append("it bills the difference to what was billed before (CHG-3)")
    return steps
