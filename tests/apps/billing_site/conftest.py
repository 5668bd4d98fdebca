"""People of every role, for the tests of the roof."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing_site import operations


@pytest.fixture
def people(db: None) -> None:
    """Make the groups and one user per role."""
    operations.setup_roles()
    operations.create_demo_users(password="a long demo password")


@pytest.fixture
def log_in(people: None, client: Client) -> Callable[[str], Client]:
    """Log the client in as a role's demo user."""

    def go(username: str) -> Client:
        client.force_login(User.objects.get(username=username))
        return client

    return go
