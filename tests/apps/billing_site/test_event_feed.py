"""The feed of business events: in order, in pages, narrowed, and only what the caller may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from rest_framework.test import APIClient

import audit.operations
from audit.models import BusinessEvent, ReasonCode
from audit.operations import Happening
from audit.queries import event_kinds
from ledger.models import LegalEntity
from payments.models import Payment
from tests.apps.billing_site.access.books import two_entities

pytestmark = pytest.mark.django_db
FEED = "/api/v1/events/"
ORDERS, PAYMENTS = "customers.order", "payments.payment"


def tell(topic: str, about: str, pk: int, **payload: Any) -> int:
    audit.operations.record_events([Happening(topic, about, pk, payload)])
    return BusinessEvent.objects.latest("pk").pk


def person(name: str, *rights: str) -> User:
    user = User.objects.create_user(name)
    codes = [right.rpartition(".")[2] for right in ("audit.view_businessevent", *rights)]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    return user


def api(user: User) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client


def ids(client: Any, address: str = FEED, **query: Any) -> list[int]:
    response = client.get(address, query)
    assert response.status_code == 200, response.content
    return [event["id"] for event in response.json()["results"]]


@pytest.fixture
def root() -> Any:
    return api(User.objects.create_superuser("root"))


@pytest.fixture
def told(db: None) -> list[int]:
    return [
        tell("order.submitted", ORDERS, 7, number="O-7"),
        tell("order.cancelled", ORDERS, 7, number="O-7"),
        tell("payment.reversed", PAYMENTS, 1, kind="RETURNED", reversed_on="", reason=""),
        tell("order.submitted", ORDERS, 8, number="O-8"),
    ]


def test_events_come_in_the_order_of_their_ids_and_go_on_after_one(
    root: Any, told: list[int]
) -> None:
    assert ids(root) == told
    assert ids(root, after=told[1]) == told[2:]
    assert ids(root, after=told[-1]) == []
    first = root.get(FEED).json()["results"][0]
    assert (first["topic"], first["subject_type"], first["subject_id"]) == (
        "order.submitted", ORDERS, 7,
    )  # fmt: skip
    assert first["payload"] == {"number": "O-7"}
    assert set(first) == {
        "id", "uuid", "topic", "subject_type", "subject_id", "payload", "actor", "occurred_at",
    }  # fmt: skip


def test_pages_follow_each_other_by_key(root: Any, told: list[int]) -> None:
    page = root.get(FEED, {"page_size": 3, "after": 0}).json()
    seen = [event["id"] for event in page["results"]]
    late = tell("order.submitted", ORDERS, 9, number="O-9")  # what comes meanwhile is found
    rest = root.get(page["next"]).json()
    assert seen + [event["id"] for event in rest["results"]] == [*told, late]
    assert rest["next"] is None
    assert len(ids(root, page_size=1000)) == 5


def test_a_feed_is_narrowed_by_topic_and_subject(root: Any, told: list[int]) -> None:
    assert ids(root, topic="order.submitted") == [told[0], told[3]]
    assert ids(root, topic="order.*") == [told[0], told[1], told[3]]
    assert ids(root, topic="ord.*") == []
    assert ids(root, subject=ORDERS) == [told[0], told[1], told[3]]
    assert ids(root, subject=f"{ORDERS}/7") == told[:2]
    assert ids(root, subject=f"{ORDERS}/7", topic="order.cancelled", after=told[0]) == [told[1]]


@pytest.mark.parametrize(
    "query",
    [
        *({"after": text} for text in ("", "x", "-1", "1.5", "٣", "9" * 19)),
        *({"topic": text} for text in ("", "order", "Order.x", "order.%", "*.x", "a.b.c")),
        *({"subject": text} for text in ("", "order", "customers.order/", "customers.order/x")),
        {"before": 7},
    ],
)
def test_what_is_not_meant_is_refused(root: Any, query: dict[str, Any]) -> None:
    response = root.get(FEED, query)
    assert response.status_code == 400
    assert response.json()["rule"] == "API-PARAMETER"


def test_only_what_the_person_may_look_at_is_told(told: list[int]) -> None:
    clerk = api(person("clerk", "customers.view_order"))
    assert ids(clerk) == [told[0], told[1], told[3]]
    assert clerk.get(f"{FEED}{told[0]}/").status_code == 200
    assert clerk.get(f"{FEED}{told[2]}/").status_code == 404
    assert ids(api(person("nobody"))) == []
    assert api(User.objects.create_user("outsider")).get(FEED).status_code == 403


def test_a_key_hears_what_both_it_and_its_user_may_look_at(told: list[int]) -> None:
    robot = person("robot", "customers.view_order", "payments.view_payment")

    def secret_for(*scopes: str) -> str:
        wanted = ("audit.view_businessevent", *scopes)
        return audit.operations.issue_api_key(
            name="erp", user=robot, scopes=wanted, days=30, actor=None
        )[1]

    def heard(secret: str) -> list[int]:
        response = Client().get(FEED, headers={"Authorization": f"Api-Key {secret}"})
        return [event["id"] for event in response.json()["results"]]

    payments, both = (
        secret_for("payments.view_payment"),
        secret_for("payments.view_payment", "customers.view_order"),
    )
    assert heard(payments) == [told[2]]
    assert heard(both) == told
    robot.user_permissions.remove(Permission.objects.get(codename="view_payment"))
    assert heard(payments) == []
    assert heard(both) == [told[0], told[1], told[3]]


def test_whoever_works_for_an_entity_hears_of_it_alone() -> None:
    """F36: also what is about things that all entities share is not for them."""
    books = two_entities()
    entity: dict[int, LegalEntity] = {one.pk: one for one in (books.ours, books.theirs)}
    seen: Any = api(books.clerk).get(FEED, {"page_size": 1000}).json()["results"]
    everything = ids(api(User.objects.create_superuser("root")), page_size=1000)
    assert 0 < len(seen) < len(everything)
    paid = {one.pk: one.entity_id for one in Payment.objects.all()}
    heard = [event["subject_id"] for event in seen if event["subject_type"] == PAYMENTS]
    assert heard
    assert {entity[paid[pk]] for pk in heard} == {books.ours}
    theirs = next(pk for pk, owner in paid.items() if owner == books.theirs.pk)
    hidden = BusinessEvent.objects.get(subject_type=PAYMENTS, subject_id=theirs)
    assert api(books.clerk).get(f"{FEED}{hidden.pk}/").status_code == 404
    assert ids(api(books.clerk), subject=f"{PAYMENTS}/{theirs}") == []


def test_the_kinds_of_subjects_are_those_that_events_are_about(told: list[int]) -> None:
    assert event_kinds() == [ORDERS, PAYMENTS]


def test_the_admin_shows_the_same(told: list[int], client: Client) -> None:
    clerk = person("clerk", "customers.view_order")
    User.objects.filter(pk=clerk.pk).update(is_staff=True)
    client.force_login(clerk)
    page = client.get("/admin/audit/businessevent/")
    assert [row.pk for row in page.context["cl"].result_list] == [told[3], told[1], told[0]]


def test_no_event_without_its_subject_is_lost(root: Any) -> None:
    """What was recorded stays in the feed of who sees all, whatever became of its subject."""
    reason = ReasonCode.objects.create(domain="CREDIT", code="X", text="X")
    pk = audit.operations.record_event(topic="reason.made", subject=reason).pk
    reason.delete()
    assert ids(root) == [pk]
