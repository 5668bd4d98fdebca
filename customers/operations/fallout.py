"""The fall-out queue: what could not be provisioned, until it works or is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

import audit.operations
from customers.choices import NextStep
from customers.models import ProvisioningFailure, Subscription
from foundation.errors import Refusal
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NothingToProvision(Refusal):
    """The subscription does not wait for its activation."""

    rule = "ORD-27"


@transaction.atomic
def report_failure(
    *, subscription: Subscription, reason: str, next_step: NextStep | str, actor: User | None
) -> ProvisioningFailure:
    """Put a subscription that could not be provisioned into the fall-out queue.

    Told again while it stands there, it is counted and has the newest reason and next step.
    Charges that wait for the activation go on waiting (CHG-7).

    Raises: NothingToProvision.
    """
    require(actor, "customers.place_order")
    require_sight(actor, subscription)
    row = Subscription.objects.select_for_update(of=("self",)).get(pk=subscription.pk)
    if row.activation_on is not None or not row.is_live():
        raise NothingToProvision(f"subscription {row.number} does not wait for its activation")
    failure = ProvisioningFailure.objects.filter(
        subscription=row, resolved_at__isnull=True
    ).first()
    if failure is None:
        failure = ProvisioningFailure.objects.create(
            subscription=row, reason=reason, next_step=next_step, reported_by=actor
        )
    else:
        failure.reason, failure.next_step, failure.times = reason, next_step, F("times") + 1
        failure.save()
        failure.refresh_from_db()
    _tell("provisioning.failed", failure, actor)
    return failure


@transaction.atomic
def resolve_failure(
    *, failure: ProvisioningFailure, resolution: str, actor: User | None
) -> ProvisioningFailure:
    """Take a failure off the queue, saying what was done. A second call changes nothing."""
    require(actor, "customers.place_order")
    require_sight(actor, failure)
    row = ProvisioningFailure.objects.select_for_update(of=("self",)).get(pk=failure.pk)
    if row.resolved_at is None:
        _resolve(row, resolution, actor)
    row.refresh_from_db()
    return row


def resolve_by_activation(subscription: Subscription, actor: User | None) -> None:
    """Take a subscription off the queue because its service works."""
    for row in ProvisioningFailure.objects.filter(
        subscription=subscription, resolved_at__isnull=True
    ):
        _resolve(row, "activated", actor)


def _resolve(row: ProvisioningFailure, resolution: str, actor: User | None) -> None:
    row.resolution, row.resolved_by = resolution, actor
    row.resolved_at = Now()
    row.save()
    _tell("provisioning.resolved", row, actor)


def _tell(topic: str, row: ProvisioningFailure, actor: User | None) -> None:
    audit.operations.record_event(
        topic=topic,
        subject=row.subscription,
        payload={"number": row.subscription.number, "reason": row.reason},
        actor=actor,
    )
