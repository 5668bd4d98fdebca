"""What prices should cost, counted eighth by eighth of a unit, in fractions and without haste.

Knows nothing of the engine: no closed form, no `Decimal`, no code of ours. It fills and checks
`prices.json`. Quantities are multiples of an eighth, so every eighth lies in one tier.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

F = Fraction
EIGHTH = F(1, 8)
Case = dict[str, Any]
Row = tuple[int, F, F, F, F]


def half_up(exact: F, places: int = 2) -> F:
    """Round to places, halves away from zero."""
    scale = 10**places
    units = floor(abs(exact) * scale + F(1, 2))
    return F(units if exact >= 0 else -units, scale)


def whole(case: Case) -> tuple[F, list[Row], str]:
    """Return exact amount, tier rows and bound of a quantity."""
    terms, quantity = case["terms"], F(case["quantity"])
    factor = F(case.get("factor", 1))
    after = bool(terms.get("tier_after_proration")) and terms["model"] in TIERS
    if quantity == 0 and not (terms.get("bill_zero") or terms.get("empty_tier_flat")):
        return F(0), [], ""
    measured = quantity * factor if after else quantity
    amount, rows = MODELS[terms["model"]](case, measured)
    left = F(1) if after else factor
    if terms.get("bounds_prorated", True):
        amount, bound = bounded(terms, amount, F(case.get("bound_factor", 1)))
        return amount * left, rows, bound
    amount, bound = bounded(terms, amount * left, F(1))
    return amount, rows, bound


def bounded(terms: Case, amount: F, share: F, least: str = "min_amount",
            most: str = "max_amount") -> tuple[F, str]:  # fmt: skip
    """Keep an amount within its bounds."""
    if amount < 0:
        return amount, ""
    if terms.get(least) is not None and amount < F(terms[least]) * share:
        return F(terms[least]) * share, "MIN"
    if terms.get(most) is not None and amount > F(terms[most]) * share:
        return F(terms[most]) * share, "MAX"
    return amount, ""


def tiers_of(case: Case) -> list[tuple[F | None, F, F]]:
    factor = F(case.get("tier_factor", 1))
    return [
        (None if upper is None else F(upper) * factor, F(unit), F(flat))
        for upper, unit, flat in case["terms"]["tiers"]
    ]


def tier_at(case: Case, position: F) -> int:
    """Return the tier, from 0, of the eighth that ends at a position."""
    exclusive = case["terms"].get("upper_exclusive")
    for number, (upper, _, _) in enumerate(tiers_of(case)):
        if upper is None or position < upper or (position == upper and not exclusive):
            return number
    raise AssertionError("the last tier has no end")


def graduated(case: Case, quantity: F) -> tuple[F, list[Row]]:
    """Walk eighth by eighth; a flat amount is due once a tier holds anything."""
    tiers, found = tiers_of(case), dict[int, F]()
    if quantity == 0:
        return nothing(case)
    for step in range(1, int(quantity / EIGHTH) + 1):
        middle = step * EIGHTH - EIGHTH / 2
        inside = tier_at(case, middle)
        found[inside] = found.get(inside, F(0)) + EIGHTH
    found.setdefault(tier_at(case, quantity), F(0))
    rows = [
        (number + 1, part, tiers[number][1], tiers[number][2],
         part * tiers[number][1] + tiers[number][2])
        for number, part in sorted(found.items())
    ]  # fmt: skip
    return sum((row[4] for row in rows), F(0)), rows


def nothing(case: Case) -> tuple[F, list[Row]]:
    _, unit, flat = tiers_of(case)[0]
    once = flat if case["terms"].get("empty_tier_flat") else F(0)
    return once, [(1, F(0), unit, once, once)]


def volume(case: Case, quantity: F) -> tuple[F, list[Row]]:
    if quantity == 0:
        return nothing(case)
    number = tier_at(case, quantity)
    _, unit, flat = tiers_of(case)[number]
    amount = sum((unit * EIGHTH for _ in range(int(quantity / EIGHTH))), flat)
    return amount, [(number + 1, quantity, unit, flat, amount)]


def stairstep(case: Case, quantity: F) -> tuple[F, list[Row]]:
    number = tier_at(case, quantity)
    flat = tiers_of(case)[number][2]
    return flat, [(number + 1, quantity, F(0), flat, flat)]


def package(case: Case, quantity: F) -> tuple[F, list[Row]]:
    terms = case["terms"]
    size, price = F(terms["package_size"]), F(terms["unit_price"])
    included = F(terms.get("included", 0)) * F(case.get("free_factor", 1))
    free, opened, room = F(0), 0, F(0)
    for _ in range(int(quantity / EIGHTH)):
        if free + EIGHTH <= included:
            free += EIGHTH
            continue
        if room < EIGHTH:
            opened, room = opened + 1, room + size
        room -= EIGHTH
    rows = [(1, free, F(0), F(0), F(0))] if free else []
    rows.append((2 if free else 1, F(opened), price, F(0), opened * price))
    return opened * price, rows


def overage(case: Case, quantity: F) -> tuple[F, list[Row]]:
    terms = case["terms"]
    included = F(terms.get("included", 0)) * F(case.get("free_factor", 1))
    commit = F(terms.get("flat_amount", 0)) if terms["model"] == "P95_BURST" else F(0)
    over = F(0)
    for step in range(1, int(quantity / EIGHTH) + 1):
        over += EIGHTH if step * EIGHTH > included else F(0)
    rows = [(1, quantity - over, F(0), commit, commit)]
    if over:
        rows.append((2, over, F(terms["unit_price"]), F(0), over * F(terms["unit_price"])))
    return commit + over * F(terms["unit_price"]), rows


def plain(case: Case, quantity: F) -> tuple[F, list[Row]]:
    terms = case["terms"]
    sign = 1 if quantity >= 0 else -1
    flat, unit = F(terms.get("flat_amount", 0)), F(terms.get("unit_price", 0))
    share = F(terms.get("percent", 0))
    amount = {
        "FLAT": flat,
        "PERCENT": quantity * share + sign * flat,
        "DYNAMIC": quantity + quantity * share,
        "MATRIX": quantity * unit + (sign * flat if quantity else 0),
    }.get(terms["model"], quantity * unit)
    return amount, []


TIERS = {"GRADUATED", "GRADUATED_PERCENT", "VOLUME", "STAIRSTEP"}
MODELS = {
    **dict.fromkeys(("GRADUATED", "GRADUATED_PERCENT"), graduated),
    **dict.fromkeys(("OVERAGE", "P95_BURST"), overage),
    **dict.fromkeys(
        ("FLAT", "PER_UNIT", "PERCENT", "DYNAMIC", "MATRIX", "PER_DAY", "HIGH_WATER"), plain
    ),
    "VOLUME": volume, "STAIRSTEP": stairstep, "PACKAGE": package,
}  # fmt: skip


def counter(case: Case) -> list[F]:
    """Return what each month of a counter costs: the whole now less the whole before."""
    reached, costs = F(0), []
    for month in case["months"]:
        before = whole({**case, "quantity": reached})[0]
        reached += F(month)
        costs.append(whole({**case, "quantity": reached})[0] - before)
    return costs


def transactions(case: Case) -> tuple[F, F]:
    """Return amount and charged money of transactions in their order, by eighths where free."""
    terms = case["terms"]
    events = terms.get("free_events") or None
    money = F(terms["free_amount"]) if terms.get("free_amount") else None
    total, charged = F(0), F(0)
    for text in case["values"]:
        value, rest = F(text), abs(F(text))
        if value > 0 and (events or money) and events != 0 and money != 0:
            gift = F(0)
            while gift < rest and (money is None or money > 0):
                gift += EIGHTH
                money = None if money is None else money - EIGHTH
            events = None if events is None else events - 1
            rest -= gift
        if not rest:
            continue
        cost = rest * F(terms["percent"]) + F(terms.get("event_fee", 0))
        cost, _ = bounded(terms, cost, F(1), "event_min", "event_max")
        sign = 1 if value > 0 else -1
        total, charged = total + sign * cost, charged + sign * rest
    return total + (F(terms.get("flat_amount", 0)) if charged else 0), charged


def event(case: Case) -> tuple[F, F]:
    """Return billable quantity and amount of one event, increment by increment."""
    size = abs(F(case["quantity"]))
    first, following = F(case["first"]), F(case["following"])
    bands: dict[str, Case] = case["bands"]
    cuts = [(F(at), code) for at, code in case["cuts"]]
    billed = billable(size, first, following, case["mode"])
    at, total, entered = F(0), F(0), set[tuple[int, int]]()
    while at < billed:
        step = min(first if at == 0 and first else following or EIGHTH, billed - at)
        code = [name for begin, name in cuts if begin <= at][-1]
        terms = bands[code]
        if terms["model"] == "SLOTS":
            number = next(
                n for n, tier in enumerate(terms["tiers"]) if tier[0] is None or at < F(tier[0])
            )
            _, unit, flat = terms["tiers"][number]
            if (number, 0) not in entered:
                total += F(flat)
                entered.add((number, 0))
        else:
            unit = terms["unit_price"]
        total, at = total + step * F(unit), at + step
    lead = bands[cuts[0][1]]
    if billed:
        total += F(lead.get("event_fee", 0))
        total, _ = bounded(lead, total, F(1), "event_min", "event_max")
    sign = -1 if F(case["quantity"]) < 0 else 1
    return sign * billed, sign * total


def billable(size: F, first: F, following: F, mode: str) -> F:
    if size == 0 or (size <= first):
        return first if size else F(0)
    if not following:
        return size
    steps = (size - first) / following
    whole_steps = {
        "UP": ceil(steps), "DOWN": floor(steps), "MIDDLE": floor(steps + F(1, 2)),
    }[mode]  # fmt: skip
    return first + whole_steps * following
