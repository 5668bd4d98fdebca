"""Draw the timelines of all charges of a subscription from its history (CHG-7, CHG-10, PRO-4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from customers.rules.history import (
    Action,
    Beginning,
    History,
    Pause,
    Plan,
    Standing,
    tell,
)
from customers.rules.timeline import Edit, Span, Timeline, edited, merged
from foundation.periods import Unit, boundary

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChargeTerms:
    """What a charge of the catalogue says about its timeline."""

    id: int
    kind: str
    trigger: str
    alignment: str
    unit: str = "MONTH"
    count: int = 1
    in_advance: bool = True
    is_flat: bool = False
    change_day: str = "NEW"
    to_the_second: bool = False
    caps_trial: bool = False
    """Usage that caps a trial: it counts in the trial too, and what is beyond the cap is owed."""


@dataclass(slots=True)
class Drawn:
    """A plan with its charges: the day each counts from (None: not yet known) and its timeline."""

    plan: Plan
    anchors: dict[int, date | None] = field(default_factory=dict)
    timelines: dict[int, Timeline] = field(default_factory=dict)


@dataclass(slots=True)
class Replayed:
    """All that a subscription has by its actions."""

    history: History
    plans: list[Drawn]
    anniversaries: dict[tuple[str, int], date]


Catalogue = Mapping[int, Sequence[ChargeTerms]]
"""The charges of each offer version."""


def replay(actions: Sequence[Action], beginning: Beginning, charges: Catalogue) -> Replayed:
    """Return what the actions of a subscription come to, whatever order they were placed in."""
    told = tell(actions, beginning)
    drawing = _Drawing(told, beginning)
    plans = [drawing.plan(plan, charges.get(plan.version_id, ())) for plan in told.plans]
    return Replayed(told, plans, drawing.anniversaries)


def standing_on(replayed: Replayed, day: date, started_on: date) -> Standing | None:
    """Return what the subscription hands on to another account on a day; None if nothing."""
    told = replayed.history
    plan = next(
        (one for one in told.plans if one.start < day and (one.end is None or day <= one.end)),
        None,
    )
    if plan is None:
        return None
    steps = [one for one in plan.steps if one.on < day]
    paused = [one for one in told.pauses if one.start < day and (one.end or date.max) >= day]
    locks = [one for one in told.locks if one.on < day]
    return Standing(
        version_id=plan.version_id,
        quantity=steps[-1].quantity,
        prices=steps[-1].prices,
        pause=paused[-1] if paused else None,
        term=told.term,
        renewal=told.renewal,
        price_policy=locks[-1].policy,
        started_on=started_on,
        locked_on=locks[-1].term_from,
        anchors=dict(replayed.anniversaries),
    )


class _Drawing:
    """One subscription being drawn; anniversaries outlive the plan that began them (PER-6)."""

    def __init__(self, told: History, beginning: Beginning) -> None:
        self.told = told
        self.beginning = beginning
        old = beginning.taken_over
        self.anniversaries = dict(old.anchors) if old else {}
        self.locked_since = old.started_on if old else None

    def plan(self, plan: Plan, charges: Sequence[ChargeTerms]) -> Drawn:
        """Draw the charges of a plan."""
        drawn = Drawn(plan)
        for charge in charges:
            if charge.kind == "ONE_TIME" and charge.trigger == "END":
                drawn.anchors[charge.id], drawn.timelines[charge.id] = self._fee(plan, charge)
            elif charge.kind != "ONE_TIME" or plan.with_one_time:
                trigger_on = self._trigger_day(plan, charge)
                drawn.anchors[charge.id] = self._anchor(charge, trigger_on)
                line = () if trigger_on is None else self._timeline(plan, charge, trigger_on)
                drawn.timelines[charge.id] = line
        return drawn

    def _trigger_day(self, plan: Plan, charge: ChargeTerms) -> date | None:
        """Return the day on which a charge starts; None while it is not known (CHG-7).

        A change of plan starts the new charges on the day of the change.
        """
        day = {
            "EFFECTIVE": plan.start,
            "ACTIVATION": self.beginning.activation_on,
            "ACCEPTANCE": self.beginning.acceptance_on,
            "DATE": plan.agreed_on if plan.action_id else plan.start,
        }.get(charge.trigger)
        return None if day is None else max(day, plan.start)

    def _anchor(self, charge: ChargeTerms, trigger_on: date | None) -> date | None:
        """Return the day from which periods count; a trial comes before the first (CHG-10)."""
        if trigger_on is None or charge.alignment != "ANNIVERSARY":
            return trigger_on
        day = max(trigger_on, self.told.trial_end_on or trigger_on)
        if charge.kind != "RECURRING":
            return trigger_on if charge.caps_trial else day
        return self.anniversaries.setdefault((charge.unit, charge.count), day)

    def _timeline(self, plan: Plan, charge: ChargeTerms, trigger_on: date) -> Timeline:
        trial_end = self.told.trial_end_on
        line = tuple(_spans(plan, charge.id))
        if charge.kind == "ONE_TIME":
            day = max(trigger_on, trial_end or trigger_on)
            line = tuple(replace(one, start=day, end=day + DAY) for one in line if one.covers(day))
            return self._locked(line, trigger_on)
        line = self._handed_over(line, plan, charge)
        line = edited(line, date.min, trigger_on, lambda span: None)
        if trial_end is not None and not charge.caps_trial:
            line = edited(line, date.min, trial_end, _off("TRIAL"))
        if charge.kind == "RECURRING":
            for pause in self.told.pauses:
                line = edited(line, pause.start, pause.end, _paused(pause, charge.id))
        waived = self.told.end_action.waived_from if self.told.end_action else None
        if waived is not None and not (charge.kind == "RECURRING" and charge.in_advance):
            line = edited(line, waived, None, _off("WAIVED"))
        if charge.alignment == "TERM":
            line = self._within_terms(line, charge, trigger_on)
        return self._fated(merged(self._locked(line, trigger_on)), charge)

    def _fated(self, line: Timeline, charge: ChargeTerms) -> Timeline:
        """Let the last segment say what the end makes of its period, where the order says (PRO-2).

        Of charges in advance that run to the end; those counted to the second end to the second.
        """
        fate = self.told.end_action.advance_fate if self.told.end_action else ""
        if not fate or charge.kind != "RECURRING" or not charge.in_advance or not line:
            return line
        last = line[-1]
        if charge.to_the_second or last.state != "ON" or last.end != self.told.end_on:
            return line
        return (*line[:-1], replace(last, state=fate))

    def _handed_over(self, line: Timeline, plan: Plan, charge: ChargeTerms) -> Timeline:
        """Give the day of a change of plan to whom the charge says, as one of quantity (PRO-5)."""
        if charge.kind != "RECURRING" or charge.change_day == "NEW" or not line:
            return line
        plans, end = self.told.plans, line[-1].end
        if end is not None and plan is not plans[-1]:
            line = (
                *line[:-1],
                replace(line[-1], end=min(end + DAY, self.told.end_on or date.max)),
            )
        if charge.change_day == "OLD" and plan is not plans[0]:
            line = edited(line, plan.start, plan.start + DAY, lambda span: None)
        return line

    def _locked(self, line: Timeline, trigger_on: date) -> Timeline:
        """Note the day whose prices hold: of the start, or of the running term (PRC-1)."""
        locks = self.told.locks
        for number, lock in enumerate(locks):
            until = locks[number + 1].on if number + 1 < len(locks) else None
            day = {
                "LOCKED_START": self.locked_since or trigger_on,
                "LOCKED_TERM": lock.term_from,
            }.get(lock.policy)
            if day is not None:
                line = edited(line, lock.on, until, _priced_on(day))
        return line

    def _within_terms(self, line: Timeline, charge: ChargeTerms, trigger_on: date) -> Timeline:
        """Bill a charge that is owed once a term for as many terms as were agreed (PER-6)."""
        step = boundary(trigger_on, 1, Unit(charge.unit), charge.count)
        until = max(step, self.told.term[1]) if self.told.term else step
        return edited(line, until, None, lambda span: None)

    def _fee(self, plan: Plan, charge: ChargeTerms) -> tuple[date | None, Timeline]:
        """Charge the fee of an end within the term on the last day: by months left, or flat."""
        end, term = self.told.end_on, self.told.term
        if not self.told.is_fee_due or plan is not self.told.plans[-1] or not (end and term):
            return None, ()
        day = end - DAY
        if day < plan.start or (self.told.trial_end_on and end <= self.told.trial_end_on):
            return None, ()
        last = plan.steps[-1]
        quantity = Decimal(1) if charge.is_flat else last.quantity * months_left(end, term[1])
        assert self.told.end_action is not None
        span = Span(
            start=day,
            end=end,
            quantity=quantity,
            override_price=last.prices.get(charge.id),
            reason="END_FEE",
            order_item_id=self.told.end_action.id,
        )
        return day, self._locked((span,), day)


def months_left(day: date, end: date) -> int:
    """Return the months from a day to an end; a month begun counts whole."""
    months = 0
    while boundary(day, months, Unit.MONTH) < end:
        months += 1
    return months


def _spans(plan: Plan, charge_id: int) -> Iterator[Span]:
    """Give what holds from step to step; of several on a day the last counts."""
    for number, step in enumerate(plan.steps):
        end = plan.steps[number + 1].on if number + 1 < len(plan.steps) else plan.end
        if end is None or step.on < end:
            yield Span(
                start=step.on,
                end=end,
                quantity=step.quantity,
                override_price=step.prices.get(charge_id),
                reason=step.reason,
                order_item_id=step.action_id,
            )


def _priced_on(day: date) -> Edit:
    return lambda span: replace(span, price_day=day)


def _off(reason: str) -> Edit:
    return lambda span: replace(span, state="OFF", reason=reason)


def _paused(pause: Pause, charge_id: int) -> Edit:
    """Charge on, nothing, or the suspension price; without one there is nothing (PRO-4)."""

    def edit(span: Span) -> Span:
        if pause.policy == "CONTINUE" or span.state == "OFF":
            return span
        item_id = pause.action_id or span.order_item_id
        span = replace(span, order_item_id=item_id, reason="PAUSE")
        if pause.policy == "REDUCE" and charge_id in pause.prices:
            return replace(span, state="REDUCED", override_price=pause.prices[charge_id])
        return replace(span, state="OFF")

    return edit
