"""The guards of webhooks, attacked by raw SQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit import operations
from audit.models import BusinessEvent, WebhookDelivery, WebhookEndpoint
from audit.operations import Happening
from tests.attacks import raw, refused_by
from tests.receiving import service_user

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
COPY = (
    "INSERT INTO audit_webhookendpoint (uuid, name, url, topics, user_id, state, secret_number) "
    "SELECT gen_random_uuid(), {name}, {url}, {topics}, user_id, {state}, 1 "
    "FROM audit_webhookendpoint"
)
DELIVER = (
    "INSERT INTO audit_webhookdelivery (endpoint_id, event_id, subject_type, subject_id, state, "
    "attempts, last_error) "
    "SELECT p.id, e.id, {subject}, 'WAITING', 0, '' FROM audit_webhookendpoint p, "
    "audit_businessevent e WHERE e.topic = 'order.submitted'"
)


def copied(**changed: str) -> str:
    values = {"name": "'other'", "url": "url", "topics": "topics", "state": "'ACTIVE'"}
    return COPY.format(**values | changed)


def delivered(name: str) -> str:
    """Say that the delivery of an order is done."""
    return (
        "UPDATE audit_webhookdelivery SET state = 'DELIVERED', ended_at = now() WHERE event_id = "
        f"(SELECT id FROM audit_businessevent WHERE payload ->> 'number' = '{name}')"
    )


@pytest.fixture
def endpoint(db: None) -> WebhookEndpoint:
    """Return an endpoint with two deliveries about the same order, both waiting."""
    found, _ = operations.open_endpoint(
        name="ERP",
        url="https://hooks.example.com/in",
        topics=["order.*"],
        user=service_user(),
        actor=None,
    )
    operations.record_events(
        [Happening("order.submitted", "customers.order", 7, {"number": n}) for n in ("A", "B")]
    )
    operations.pass_on_events(as_of=NOON)
    assert WebhookDelivery.objects.count() == 2
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    return found


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("audit_webhookendpoint_named_once", copied(name="name")),
        ("audit_webhookendpoint_uuid_key", copied().replace("gen_random_uuid()", "uuid")),
        ("audit_webhookendpoint_state", copied(state="'GONE'")),
        ("audit_webhookendpoint_is_address", copied(url="'ftp://hooks.example.com/'")),
        ("audit_webhookendpoint_is_address", copied(url="'https://a@b/'")),
        ("audit_webhookendpoint_has_topics", copied(topics="'{}'")),
        ("audit_webhookendpoint_is_kept", "DELETE FROM audit_webhookendpoint"),
        ("audit_webhookendpoint_is_kept", "UPDATE audit_webhookendpoint SET url = 'https://b/'"),
        ("audit_webhookendpoint_is_kept", "UPDATE audit_webhookendpoint SET topics = '{*}'"),
        ("audit_webhookendpoint_is_kept", "UPDATE audit_webhookendpoint SET entity = 1"),
        (
            "audit_webhookendpoint_secret_goes_on",
            "UPDATE audit_webhookendpoint SET secret_number = 3, secret_changed_at = now()",
        ),
        (
            "audit_webhookendpoint_secret_goes_on",
            "UPDATE audit_webhookendpoint SET secret_number = 2",
        ),
        ("audit_webhookendpoint_is_append_only", "TRUNCATE audit_webhookendpoint CASCADE"),
        ("audit_webhookdelivery_is_append_only", "TRUNCATE audit_webhookdelivery"),
        ("audit_webhookdelivery_is_unique", DELIVER.format(subject="subject_type, subject_id")),
        (
            "audit_webhookdelivery_of_its_subject",
            DELIVER.format(subject="subject_type, subject_id + 1"),
        ),
        ("audit_webhookdelivery_ends_once", "UPDATE audit_webhookdelivery SET state = 'LOST'"),
        ("audit_webhookdelivery_ends_once", "UPDATE audit_webhookdelivery SET ended_at = now()"),
        (
            "audit_webhookdelivery_says_why",
            "UPDATE audit_webhookdelivery SET state = 'PARKED'",
        ),
        ("audit_webhookdelivery_is_kept", "DELETE FROM audit_webhookdelivery"),
        ("audit_webhookdelivery_is_kept", "UPDATE audit_webhookdelivery SET subject_id = 8"),
        ("audit_webhookdelivery_in_order", delivered("B")),
        (
            "audit_webhookdelivery_in_order",
            "SET LOCAL session_replication_role = replica; " + delivered("B"),
        ),
    ],
)
def test_raw_sql_is_refused(endpoint: WebhookEndpoint, guard: str, statement: str):
    assert refused_by(statement) == guard


def test_what_has_ended_stays_ended(endpoint: WebhookEndpoint):
    raw(delivered("A"))
    raw(delivered("B"))
    assert (
        refused_by("UPDATE audit_webhookdelivery SET state = 'WAITING', ended_at = NULL")
        == "audit_webhookdelivery_is_kept"
    )


def test_a_closed_endpoint_is_not_opened_again(endpoint: WebhookEndpoint):
    operations.close_endpoint(endpoint_id=endpoint.pk, as_of=NOON, actor=None)
    assert (
        refused_by("UPDATE audit_webhookendpoint SET state = 'ACTIVE'")
        == "audit_webhookendpoint_is_closed"
    )


def test_an_instant_of_an_event_is_kept(endpoint: WebhookEndpoint):
    """The feed stands on it (decision 20)."""
    assert (
        refused_by("UPDATE audit_businessevent SET recorded_at = now()")
        == "audit_businessevent_is_kept"
    )
    assert BusinessEvent.objects.count() == 3
