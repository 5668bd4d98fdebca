"""Timelines to the second: what held from moment to moment of a day (PRO-5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from customers.rules.history import Action, Beginning
from customers.rules.moments import to_the_second
from customers.rules.replay import ChargeTerms

D = Decimal
BERLIN = ZoneInfo("Europe/Berlin")
APRIL = date(2027, 4, 1)
BEGINNING = Beginning(APRIL, None, None)
SERVER = {7: [ChargeTerms(70, "RECURRING", "EFFECTIVE", "CYCLE", to_the_second=True)]}


def at(day: int, hour: int) -> datetime:
    return datetime(2027, 4, day, hour, tzinfo=UTC)


def add(on: date = APRIL, at: datetime | None = None) -> Action:
    return Action(1, "ADD", on, version_id=7, quantity=D(1), at=at)


def change(number: int, quantity: int, moment: datetime) -> Action:
    return Action(number, "MODIFY", moment.date(), quantity=D(quantity), at=moment)


def told(*actions: Action) -> list[tuple[datetime, datetime | None, Decimal]]:
    found = to_the_second(actions, BEGINNING, SERVER, BERLIN)
    return [(one.start, one.end, one.quantity) for one in found.get((1, 70), [])]


def test_where_all_goes_by_days_there_is_nothing_to_the_second() -> None:
    assert told(add(), Action(2, "MODIFY", date(2027, 4, 9), quantity=D(2))) == []


def test_each_state_of_a_day_holds_from_its_moment() -> None:
    """Three cores for four hours, whichever of the two changes became known first."""
    midnight = datetime(2027, 3, 31, 22, tzinfo=UTC)  # of 1 April in Berlin
    wanted = [
        (midnight, at(9, 6), D(1)),
        (at(9, 6), at(9, 10), D(3)),
        (at(9, 10), None, D(2)),
    ]
    assert told(add(), change(2, 3, at(9, 6)), change(3, 2, at(9, 10))) == wanted
    assert told(add(), change(2, 2, at(9, 10)), change(3, 3, at(9, 6))) == wanted


def test_there_and_back_within_a_day_leaves_its_hours() -> None:
    assert [one[2] for one in told(add(), change(2, 5, at(9, 6)), change(3, 1, at(9, 7)))] == [
        *(1, 5, 1)
    ]


def test_an_end_counts_at_its_moment_whatever_day_it_is_mapped_to() -> None:
    """PRO-5: the last day is billed by the day, and only up to the moment by the second."""
    end = Action(2, "TERMINATE", date(2027, 4, 10), at=at(9, 18))
    assert told(add(date(2027, 4, 5), at(5, 8)), end) == [(at(5, 8), at(9, 18), D(1))]


def test_begun_and_ended_on_one_day_owes_its_hours() -> None:
    end = Action(2, "TERMINATE", date(2027, 4, 6), at=at(5, 11))
    assert told(add(date(2027, 4, 5), at(5, 8)), end) == [(at(5, 8), at(5, 11), D(1))]


def test_a_pause_by_the_moment_is_off_between_its_moments() -> None:
    pause = Action(2, "SUSPEND", date(2027, 4, 9), pause_policy="STOP", at=at(9, 6))
    resume = Action(3, "RESUME", date(2027, 4, 9), at=at(9, 12))
    found = to_the_second((add(), pause, resume), BEGINNING, SERVER, BERLIN)[1, 70]
    assert [(one.state, one.end) for one in found] == [
        ("ON", at(9, 6)), ("OFF", at(9, 12)), ("ON", None)
    ]  # fmt: skip
