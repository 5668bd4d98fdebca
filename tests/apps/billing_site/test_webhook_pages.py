"""The pages of webhooks: an endpoint is opened, tried and paused; what is parked is dealt with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import audit.operations
from audit.models import BusinessEvent, WebhookDelivery, WebhookEndpoint
from audit.operations import Happening
from audit.rules.webhooks import MOST_TRIES
from foundation import clock
from ledger.models import LegalEntity
from tests.receiving import Receiver, receiving, service_user

pytestmark = pytest.mark.django_db
LIST = "/console/webhooks/"
DELIVERIES = f"{LIST}deliveries/"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_LOCAL = True
    with receiving() as found:
        yield found


@pytest.fixture
def access(log_in: Callable[[str], Client]) -> Client:
    return log_in("access")


def opened(access: Client, receiver: Receiver, **given: Any) -> WebhookEndpoint:
    """Open an endpoint by the page; the receiver learns its secret."""
    form = {"name": "ERP", "url": receiver.url, "topics": "order.*\n", "user": "robot", **given}
    page = access.post(f"{LIST}new/", form)
    assert page.status_code == 200, page.content.decode()
    (receiver.secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", page.content.decode())
    return WebhookEndpoint.objects.get(name="ERP")


def parked(receiver: Receiver) -> WebhookDelivery:
    """Leave a delivery parked, and one behind it."""
    receiver.answer = lambda event: 500
    about = "order.submitted", "customers.order", 7, {"number": "O-7"}
    audit.operations.record_events([Happening(*about), Happening(*about)])
    audit.operations.pass_on_events(as_of=timezone.now())
    moment = timezone.now()
    for _ in range(MOST_TRIES):
        audit.operations.send_deliveries(as_of=moment, seconds=5, clock=clock.now)
        moment += timedelta(days=1)
    return WebhookDelivery.objects.get(state="PARKED")


def test_an_empty_list_says_what_to_do(access: Client) -> None:
    page = access.get(LIST).content.decode()
    assert "Nobody is told" in page
    assert "Open an endpoint" in page
    assert "Nothing here" in access.get(DELIVERIES).content.decode()


def test_an_endpoint_is_opened_tried_and_its_secret_shown_once(
    access: Client, receiver: Receiver
) -> None:
    service_user()
    endpoint = opened(access, receiver)
    assert (endpoint.topics, endpoint.user.username) == (["order.*"], "robot")
    address = f"{LIST}{endpoint.pk}/"
    assert receiver.secret not in access.get(address).content.decode()
    tried = access.post(f"{address}test/", follow=True).content.decode()
    assert "Taken: the answer was 200." in tried
    receiver.answer = lambda event: 500
    tried = access.post(f"{address}test/", follow=True).content.decode()
    assert "It was not taken: the answer was 500" in tried


def test_the_form_says_at_each_field_what_is_wrong(access: Client) -> None:
    service_user()
    form = {"name": "ERP", "url": "https://10.0.0.1/", "topics": "orders", "user": "robot"}
    page = access.post(f"{LIST}new/", form)
    assert page.status_code == 422
    assert "There is no topic orders" in page.content.decode()
    page = access.post(f"{LIST}new/", {**form, "topics": "order.*"})
    assert "Write a full host name such as hooks.example.com" in page.content.decode()
    page = access.post(f"{LIST}new/", {**form, "user": "controller"})
    assert page.status_code == 422, "nobody's own view is sent away"
    assert not WebhookEndpoint.objects.exists()


def test_an_endpoint_may_hear_of_one_entity(access: Client, receiver: Receiver) -> None:
    service_user()
    entity = LegalEntity.objects.order_by("pk").first()
    if entity is not None:
        assert opened(access, receiver, entity=entity.code).entity == entity.pk


def test_pause_resume_secret_close(access: Client, receiver: Receiver) -> None:
    service_user()
    endpoint = opened(access, receiver)
    address = f"{LIST}{endpoint.pk}/"
    for verb, state in (("pause", "PAUSED"), ("resume", "ACTIVE")):
        access.post(f"{address}{verb}/")
        endpoint.refresh_from_db()
        assert endpoint.state == state
    page = access.post(f"{address}secret/").content.decode()
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", page)
    assert secret != receiver.secret
    access.post(f"{address}close/")
    page = access.post(f"{address}resume/", follow=True).content.decode()
    assert "The endpoint is closed; open another one" in page


def test_what_is_parked_shows_and_is_sent_again_or_left_out(
    access: Client, receiver: Receiver
) -> None:
    service_user()
    opened(access, receiver)
    row = parked(receiver)
    assert "Parked webhooks" in access.get("/console/").content.decode()
    listed = access.get(DELIVERIES, {"state": "PARKED"}).content.decode()
    assert "the answer was 500" in listed
    address = f"{DELIVERIES}{row.pk}/"
    page = access.get(address).content.decode()
    for said in ("Send again", "Leave out", "the answer was 500", str(row.event.uuid)):
        assert said in page
    access.post(f"{address}again/")
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("WAITING", 0)
    WebhookDelivery.objects.filter(pk=row.pk).update(state="PARKED")
    assert access.post(f"{address}skip/", {"reason": "x"}).status_code == 422
    access.post(f"{address}skip/", {"reason": "known over there"})
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("SKIPPED", "known over there")


def test_an_outbox_that_lags_is_said_above_the_list(access: Client) -> None:
    BusinessEvent.objects.create(
        topic="reason.made", subject_type="audit.reasoncode", subject_id=1,
        recorded_at=timezone.now() - timedelta(minutes=16),
    )  # fmt: skip
    assert "waiting to be passed on" in access.get(LIST).content.decode()
