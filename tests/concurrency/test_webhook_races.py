"""Webhooks from real processes: one dies between sending and noting, several send at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit import operations
from audit.models import BusinessEvent, WebhookDelivery
from audit.operations import Happening, delivering
from audit.rules.webhooks import GAPS
from foundation import clock
from tests.concurrency.street import DIED, in_a_process, outcome
from tests.racing import race
from tests.receiving import Receiver, receiving, service_user

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Return a receiver with an endpoint that leads to it."""
    settings.WEBHOOKS_TO_LOCAL = True
    with receiving() as found:
        _, found.secret = operations.open_endpoint(
            name="ERP",
            url=found.url,
            topics=["order.*"],
            user=service_user(),
            actor=None,
        )
        yield found


def tell(*orders: int) -> None:
    operations.record_events(
        [
            Happening("order.submitted", "customers.order", pk, {"number": f"O-{pk}"})
            for pk in orders
        ]
    )


def send(as_of: datetime = NOON) -> int:
    return operations.send_deliveries(as_of=as_of, seconds=20, clock=clock.now)


def test_a_process_killed_between_sending_and_noting_sends_again_with_the_same_id(
    receiver: Receiver,
):
    tell(7, 7, 8)
    operations.pass_on_events(as_of=NOON)

    def live() -> None:
        delivering._note = lambda *args: os._exit(DIED)  # type: ignore[assignment]
        send()

    assert outcome(in_a_process(live)) == DIED
    assert len(receiver.calls) == 2, "the first of 7, and 8"
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"WAITING"}
    assert send() == 0
    assert send(NOON + GAPS[0]) == 3
    told = [event["id"] for event in receiver.events()]
    assert sorted(set(told)) == list(
        BusinessEvent.objects.filter(topic="order.submitted")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    assert len(told) == 5, "two of them twice"
    assert len(set(receiver.ids())) == 3


def test_many_sessions_pass_each_event_on_once_and_send_it_once_and_in_order(receiver: Receiver):
    tell(*([7] * 10), *range(8, 28))
    passed = race(*[lambda: operations.pass_on_events(as_of=NOON)] * 4)
    assert sum(passed) == 31, "the opening of the endpoint is an event too"
    assert WebhookDelivery.objects.count() == 30
    for _ in range(3):  # a session that finds the turn of 7 taken leaves the rest to the others
        race(*[send] * 4)
    assert not WebhookDelivery.objects.exclude(state="DELIVERED").exists()
    assert len(receiver.ids()) == len(set(receiver.ids())) == 30
    of_seven = [event["id"] for event in receiver.events() if event["subject_id"] == 7]
    assert of_seven == sorted(of_seven)


def test_of_many_duplicates_and_failures_nothing_is_lost_and_no_order_turned(receiver: Receiver):
    """F16, from the sending side: a receiver that fails every third time hears all, in order."""
    tell(*[1 + n % 5 for n in range(60)])
    operations.pass_on_events(as_of=NOON)
    seen = {"calls": 0}

    def answer(event: dict[str, Any]) -> int:
        seen["calls"] += 1
        return 500 if seen["calls"] % 3 == 0 else 200

    receiver.answer = answer
    moment = NOON
    for _ in range(80):
        send(moment)
        moment += timedelta(hours=1)
        if not WebhookDelivery.objects.exclude(state="DELIVERED").exists():
            break
    assert not WebhookDelivery.objects.exclude(state="DELIVERED").exists()
    taken = receiver.events()
    assert len({event["id"] for event in taken}) == 60
    for subject in range(1, 6):
        mine = [event["id"] for event in taken if event["subject_id"] == subject]
        assert mine == sorted(mine)
