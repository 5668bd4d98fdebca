"""Counters that subscriptions share: rated once, borne by usage, in any order (TIER-3, POOL-1)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.pricing import Tier, price
from invoicing.rules.charging import ChargePlan, Life
from invoicing.rules.prices import ContractTerms, Who
from invoicing.rules.shared_counters import share_counters
from invoicing.rules.timeline import FOREVER
from invoicing.rules.usage import Usage
from rating.rules.pooling import Share, fair_shares
from tests.unit.invoicing.test_charging import ARREARS, GRADUATED, bill, on, prices, run
from tests.unit.invoicing.test_counters import listed

D = Decimal
PLAN = ChargePlan(2, "USAGE", ARREARS, counter_scope="PAYER")
JUNE = date(2027, 6, 1)


def used(day: int, quantity: object) -> Usage:
    return Usage(date(2027, 5, day), "*", D(str(quantity)), D(0), 1)


def sharing(*usage: list[Usage], scope: str = "PAYER", owners: Any = (70, 70, 70)) -> list[Life]:
    lives = [
        Life(number, owner, date(2027, 1, 1), [on(date(2027, 1, 1))], usage=list(rows))
        for number, (rows, owner) in enumerate(zip(usage, owners, strict=False), start=1)
    ]
    share_counters([(2, one) for one in lives], {2: scope} if scope else {})
    return lives


def amounts(lives: list[Life], plan: ChargePlan = PLAN, **more: Any) -> list[Decimal]:
    found = [run(one, plan, **more) for one in lives]
    return [sum((c.amount for _, c in each.items), D(0)) for each in found]


def test_two_subscriptions_reach_the_cheaper_tier_together() -> None:
    """100 at 0.10, then 0.05: 80 and 120 are 10.00 + 5.00; borne 80 : 120."""
    lives = sharing([used(3, 80)], [used(4, 120)])
    assert amounts(lives) == [D("6.00"), D("9.00")]
    (_, item), *_ = run(lives[0], PLAN).items
    trace = json.loads(item.trace or "")
    assert (trace["counter_quantity"], trace["counter_amount"]) == ("200", "15.00")
    assert item.unit_price == D("0.075")
    for one in lives:
        bill(one, run(one, PLAN))
    assert [run(one, PLAN).items for one in lives] == [[], []]


def test_accounts_count_apart_unless_the_payer_counts() -> None:
    rows = ([used(3, 80)], [used(4, 80)], [used(5, 80)])
    owners = (70, 71, 71)
    assert amounts(sharing(*rows, scope="ACCOUNT", owners=owners)) == [D(8), D("6.50"), D("6.50")]
    assert amounts(sharing(*rows, owners=owners)) == [D("5.67")] * 2 + [D("5.66")]


def test_late_usage_of_one_moves_what_the_others_bear() -> None:
    """120 more of the first: 320 cost 21.00, of which the second bears 120: 7.87, not 9.00."""
    lives = sharing([used(3, 80)], [used(4, 120)])
    for one in lives:
        bill(one, run(one, PLAN))
    lives[0].usage.append(used(9, 120))
    for one in lives:
        assert one.counter is not None
        one.counter.found.clear()
    assert amounts(lives) == [D("7.13"), D("-1.13")]


def test_a_price_change_cuts_the_counter_for_all() -> None:
    """80 + 20 before the 15th fill the first tier; after it both pay the second, 0.10."""
    lives = sharing([used(3, 80), used(20, 10)], [used(4, 20), used(25, 30)])
    found = amounts(lives, prices=prices(change_on=date(2027, 5, 15)))
    assert found == [D("9.00"), D("5.00")]


def test_a_contract_of_one_prices_its_part_alone() -> None:
    """100 each: 15.00 in all; the first has 10 % off and bears half of 13.50."""
    lives = sharing([used(3, 100)], [used(4, 100)], owners=(70, 71))
    agreed = ContractTerms(1, 2, 0, date.min, FOREVER, None, D("0.10"))
    who = Who("EUR", None, "", None, {70: [agreed]})
    assert amounts(lives, who=who) == [D("6.75"), D("7.50")]


def test_a_least_amount_is_that_of_the_counter() -> None:
    """A least amount of 10 for 20 and 30 units is borne 4 : 6; without usage there is none."""
    floor = listed(replace(GRADUATED, min_amount=D(10)))
    assert amounts(sharing([used(3, 20)], [used(4, 30)]), prices=floor) == [D(4), D(6)]
    assert amounts(sharing([], []), prices=floor) == [D(0), D(0)]
    zero = replace(PLAN, bills_zero=True)
    terms = listed(replace(GRADUATED, min_amount=D(10), bill_zero=True))
    lives = sharing([], [])
    assert amounts(lives, plan=zero, rebill=0, prices=terms) == [D(10), D(0)]


def test_a_correction_larger_than_its_usage_takes_nothing_from_the_others_part() -> None:
    """-20 against 120: 100 units cost 10.00, borne by who used them."""
    assert amounts(sharing([used(3, -20)], [used(4, 120)])) == [D(0), D(10)]


@given(st.lists(st.lists(st.integers(0, 400), max_size=4), min_size=2, max_size=3))
def test_the_parts_are_the_whole_in_any_order(quantities: list[list[int]]) -> None:
    rows = [[used(1 + i, q) for i, q in enumerate(each)] for each in quantities]
    whole = price(GRADUATED, D(sum(map(sum, quantities))), "EUR").amount
    first = amounts(sharing(*rows))
    assert sum(first) == whole
    for order in permutations(range(len(rows))):
        lives = sharing(*[list(reversed(one)) for one in rows])
        found = {number: amounts([lives[number]])[0] for number in order}
        assert [found[number] for number in range(len(rows))] == first


def beyond(quantities: list[int]) -> list[int]:
    """Return what each line bears of what all use beyond a pool of 100 from each, by usage."""
    room = D(100 * len(quantities))
    in_order = []
    for quantity in quantities:
        covered = min(D(quantity), room)
        room -= covered
        in_order.append(Share(D(100), D(quantity), covered))
    return [int(one.beyond) for one in fair_shares(in_order, allocation="BY_USAGE", places=0)]


def test_pool1_beyond_a_pool_tiers_are_each_lines_own_or_reached_together() -> None:
    """60 beyond, borne 25, 15, 20; 20 at 0.10, then 0.05: 5.75 apart, 4.00 by one counter."""
    tiers = (Tier(D(20), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))
    terms = listed(replace(GRADUATED, tiers=tiers))
    rows = [[used(3, part)] for part in beyond([150, 90, 120])]
    own = replace(PLAN, counter_scope="SUBSCRIPTION")
    apart = amounts(sharing(*rows, scope=""), own, prices=terms)
    assert apart == [D("2.25"), D("1.50"), D("2.00")]
    together = amounts(sharing(*rows), prices=terms)
    assert together == [D("1.67"), D("1.00"), D("1.33")]


@given(st.lists(st.integers(0, 600), min_size=2, max_size=4))
def test_pool1_own_tiers_depend_on_what_a_line_bears_alone(quantities: list[int]) -> None:
    """Nobody's tiers move with what others bear; together they are never dearer, as one is."""
    parts = beyond(quantities)
    assert sum(parts) == max(0, sum(quantities) - 100 * len(quantities))
    rows = [[used(3, part)] for part in parts]
    own = replace(PLAN, counter_scope="SUBSCRIPTION")
    apart = amounts(sharing(*rows, scope="", owners=(70,) * 4), own)
    assert apart == [price(GRADUATED, D(part), "EUR").amount for part in parts]
    together = amounts(sharing(*rows, owners=(70,) * 4))
    assert sum(together) == price(GRADUATED, D(sum(parts)), "EUR").amount <= sum(apart)
