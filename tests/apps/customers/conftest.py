"""Accounts and a subscription that several files of this room attack."""

from __future__ import annotations

from decimal import Decimal

import pytest

from customers.models import (
    Account,
    Subscription,
)
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN


@pytest.fixture
def root() -> Account:
    return build.account("Root")


@pytest.fixture
def child(root: Account) -> Account:
    return build.account("Child", parent=root)


@pytest.fixture
def sub(root: Account) -> Subscription:
    version = build.offer(charges=({}, build.usage_charge()))
    return build.add(
        root, version, JAN, identifiers=[build.number("491")], prices={"C1": Decimal(5)}
    )
