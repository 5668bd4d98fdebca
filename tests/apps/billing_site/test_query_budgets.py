"""Query budgets: no page asks more of the database because it shows more rows.

Every list of the console and of the API is opened with pages of one row and with pages of all of
them over the same books; both take the same number of queries, and no more than the budget.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from customers.operations import IdentifierInput
from foundation.api import HouseViewSet
from foundation.screens import ListScreen
from invoicing.models import BillRun, Invoice
from tests.apps.billing_site.access.doors import pages
from tests.apps.billing_site.test_matrix import routes
from tests.apps.invoicing.company import Company, add, use

pytestmark = pytest.mark.django_db
D = Decimal

# What the frame costs: session, user, and the piles shown beside every page.
CONSOLE_BUDGET, API_BUDGET = 16, 8
BUDGETS: dict[str, int] = {}
# Lists of the API that answer only once they are narrowed; their own rooms test them.
NARROWED = {"usage-events"}


@pytest.fixture
def reader(db: None) -> User:
    """Fill the books with three payers billed twice; return who may read all."""
    company = Company()
    offer = company.offer(
        "SEAT",
        {"price": D(30)},
        {"code": "CALLS", "kind": "USAGE", "price_model": "GRADUATED",
         "tiers": [(D(10), D("0.20")), (None, D("0.10"))]},
    )  # fmt: skip
    for number, name in enumerate(("Ada", "Bo", "Cy"), start=1):
        identifier = IdentifierInput("MSISDN", f"1555{number}")
        subscription = add(company.payer(name), offer, identifiers=[identifier])
        use(subscription, date(2027, 1, 10), "25")
    company.bill(date(2027, 2, 1))
    company.bill(date(2027, 3, 1))
    return User.objects.create_superuser("reader")


def lists() -> list[str]:
    return [
        path
        for path, page in pages()
        if issubclass(page.callback.view_class, ListScreen) and "(" not in path
    ]


def filled(path: str) -> str | None:
    """Return the address with an object in it, or nothing where it takes another sort."""
    if "<" not in path:
        return path
    key = BillRun.objects.latest("pk").pk if "/runs/" in path else None
    key = Invoice.objects.latest("pk").payer_id if "/accounts/" in path and key is None else key
    address = path.replace("<int:pk>", str(key))
    return address if key is not None and "<" not in address else None


def console_cost(reader: User, address: str) -> int:
    client = Client()
    client.force_login(reader)
    client.get(address)  # content types, site-wide caches
    with CaptureQueriesContext(connection) as seen:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(seen)


def test_lists_of_the_console_keep_their_budget(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = []
    for path in lists():
        address = filled(path)
        if address is None:
            continue
        monkeypatch.setattr(ListScreen, "page_size", 1)
        few = console_cost(reader, address)
        monkeypatch.setattr(ListScreen, "page_size", 50)
        many = console_cost(reader, address)
        if many > few or many > BUDGETS.get(path, CONSOLE_BUDGET):
            wrong.append(f"{path}: {few} queries for one row, {many} for all")
    assert not wrong, "\n".join(wrong)


def test_lists_of_the_api_keep_their_budget(reader: User) -> None:
    wrong = []
    client: Any = APIClient()
    client.force_authenticate(reader)
    found: dict[str, type[HouseViewSet]] = {
        prefix: view
        for prefix, view, action, _ in routes()
        if action == "list" and "(" not in prefix
    }
    for prefix in sorted(found):
        costs = []
        for size in (1, 1, 50):
            with CaptureQueriesContext(connection) as seen:
                response = client.get(f"/api/v1/{prefix}/?page_size={size}")
            if response.status_code == 400:  # it asks for an account or for days first
                assert prefix in NARROWED, prefix
                break
            assert response.status_code == 200, prefix
            costs.append(len(seen))
        if costs and (costs[-1] > costs[1] or costs[-1] > API_BUDGET):
            wrong.append(f"{prefix}: {costs[1]} queries for one row, {costs[-1]} for all")
    assert not wrong, "\n".join(wrong)
