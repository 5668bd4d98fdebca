"""Query budgets: no page asks more of the database because it shows more rows.

Every list of the console and of the API is opened with pages of one row and with pages of all of
them over the same books; both take the same number of queries, and no more than the budget.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from foundation import clock
from foundation.api import HouseViewSet
from foundation.screens import ListScreen
from invoicing.models import BillRun, Invoice
from tests.apps.billing_site.access.doors import pages
from tests.apps.billing_site.sides import read_sides
from tests.apps.billing_site.test_matrix import routes
from tests.worlds import standing

pytestmark = pytest.mark.django_db

# What the frame costs: session, user, and the piles shown beside every page.
CONSOLE_BUDGET, API_BUDGET = 16, 8
# What is calculated for the accounts shown, by the run's own code.
BUDGETS = {"/console/invoicing/late-usage/": 34}
# The things named on a page are read with one query for each sort of them.
SORTS = {
    "/console/approvals/": 1,
    "/console/ledger/lines/": 2,
    "/console/ledger/entries/": 2,
}
# Lists that these books leave with one row or none, so that both pages are the same; the tests of
# their own rooms fill them.
SHORT = {
    "/console/approvals/limits/",
    "/console/catalog/prices/queue/",
    "/console/customers/fall-out/",
    "/console/customers/changes/",
    "/console/receivables/accounts/<int:pk>/items/",
    "/console/rating/write-offs/",
    "/console/rating/alerts/",
    "/console/rating/margins/",
    "/console/rating/agreements/",
    "/console/rating/events/",
    "/console/rating/accounts/<int:pk>/balances/",
    "/console/rating/accounts/<int:pk>/caps/",
    "/console/rating/accounts/<int:pk>/pools/",
    "/console/rating/accounts/<int:pk>/top-ups/",
    "/console/invoicing/runs/<int:pk>/findings/",
    "/console/invoicing/cycle-changes/",
    "/console/invoicing/interims/",
    "/console/invoicing/limits/",
    "/console/invoicing/held/",
    "/console/invoicing/left-off/",
    "/console/invoicing/taxes/",
    "/console/payments/cash/",
}
SHORT_API = {
    "bill-adjustments",
    "charge-redirections",
    "coupon-redemptions",
    "cycle-changes",
    "debit-memos",
    "interim-bills",
    "prepaid-balances",
    "rating-agreements",
    "reservations",
    "spend-caps",
    "usage-write-offs",
}
# Lists of the API that answer only once they are narrowed; their own rooms test them.
NARROWED = {"derived-ratings", "usage-events"}


sides_world = standing("sides_world", read_sides)


@pytest.fixture
def reader(sides_world: tuple[User, Any], monkeypatch: pytest.MonkeyPatch) -> User:
    """Return who may read the books of a small and a large thing of each sort, in April."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 4, 10, 12, tzinfo=UTC))
    return sides_world[0]


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


def visit(reader: User, address: str) -> tuple[int, Any]:
    """Open a page twice; return the queries of the second time, and the answer."""
    client = Client()
    client.force_login(reader)
    client.get(address)  # content types, site-wide caches
    with CaptureQueriesContext(connection) as seen:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(seen), response


def console_cost(reader: User, address: str) -> int:
    return visit(reader, address)[0]


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
        many, answer = visit(reader, address)
        if (len(answer.context["table"].lines) > 1) == (path in SHORT):
            wrong.append(f"{path}: lists of one row or none, and only they, are named in SHORT")
        if many > few + SORTS.get(path, 0) or many > BUDGETS.get(path, CONSOLE_BUDGET):
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
            rows = len(response.json()["results"])
        if costs and (rows > 1) == (prefix in SHORT_API):
            wrong.append(f"{prefix}: lists of one row or none, and only they, are in SHORT_API")
        if costs and (costs[-1] > costs[1] or costs[-1] > API_BUDGET):
            wrong.append(f"{prefix}: {costs[1]} queries for one row, {costs[-1]} for all")
    assert not wrong, "\n".join(wrong)
