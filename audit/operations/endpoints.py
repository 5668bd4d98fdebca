"""Endpoints of webhooks: opened, paused, given another secret, closed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from audit.choices import DeliveryState, EndpointState
from audit.models import WebhookDelivery, WebhookEndpoint
from audit.models.webhook import OLD_SECRET_FOR, UNFINISHED
from audit.operations.events import record_event
from audit.rules.service_users import is_service_user
from audit.rules.topics import is_pattern
from audit.rules.webhooks import BadAddress, target_of
from foundation import scope
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

ADD: Final = "audit.add_webhookendpoint"
CHANGE: Final = "audit.change_webhookendpoint"
RULE: Final = "WEBHOOK"


class EndpointIsClosed(Refusal):
    """Nothing more happens to a closed endpoint."""

    rule = "WEBHOOK_CLOSED"


def open_endpoint(
    *,
    name: str,
    url: str,
    topics: Sequence[str],
    user: User,
    entity: int | None = None,
    actor: User | None,
) -> tuple[WebhookEndpoint, str]:
    """Open an endpoint and return it with its secret, which is shown this once.

    It hears of what happens from now on: of these topics (`order.submitted`, `order.*`, `*`), and
    about what `user` may look at; with `entity`, of that legal entity alone.

    Raises: Forbidden; Invalid by WEBHOOK.
    """
    require(actor, ADD)
    scope.require_all(actor)
    wanted = _topics(topics)
    address = _address(url)
    _require_service_user(user)
    _require_name(name)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(
            name=name, url=address, topics=wanted, user=user, entity=entity, created_by=actor
        )
        said = {"name": name, "url": address}
        record_event(topic="webhook.opened", subject=endpoint, payload=said, actor=actor)
    return endpoint, secrets_of(endpoint, as_of=None)[0]


def _topics(topics: Sequence[str]) -> list[str]:
    wanted = sorted(set(topics))
    wrong = [topic for topic in wanted if not is_pattern(topic)]
    if wrong or not wanted:
        raise Invalid(
            f"there is no topic {wrong[0]}; write order.submitted, order.* or *"
            if wrong
            else "name at least one topic, or * for all",
            rule=RULE,
            column="topics",
        )
    return wanted


def _address(url: str) -> str:
    try:
        return target_of(url, local=settings.WEBHOOKS_TO_LOCAL).url
    except BadAddress as bad:
        raise Invalid(str(bad), rule=RULE, column="url") from bad


def _require_service_user(user: User) -> None:
    """Refuse a person: what they may see would leave the house under their name."""
    if not is_service_user(user):
        raise Invalid(
            f"{user.get_username()} is no service user: active, and not able to log in",
            rule=RULE,
            column="user",
        )


def _require_name(name: str) -> None:
    named = WebhookEndpoint.objects.filter(~Q(state=EndpointState.CLOSED), name=name)
    if not name.strip() or named.exists():
        raise Invalid("another endpoint has this name", rule=RULE, column="name")


def pause_endpoint(*, endpoint_id: int, actor: User | None) -> WebhookEndpoint:
    """Send nothing to it for a while; what happens meanwhile is kept for it."""
    return _move(endpoint_id, EndpointState.PAUSED, "webhook.paused", actor)


def resume_endpoint(*, endpoint_id: int, actor: User | None) -> WebhookEndpoint:
    """Send to it again, beginning with what was kept."""
    return _move(endpoint_id, EndpointState.ACTIVE, "webhook.resumed", actor)


@transaction.atomic
def close_endpoint(*, endpoint_id: int, as_of: datetime, actor: User | None) -> WebhookEndpoint:
    """End an endpoint for good; what still waits for it is left out."""
    endpoint = _move(endpoint_id, EndpointState.CLOSED, "webhook.closed", actor)
    WebhookDelivery.objects.filter(endpoint=endpoint, state__in=UNFINISHED).update(
        state=DeliveryState.SKIPPED, ended_at=as_of, last_error="the endpoint was closed"
    )
    return endpoint


@transaction.atomic
def rotate_secret(
    *, endpoint_id: int, as_of: datetime, actor: User | None
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint another secret and return it; for 24 hours the former one signs as well."""
    endpoint = _locked(endpoint_id, actor)
    endpoint.secret_number += 1
    endpoint.secret_changed_at = as_of
    endpoint.updated_by = actor
    endpoint.save()
    record_event(topic="webhook.secret_changed", subject=endpoint, actor=actor)
    return endpoint, secrets_of(endpoint, as_of=None)[0]


def _move(
    endpoint_id: int, state: EndpointState, topic: str, actor: User | None
) -> WebhookEndpoint:
    with transaction.atomic():
        endpoint = _locked(endpoint_id, actor)
        if endpoint.state != state:
            endpoint.state = state
            endpoint.updated_by = actor
            endpoint.save()
            record_event(topic=topic, subject=endpoint, actor=actor)
    return endpoint


def _locked(endpoint_id: int, actor: User | None) -> WebhookEndpoint:
    require(actor, CHANGE)
    scope.require_all(actor)
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if endpoint.state == EndpointState.CLOSED:
        raise EndpointIsClosed("the endpoint is closed; open another one")
    return endpoint


def secrets_of(endpoint: WebhookEndpoint, *, as_of: datetime | None) -> list[str]:
    """Return the secrets that sign, the present one first; derived, for none is stored.

    With `as_of` also the former one, for a day after a change, and those of former keys of the
    installation (`SECRET_KEY_FALLBACKS`).
    """
    numbers = [endpoint.secret_number]
    changed = endpoint.secret_changed_at
    if as_of is None:
        return [_secret(endpoint, settings.SECRET_KEY, numbers[0])]
    if changed is not None and as_of < changed + OLD_SECRET_FOR:
        numbers.append(endpoint.secret_number - 1)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_secret(endpoint, key, number) for number in numbers for key in keys]


def _secret(endpoint: WebhookEndpoint, key: str, number: int) -> str:
    digest = salted_hmac(
        "audit.webhook", f"{endpoint.uuid}:{number}", secret=key, algorithm="sha256"
    ).digest()
    return f"whsec_{base64.b64encode(digest).decode('ascii')}"
