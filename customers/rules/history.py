"""Replay the orders of a subscription: the actions in force, in order, give everything it has.

A subscription is a function of its actions, not of the order in which they became known: whatever
is added, backdated or withdrawn, the whole history is told again from the start (CHG-1). Within a
day the order is strict: start, renewal, change, pause and resumption as they were placed, end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from foundation.periods import Unit, boundary

RANKS: Mapping[str, int] = {
    "ADD": 0,
    "RENEW": 1,
    "MODIFY": 2,
    "SUSPEND": 3,
    "RESUME": 3,
    "TRANSFER": 4,
    "TERMINATE": 4,
}
BEFORE_ANY = datetime.min.replace(tzinfo=UTC)
Anchors = Mapping[tuple[str, int], date]
"""Anniversaries by unit and count of the period; they outlive a plan and an account (PER-6)."""


@dataclass(frozen=True, slots=True)
class Action:
    """An order item in force; what its action does not use stays empty.

    `at` is the moment, where it was asked for a moment and not for a day.
    """

    id: int
    action: str
    on: date
    version_id: int | None = None
    quantity: Decimal | None = None
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    with_one_time: bool = False
    agreed_on: date | None = None
    trial_end_on: date | None = None
    trial_outcome: str = ""
    term_months: int | None = None
    renewal: str = "AUTO"
    price_policy: str = ""
    pause_policy: str = ""
    pause_reason: str = ""
    credits_days: bool = False
    waives_fee: bool = False
    waived_from: date | None = None
    advance_fate: str = ""
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which a subscription is suspended, and what its charges do meanwhile (PRO-4)."""

    start: date
    end: date | None
    policy: str  # CONTINUE, STOP or REDUCE
    reason: str
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    action_id: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a subscription has on a day; a transfer hands it on to the next account."""

    version_id: int
    quantity: Decimal
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    pause: Pause | None = None
    term: tuple[date, date] | None = None
    renewal: str = "AUTO"
    price_policy: str = "FLOATING"
    started_on: date | None = None
    locked_on: date | None = None
    anchors: Anchors = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The days of a subscription that no action changes, and what it took over, if anything."""

    effective_on: date
    activation_on: date | None
    acceptance_on: date | None
    taken_over: Standing | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What holds from a day on, of one plan."""

    on: date
    action_id: int | None
    quantity: Decimal
    prices: Mapping[int, Decimal]
    reason: str


@dataclass(slots=True)
class Plan:
    """An offer version that the subscription has for some days; action 0 took it over."""

    action_id: int
    version_id: int
    start: date
    end: date | None
    with_one_time: bool
    agreed_on: date | None
    steps: list[Step] = field(default_factory=list)


class Lock(NamedTuple):
    """The price policy from a day on; `term_from` is the day whose prices a term has locked."""

    on: date
    policy: str
    term_from: date | None


@dataclass(slots=True)
class History:
    """Everything that the actions come to."""

    plans: list[Plan] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)
    term: tuple[date, date] | None = None
    renewal: str = "AUTO"
    trial_end_on: date | None = None
    trial_outcome: str = ""
    end_on: date | None = None
    end_reason: str = ""
    end_action: Action | None = None
    took_over: bool = False

    @property
    def price_policy(self) -> str:
        """Return the policy that holds last."""
        return self.locks[-1].policy if self.locks else "FLOATING"

    @property
    def is_fee_due(self) -> bool:
        """Tell whether the end breaks the minimum term and the fee was not waived."""
        one = self.end_action
        if one is None or one.action != "TERMINATE" or one.waives_fee or self.term is None:
            return False
        return self.term[0] <= one.on < self.term[1]


def in_order(actions: Sequence[Action]) -> list[Action]:
    """Return the actions as they follow each other, strictly, whenever they became known.

    Of a kind, what was asked for the day comes before what was asked for a moment of it (PRO-5).
    """
    return sorted(
        actions, key=lambda one: (one.on, RANKS[one.action], one.at or BEFORE_ANY, one.id)
    )


def tell(actions: Sequence[Action], beginning: Beginning) -> History:
    """Tell the history of a subscription from its actions."""
    told = History()
    if beginning.taken_over is not None:
        _take_over(told, beginning.taken_over, beginning.effective_on)
    for one in in_order(actions):
        _let_time_pass(told, one)
        _TELL[one.action](told, one)
    _let_time_pass(told, None)
    _close(told)
    return told


def _take_over(told: History, old: Standing, day: date) -> None:
    plan = Plan(0, old.version_id, day, None, False, None)
    plan.steps.append(Step(day, None, old.quantity, old.prices, "TRANSFER"))
    told.plans.append(plan)
    told.term, told.renewal, told.took_over = old.term, old.renewal, True
    told.locks.append(Lock(day, old.price_policy, old.locked_on))
    if old.pause is not None:
        told.pauses.append(replace(old.pause, start=day, end=None))


def _let_time_pass(told: History, until: Action | None) -> None:
    """Let what was agreed for a day happen before the next action: end of trial, of term."""
    outcome, trial_end = told.trial_outcome, told.trial_end_on
    if trial_end is not None and outcome in {"END", "PAUSE"} and told.end_on is None:
        last_call = until is not None and until.on == trial_end and until.trial_end_on is not None
        if until is None or (until.on >= trial_end and not last_call):
            told.trial_outcome = "DONE"
            if outcome == "END":
                told.end_on, told.end_reason = trial_end, "Trial ended"
            else:
                _pause(told, Pause(trial_end, None, "STOP", "CUSTOMER"))
    if told.term is not None and told.renewal == "NONE" and told.end_on is None:
        term_end = told.term[1]
        renewed = until is not None and until.on == term_end and until.action == "RENEW"
        if until is None or (until.on >= term_end and not renewed):
            told.end_on, told.end_reason = term_end, "Term ended"


def _add(told: History, one: Action) -> None:
    assert one.version_id is not None
    assert one.quantity is not None
    plan = Plan(one.id, one.version_id, one.on, None, one.with_one_time, one.agreed_on)
    plan.steps.append(Step(one.on, one.id, one.quantity, dict(one.prices), "ORDER"))
    told.plans.append(plan)
    told.trial_end_on, told.trial_outcome = one.trial_end_on, one.trial_outcome
    _set_term(told, one)


def _renew(told: History, one: Action) -> None:
    """Begin a new term on the day, or go on without one; prices locked by term are new."""
    if _is_running(told, one.on):
        _set_term(told, one)
        _modify(told, replace(one, version_id=None, trial_end_on=None), reason="RENEWAL")


def _set_term(told: History, one: Action) -> None:
    told.term, told.renewal = None, one.renewal
    if one.term_months:
        told.term = (one.on, boundary(one.on, 1, Unit.MONTH, one.term_months))
    policy = one.price_policy or told.price_policy
    told.locks.append(Lock(one.on, policy, one.on if one.term_months else None))


def _modify_plan(told: History, one: Action) -> None:
    _modify(told, one)


def _modify(told: History, one: Action, reason: str = "") -> None:
    """Change plan, quantity, own prices or the end of the trial from a day on (PRO-5)."""
    if not _is_running(told, one.on):
        return
    if one.trial_end_on is not None and told.trial_end_on is not None:
        told.trial_end_on = one.trial_end_on
    plan = told.plans[-1]
    last = plan.steps[-1]
    quantity = last.quantity if one.quantity is None else one.quantity
    if one.version_id is not None and one.version_id != plan.version_id:
        plan.end = one.on
        new = Plan(one.id, one.version_id, one.on, None, one.with_one_time, one.agreed_on)
        new.steps.append(Step(one.on, one.id, quantity, dict(one.prices), "ORDER"))
        told.plans.append(new)
        return
    if one.quantity is None and not one.prices:
        return
    prices = {**last.prices, **one.prices}
    reason = reason or ("QUANTITY" if one.quantity is not None else "PRICE")
    plan.steps.append(Step(one.on, one.id, quantity, prices, reason))


def _suspend(told: History, one: Action) -> None:
    if _is_running(told, one.on):
        pause = Pause(one.on, None, one.pause_policy, one.pause_reason, one.prices, one.id)
        _pause(told, pause)


def _pause(told: History, pause: Pause) -> None:
    _end_pause(told, pause.start)
    told.pauses.append(pause)


def _end_pause(told: History, day: date) -> None:
    """End the running pause; one that would have no day never was."""
    if told.pauses and told.pauses[-1].end is None:
        last = told.pauses.pop()
        if last.start < day:
            told.pauses.append(replace(last, end=day))


def _resume(told: History, one: Action) -> None:
    """End a pause; of an ended subscription: reinstate it, free of charge in between (2.11).

    A cure may give back the suspended days that were charged on: they become free, and what was
    billed of them is credited by difference, once however often it is told (CHG-12).
    """
    if told.end_on is None:
        _end_pause(told, one.on)
        if one.credits_days and told.pauses and told.pauses[-1].end == one.on:
            told.pauses[-1] = replace(told.pauses[-1], policy="STOP")
        return
    ended_on, told.end_on, told.end_reason, told.end_action = told.end_on, None, "", None
    told.renewal = "AUTO" if told.renewal == "NONE" else told.renewal
    _end_pause(told, min(ended_on, one.on))
    if ended_on < one.on:
        told.pauses.append(Pause(ended_on, one.on, "STOP", "ENDED", {}, one.id))


def _end(told: History, one: Action) -> None:
    """End everything on the day, the first that is no longer billed; an earlier end stays."""
    if told.end_on is None:
        told.end_on, told.end_reason, told.end_action = one.on, one.reason, one


_TELL = {
    "ADD": _add,
    "RENEW": _renew,
    "MODIFY": _modify_plan,
    "SUSPEND": _suspend,
    "RESUME": _resume,
    "TRANSFER": _end,
    "TERMINATE": _end,
}


def _is_running(told: History, day: date) -> bool:
    """Tell whether a change on the day finds something to change."""
    return bool(told.plans) and (told.end_on is None or day < told.end_on)


def _close(told: History) -> None:
    """Cut plans, pauses and terms at the end."""
    end = told.end_on
    if told.plans and told.plans[-1].end is None:
        told.plans[-1].end = end
    if end is not None:
        told.pauses = [
            replace(one, end=end if one.end is None or one.end > end else one.end)
            for one in told.pauses
            if one.start < end
        ]
        told.plans = [one for one in told.plans if one.start < end]
    told.plans = _joined(told.plans)


def _joined(plans: Sequence[Plan]) -> list[Plan]:
    """Leave out a plan replaced on its own first day; going back to the plan before goes on."""
    found: list[Plan] = []
    for plan in plans:
        if plan.end is not None and plan.start >= plan.end:
            continue
        last = found[-1] if found else None
        if last is not None and last.version_id == plan.version_id and last.end == plan.start:
            last.steps += plan.steps
            last.end = plan.end
        else:
            found.append(plan)
    return found
