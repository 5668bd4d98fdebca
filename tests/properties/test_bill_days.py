"""However often a bill day changes, now or at a boundary, every day is billed once (PER-7)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.rules.pricing import PriceTerms
from foundation.periods import Rhythm, Unit
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan, Life, charge
from invoicing.rules.difference import Billed, Change
from invoicing.rules.prices import Prices, Who
from invoicing.rules.timeline import FOREVER, Segment

D = Decimal
START = date(2027, 1, 1)
LOOK_BACK = 30
WHO = Who("EUR", None, "*", None)
PRICES = Prices(lambda charge, *_: PriceTerms(charge, "PER_UNIT", "EUR", D("31")), {1: 1, 2: 2})
PLANS = {
    number: ChargePlan(
        number, "RECURRING", Timing(in_advance, "CYCLE", "MONTH", 1), shows_zero=False
    )
    for number, in_advance in ((1, True), (2, False))
}


class Payer:
    """A payer with a fee in advance and one in arrears, and what was billed of them."""

    def __init__(self, day: int) -> None:
        self.rhythm = self.on_day(day)
        self.last = self.rhythm.containing(START).start
        self.billed: dict[int, dict[tuple[date, date], list[Billed]]] = {1: {}, 2: {}}
        self.count = 0

    def on_day(self, day: int) -> Rhythm:
        return Rhythm(date(2020, 1, 1), Unit.MONTH, 1, day)

    def bill(self, months: int, leaves_on: date | None = None) -> None:
        """Carry the runs of the next bill dates."""
        for _ in range(months):
            self.last = self.rhythm.containing(self.last).end
            calendar = Calendar(self.rhythm, self.last, LOOK_BACK, leaves_on)
            for number, plan in PLANS.items():
                life = Life(number, 1, START, [Segment(START, FOREVER, D(1), None, "ON")])
                life.billed = self.billed[number]
                for period, change in charge(life, plan, WHO, calendar, PRICES).items:
                    self._post(number, (period.start, period.end), change)

    def change(self, day: int, *, at_boundary: bool) -> None:
        """Take another bill day, now or when the running period has been billed."""
        if at_boundary:
            self.bill(1, leaves_on=self.rhythm.containing(self.last).end)
        self.rhythm = self.on_day(day)

    def _post(self, number: int, bounds: tuple[date, date], one: Change) -> None:
        assert one.reverses is None, "nothing that was billed is taken back"
        self.count += 1
        self.billed[number].setdefault(bounds, []).append(
            Billed(
                id=self.count, line_id=self.count, start=one.start, end=one.end, usage_key="",
                price_key=one.price_key, generation=one.generation, quantity=one.quantity,
                unit_price=one.unit_price, factor=one.factor, amount=one.amount, left=one.amount,
                price_version_id=None, service_id=None, is_back=False,
            )
        )  # fmt: skip

    def spans(self, number: int) -> list[tuple[date, date]]:
        """Return the days that were billed of a fee, as spans in order."""
        return sorted(
            (item.start, item.end) for items in self.billed[number].values() for item in items
        )


changes = st.tuples(st.integers(1, 31), st.booleans(), st.integers(1, 4))


@settings(max_examples=150)
@given(first=st.integers(1, 31), told=st.lists(changes, max_size=6))
@example(first=1, told=[(15, True, 2)])
@example(first=31, told=[(30, True, 1), (29, False, 1), (31, True, 3)])
@example(first=15, told=[(1, False, 1), (28, True, 1)])
def test_per7_every_day_is_billed_once_whatever_bill_days_follow_each_other(
    first: int, told: list[tuple[int, bool, int]]
) -> None:
    payer = Payer(first)
    payer.bill(2)
    for day, at_boundary, months in told:
        payer.change(day, at_boundary=at_boundary)
        payer.bill(months)
    following = payer.rhythm.containing(payer.last).end
    for number, until in ((1, following), (2, payer.last)):
        spans = payer.spans(number)
        assert all(one == two for (_, one), (two, _) in pairwise(spans)), spans
        assert (spans[0][0], spans[-1][1]) == (START, until)


def test_per7_at_the_boundary_the_running_period_is_a_whole_one() -> None:
    """In arrears 31.00 for January, then 14/31 of the period from 15 January; nothing else."""
    payer = Payer(1)
    payer.bill(1)
    payer.change(15, at_boundary=True)
    payer.bill(1)
    told = [
        (item.start, item.end, item.amount) for items in payer.billed[2].values() for item in items
    ]
    day = timedelta(days=1)
    assert told == [
        (START, date(2027, 2, 1), D(31)),
        (date(2027, 2, 1), date(2027, 2, 28) + day, D(31)),
        (date(2027, 3, 1), date(2027, 3, 15), D("15.50")),
    ]
