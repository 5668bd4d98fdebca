"""What the discounts of a payer take off what its charges owe, as the state to reach (DSC-1 to 6).

A discount of a piece of a period is a target of its own, beside the target of the charge: what of
it was not billed yet is billed as a negative item, what of it is no longer owed is given back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from json import dumps
from typing import Final, NamedTuple

from catalog.rules.discounts import INVOICE, Base, Discount, reliefs
from foundation.money import quantize
from foundation.periods import Period
from invoicing.rules.calendar import Calendar
from invoicing.rules.charging import ChargePlan, Life
from invoicing.rules.difference import ONE, ZERO, Billed, Change, Target, changes

OFF_CHARGE: Final = "~"
OFF_DOCUMENT: Final = "!"
ABOVE_CAP: Final = "^"
MARKS: Final = (OFF_CHARGE, OFF_DOCUMENT, ABOVE_CAP)
"""What follows in the price key of an item after the key of its base: a discount of the charge,
the part of an amount off the whole document, or what goes beyond an agreed cap (COM-4)."""
ORDER: Final = {"RECURRING": 0, "ONE_TIME": 1, "USAGE": 2}
Span = tuple[date, date]


class Grant(NamedTuple):
    """A discount that was given, and the charges of subscriptions it holds for.

    `subscriptions` tells the subscription of each charge; `spans` the days on which the charge was
    on, where the discount lasts a number of periods.
    """

    terms: Discount
    code: str
    text: str
    starts: date
    ends: date
    periods: int | None
    counts_stub: bool
    carries_forward: bool
    subscriptions: Mapping[int, int]
    spans: Mapping[int, Sequence[Span]]


class Owed(NamedTuple):
    """What a full period of a charge owes."""

    life: Life
    plan: ChargePlan
    period: Period
    targets: list[Target]


class Relief(NamedTuple):
    """What makes an item a discount: the item or change it reduces, and the grant."""

    grant_id: int
    base: Billed | Change


def relief_targets(
    owed: Sequence[Owed], grants: Sequence[Grant], calendar: Calendar, currency: str
) -> list[list[Target]]:
    """Return for each full period what the discounts take off it, as positive amounts (DSC-3)."""
    found: list[list[Target]] = [[] for _ in owed]
    by_id = {one.terms.grant_id: one for one in grants if one.terms.level != INVOICE}
    rows: list[tuple[int, Target]] = []
    bases: list[Base] = []
    for number in sorted(range(len(owed)), key=lambda at: _line_order(owed[at])):
        life, plan, period, targets = owed[number]
        held = [one for one in by_id.values() if holds(one, owed[number], calendar)]
        if not held:
            continue
        grants_of = frozenset(one.terms.grant_id for one in held)
        subscription = held[0].subscriptions[life.id]
        days = (period.start, period.end)
        pots = ((life.id, *days), (subscription, *days), days)
        for target in targets:
            rows.append((number, target))
            bases.append(
                Base(
                    target.amount,
                    target.quantity,
                    target.factor,
                    pots,
                    grants_of,
                    plan.kind == "USAGE",
                )
            )
    for one in reliefs(bases, [grant.terms for grant in by_id.values()], currency):
        number, base = rows[one.base]
        grant = by_id[one.grant_id]
        found[number].append(
            off_target(base, f"{OFF_CHARGE}{one.grant_id}", one.amount, _trace(grant, one.entry))
        )
    return found


def holds(grant: Grant, owed: Owed, calendar: Calendar) -> bool:
    """Tell whether a discount is taken off a full period of a charge (DSC-5).

    Its first charged day lies in the days of the discount, and no more periods of the charge than
    the discount lasts were charged before it.
    """
    life, plan, period, targets = owed
    if life.id not in grant.subscriptions or not targets:
        return False
    first = min(one.start for one in targets)
    if not grant.starts <= first < grant.ends:
        return False
    return grant.periods is None or (
        counted_periods(grant, life, plan, period, calendar) <= grant.periods
    )


def counted_periods(
    grant: Grant, life: Life, plan: ChargePlan, period: Period, calendar: Calendar
) -> int:
    """Return which of its counted periods a full period is (DSC-5).

    A period counts once if the charge was on for a day of it, so that trials do not count and a
    suspension of days changes nothing. The part of a period in which the charge begins counts only
    where the discount says so; it is discounted all the same.
    """
    spans = grant.spans.get(life.id) or [(one.start, one.end) for one in life.segments]
    if plan.kind == "ONE_TIME" or not spans:
        return 1
    rhythm = calendar.rhythm(plan.timing, life.anchor)
    begins = spans[0][0]
    count = 0
    for k in range(rhythm.number(max(grant.starts, begins)), rhythm.number(period.start) + 1):
        one = rhythm.period(k)
        first = next((max(s, one.start) for s, e in spans if s < one.end and e > one.start), None)
        if first is None or first < grant.starts:
            continue
        is_stub = one.start < begins < one.end
        if grant.counts_stub or not is_stub:
            count += 1
    return count


def relief_changes(
    owed: Owed, wanted: Sequence[Target], currency: str, payer_id: int
) -> list[Change]:
    """Return the items after which the discounts billed are those wanted (CHG-3, DSC-6).

    A new discount is a negative item; what of one is given back is positive and names the item
    that it takes back. Of an amount off a whole document the part of a charge shrinks with it.
    """
    life, plan, period, targets = owed
    billed = (life.rebated or {}).get((period.start, period.end), [])
    known = life.billed.get((period.start, period.end), [])
    all_wanted = [*wanted, *_kept_of_documents(targets, billed, known, currency)]
    if not all_wanted and not billed:
        return []
    return [
        one._replace(amount=-one.amount, exact=-one.exact)
        for one in changes(all_wanted, billed, payer_id, rebills=plan.rebills)
    ]


def base_key(price_key: str) -> str:
    """Return the price key of what a discount item reduces."""
    for mark in MARKS:
        price_key = price_key.partition(mark)[0]
    return price_key


def grant_of(price_key: str) -> int:
    """Return the grant that a discount item is of; minus a number is that of a commitment."""
    for mark in MARKS:
        _, found, number = price_key.partition(mark)
        if found:
            return -int(number) if mark == ABOVE_CAP else int(number)
    raise ValueError(f"{price_key} is of no discount")


def is_relief(price_key: str) -> bool:
    """Tell whether an item is a discount of another."""
    return any(mark in price_key for mark in MARKS)


def off_document_change(base: Change, grant: Grant, amount: Decimal, entry: Decimal) -> Change:
    """Return the part of an amount off a whole document that falls on one of its items (DSC-4)."""
    target = Target._make(
        (*base[:4], base.quantity, base.unit_price, base.factor, base.exact, base.amount,
         base.price_version_id, base.service_id, base.trace)
    )  # fmt: skip
    off = off_target(target, f"{OFF_DOCUMENT}{grant.terms.grant_id}", amount, _trace(grant, entry))
    return changes([off], ())[0]._replace(amount=-amount, exact=-amount)


def _kept_of_documents(
    targets: Sequence[Target],
    billed: Sequence[Billed],
    known: Sequence[Billed],
    currency: str,
) -> list[Target]:
    """Return what stays of the parts of document discounts: in the proportion of the charge."""
    found = []
    for item in billed:
        if OFF_DOCUMENT not in item.price_key or item.generation:
            continue
        key = (item.start, item.usage_key, base_key(item.price_key))
        now = sum((t.amount for t in targets if (t.start, t.usage_key, t.price_key) == key), ZERO)
        then = sum(
            (b.amount for b in known
             if (b.start, b.usage_key, b.price_key) == key and not b.generation),
            ZERO,
        )  # fmt: skip
        kept = item.amount
        if now < then:
            kept = quantize(item.amount * max(now, ZERO) / then, currency)
        if kept:
            found.append(
                Target(
                    item.start, item.end, item.usage_key, item.price_key, ONE, None, ONE, kept,
                    kept, item.price_version_id, item.service_id, None,
                )
            )  # fmt: skip
    return found


def off_target(base: Target, mark: str, amount: Decimal, trace: str) -> Target:
    """Return what is taken off a target, as a target of its own."""
    return Target(
        base.start,
        base.end,
        base.usage_key,
        base.price_key + mark,
        ONE,
        None,
        ONE,
        amount,
        amount,
        base.price_version_id,
        base.service_id,
        trace,
    )


def _trace(grant: Grant, entry: Decimal) -> str:
    return dumps(
        {
            "discount": grant.code,
            "kind": grant.terms.kind,
            "value": f"{grant.terms.value.normalize():f}",
            "of": f"{entry:f}",
        }
    )


def _line_order(owed: Owed) -> tuple[int, int, int, date]:
    """Order as lines are consumed: recurring charges first, so that usage to come moves none."""
    return (ORDER.get(owed.plan.kind, 3), owed.plan.charge_id, owed.life.id, owed.period.start)
