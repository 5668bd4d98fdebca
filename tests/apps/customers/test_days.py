"""Whose a day is: of a change, of an end told as a moment, of a suspension that was cured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from customers import operations
from customers.models import OrderItem, SubscriptionPause
from customers.operations import ItemInput
from foundation.errors import Invalid
from tests.apps.customers import build
from tests.apps.customers.test_actions import FEB, JAN, TENTH, TWENTIETH, order, states

pytestmark = pytest.mark.django_db
D = Decimal


def test_a_cure_gives_the_suspended_days_back_once() -> None:
    """CHG-12: the days become free; telling it again, or another resumption, adds nothing."""
    sub = build.add(build.account(), build.offer(suspension_policy="CONTINUE"), JAN)
    order(sub, "SUSPEND", TENTH, pause_reason="NON_PAYMENT")
    order(sub, "RESUME", TWENTIETH, credits_days=True)
    freed = [(JAN, TENTH, "ON"), (TENTH, TWENTIETH, "OFF"), (TWENTIETH, None, "ON")]
    assert states(sub) == freed
    order(sub, "MODIFY", FEB, prices={"C1": D(7)})
    assert states(sub)[:2] == freed[:2]
    assert SubscriptionPause.objects.get().policy == "STOP"


def test_a_resumption_alone_gives_nothing_back() -> None:
    sub = build.add(build.account(), build.offer(suspension_policy="CONTINUE"), JAN)
    order(sub, "SUSPEND", TENTH, pause_reason="NON_PAYMENT")
    order(sub, "RESUME", TWENTIETH)
    assert states(sub) == [(JAN, None, "ON")]


def test_the_day_of_a_change_of_plan_goes_to_whom_the_charges_say() -> None:
    """PRO-5: with OLD the new plan begins a day later, with BOTH both have the day."""
    eleventh = date(2027, 1, 11)
    for owner, old_end, new_start in (
        ("NEW", TENTH, TENTH),
        ("OLD", eleventh, eleventh),
        ("BOTH", eleventh, TENTH),
    ):
        small, large = (
            build.offer(f"{size}-{owner}", charges=({"code": size, "change_day": owner},))
            for size in ("SMALL", "LARGE")
        )
        sub = build.add(build.account(), small, JAN)
        order(sub, "MODIFY", TENTH, offer_version=large)
        assert states(sub, "SMALL") == [(JAN, old_end, "ON")]
        assert states(sub, "LARGE") == [(new_start, None, "ON")]


@pytest.mark.parametrize(
    ("end_day", "ends"), [("LAST_DAY_BILLED", date(2027, 1, 11)), ("NOT_BILLED", TENTH)]
)
def test_a_moment_becomes_the_day_where_the_account_is(end_day: str, ends: date) -> None:
    """PRO-5: 23:30 UTC on the 9th is the 10th in Berlin; the offer says whether it is billed."""
    sub = build.add(build.account(), build.offer(end_day=end_day), JAN)
    moment = datetime(2027, 1, 9, 23, 30, tzinfo=UTC)
    item = ItemInput(action="TERMINATE", subscription=sub, effective_at=moment)
    build.submit(sub.account, item, as_of=TWENTIETH)
    sub.refresh_from_db()
    assert sub.end_on == ends
    assert OrderItem.objects.get(action="TERMINATE").effective_at == moment


def test_a_day_and_a_moment_together_are_refused() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    item = ItemInput(
        action="MODIFY",
        subscription=sub,
        quantity=D(2),
        effective_on=TENTH,
        effective_at=datetime(2027, 1, 9, tzinfo=UTC),
    )
    with pytest.raises(Invalid, match="not both"):
        build.submit(sub.account, item, as_of=TENTH)


def test_moments_stand_beside_the_days_of_a_charge_counted_to_the_second() -> None:
    """PRO-5: the segments go by days; a change told again at another hour moves the moments."""
    charge = {"granularity": "SECOND", "proration": "SECONDS"}
    sub = build.add(build.account(), build.offer(charges=(charge,)), JAN)
    row = sub.charges.get()
    assert row.moments is None
    moment = datetime(2027, 1, 10, 6, 30, tzinfo=UTC)
    item = ItemInput(action="MODIFY", subscription=sub, quantity=D(3), effective_at=moment)
    placed = build.submit(sub.account, item, as_of=TWENTIETH)
    row.refresh_from_db()
    assert row.moments is not None
    assert [(one[0], one[1], one[2]) for one in row.moments] == [
        ("2026-12-31T23:00:00+00:00", moment.isoformat(), "1"),
        (moment.isoformat(), None, "3"),
    ]
    operations.withdraw_item(item=placed.items.get(), as_of=JAN, actor=None)
    row.refresh_from_db()
    assert row.moments is None


def test_a_charge_of_days_has_no_moments() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    moment = datetime(2027, 1, 10, 6, 30, tzinfo=UTC)
    item = ItemInput(action="MODIFY", subscription=sub, quantity=D(3), effective_at=moment)
    build.submit(sub.account, item, as_of=TWENTIETH)
    assert sub.charges.get().moments is None
