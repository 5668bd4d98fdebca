"""Endpoints of webhooks: opened, paused, closed, given another secret, and tried."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test.utils import override_settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from audit import operations, queries
from audit.choices import DeliveryState, EndpointState
from audit.models import BusinessEvent, Change, WebhookDelivery, WebhookEndpoint
from audit.operations import Happening, delivering
from foundation import clock
from foundation.errors import Forbidden, Invalid
from tests.apps.audit.told import NOON, ORDER, send, states, tell
from tests.receiving import Receiver

pytestmark = pytest.mark.django_db


def test_a_paused_endpoint_loses_nothing(endpoint: WebhookEndpoint, receiver: Receiver):
    operations.pause_endpoint(endpoint_id=endpoint.pk, actor=None)
    tell(7)
    assert send() == 0
    operations.resume_endpoint(endpoint_id=endpoint.pk, actor=None)
    assert send() == 1


def test_a_user_who_left_is_told_nothing(
    endpoint: WebhookEndpoint, receiver: Receiver, robot: User
):
    tell(7)
    User.objects.filter(pk=robot.pk).update(is_active=False)
    assert send() == 0
    assert receiver.calls == []


def test_a_closed_endpoint_is_over(endpoint: WebhookEndpoint, receiver: Receiver, robot: User):
    tell(7)
    operations.close_endpoint(endpoint_id=endpoint.pk, as_of=NOON, actor=None)
    tell(8)
    assert send() == 0
    assert states() == [DeliveryState.SKIPPED]
    with pytest.raises(operations.EndpointIsClosed):
        operations.resume_endpoint(endpoint_id=endpoint.pk, actor=None)
    with pytest.raises(operations.EndpointIsClosed):
        operations.send_test_event(endpoint_id=endpoint.pk, as_of=clock.now(), actor=None)
    again, _ = operations.open_endpoint(
        name="ERP", url=receiver.url, topics=["*"], user=robot, actor=None
    )
    assert again.state == EndpointState.ACTIVE, "the name is free again"


def test_after_a_change_of_the_secret_both_verify_for_a_day(
    endpoint: WebhookEndpoint, receiver: Receiver
):
    old = receiver.secret
    changed = NOON
    _, new = operations.rotate_secret(endpoint_id=endpoint.pk, as_of=changed, actor=None)
    assert new != old
    tell(7)
    delivery = WebhookDelivery.objects.select_related("endpoint", "event").get()

    def verifies(secret: str, moment: datetime) -> bool:
        _, content, headers = delivering._message(delivery, moment, clock.now())
        try:
            Webhook(secret).verify(content, headers)
        except WebhookVerificationError:
            return False
        return True

    assert verifies(new, NOON)
    assert verifies(old, NOON + timedelta(hours=23))
    assert not verifies(old, NOON + timedelta(hours=25))
    assert verifies(new, NOON + timedelta(hours=25))


def test_no_secret_is_stored_and_another_key_of_the_installation_changes_it(
    endpoint: WebhookEndpoint, receiver: Receiver
):
    bare = receiver.secret.removeprefix("whsec_")
    stored = json.dumps([*WebhookEndpoint.objects.values(), *Change.objects.values()], default=str)
    assert bare not in stored
    tell(7)
    delivery = WebhookDelivery.objects.select_related("endpoint", "event").get()
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        _, content, headers = delivering._message(delivery, NOON, clock.now())
        with pytest.raises(WebhookVerificationError):
            Webhook(receiver.secret).verify(content, headers)
    with override_settings(
        SECRET_KEY="another", SECRET_KEY_FALLBACKS=[django_settings.SECRET_KEY]
    ):
        _, content, headers = delivering._message(delivery, NOON, clock.now())
        Webhook(receiver.secret).verify(content, headers)


def test_a_test_event_goes_to_one_endpoint_at_once(
    endpoint: WebhookEndpoint, receiver: Receiver, robot: User
):
    outcome = operations.send_test_event(endpoint_id=endpoint.pk, as_of=clock.now(), actor=None)
    assert (outcome.status, outcome.error) == (200, "")
    (event,) = receiver.events()
    assert event["topic"] == "webhook.tested"
    receiver.answer = lambda event: 404
    outcome = operations.send_test_event(endpoint_id=endpoint.pk, as_of=clock.now(), actor=None)
    assert (outcome.status, outcome.error) == (404, "the answer was 404")
    operations.pass_on_events(as_of=NOON)
    assert WebhookDelivery.objects.count() == 0


@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("url", {"url": "ftp://127.0.0.1/"}),
        ("url", {"url": "http://a@127.0.0.1/"}),
        ("topics", {"topics": []}),
        ("topics", {"topics": ["order"]}),
        ("name", {"name": " "}),
        ("name", {"name": "ERP"}),
        ("user", {"user": "boss"}),
    ],
)
def test_an_endpoint_that_cannot_be_meant_is_refused_at_its_field(
    endpoint: WebhookEndpoint, robot: User, column: str, given: dict[str, Any]
):
    fields: dict[str, Any] = {
        "name": "new", "url": "http://127.0.0.1/", "topics": ["*"], "user": robot, **given,
    }  # fmt: skip
    if fields["user"] == "boss":
        fields["user"] = User.objects.create_superuser("boss")
    with pytest.raises(Invalid) as refusal:
        operations.open_endpoint(**fields, actor=None)
    assert refusal.value.column == column


def test_only_who_may_opens_and_changes(endpoint: WebhookEndpoint, robot: User):
    for act in (
        lambda: operations.open_endpoint(
            name="x", url="http://127.0.0.1/", topics=["*"], user=robot, actor=robot
        ),
        lambda: operations.pause_endpoint(endpoint_id=endpoint.pk, actor=robot),
        lambda: operations.rotate_secret(endpoint_id=endpoint.pk, as_of=NOON, actor=robot),
        lambda: operations.send_test_event(
            endpoint_id=endpoint.pk, as_of=clock.now(), actor=robot
        ),
        lambda: operations.close_endpoint(endpoint_id=endpoint.pk, as_of=NOON, actor=robot),
    ):
        with pytest.raises(Forbidden):
            act()


def test_how_far_behind_the_outbox_is(endpoint: WebhookEndpoint, receiver: Receiver):
    assert queries.outbox_since() is not None, "the opening of the endpoint is not passed on yet"
    tell(7)
    assert queries.outbox_since() is None
    operations.record_events([Happening("order.submitted", ORDER, 8, {"number": "N-8"})])
    oldest = BusinessEvent.objects.latest("pk").recorded_at
    assert queries.outbox_since() == oldest
