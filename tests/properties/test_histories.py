"""Random histories of a subscription: every day billed once, order irrelevant, nothing twice.

The pure rules of customers and of the charge engine run together, without a database: actions are
told in any order, bill runs happen in between, and what was billed is the memory of the next run.
HYPOTHESIS=night looks at many more.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from catalog.rules.pricing import PriceTerms
from customers.rules.history import RANKS, Action, Beginning
from customers.rules.replay import ChargeTerms, replay
from customers.rules.timeline import Span, Timeline
from foundation.periods import Rhythm, Unit
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan, Life, charge
from invoicing.rules.difference import Billed, Change
from invoicing.rules.prices import Prices, Who
from invoicing.rules.timeline import FOREVER, Segment

D = Decimal
START = date(2027, 1, 1)
LAST = 330
CYCLE = Rhythm(START, Unit.MONTH, 1, 1)
LOOK_BACK = 24
SMALL, LARGE = 1, 2
OUTCOMES = ["CONVERT", "END", "PAUSE"]
UNIT_PRICES = {11: D("31"), 12: D("7.30"), 21: D("62"), 22: D("10")}
CHARGES = {
    SMALL: [
        ChargeTerms(11, "RECURRING", "EFFECTIVE", "CYCLE"),
        ChargeTerms(12, "RECURRING", "EFFECTIVE", "ANNIVERSARY", in_advance=False),
    ],
    LARGE: [
        ChargeTerms(21, "RECURRING", "EFFECTIVE", "CYCLE"),
        ChargeTerms(22, "ONE_TIME", "EFFECTIVE", "CYCLE"),
    ],
}
PLANS = {
    one.id: ChargePlan(
        one.id,
        one.kind,
        Timing(in_advance=one.in_advance, alignment=one.alignment, unit="MONTH", steps=1),
        shows_zero=False,
    )
    for charges in CHARGES.values()
    for one in charges
}
WHO = Who("EUR", None, "*", None)
ADD = Action(1, "ADD", START, version_id=SMALL, quantity=D(2), with_one_time=True)
Key = tuple[int, int]
"""Action of the plan, charge of the catalogue: what a subscription charge is."""


def prices() -> Prices:
    def find(charge_id: int, *_: object) -> PriceTerms:
        return PriceTerms(charge_id, "PER_UNIT", "EUR", UNIT_PRICES[charge_id])

    return Prices(find, {one: one for one in UNIT_PRICES})


def drawn(actions: list[Action]) -> dict[Key, tuple[date | None, Timeline]]:
    replayed = replay(actions, Beginning(START, START, START), CHARGES)
    return {
        (plan.plan.action_id, charge_id): (plan.anchors[charge_id], line)
        for plan in replayed.plans
        for charge_id, line in plan.timelines.items()
    }


@dataclass
class Book:
    """What has been billed, charge by charge, as the engine remembers it."""

    billed: dict[Key, dict[tuple[date, date], list[Billed]]] = field(default_factory=dict)
    number: int = 0

    def run(self, actions: list[Action], bill_date: date) -> list[tuple[Key, Change]]:
        """Bill what is owed on a date; return the items that it made."""
        lines, made = drawn(actions), []
        for key in {*lines, *self.billed}:
            anchor, line = lines.get(key, (None, ()))
            life = Life(key[0], 1, anchor or START, [self._segment(one) for one in line])
            life.billed = self.billed.setdefault(key, {})
            calendar = Calendar(CYCLE, bill_date, LOOK_BACK)
            for period, change in charge(life, PLANS[key[1]], WHO, calendar, prices()).items:
                self._post(key, (period.start, period.end), change)
                made.append((key, change))
        return made

    def preview(self, actions: list[Action], bill_date: date) -> list[tuple[Key, Change]]:
        """Return what a run would make, by the same code, and keep nothing of it."""
        return deepcopy(self).run(actions, bill_date)

    def _segment(self, one: Span) -> Segment:
        end = one.end or FOREVER
        return Segment(one.start, end, one.quantity, one.override_price, one.state)

    def _post(self, key: Key, bounds: tuple[date, date], one: Change) -> None:
        self.number += 1
        items = self.billed[key].setdefault(bounds, [])
        if one.reverses is not None:
            back = one.reverses.id
            for number, item in enumerate(items):
                if item.id == back:
                    items[number] = item._replace(left=item.left + one.amount)
                    assert items[number].left >= 0, "CHG-11: never more back than is left"
        items.append(
            Billed(
                id=self.number, line_id=self.number, start=one.start, end=one.end,
                usage_key="", price_key=one.price_key, generation=one.generation,
                quantity=one.quantity, unit_price=one.unit_price, factor=one.factor,
                amount=one.amount, left=max(one.amount, D(0)), price_version_id=None,
                service_id=None, is_back=one.reverses is not None,
            )
        )  # fmt: skip

    def sums(self) -> dict[tuple[Key, tuple[date, date]], Decimal]:
        """Return what is billed of each charge and full period, where that is anything."""
        found = {
            (key, bounds): sum((one.amount for one in items), D(0))
            for key, periods in self.billed.items()
            for bounds, items in periods.items()
        }
        return {key: amount for key, amount in found.items() if amount}

    def periods(self, lines: Mapping[Key, object]) -> set[tuple[Key, tuple[date, date]]]:
        """Return every charge and full period that the book has seen."""
        return {(key, bounds) for key in lines for bounds in self.billed.get(key, {})}


def worth(charge_id: int, line: Timeline, bounds: tuple[date, date]) -> tuple[Decimal, int]:
    """Return what the days of a full period are worth by the timeline, and its pieces.

    An oracle: it knows neither pieces nor factors, only days.
    """
    start, end = bounds
    days = 1 if PLANS[charge_id].kind == "ONE_TIME" else (end - start).days
    value, pieces, day = D(0), 0, start
    before: Span | None = None
    while day < end:
        span = next((one for one in line if one.covers(day)), None)
        if span is not None and span.state != "OFF":
            price = span.override_price
            value += span.quantity * (UNIT_PRICES[charge_id] if price is None else price) / days
        pieces += span is not before
        before, day = span, day + timedelta(days=1)
    return value, pieces


days = st.integers(1, LAST).map(lambda number: START + timedelta(number))
changes = st.one_of(
    st.integers(1, 9).map(lambda n: {"action": "MODIFY", "quantity": D(n)}),
    st.sampled_from([SMALL, LARGE]).map(lambda v: {"action": "MODIFY", "version_id": v}),
    st.integers(1, 40).map(lambda n: {"action": "MODIFY", "prices": {11: D(n), 21: D(n)}}),
    st.sampled_from(["STOP", "CONTINUE", "REDUCE"]).map(
        lambda policy: {"action": "SUSPEND", "pause_policy": policy, "prices": {11: D(5)}}
    ),
    st.booleans().map(lambda back: {"action": "RESUME", "credits_days": back}),
    st.integers(1, 6).map(lambda n: {"action": "RENEW", "term_months": n}),
    st.just({"action": "TERMINATE"}),
)


class Histories(RuleBasedStateMachine):
    """Actions told in any order, withdrawn again, and runs between them."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[Action] = [ADD]
        self.number = 1
        self.book = Book()
        self.bill_date = START

    @initialize(trial=st.none() | st.integers(1, 60), outcome=st.sampled_from(OUTCOMES))
    def begin(self, trial: int | None, outcome: str) -> None:
        """Begin at once or with a trial."""
        end = None if trial is None else START + timedelta(trial)
        self.actions = [replace(ADD, trial_end_on=end, trial_outcome=outcome)]

    @rule(on=days, change=changes)
    def tell(self, on: date, change: dict[str, object]) -> None:
        """Tell an action for any day, before or after what is billed.

        One of a rank a day: several of one rank follow each other as they were placed.
        """
        rank = RANKS[str(change["action"])]
        if any((one.on, RANKS[one.action]) == (on, rank) for one in self.actions):
            return
        self.number += 1
        self.actions.append(Action(self.number, on=on, **change))  # type: ignore[arg-type]

    @precondition(lambda self: len(self.actions) > 1)
    @rule(pick=st.integers(0, 99))
    def withdraw(self, pick: int) -> None:
        del self.actions[1 + pick % (len(self.actions) - 1)]

    @precondition(lambda self: CYCLE.number(self.bill_date) < LOOK_BACK - 6)
    @rule(months=st.integers(1, 3))
    def bill(self, months: int) -> None:
        k = CYCLE.number(self.bill_date) + months
        self.bill_date = CYCLE.boundary(k)
        preview = self.book.preview(self.actions, self.bill_date)
        assert self.book.run(self.actions, self.bill_date) == preview, (
            "a preview is what posting makes"
        )
        assert self.book.run(self.actions, self.bill_date) == [], (
            "CHG-8: a second run makes nothing"
        )
        afresh = Book()
        afresh.run(self.actions, self.bill_date)
        assert self.book.sums() == afresh.sums(), "what is billed is what is owed, whenever told"
        self.every_day_is_billed_once()

    def every_day_is_billed_once(self) -> None:
        """Compare each full period with the value of its timeline, counted day by day."""
        lines, sums = drawn(self.actions), self.book.sums()
        for key, bounds in {*sums, *self.book.periods(lines)}:
            value, pieces = worth(key[1], lines.get(key, (None, ()))[1], bounds)
            billed = sums.get((key, bounds), D(0))
            assert abs(billed - value) <= D("0.005") * pieces, (key, bounds, billed, value)

    @invariant()
    def every_day_is_in_one_plan(self) -> None:
        """No gap and no overlap, of the timelines and of the plans."""
        replayed = replay(self.actions, Beginning(START, START, START), CHARGES)
        plans = [one.plan for one in replayed.plans]
        assert all(one.end == two.start for one, two in pairwise(plans))
        for plan in replayed.plans:
            for line in plan.timelines.values():
                assert all(one.end and one.end <= two.start for one, two in pairwise(line))

    @invariant()
    def the_order_of_telling_does_not_matter(self) -> None:
        shuffled = list(self.actions)
        Random(len(shuffled)).shuffle(shuffled)
        number = {one.id: rank for rank, one in enumerate(shuffled, start=100)}
        told = [replace(one, id=number[one.id]) for one in shuffled]
        renamed = {(number[key[0]], key[1]): value for key, value in drawn(self.actions).items()}
        for key, (anchor, line) in drawn(told).items():
            other_anchor, other = renamed[key]
            assert anchor == other_anchor
            assert [(one.start, one.end, one.quantity, one.override_price, one.state)
                    for one in line] == [
                (one.start, one.end, one.quantity, one.override_price, one.state)
                for one in other
            ]  # fmt: skip


TestHistories = Histories.TestCase
IS_NIGHT = settings.get_current_profile_name() == "night"
TestHistories.settings = settings(
    max_examples=2_000 if IS_NIGHT else 120, stateful_step_count=80 if IS_NIGHT else 40
)
