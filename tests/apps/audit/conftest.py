from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from audit import operations
from audit.models import WebhookEndpoint
from tests.receiving import Receiver, receiving, service_user


@pytest.fixture
def maker(db: None) -> User:
    return User.objects.create_user("maker", password="a long password")


@pytest.fixture
def checker(db: None) -> User:
    user = User.objects.create_user("checker", password="a long password")
    user.user_permissions.add(Permission.objects.get(codename="approve_request"))
    return user


@pytest.fixture
def robot(db: None) -> User:
    return service_user("view_order", "view_account")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_LOCAL = True
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(receiver: Receiver, robot: User) -> WebhookEndpoint:
    found, receiver.secret = operations.open_endpoint(
        name="ERP", url=receiver.url, topics=["order.*", "account.opened"], user=robot, actor=None
    )
    return found
