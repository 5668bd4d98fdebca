"""Which full periods a discount holds for, and what of it is billed (DSC-3, DSC-5, DSC-6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.discounts import Discount
from foundation.periods import Period, Rhythm, Unit
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan, Life
from invoicing.rules.difference import Billed, Target
from invoicing.rules.discounting import (
    Grant,
    Owed,
    base_key,
    counted_periods,
    grant_of,
    holds,
    relief_changes,
    relief_targets,
)
from invoicing.rules.timeline import FOREVER, Segment

D = Decimal
JAN = date(2027, 1, 1)
CALENDAR = Calendar(Rhythm(JAN, Unit.MONTH, 1, 1), date(2027, 12, 1), 12)
PLAN = ChargePlan(1, "RECURRING", Timing(True, "CYCLE", "MONTH", 1))


def month(number: int) -> Period:
    return Period(date(2027, number, 1), date(2027, number + 1, 1))


def life(*spans: tuple[date, date]) -> Life:
    segments = [Segment(start, end, D(1), None, "ON") for start, end in spans]
    return Life(7, 1, spans[0][0], segments)


def grant(kind: str = "PERCENT", value: str = "0.1", **more) -> Grant:
    terms = Discount(5, kind, "CHARGE", D(value))
    given_ = {"periods": None, "counts_stub": False, "starts": JAN, "spans": {}, **more}
    return Grant(
        terms, "TEN", "Ten off", given_["starts"], FOREVER, given_["periods"],
        given_["counts_stub"], False, {7: 70}, given_["spans"],
    )  # fmt: skip


def target(amount: str, period: Period, start: date | None = None) -> Target:
    return Target(
        start or period.start, period.end, "", "v1", D(1), D(30), D(1), D(amount), D(amount), 1,
        None, None,
    )  # fmt: skip


def test_periods_count_where_the_charge_was_on() -> None:
    """DSC-5: on in January, off in February, on from 20 March: April is the third that counts."""
    one = life((JAN, date(2027, 2, 1)), (date(2027, 3, 20), FOREVER))
    lasting = grant(periods=2)
    numbers = [counted_periods(lasting, one, PLAN, month(k), CALENDAR) for k in (1, 3, 4)]
    assert numbers == [1, 2, 3]
    held = [
        holds(lasting, Owed(one, PLAN, month(k), [target("30", month(k))]), CALENDAR)
        for k in (1, 3, 4)
    ]
    assert held == [True, True, False]


def test_a_first_part_counts_only_where_the_discount_says_so() -> None:
    """DSC-5: begun on 15 January: February is the first period, or the second."""
    one = life((date(2027, 1, 15), FOREVER))
    counts = [
        counted_periods(grant(periods=9, counts_stub=stub), one, PLAN, month(2), CALENDAR)
        for stub in (False, True)
    ]
    assert counts == [1, 2]


def test_the_first_charged_day_decides() -> None:
    """DSC-5: given from 10 January: not for a January that was charged from the first."""
    owed = Owed(life((JAN, FOREVER)), PLAN, month(1), [target("30", month(1))])
    assert not holds(grant(starts=date(2027, 1, 10)), owed, CALENDAR)
    late = owed._replace(targets=[target("20", month(1), date(2027, 1, 10))])
    assert holds(grant(starts=date(2027, 1, 10)), late, CALENDAR)


def test_keys_name_base_and_grant() -> None:
    assert [base_key(one) for one in ("v1", "v1~5", "v1!5")] == ["v1"] * 3
    assert grant_of("o9.5~17") == grant_of("o9.5!17") == 17


cents = st.integers(1, 100_000).map(lambda one: D(one) / 100)


def bill(owed: Owed, grants: list[Grant]) -> list:
    wanted = relief_targets([owed], grants, CALENDAR, "EUR")[0]
    return relief_changes(owed, wanted, "EUR", 0)


def remembered(owed: Owed, items: list) -> None:
    """Keep what was billed as a later run reads it."""
    owed.life.rebated = {
        (owed.period.start, owed.period.end): [
            Billed(
                number, number, one.start, one.end, one.usage_key, one.price_key, one.generation,
                one.quantity, one.unit_price, one.factor, -one.amount,
                max(D(0), -one.amount - sum(
                    (c.amount for c in items if c.reverses is not None
                     and c.reverses.id == number), D(0))),
                one.price_version_id, one.service_id,
            )
            for number, one in enumerate(items, start=1)
        ]
    }  # fmt: skip


@given(st.lists(cents, min_size=1, max_size=5), st.integers(1, 1000))
def test_discounts_billed_always_sum_to_those_owed(amounts, thousandths) -> None:
    """DSC-3, DSC-6: whatever the charge becomes, the items sum to its discount; no second change.

    When the charge is gone, exactly what was taken off has been taken back.
    """
    one = [grant(value=str(D(thousandths) / 1000))]
    items: list = []
    for amount in [*map(str, amounts), "0"]:
        owed = Owed(life((JAN, FOREVER)), PLAN, month(1), [target(amount, month(1))])
        remembered(owed, items)
        items = [*items, *bill(owed, one)]
        wanted = sum((t.amount for t in relief_targets([owed], one, CALENDAR, "EUR")[0]), D(0))
        assert -sum((each.amount for each in items), D(0)) == wanted
        assert wanted <= D(amount)
        remembered(owed, items)
        assert bill(owed, one) == []
    assert sum((each.amount for each in items), D(0)) == 0
