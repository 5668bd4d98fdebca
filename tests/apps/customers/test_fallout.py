"""The fall-out queue: told, told again, resolved by hand or by the activation."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations
from customers.models import ProvisioningFailure, Subscription
from customers.operations import NothingToProvision
from foundation.errors import Forbidden
from tests.apps.customers import build
from tests.apps.customers.attacks import refused

pytestmark = pytest.mark.django_db
JAN = date(2027, 1, 1)


@pytest.fixture
def waiting() -> Subscription:
    offer = build.offer(charges=({"trigger": "ACTIVATION"},))
    return build.add(build.account(), offer, JAN, awaits_activation=True)


def failed(sub: Subscription, reason: str = "no port", step: str = "RETRY") -> ProvisioningFailure:
    return operations.report_failure(subscription=sub, reason=reason, next_step=step, actor=None)


def test_a_failure_stands_once_and_is_counted(waiting: Subscription) -> None:
    first = failed(waiting)
    again = failed(waiting, "no line", "CALL")
    assert (again.pk, again.times, again.reason, again.next_step) == (
        first.pk, 2, "no line", "CALL"
    )  # fmt: skip
    assert again.reported_at == first.reported_at
    done = operations.resolve_failure(failure=again, resolution="port found", actor=None)
    operations.resolve_failure(failure=again, resolution="said again", actor=None)
    done.refresh_from_db()
    assert done.resolution == "port found"
    assert failed(waiting).pk != first.pk


def test_the_activation_takes_it_off_the_queue_and_starts_the_charges(
    waiting: Subscription,
) -> None:
    """CHG-7: until then nothing is charged."""
    failed(waiting)
    assert build.timeline(waiting) == []
    operations.record_activation(subscription=waiting, on_date=JAN, as_of=JAN, actor=None)
    assert ProvisioningFailure.objects.get().resolution == "activated"
    assert build.timeline(waiting)[0][0] == JAN


def test_what_works_cannot_fail_to_be_provisioned() -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    with pytest.raises(NothingToProvision):
        failed(sub)


def test_a_clerk_without_the_permission_is_refused(waiting: Subscription) -> None:
    nobody = build.user("nobody", is_superuser=False)
    with pytest.raises(Forbidden):
        operations.report_failure(
            subscription=waiting, reason="no port", next_step="RETRY", actor=nobody
        )


@pytest.mark.parametrize(
    ("attack", "guard"),
    [
        ("UPDATE {t} SET next_step = 'HOPE'", "step_known"),
        ("UPDATE {t} SET reason = ''", "has_reason"),
        ("UPDATE {t} SET resolved_at = now()", "resolved_with_words"),
        (
            (
                "INSERT INTO {t} (subscription_id, reason, next_step, times, resolution, "
                "reported_at) SELECT subscription_id, reason, next_step, 1, '', now() FROM {t}"
            ),
            "open_once",
        ),
    ],
)
def test_the_queue_is_sound(waiting: Subscription, attack: str, guard: str) -> None:
    failed(waiting)
    table = "customers_provisioningfailure"
    assert refused(attack.format(t=table)) == f"{table}_{guard}"


def test_the_queue_in_the_console(waiting: Subscription, client: Client) -> None:
    client.force_login(build.user())
    client.post(
        reverse("customers:report_failure", args=[waiting.pk]),
        {"reason": "no port", "next_step": "CORRECT"},
    )
    page = reverse("customers:fallout")
    shown = client.get(page).content.decode()
    assert "no port" in shown
    assert "Correct the order" in shown
    failure = ProvisioningFailure.objects.get()
    client.post(
        reverse("customers:resolve_failure", args=[failure.pk]), {"resolution": "corrected"}
    )
    assert "no port" not in client.get(page).content.decode()
