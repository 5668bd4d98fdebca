"""The admin shows the customers room and lets nobody write there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import operations
from customers.models import Account, Customer
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
JAN = date(2020, 1, 1)
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "customers"),
    key=lambda model: model._meta.model_name or "",
)


def one_more(number: int) -> None:
    version = build.offer(f"OFFER{number}", charges=({}, build.usage_charge()))
    root = build.account(f"Root {number}", opened_on=JAN)
    leaf = build.account(f"Leaf {number}", parent=root, opened_on=JAN)
    build.add(leaf, version, JAN, identifiers=[build.number(f"49{number}")])
    contract = operations.draft_contract(account=root, valid_from=JAN, actor=None)
    operations.set_contract_price(
        contract=contract,
        currency="EUR",
        charge=version.charges.get(code="C1"),
        unit_price=Decimal(8),
        actor=None,
    )
    operations.draft_certificate(
        account=root, number="X", jurisdiction=build.place(), valid_from=JAN, actor=None
    )


def address(model: type, page: str, *args: int) -> str:
    return reverse(f"admin:customers_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


@pytest.fixture
def viewer() -> Client:
    user = build.user("viewer", is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_lists_and_pages_open_at_a_fixed_cost(viewer: Client, model: type[Account]) -> None:
    one_more(1)

    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert viewer.get(address(model, "changelist")).status_code == 200
        return len(captured)

    viewer.get(address(model, "changelist"))
    before = questions()
    one_more(2)
    one_more(3)
    assert questions() == before
    row = model.objects.order_by("pk").first()
    assert row is not None
    assert viewer.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_nobody_writes_in_the_admin(viewer: Client, model: type[Account]) -> None:
    one_more(1)
    boss = Client()
    boss.force_login(build.user("boss"))
    row = model.objects.order_by("pk").first()
    assert row is not None
    for client in (viewer, boss):
        assert client.get(address(model, "add")).status_code == 403
        assert client.post(address(model, "add"), {}).status_code == 403
        assert client.post(address(model, "change", row.pk), {"name": "x"}).status_code == 403
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        listed = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        client.post(address(model, "changelist"), listed)
    assert model.objects.filter(pk=row.pk).exists()


def test_accounts_are_found_by_number_and_name(viewer: Client) -> None:
    account = build.account("Weltmarkt", opened_on=JAN)
    for search in (account.number[:4], "eltmark"):
        found = viewer.get(address(Account, "changelist"), {"q": search}).content.decode()
        assert "Weltmarkt" in found
    assert Customer.objects.count() == 1
