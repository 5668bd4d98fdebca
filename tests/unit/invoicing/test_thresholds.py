"""Usage billed inside its period above a limit: the parts come to the whole (UNIT-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.pricing import PriceTerms, Tier
from catalog.rules.thresholds import threshold_problems, unlimited
from invoicing.rules.charging import Life
from invoicing.rules.prices import Prices
from invoicing.rules.usage import Usage
from tests.unit.invoicing.test_charging import CALLS, GRADUATED, bill, brief, on, prices, run
from tests.unit.invoicing.test_counters import listed

D = Decimal
MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)
INTERIM = replace(CALLS, timing=CALLS.timing._replace(to_run_date=True))
VOLUME = PriceTerms(
    22, "VOLUME", "EUR", tiers=(Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.04"), D(0)))
)
LEAST = replace(GRADUATED, min_amount=D(5), max_amount=D(12))
STAIRS = PriceTerms(
    23, "STAIRSTEP", "EUR", tiers=(Tier(D(50), D(0), D(9)), Tier(None, D(0), D(15)))
)


def calling(*usage: tuple[int, str]) -> Life:
    rows = [Usage(date(2027, 5, day), "*", D(quantity), D(0), 1) for day, quantity in usage]
    return Life(7, 70, date(2027, 1, 1), [on(date(2027, 1, 1))], usage=rows)


def total(one: Life) -> Decimal:
    return sum((row.amount for rows in one.billed.values() for row in rows), D(0))


def test_an_interim_bills_the_days_before_it_and_the_end_the_rest() -> None:
    """100 at 0.10, then 0.05. By the 11th 80 are 8.00; by the 21st 130 are 11.50; then 14.00."""
    one = calling((3, "80"), (15, "50"), (28, "50"))
    for day, owed in ((11, "8.00"), (21, "3.50")):
        found = run(one, INTERIM, date(2027, 5, day))
        assert brief(found) == [(5, 1, D(owed))]
        bill(one, found)
        assert run(one, INTERIM, date(2027, 5, day)).items == [], "nothing is billed twice"
    bill(one, run(one, CALLS, JUNE))
    assert total(one) == D("14.00")
    assert run(one, CALLS, JUNE).items == []


def test_a_run_of_an_earlier_date_takes_no_interim_back() -> None:
    one = calling((3, "80"))
    bill(one, run(one, INTERIM, date(2027, 5, 11)))
    early = replace(one, usage=[])  # what lies before the first of May
    assert run(early, CALLS, MAY).items == []


def test_a_run_of_the_cycle_bills_no_running_period() -> None:
    one = calling((3, "80"))
    assert run(one, CALLS, MAY).items == []


days = st.lists(
    st.tuples(st.integers(1, 31), st.decimals("0", "300", places=3).map(str)), max_size=8
)


@given(
    days,
    st.lists(st.integers(2, 31), max_size=5),
    st.sampled_from((GRADUATED, VOLUME, LEAST, STAIRS)),
    st.integers(0, 8),
)
def test_any_interims_and_the_final_bill_come_to_the_final_bill_alone(
    usage: list[tuple[int, str]], stops: list[int], terms: PriceTerms, late: int
) -> None:
    """UNIT-8, RATE-3: whenever they are made, whatever the price, and with late usage between."""
    alone = calling(*usage)
    bill(alone, run(alone, CALLS, JUNE, prices=listed(terms)))
    parts = calling(*usage[late:])
    for stop in sorted(stops):
        bill(parts, run(parts, INTERIM, date(2027, 5, stop), prices=listed(terms)))
    parts.usage = list(alone.usage)
    bill(parts, run(parts, CALLS, JUNE, prices=listed(terms)))
    assert total(parts) == total(alone)
    assert run(parts, CALLS, JUNE, prices=listed(terms)).items == []


def test_a_price_that_changes_between_two_interims() -> None:
    """0.10 until the 15th, 0.20 from it: the parts are cut at the same day as the whole."""
    changed: Prices = prices(date(2027, 5, 15))
    whole, parts = calling((3, "80"), (20, "10")), calling((3, "80"), (20, "10"))
    bill(whole, run(whole, CALLS, JUNE, prices=changed))
    for day in (date(2027, 5, 11), date(2027, 5, 25), JUNE):
        plan = CALLS if day == JUNE else INTERIM
        bill(parts, run(parts, plan, day, prices=changed))
    assert total(parts) == total(whole) == D("10.00")
    assert {one.start for rows in parts.billed.values() for one in rows} == {
        MAY, MAY + timedelta(days=14),
    }  # fmt: skip


class Limited:
    """What publication looks at."""

    def __init__(self, **terms: object) -> None:
        given = {
            "kind": "USAGE", "timing": "THRESHOLD", "thresholds": (("EUR", "100"),),
            "alignment": "CYCLE", "metric": None, "tier_reset": "PERIOD",
            "tier_proration": False, "free_proration": False,
        }  # fmt: skip
        self.__dict__.update(given | terms)


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"kind": "RECURRING"}, "only usage"), ({"thresholds": ()}, "above which amount"),
        ({"thresholds": (("EUR", "0"),)}, "above zero, not 0"),
        ({"thresholds": (("EUR", "NaN"),)}, "above zero, not NaN"),
        ({"alignment": "ANNIVERSARY"}, "align the charge to the cycle"),
        ({"tier_reset": "NEVER"}, "begin anew each period"), ({"tier_proration": True}, "whole"),
        ({"timing": "ARREARS"}, "choose the timing THRESHOLD"),
    ],
)  # fmt: skip
def test_limits_that_cannot_be_kept_are_refused(terms: dict[str, object], why: str) -> None:
    (said,) = threshold_problems(Limited(**terms))  # type: ignore[arg-type]
    assert why in said


def test_a_limit_is_missing_in_a_currency() -> None:
    assert not list(threshold_problems(Limited()))  # type: ignore[arg-type]
    assert unlimited([("EUR", "100")], ("EUR", "USD")) == ["USD"]
