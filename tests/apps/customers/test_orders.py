"""Orders: what is asked becomes subscriptions and timelines, past and future."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from customers import operations, tasks
from customers.choices import OrderAction, OrderState
from customers.models import (
    Order,
    OrderItem,
    ServiceIdentifier,
    Subscription,
    SubscriptionCharge,
    SubscriptionEvent,
)
from customers.operations import IncompleteOrder, ItemInput
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)
ON = "ON"


def test_an_order_of_today_is_active_at_once() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    assert sub.state == "ACTIVE"
    assert build.timeline(sub) == [(JAN, None, D(1), None, ON)]
    assert Order.objects.get().state == OrderState.COMPLETED
    charge = SubscriptionCharge.objects.get()
    assert (charge.anchor, charge.account_id) == (JAN, sub.account_id)
    item = OrderItem.objects.get()
    assert D(item.price_snapshot[0]["unit_price"]) == 10


def test_a_future_order_waits_for_its_day() -> None:
    sub = build.add(build.account(), build.offer(), FEB, as_of=JAN)
    assert sub.state == "PENDING"
    assert build.timeline(sub) == [(FEB, None, D(1), None, ON)]
    assert operations.activate_due(as_of=date(2027, 1, 31)) == {"subscriptions": 0, "orders": 0}
    assert operations.activate_due(as_of=FEB) == {"subscriptions": 1, "orders": 1}
    assert operations.activate_due(as_of=FEB) == {"subscriptions": 0, "orders": 0}
    sub.refresh_from_db()
    assert sub.state == "ACTIVE"
    assert Order.objects.get().state == OrderState.COMPLETED


def test_one_time_charges_hold_for_their_trigger_day() -> None:
    version = build.offer(charges=({}, {"code": "SETUP", "kind": "ONE_TIME"}))
    sub = build.add(build.account(), version, JAN)
    assert build.timeline(sub, "SETUP") == [(JAN, date(2027, 1, 2), D(1), None, ON)]


def test_a_change_of_quantity_splits_the_timeline_on_its_day() -> None:
    """PRO-5: the change day belongs to the new state."""
    sub = build.add(build.account(), build.offer(), JAN)
    build.modify(sub, date(2027, 1, 19), quantity=D(3))
    assert build.timeline(sub) == [
        (JAN, date(2027, 1, 19), D(1), None, ON),
        (date(2027, 1, 19), None, D(3), None, ON),
    ]


def test_a_backdated_change_leaves_later_changes_alone() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    build.modify(sub, FEB, quantity=D(5))
    build.modify(sub, date(2027, 1, 10), quantity=D(2), as_of=MAR)
    assert [(row[0], row[2]) for row in build.timeline(sub)] == [
        (JAN, D(1)),
        (date(2027, 1, 10), D(2)),
        (FEB, D(5)),
    ]


def test_an_own_price_goes_to_its_charge_alone() -> None:
    version = build.offer(charges=({}, {}))
    sub = build.add(build.account(), version, JAN, prices={"C2": D("7.5")})
    assert build.timeline(sub, "C2")[0][3] == D("7.5")
    build.modify(sub, FEB, prices={"C1": D(9)})
    assert [row[3] for row in build.timeline(sub)] == [None, D(9)]
    assert [row[3] for row in build.timeline(sub, "C2")] == [D("7.5")]


def test_a_change_of_plan_ends_the_old_charges_and_starts_the_new() -> None:
    first = build.offer("SMALL", charges=({"alignment": "ANNIVERSARY"},))
    second = build.offer(
        "LARGE",
        charges=(
            {"code": "L1", "alignment": "ANNIVERSARY"},
            {"code": "SETUP", "kind": "ONE_TIME"},
        ),
    )
    sub = build.add(build.account(), first, date(2027, 1, 5))
    build.modify(sub, date(2027, 1, 19), offer_version=second)
    assert build.timeline(sub) == [(date(2027, 1, 5), date(2027, 1, 19), D(1), None, ON)]
    assert build.timeline(sub, "L1") == [(date(2027, 1, 19), None, D(1), None, ON)]
    assert build.timeline(sub, "SETUP") == []
    new = SubscriptionCharge.objects.get(charge__code="L1")
    assert new.anchor == date(2027, 1, 5), "the anniversary stays"


def test_termination_ends_everything_on_its_day() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    sub = build.add(build.account(), version, JAN, identifiers=[build.number("491")])
    build.terminate(sub, FEB)
    sub.refresh_from_db()
    assert (sub.state, sub.end_on) == ("TERMINATED", FEB)
    assert build.timeline(sub) == [(JAN, FEB, D(1), None, ON)]
    held = ServiceIdentifier.objects.get()
    assert held.valid.upper.isoformat() == "2027-01-31T23:00:00+00:00", "midnight in Berlin"


def test_a_future_termination_is_scheduled_and_comes() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    build.terminate(sub, FEB, as_of=JAN)
    sub.refresh_from_db()
    assert sub.state == "PENDING_END"
    operations.activate_due(as_of=FEB)
    sub.refresh_from_db()
    assert sub.state == "TERMINATED"
    assert list(SubscriptionEvent.objects.order_by("pk").values_list("kind", flat=True)) == [
        "CREATED",
        "ACTIVATED",
        "END_SCHEDULED",
        "TERMINATED",
    ]


def test_a_start_that_was_missed_is_made_up_before_the_end() -> None:
    sub = build.add(build.account(), build.offer(), FEB, as_of=JAN)
    build.terminate(sub, MAR, as_of=JAN)
    operations.activate_due(as_of=date(2027, 6, 1))
    sub.refresh_from_db()
    assert sub.state == "TERMINATED"


def test_ended_on_its_first_day_it_never_was() -> None:
    sub = build.add(build.account(), build.offer(), FEB, as_of=JAN)
    build.terminate(sub, FEB, as_of=JAN)
    operations.activate_due(as_of=FEB)
    sub.refresh_from_db()
    assert sub.state == "CANCELLED"
    assert build.timeline(sub) == []


def test_a_trial_bills_nothing_before_its_end() -> None:
    """CHG-10: OFF until the trial's end, then ON; the anniversary counts from there."""
    version = build.offer(charges=({"alignment": "ANNIVERSARY"},), trial_days=14)
    sub = build.add(build.account(), version, JAN)
    end = date(2027, 1, 15)
    assert sub.state == "TRIAL"
    assert build.timeline(sub) == [(JAN, end, D(1), None, "OFF"), (end, None, D(1), None, ON)]
    assert SubscriptionCharge.objects.get().anchor == end
    operations.activate_due(as_of=end)
    sub.refresh_from_db()
    assert sub.state == "ACTIVE"


def test_charges_wait_for_their_trigger_day() -> None:
    """CHG-7: without its trigger date a charge has no segments."""
    version = build.offer(
        charges=({}, {"trigger": "ACTIVATION"}, {"trigger": "ACCEPTANCE", "kind": "ONE_TIME"})
    )
    sub = build.add(build.account(), version, JAN, awaits_activation=True, awaits_acceptance=True)
    assert sub.state == "PENDING"
    assert build.timeline(sub) == [(JAN, None, D(1), None, ON)]
    assert build.timeline(sub, "C2") == []
    day = date(2027, 1, 12)
    operations.record_activation(subscription=sub, on_date=day, as_of=day, actor=None)
    sub.refresh_from_db()
    assert sub.state == "ACTIVE"
    assert build.timeline(sub, "C2") == [(day, None, D(1), None, ON)]
    assert build.timeline(sub, "C3") == []
    later = date(2027, 1, 20)
    operations.record_acceptance(subscription=sub, on_date=later, as_of=later, actor=None)
    assert build.timeline(sub, "C3") == [(later, date(2027, 1, 21), D(1), None, ON)]


def test_everything_missing_is_named_at_once() -> None:
    owner = build.account(billing_address=None, cycle_code="")
    version = build.offer(charges=({}, build.usage_charge()), price=None)
    order = operations.place_order(
        account=owner,
        items=[ItemInput(action=OrderAction.ADD, offer_version=version)],
        requested_on=date(2026, 12, 31),
        actor=None,
    )
    with pytest.raises(IncompleteOrder) as refused:
        operations.submit_order(order=order, as_of=JAN, actor=None)
    rules = {(one.item, one.field, one.rule) for one in refused.value.missing}
    assert rules >= {
        (0, "account", "HIER-2"),
        (1, "effective_on", "ORD-5"),
        (1, "quantity", "ORD-6"),
        (1, "prices", "PRC-1"),
        (1, "identifiers", "ORD-10"),
    }
    assert Subscription.objects.count() == 0


def test_an_identifier_in_use_is_refused_in_words() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    owner = build.account()
    build.add(owner, version, JAN, identifiers=[build.number("491")])
    with pytest.raises(IncompleteOrder, match="MSISDN 491 belongs to another service"):
        build.add(owner, version, FEB, identifiers=[build.number("491")])


def test_submitting_twice_does_it_once() -> None:
    owner = build.account()
    build.add(owner, build.offer(), JAN)
    order = Order.objects.get()
    operations.submit_order(order=order, as_of=FEB, actor=None)
    assert Subscription.objects.count() == 1


def test_the_same_external_id_is_one_order() -> None:
    owner = build.account()
    first = operations.place_order(
        account=owner, items=[], requested_on=JAN, external_id="x-1", actor=None
    )
    again = operations.place_order(
        account=owner, items=[], requested_on=JAN, external_id="x-1", actor=None
    )
    assert first == again


def test_a_future_addition_can_be_withdrawn() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    owner = build.account()
    sub = build.add(owner, version, FEB, as_of=JAN, identifiers=[build.number("491")])
    operations.cancel_order(order=Order.objects.get(), as_of=JAN, actor=None)
    sub.refresh_from_db()
    assert sub.state == "CANCELLED"
    assert build.timeline(sub) == []
    assert not ServiceIdentifier.objects.exists()


def test_a_future_end_and_a_future_plan_can_be_withdrawn() -> None:
    first, second = build.offer("SMALL"), build.offer("LARGE", charges=({"code": "L1"},))
    version = first
    sub = build.add(build.account(), version, JAN)
    before = build.timeline(sub)
    plan = build.modify(sub, FEB, as_of=JAN, offer_version=second)
    assert build.timeline(sub) == [(JAN, FEB, D(1), None, ON)]
    end = build.terminate(sub, MAR, as_of=JAN)
    operations.cancel_order(order=plan, as_of=JAN, actor=None)
    assert build.timeline(sub) == [(JAN, MAR, D(1), None, ON)], "the end outlives the plan"
    operations.cancel_order(order=end, as_of=JAN, actor=None)
    sub.refresh_from_db()
    assert (sub.state, sub.end_on) == ("ACTIVE", None)
    assert build.timeline(sub) == before
    assert build.timeline(sub, "L1") == []


def test_an_order_in_effect_is_not_cancelled() -> None:
    build.add(build.account(), build.offer(), JAN)
    with pytest.raises(operations.CannotCancelOrder):
        operations.cancel_order(order=Order.objects.get(), as_of=JAN, actor=None)


def test_a_number_moves_to_another_subscription_on_the_same_day() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    owner = build.account()
    first = build.add(owner, version, JAN, identifiers=[build.number("491")])
    build.terminate(first, FEB)
    second = build.add(owner, version, FEB, identifiers=[build.number("491")])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subscription_id, valid FROM customers_identifier_owner "
            "WHERE type = 'MSISDN' AND value = '491' ORDER BY lower(valid)"
        )
        (one, held), (other, now) = cursor.fetchall()
    assert (one, other) == (first.pk, second.pk)
    assert held.upper == now.lower == datetime(2027, 1, 31, 23, tzinfo=UTC)


def test_a_sim_swap_keeps_the_service() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    sub = build.add(build.account(), version, JAN, identifiers=[build.number("491")])
    build.modify(sub, FEB, identifiers=[build.number("492")])
    held = list(ServiceIdentifier.objects.order_by("pk"))
    assert [row.value for row in held] == ["491", "492"]
    assert held[0].service_id == held[1].service_id
    assert held[0].valid.upper == held[1].valid.lower


def test_an_order_waits_for_the_activation_it_awaits() -> None:
    sub = build.add(build.account(), build.offer(), JAN, awaits_activation=True)
    assert Order.objects.get().state == OrderState.SUBMITTED
    assert operations.activate_due(as_of=FEB) == {"subscriptions": 0, "orders": 0}
    operations.record_activation(subscription=sub, on_date=FEB, as_of=FEB, actor=None)
    assert Order.objects.get().state == OrderState.COMPLETED


def test_an_end_may_come_earlier_but_not_later() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    build.terminate(sub, MAR, as_of=JAN)
    with pytest.raises(IncompleteOrder, match="ends on 2027-03-01"):
        build.terminate(sub, date(2027, 4, 1), as_of=JAN)
    build.terminate(sub, FEB, as_of=JAN)
    assert build.timeline(sub) == [(JAN, FEB, D(1), None, ON)]


def test_one_order_hands_a_number_on() -> None:
    version = build.offer(charges=({}, build.usage_charge()))
    owner = build.account()
    first = build.add(owner, version, JAN, identifiers=[build.number("491")])
    build.submit(
        owner,
        ItemInput(
            action=OrderAction.ADD,
            offer_version=version,
            quantity=D(1),
            effective_on=FEB,
            identifiers=[build.number("491")],
        ),
        ItemInput(action=OrderAction.TERMINATE, subscription=first, effective_on=FEB),
        as_of=FEB,
    )
    held = ServiceIdentifier.objects.order_by("pk")
    assert [row.value for row in held] == ["491", "491"]
    assert held[0].valid.upper == held[1].valid.lower


def test_the_clock_brings_each_zone_to_its_own_day() -> None:
    """PER-4: the day begins where the account is."""
    version = build.offer()
    east = build.add(build.account(time_zone="Asia/Tokyo"), version, FEB, as_of=JAN)
    west = build.add(build.account(time_zone="America/Chicago"), version, FEB, as_of=JAN)
    done = tasks.sweep(datetime(2027, 1, 31, 16, tzinfo=UTC))
    assert done == {"renewals": 0, "subscriptions": 1, "orders": 1, "moves": 0, "trees": 0}
    east.refresh_from_db()
    west.refresh_from_db()
    assert (east.state, west.state) == ("ACTIVE", "PENDING")
    assert tasks.sweep(datetime(2027, 2, 1, 7, tzinfo=UTC))["subscriptions"] == 1
