"""Suspend, resume, renew, transfer, end and bring back; trials and ramps; any day, any order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import OfferVersion
from customers import operations
from customers.choices import AccountRole, PricePolicy
from customers.models import (
    ChargeSegment,
    Order,
    OrderItem,
    ServiceIdentifier,
    ServiceStatusPeriod,
    Subscription,
    SubscriptionPause,
)
from customers.operations import CannotWithdraw, IncompleteOrder, ItemInput, Phase
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR, APR = (date(2027, month, 1) for month in (1, 2, 3, 4))
TENTH, TWENTIETH = date(2027, 1, 10), date(2027, 1, 20)


def order(
    sub: Subscription, action: str, on: date, *, as_of: date | None = None, **more: Any
) -> Order:
    item = ItemInput(action=action, subscription=sub, effective_on=on, **more)
    found = build.submit(sub.account, item, as_of=as_of or on)
    sub.refresh_from_db()
    return found


def states(sub: Subscription, code: str = "C1") -> list[tuple[date, date | None, str]]:
    return [(start, end, state) for start, end, _, _, state in build.timeline(sub, code)]


def state_on(sub: Subscription, day: date) -> str:
    operations.activate_due(as_of=day)
    sub.refresh_from_db()
    return sub.state


def test_a_pause_is_free_and_its_service_is_suspended() -> None:
    """PRO-4 STOP."""
    version = build.offer(charges=({}, build.usage_charge()))
    sub = build.add(build.account(), version, JAN, identifiers=[build.number("491")])
    order(sub, "SUSPEND", TENTH)
    assert sub.state == "SUSPENDED"
    order(sub, "RESUME", TWENTIETH)
    assert sub.state == "ACTIVE"
    assert states(sub) == [(JAN, TENTH, "ON"), (TENTH, TWENTIETH, "OFF"), (TWENTIETH, None, "ON")]
    assert states(sub, "CALLS") == [(JAN, None, "ON")], "calls that were made are billed"
    assert list(ServiceStatusPeriod.objects.order_by("valid").values_list("state", flat=True)) == [
        "ACTIVE",
        "SUSPENDED",
        "ACTIVE",
    ]


def test_a_pause_may_charge_on_or_charge_less() -> None:
    """PRO-4 CONTINUE and REDUCE."""
    on, less = (build.add(build.account(), build.offer(code), JAN) for code in ("A", "B"))
    order(on, "SUSPEND", TENTH, pause_policy="CONTINUE", pause_reason="NON_PAYMENT")
    assert on.state == "SUSPENDED"
    assert states(on) == [(JAN, None, "ON")]
    order(less, "SUSPEND", TENTH, pause_policy="REDUCE", prices={"C1": D(2)})
    assert build.timeline(less)[1] == (TENTH, None, D(1), D(2), "REDUCED")


def test_the_policy_of_the_offer_holds_unless_another_is_asked_for() -> None:
    sub = build.add(build.account(), build.offer(suspension_policy="CONTINUE"), JAN)
    order(sub, "SUSPEND", TENTH)
    assert SubscriptionPause.objects.get().policy == "CONTINUE"


def test_a_pause_told_late_and_its_resumption_may_lie_in_the_past_and_the_future() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    order(sub, "SUSPEND", TENTH, as_of=MAR)
    assert sub.state == "SUSPENDED"
    order(sub, "RESUME", APR, as_of=MAR)
    assert sub.state == "SUSPENDED"
    assert state_on(sub, APR) == "ACTIVE"
    assert states(sub) == [(JAN, TENTH, "ON"), (TENTH, APR, "OFF"), (APR, None, "ON")]


def test_a_change_during_a_pause_holds_after_it() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    order(sub, "SUSPEND", TENTH)
    order(sub, "MODIFY", date(2027, 1, 15), quantity=D(3))
    order(sub, "RESUME", TWENTIETH)
    assert build.timeline(sub)[-1] == (TWENTIETH, None, D(3), None, "ON")


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_the_order_in_which_actions_are_told_does_not_matter(turn: int) -> None:
    """CHG-1: the timeline is a function of the dated actions."""
    version = build.offer()
    other = build.offer("LARGE", charges=({"code": "C1"},))
    sub = build.add(build.account(), version, JAN)
    acts: list[tuple[str, date, dict[str, Any]]] = [
        ("MODIFY", TENTH, {"quantity": D(4)}),
        ("MODIFY", TWENTIETH, {"offer_version": other}),
        ("MODIFY", date(2027, 1, 25), {"quantity": D(2)}),
    ]
    for action, day, more in acts[turn:] + acts[:turn]:
        order(sub, action, day, as_of=MAR, **more)
    assert [row[:3] for row in build.timeline(sub)] == [
        (JAN, TENTH, D(1)),
        (TENTH, TWENTIETH, D(4)),
        (TWENTIETH, date(2027, 1, 25), D(4)),
        (date(2027, 1, 25), None, D(2)),
    ]


def test_up_down_up_within_a_day_leaves_the_last_word() -> None:
    sub = build.add(build.account(), build.offer(), JAN, quantity=D(2))
    for quantity in (5, 1, 2):
        order(sub, "MODIFY", TENTH, quantity=D(quantity))
    assert build.timeline(sub) == [(JAN, None, D(2), None, "ON")]


def test_there_and_back_within_a_day_is_the_same_plan() -> None:
    small, large = build.offer("SMALL"), build.offer("LARGE", charges=({"code": "L1"},))
    sub = build.add(build.account(), small, JAN)
    order(sub, "MODIFY", TENTH, offer_version=large)
    order(sub, "MODIFY", TENTH, offer_version=small)
    assert build.timeline(sub) == [(JAN, None, D(1), None, "ON")]
    assert build.timeline(sub, "L1") == []


def test_an_end_at_the_end_of_the_period_waits_for_it() -> None:
    sub = build.add(build.account(cycle_day=15), build.offer(), JAN)
    order(sub, "TERMINATE", TENTH, end_rule="PERIOD_END")
    assert (sub.state, sub.end_on) == ("PENDING_END", date(2027, 1, 15))
    yearly = build.offer("Y", charges=({"period_unit": "YEAR", "alignment": "ANNIVERSARY"},))
    long = build.add(build.account(), yearly, TENTH)
    order(long, "TERMINATE", FEB, end_rule="PERIOD_END")
    assert long.end_on == date(2028, 1, 10)


def test_a_scheduled_end_is_withdrawn_without_loss() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    sub = build.add(build.account(), version, JAN, identifiers=[build.number("491")])
    before = build.timeline(sub)
    order(sub, "TERMINATE", MAR, as_of=JAN, reason="moves away")
    order(sub, "MODIFY", FEB, as_of=JAN, quantity=D(2))
    operations.withdraw_end(subscription=sub, as_of=JAN, actor=None)
    assert (sub.state, sub.end_on, sub.end_reason) == ("ACTIVE", None, "")
    assert build.timeline(sub) == [(JAN, FEB, D(1), None, "ON"), (FEB, None, D(2), None, "ON")]
    assert before[0][0] == JAN
    assert ServiceIdentifier.objects.get().valid.upper is None
    with pytest.raises(CannotWithdraw):
        operations.withdraw_end(subscription=sub, as_of=JAN, actor=None)


def test_one_scheduled_change_of_several_is_withdrawn() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    items = [
        ItemInput(action="MODIFY", subscription=sub, effective_on=day, quantity=D(quantity))
        for day, quantity in ((FEB, 2), (MAR, 3))
    ]
    placed = build.submit(sub.account, *items, as_of=JAN)
    first = OrderItem.objects.get(order=placed, seq=1)
    operations.withdraw_item(item=first, as_of=JAN, actor=None)
    assert [row[:3] for row in build.timeline(sub)] == [(JAN, MAR, D(1)), (MAR, None, D(3))]
    operations.withdraw_item(item=OrderItem.objects.get(seq=2), as_of=JAN, actor=None)
    placed.refresh_from_db()
    assert placed.state == "CANCELLED"
    assert build.timeline(sub) == [(JAN, None, D(1), None, "ON")]


def test_what_ended_is_brought_back_free_of_charge_in_between() -> None:
    """2.11: TERMINATED becomes ACTIVE again, if its identifiers are free."""
    version = build.offer(charges=({}, build.usage_charge()))
    owner = build.account()
    sub = build.add(owner, version, JAN, identifiers=[build.number("491")])
    order(sub, "TERMINATE", TENTH)
    assert sub.state == "TERMINATED"
    order(sub, "RESUME", TWENTIETH)
    assert (sub.state, sub.end_on) == ("ACTIVE", None)
    assert states(sub) == [(JAN, TENTH, "ON"), (TENTH, TWENTIETH, "OFF"), (TWENTIETH, None, "ON")]
    assert ServiceIdentifier.objects.count() == 2
    order(sub, "TERMINATE", FEB)
    with pytest.raises(IncompleteOrder, match="90 days"):
        order(sub, "RESUME", date(2027, 6, 1))
    build.add(owner, version, FEB, identifiers=[build.number("491")])
    with pytest.raises(IncompleteOrder, match="in other hands"):
        order(sub, "RESUME", MAR)


def fee_offer(**more: Any) -> OfferVersion:
    fee = {"code": "FEE", "kind": "ONE_TIME", "trigger": "END", **more}
    return build.offer(charges=({}, fee), terms_months=[12])


def test_an_end_within_the_minimum_term_costs_the_fee_per_month_left() -> None:
    sub = build.add(build.account(), fee_offer(), JAN, term_months=12, quantity=D(2))
    assert build.timeline(sub, "FEE") == []
    order(sub, "TERMINATE", date(2027, 9, 15))
    last = date(2027, 9, 14)
    assert build.timeline(sub, "FEE") == [(last, date(2027, 9, 15), D(8), None, "ON")]


def test_the_fee_is_flat_or_waived_or_past() -> None:
    owner, version = build.account(), fee_offer(price_model="FLAT")
    flat, waived, over = (
        build.add(owner, version, JAN, term_months=12, quantity=D(2)) for _ in range(3)
    )
    order(flat, "TERMINATE", FEB)
    order(waived, "TERMINATE", FEB, waives_fee=True)
    order(over, "TERMINATE", JAN, as_of=JAN, end_rule="TERM_END")
    assert [row[2] for row in build.timeline(flat, "FEE")] == [D(1)]
    assert build.timeline(waived, "FEE") == []
    assert (over.end_on, build.timeline(over, "FEE")) == (date(2028, 1, 1), [])


def test_what_is_not_billed_yet_may_be_waived_at_the_end() -> None:
    version = build.offer(charges=({}, {"code": "POST", "timing": "ARREARS"}))
    sub = build.add(build.account(), version, JAN)
    order(sub, "TERMINATE", TWENTIETH, waived_from=TENTH)
    assert states(sub) == [(JAN, TWENTIETH, "ON")]
    assert states(sub, "POST") == [(JAN, TENTH, "ON"), (TENTH, TWENTIETH, "OFF")]


@pytest.mark.parametrize(
    ("outcome", "state", "last"),
    [("CONVERT", "ACTIVE", "ON"), ("PAUSE", "SUSPENDED", "OFF"), ("END", "TERMINATED", "OFF")],
)
def test_a_trial_converts_pauses_or_ends(outcome: str, state: str, last: str) -> None:
    """CHG-10: nothing is charged before its end, set-up neither."""
    version = build.offer(charges=({}, {"code": "SETUP", "kind": "ONE_TIME"}))
    sub = build.add(build.account(), version, JAN, trial_end_on=TENTH, trial_outcome=outcome)
    assert sub.state in {"TRIAL", "PENDING_END"}
    assert state_on(sub, TENTH) == state
    assert states(sub)[-1][2] == last
    setup = [] if outcome == "END" else [(TENTH, date(2027, 1, 11), "ON")]
    assert states(sub, "SETUP") == setup
    if outcome == "PAUSE":
        order(sub, "RESUME", TWENTIETH)
        assert states(sub) == [(JAN, TWENTIETH, "OFF"), (TWENTIETH, None, "ON")]


def test_a_trial_is_made_longer_or_converts_at_once() -> None:
    sub = build.add(build.account(), build.offer(trial_days=14), JAN)
    order(sub, "MODIFY", TENTH, trial_end_on=FEB)
    assert states(sub) == [(JAN, FEB, "OFF"), (FEB, None, "ON")]
    order(sub, "MODIFY", TWENTIETH, trial_end_on=TWENTIETH)
    assert sub.state == "ACTIVE"
    assert states(sub) == [(JAN, TWENTIETH, "OFF"), (TWENTIETH, None, "ON")]
    with pytest.raises(IncompleteOrder, match="on no trial"):
        order(sub, "MODIFY", FEB, trial_end_on=MAR)


def test_a_ramp_is_future_dated_segments() -> None:
    phases = [Phase(on=FEB, quantity=D(10)), Phase(on=MAR, quantity=D(20), prices={"C1": D(8)})]
    sub = build.add(build.account(), build.offer(), JAN, quantity=D(5), phases=phases)
    assert [row[:4] for row in build.timeline(sub)] == [
        (JAN, FEB, D(5), None),
        (FEB, MAR, D(10), None),
        (MAR, None, D(20), D(8)),
    ]
    with pytest.raises(IncompleteOrder, match="comes after the start"):
        build.add(build.account(), build.offer("X"), FEB, phases=[Phase(on=FEB, quantity=D(1))])


def test_a_renewal_begins_a_term_and_may_raise_the_price() -> None:
    version = build.offer(terms_months=[12])
    sub = build.add(build.account(), version, JAN, term_months=12)
    day = date(2028, 1, 1)
    order(sub, "RENEW", day, as_of=JAN, term_months=12, uplift=D("0.05"))
    assert (sub.term.lower, sub.term.upper) == (day, date(2029, 1, 1))
    assert build.timeline(sub) == [
        (JAN, day, D(1), None, "ON"),
        (day, None, D(1), D("10.5"), "ON"),
    ]


def test_a_renewal_takes_the_newest_price_where_the_term_locks_it() -> None:
    """PRC-1 LOCKED_TERM: each term its own day; what was billed before is not priced anew."""
    sub = build.add(
        build.account(), build.offer(), JAN, term_months=3, price_policy=PricePolicy.LOCKED_TERM
    )
    order(sub, "RENEW", APR, as_of=APR, term_months=3)
    rows = ChargeSegment.objects.order_by("valid").values_list("valid", "price_day")
    assert [(valid.lower, day) for valid, day in rows] == [(JAN, JAN), (APR, APR)]


def test_a_term_that_is_not_renewed_ends() -> None:
    sub = build.add(build.account(), build.offer(), JAN, term_months=3, renewal="NONE")
    assert sub.end_on == APR
    order(sub, "RENEW", MAR, term_months=6)
    assert [sub.end_on, sub.state] == [None, "ACTIVE"]


def test_terms_that_renew_by_themselves_do_so_on_their_day() -> None:
    sub = build.add(build.account(), build.offer(), JAN, term_months=3)
    assert operations.renew_due(as_of=date(2027, 3, 31)) == 0
    assert operations.renew_due(as_of=APR) == 1
    assert operations.renew_due(as_of=APR) == 0
    sub.refresh_from_db()
    assert (sub.term.lower, sub.term.upper) == (APR, date(2027, 7, 1))


def test_a_transfer_hands_everything_on_to_another_account() -> None:
    version = build.offer(
        charges=(
            {"alignment": "ANNIVERSARY"},
            {"code": "SETUP", "kind": "ONE_TIME"},
            build.usage_charge(),
        )
    )
    parent = build.account("Parent")
    child = build.account("Child", parent=parent, role=AccountRole.NON_PAYER)
    sub = build.add(
        parent, version, date(2027, 1, 5), quantity=D(3), prices={"C1": D(9)},
        identifiers=[build.number("491")], term_months=12,
    )  # fmt: skip
    placed = order(sub, "TRANSFER", FEB, target_account=child)
    heir = Subscription.objects.get(account=child)
    assert (sub.state, heir.state) == ("TERMINATED", "ACTIVE")
    assert build.timeline(heir) == [(FEB, None, D(3), D(9), "ON")]
    assert build.timeline(heir, "SETUP") == []
    assert heir.charges.get(charge__code="C1").anchor == date(2027, 1, 5)
    assert heir.term == sub.term
    held = list(ServiceIdentifier.objects.order_by("valid"))
    assert [row.service.subscription for row in held] == [sub, heir]
    assert held[0].valid.upper == held[1].valid.lower
    assert placed.state == "COMPLETED"
    order(sub, "MODIFY", TWENTIETH, as_of=FEB, quantity=D(4))
    assert build.timeline(heir)[0][2] == D(4), "what is told late of before goes with it"


def test_a_transfer_that_has_not_come_is_withdrawn() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    placed = order(sub, "TRANSFER", FEB, as_of=JAN, target_account=build.account("Other"))
    operations.cancel_order(order=placed, as_of=JAN, actor=None)
    sub.refresh_from_db()
    assert (sub.state, sub.end_on) == ("ACTIVE", None)
    heir = Subscription.objects.exclude(pk=sub.pk).get()
    assert (heir.state, build.timeline(heir)) == ("CANCELLED", [])


def test_everything_missing_is_named_at_once_whatever_the_action() -> None:
    """C12."""
    sub = build.add(build.account(), build.offer(), FEB)
    poor = build.account("Poor", billing_address=None, cycle_code="", currency="USD")
    items = [
        ItemInput(action="TRANSFER", subscription=sub, effective_on=JAN, target_account=poor),
        ItemInput(action="RESUME", subscription=sub, effective_on=FEB),
        ItemInput(action="SUSPEND", effective_on=FEB, pause_policy="REDUCE"),
        ItemInput(action="TERMINATE", subscription=sub, effective_on=MAR, waived_from=APR),
        ItemInput(action="MODIFY", subscription=sub, effective_on=MAR),
        ItemInput(action="TRANSFER", subscription=sub, effective_on=MAR, target_account=poor),
    ]
    placed = operations.place_order(account=sub.account, items=items, requested_on=FEB, actor=None)
    found = {(one.item, one.field, one.rule) for one in operations.missing_in(order=placed)}
    assert found >= {
        (1, "effective_on", "ORD-5"),
        (1, "effective_on", "ORD-23"),
        (1, "target_account", "ORD-3"),
        (1, "target_account", "ORD-4"),
        (1, "target_account", "ORD-23"),
        (2, "effective_on", "ORD-20"),
        (3, "subscription", "ORD-12"),
        (3, "prices", "PRO-4"),
        (4, "waived_from", "ORD-24"),
        (5, "action", "ORD-14"),
        (6, "target_account", "PRC-1"),
    }
