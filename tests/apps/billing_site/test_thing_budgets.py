"""Query budgets of the pages of one thing: what it holds does not decide what it asks for.

The books hold a small and a large thing of each sort (`sides.py`). The page of either takes the
same number of queries, and at most ROOM more than what was measured.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import resolve, reverse

from foundation.screens import ActionView, FormScreen, ListScreen
from tests.apps.billing_site.access.doors import pages
from tests.apps.billing_site.sides import Side, read_sides
from tests.apps.billing_site.test_query_budgets import console_cost
from tests.worlds import standing

pytestmark = pytest.mark.django_db
HOME, ROOM = 19, 2
# Pages that hand out a file, or lead to another page.
NO_PAGES = {"invoicing:pdf", "rating:rejected", "payments:paymentreversal"}
# Pages about a day, a check or a pool, and pages that carry an act out and take it back, which
# writes more for more of it; their own rooms test them.
OTHER_PAGES = {
    "invoicing:usage_line",
    "console:findings",
    "invoicing:order_preview",
    "rating:pool",
}

# The page, what its address names, and the queries measured, session and user included.
BUDGETS = (
    ("customers:account", "account", 22),
    ("customers:account_tree", "account", 6),
    ("customers:account_services", "account", 6),
    ("customers:customer", "customer", 6),
    ("customers:order", "order", 9),
    ("customers:subscription", "subscription", 8),
    ("customers:modify_order", "subscription", 4),
    ("customers:add_order", "account", 4),
    ("customers:open_below", "account", 8),
    ("console:account_history", "account", 10),
    ("catalog:version", "version", 9),
    ("catalog:price", "price", 4),
    ("rating:account_usage", "account", 4),
    ("rating:account_balances", "account", 4),
    ("rating:account_pools", "account", 4),
    ("invoicing:account_next", "account", 47),
    ("invoicing:invoice", "invoice", 13),
    ("invoicing:request_credit", "invoice", 13),
    ("invoicing:line", "line", 11),
    ("invoicing:line", "usage line", 12),
    ("invoicing:run", "run", 6),
    ("invoicing:run_account", "member", 7),
    ("receivables:openitem", "item", 4),
    ("receivables:account_items", "account", 4),
    ("ledger:entry", "entry", 6),
    ("payments:payment", "payment", 11),
    ("payments:apply", "payment", 3),
    ("console:history", "any", 10),
    ("console:approval", "request", 4),
    ("console:key", "key", 4),
    ("console:job", "job run", 3),
    ("console:webhook", "webhook", 4),
    ("console:delivery", "delivery", 4),
    ("ledger:period", "period", 6),
    ("tax:place", "place", 8),
    ("catalog:discount", "discount", 7),
    ("catalog:promotion", "promotion", 8),
    ("customers:discounts", "account", 6),
    ("customers:granted_discount", "given", 10),
    ("customers:contract", "contract", 6),
    ("customers:certificate", "certificate", 4),
    ("rating:file", "file", 5),
    ("rating:suspense_item", "suspended", 4),
    ("rating:event", "event", 19),
    ("rating:amend_event", "event", 4),
    ("rating:cancel_event", "event", 4),
    ("rating:rerate", "job", 8),
    ("invoicing:rerate_preview", "job", 104),
    ("rating:balance", "balance", 5),
    ("rating:top_up", "top up", 4),
    ("rating:account_top_ups", "account", 7),
    ("invoicing:credit", "memo", 5),
    ("payments:batch", "payment file", 6),
    ("payments:unidentifiedreceipt", "receipt", 5),
    ("admin:customers_account_change", "account", 9),
    ("admin:customers_order_change", "order", 6),
    ("admin:customers_subscription_change", "subscription", 8),
    ("admin:catalog_offerversion_change", "version", 6),
    ("admin:catalog_priceversion_change", "price", 7),
    ("admin:ledger_journalentry_change", "entry", 7),
    ("admin:receivables_allocationbatch_change", "batch", 8),
    ("admin:payments_payment_change", "payment", 8),
)


sides_world = standing("sides_world", read_sides)


@pytest.fixture
def reader(sides_world: tuple[User, Any]) -> User:
    return sides_world[0]


@pytest.fixture
def sides(sides_world: tuple[User, tuple[Side, Side]]) -> tuple[Side, Side]:
    return sides_world[1]


def test_pages_of_one_thing_keep_their_budget(reader: User, sides: tuple[Side, Side]) -> None:
    small, large = (side.keys() for side in sides)
    wrong = []
    for page, sort, most in BUDGETS:
        few, many = (console_cost(reader, reverse(page, args=key[sort])) for key in (small, large))
        if many != few or many > most + ROOM:
            wrong.append(f"{page} of {sort}: {few}, {many} for the large one, budget {most}")
    assert not wrong, "\n".join(wrong)


def test_the_home_costs_the_same_however_much_waits(reader: User, sides: object) -> None:
    assert console_cost(reader, reverse("console:home")) <= HOME + ROOM


def test_every_page_of_one_thing_has_a_budget() -> None:
    kept = {page for page, _, _ in BUDGETS} | NO_PAGES | OTHER_PAGES
    others = (ActionView, FormScreen, ListScreen)
    found = {
        resolve(re.sub(r"<\w+:\w+>", "1", path)).view_name
        for path, page in pages()
        if "<" in path and "(" not in path and not issubclass(page.callback.view_class, others)
    }
    assert found - kept == set()
