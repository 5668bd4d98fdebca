from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Permission, User

from ledger import operations
from ledger.models import LegalEntity


@pytest.fixture
def entity(db: None) -> LegalEntity:
    return operations.ensure_entity(
        code="EU",
        name="Larkfield EU",
        country="AV",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=date(2027, 1, 1),
    )


def person(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def controller(db: None) -> User:
    return person("controller", "close_period", "reopen_period", "post_to_soft_closed")


@pytest.fixture
def second(db: None) -> User:
    return person("second", "approve_request")
