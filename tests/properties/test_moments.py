"""Random histories to the second, and periods divided between payers: nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from customers.rules.history import Action, Beginning
from customers.rules.moments import Moment, to_the_second
from customers.rules.replay import ChargeTerms
from foundation.periods import Period, boundary_instant, local_date
from foundation.proration import Convention, factor
from invoicing.rules.splitting import divided

D = Decimal
START, LAST = date(2027, 3, 1), 60
"""The clocks change within these days in each of the zones."""
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca")
SERVER = {7: [ChargeTerms(70, "RECURRING", "EFFECTIVE", "CYCLE", to_the_second=True)]}
ADD = Action(1, "ADD", START, version_id=7, quantity=D(1))

seconds = st.integers(1, LAST * 86_400)
changes = st.one_of(
    st.integers(1, 9).map(lambda n: ("MODIFY", D(n))),
    st.sampled_from([("SUSPEND", None), ("RESUME", None)]),
)
histories = st.dictionaries(seconds, changes, min_size=1, max_size=8)


def told(history: dict[int, tuple[str, Decimal | None]], zone: ZoneInfo) -> list[Action]:
    """Write the history as actions at moments, counted from the start where the account is."""
    first = boundary_instant(START, zone).astimezone(UTC)
    found = []
    for number, (second, (action, quantity)) in enumerate(history.items(), 2):
        at = first + timedelta(seconds=second)
        found.append(
            Action(
                number, action, local_date(at, zone), quantity=quantity, at=at,
                pause_policy="STOP" if action == "SUSPEND" else "",
            )
        )  # fmt: skip
    return found


def line_of(actions: Sequence[Action], zone: ZoneInfo) -> list[Moment]:
    found = to_the_second([ADD, *actions], Beginning(START, None, None), SERVER, zone)
    return found[1, 70]


def expected(actions: Sequence[Action], until: datetime, zone: ZoneInfo) -> Decimal:
    """Add up quantity × seconds by walking the actions in the order of their moments."""
    value, quantity, is_paused = D(0), D(1), False
    now = boundary_instant(START, zone)
    for one in sorted(actions, key=lambda one: one.at or until):
        assert one.at is not None
        value += 0 if is_paused else quantity * int((one.at - now).total_seconds())
        now = one.at
        quantity = one.quantity or quantity
        is_paused = {"SUSPEND": True, "RESUME": False}.get(one.action, is_paused)
    return value + (0 if is_paused else quantity * int((until - now).total_seconds()))


@given(history=histories, zone=st.sampled_from(ZONES).map(ZoneInfo))
def test_pro_5_all_stretches_together_are_the_value_of_the_timeline(
    history: dict[int, tuple[str, Decimal | None]], zone: ZoneInfo
) -> None:
    actions = told(history, zone)
    until = boundary_instant(START + timedelta(LAST + 2), zone)
    line = line_of(actions, zone)
    value = sum(
        (
            one.quantity * int(((one.end or until) - one.start).total_seconds())
            for one in line
            if one.state != "OFF"
        ),
        D(0),
    )
    assert value == expected(actions, until, zone)


@given(history=histories, zone=st.sampled_from(ZONES).map(ZoneInfo), data=st.data())
def test_pro_5_stretches_have_no_gap_and_the_order_of_telling_does_not_matter(
    history: dict[int, tuple[str, Decimal | None]], zone: ZoneInfo, data: st.DataObject
) -> None:
    line = line_of(told(history, zone), zone)
    assert line[0].start == boundary_instant(START, zone)
    assert all(one.end == after.start for one, after in pairwise(line))
    assert line[-1].end is None
    shuffled = dict(data.draw(st.permutations(list(history.items()))))
    assert line_of(told(shuffled, zone), zone) == line


@given(
    start=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    length=st.integers(1, 800),
    moves=st.lists(st.integers(-30, 830), max_size=6, unique=True).map(sorted),
    cut=st.none() | st.integers(0, 799),
)
def test_hier_6_a_period_divided_between_payers_is_shared_without_rest(
    start: date, length: int, moves: list[int], cut: int | None
) -> None:
    period = Period(start, start + timedelta(length))
    part = None
    if cut is not None and cut < length:
        part = Period(start + timedelta(cut), period.end)
    days = [start + timedelta(number) for number in moves]
    bits = [bit or period for _, bit in divided(period, part, days)]
    whole = part or period
    assert (bits[0].start, bits[-1].end) == (whole.start, whole.end)
    assert all(one.end == after.start for one, after in pairwise(bits))
    shares = [factor(period, bit, convention=Convention.ACTUAL_DAYS) for bit in bits]
    owed = factor(period, whole, convention=Convention.ACTUAL_DAYS)
    assert abs(sum(shares) - owed) < D("1e-20")
