"""Webhooks against a real receiver: signed, in order, again until taken, parked in the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from audit import operations
from audit.models import BusinessEvent, WebhookDelivery, WebhookEndpoint
from audit.operations import Happening, delivering
from audit.rules.webhooks import MOST_TRIES
from foundation import clock
from foundation.errors import Invalid
from tests.apps.audit.told import ACCOUNT, NOON, ORDER, after, send, states, tell
from tests.attacks import unguard
from tests.receiving import Receiver

pytestmark = pytest.mark.django_db


# -- what is said ---------------------------------------------------------------------------------


def test_an_event_is_told_as_the_feed_shows_it_and_signed(
    endpoint: WebhookEndpoint, receiver: Receiver
):
    tell(7)
    assert send() == 1
    ((message_id, body, status),) = receiver.calls
    event = BusinessEvent.objects.get(topic="order.submitted")
    client: Any = APIClient()
    client.force_authenticate(User.objects.create_superuser("root"))
    shown = client.get(f"/api/v1/events/{event.pk}/").json()
    assert status == 200, "the library verified it"
    assert (message_id, body["type"], body["data"]) == (str(event.uuid), "order.submitted", shown)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_status, row.ended_at) == ("DELIVERED", 1, 200, NOON)
    assert send(after(3)) == 0, "it is told once where nothing goes wrong"


def test_who_does_not_hold_the_secret_cannot_verify(endpoint: WebhookEndpoint, receiver: Receiver):
    receiver.secret = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
    tell(7)
    assert send() == 0
    assert WebhookDelivery.objects.get().last_error == "the answer was 401"


def test_a_message_that_was_changed_or_is_old_is_refused_by_the_library(
    endpoint: WebhookEndpoint, receiver: Receiver
):
    """F16: what a receiver has in hand against replay and forgery."""
    (event_id,) = tell(7)[-1:]
    delivery = WebhookDelivery.objects.select_related("endpoint", "event").get(event=event_id)
    _, content, headers = delivering._message(delivery, NOON, clock.now())
    verify = Webhook(receiver.secret).verify
    verify(content, headers)
    old = str(int(headers["webhook-timestamp"]) - 301)
    for data, changed in (
        (content.replace(b"N-7", b"N-8"), {}),
        (content, {"webhook-id": "another"}),
        (content, {"webhook-timestamp": old}),
    ):
        with pytest.raises(WebhookVerificationError):
            verify(data, {**headers, **changed})


# -- who hears of what ----------------------------------------------------------------------------


def test_only_the_topics_asked_for_are_told(endpoint: WebhookEndpoint, receiver: Receiver):
    tell(7, topic="account.closed", kind=ACCOUNT)
    tell(7, topic="account.opened", kind=ACCOUNT)
    tell(8, topic="order.cancelled")
    send()
    told = {event["topic"] for event in receiver.events()}
    assert told == {"account.opened", "order.cancelled"}


def test_only_what_the_user_may_look_at_is_told(
    endpoint: WebhookEndpoint, receiver: Receiver, robot: User
):
    robot.user_permissions.set(Permission.objects.filter(codename="view_account"))
    tell(7)
    tell(8, topic="account.opened", kind=ACCOUNT)
    send()
    assert [event["subject_id"] for event in receiver.events()] == [8]


def test_what_happened_before_is_not_told(receiver: Receiver, robot: User):
    before = datetime.now(tz=UTC) + timedelta(hours=1)
    tell(7)
    found, receiver.secret = operations.open_endpoint(
        name="ERP", url=receiver.url, topics=["*"], user=robot, actor=None
    )
    later = WebhookEndpoint.objects.filter(pk=found.pk)
    operations.record_events([Happening("order.submitted", ORDER, 8, {"number": "N-8"})])
    unguard("audit_webhookendpoint")
    later.update(created_at=before)  # as if it had been opened after the event
    operations.pass_on_events(as_of=NOON)
    assert WebhookDelivery.objects.count() == 0
    assert not BusinessEvent.objects.filter(delivered_at__isnull=True).exists()


def test_an_event_is_passed_on_once_for_each_endpoint(
    endpoint: WebhookEndpoint, receiver: Receiver, robot: User
):
    operations.open_endpoint(name="CRM", url=receiver.url, topics=["*"], user=robot, actor=None)
    tell(7, 8)
    assert operations.pass_on_events(as_of=NOON) == 0
    assert WebhookDelivery.objects.count() == 4
    assert set(BusinessEvent.objects.values_list("attempts", flat=True)) == {1}


# -- again, in order, and no further --------------------------------------------------------------


def test_a_failing_event_holds_back_later_ones_of_its_subject_only(
    endpoint: WebhookEndpoint, receiver: Receiver
):
    receiver.answer = lambda event: 500 if event["subject_id"] == 7 else 200
    tell(7, 7, 8)
    for _ in range(2):
        send()
    assert [event["subject_id"] for event in receiver.events()] == [8]
    assert len(receiver.events(500)) == 1, "the second of 7 was not tried at all"
    assert states() == ["WAITING", "WAITING", "DELIVERED"]
    receiver.answer = lambda event: 200
    assert send(after(1)) == 2
    taken = [event["id"] for event in receiver.events() if event["subject_id"] == 7]
    assert taken == sorted(taken)
    assert states() == ["DELIVERED"] * 3


def test_a_try_comes_after_its_gap_and_never_before(endpoint: WebhookEndpoint, receiver: Receiver):
    receiver.answer = lambda event: 503
    tell(7)
    for tries in range(MOST_TRIES):
        moment = after(tries)
        send(moment - timedelta(seconds=1))
        assert len(receiver.calls) == tries
        send(moment)
        assert len(receiver.calls) == tries + 1
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == (
        "PARKED",
        MOST_TRIES,
        "the answer was 503",
    )
    assert len(set(receiver.ids())) == 1, "every try has the same id"
    send(after(MOST_TRIES) + timedelta(days=9))
    assert len(receiver.calls) == MOST_TRIES, "what is parked waits for a person"


def test_a_failing_endpoint_does_not_take_the_time_of_the_others(
    endpoint: WebhookEndpoint, receiver: Receiver, robot: User
):
    operations.open_endpoint(
        name="dead", url="http://127.0.0.1:9/", topics=["*"], user=robot, actor=None
    )
    tell(*range(1, 21))
    assert send() == 20
    dead = WebhookDelivery.objects.filter(endpoint__name="dead")
    assert dead.filter(attempts__gt=0).count() <= delivering.SIDE_BY_SIDE
    assert "the connection failed" in dead.filter(attempts=1)[0].last_error


def test_a_process_that_dies_between_sending_and_noting_sends_again_with_the_same_id(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    tell(7)

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_note", die)
        with pytest.raises(KeyboardInterrupt):
            send()
    assert states() == ["WAITING"]
    assert send() == 0, "not at once: it may still be on its way"
    assert send(after(1)) == 1
    assert len(receiver.ids()) == 2
    assert len(set(receiver.ids())) == 1


def test_an_event_that_kills_its_process_every_time_is_parked(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    tell(7)

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivering, "_call", die)
    for tries in range(MOST_TRIES):
        with pytest.raises(KeyboardInterrupt):
            send(after(tries))
    send(after(MOST_TRIES) + timedelta(days=1))
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("PARKED", MOST_TRIES, delivering.DIED)


def test_what_is_parked_is_sent_again_by_a_person(endpoint: WebhookEndpoint, receiver: Receiver):
    receiver.answer = lambda event: 500
    tell(7, 7)
    for tries in range(MOST_TRIES):
        send(after(tries))
    late = after(MOST_TRIES) + timedelta(days=1)
    assert states() == ["PARKED", "WAITING"]
    assert send(late) == 0, "the parked one holds back the next"
    receiver.answer = lambda event: 200
    row = WebhookDelivery.objects.earliest("event")
    operations.send_again(delivery_id=row.pk, as_of=late, actor=None)
    assert send(late) == 2
    assert states() == ["DELIVERED", "DELIVERED"]
    with pytest.raises(operations.CannotSendAgain):
        operations.send_again(delivery_id=row.pk, as_of=late, actor=None)


def test_what_is_parked_is_left_out_with_a_reason(endpoint: WebhookEndpoint, receiver: Receiver):
    receiver.answer = lambda event: 500 if event["payload"]["number"] == "N-7" else 200
    tell(7)
    for tries in range(MOST_TRIES):
        send(after(tries))
    operations.record_events([Happening("order.cancelled", ORDER, 7, {"number": "N-7b"})])
    operations.pass_on_events(as_of=NOON)
    row = WebhookDelivery.objects.earliest("event")
    with pytest.raises(Invalid):
        operations.skip_delivery(delivery_id=row.pk, reason=" x ", as_of=NOON, actor=None)
    operations.skip_delivery(delivery_id=row.pk, reason="entered by hand", as_of=NOON, actor=None)
    assert send() == 1
    assert states()[:2] == ["SKIPPED", "DELIVERED"]
    assert BusinessEvent.objects.filter(topic="webhook.delivery_skipped").count() == 1
