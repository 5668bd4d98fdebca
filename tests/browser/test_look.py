"""Every page of the console in a real browser: loads, fits, complains of nothing, can be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page

from customers import operations
from customers.choices import OrderAction
from customers.models import Account, Subscription
from customers.operations import ItemInput
from foundation.screens import ActionView
from tests.apps.billing_site.access.doors import pages
from tests.browser.walking import Walk, faults, kinds_of_objects, overflow

pytestmark = pytest.mark.browser

ROLES = ("care", "operator", "cash", "approver", "controller", "catalog", "access")
# What hands out a file instead of a page, and forms about things in a state that the smallest
# company has none of: drafts of prices and offers, waiting certificates, pending activations,
# payment files, closed periods, reversals.
NOT_THERE = frozenset(
    {
        *("invoicing:pdf", "rating:rejected", "rating:resume"),
        *("catalog:charge_add", "catalog:offer_reject", "catalog:price_edit"),
        *("catalog:price_reject", "customers:reject_certificate"),
        *("customers:record_acceptance", "customers:record_activation"),
        *("ledger:ask_close", "ledger:ask_reopen", "payments:batch", "payments:paymentreversal"),
        *("console:approve", "console:reject", "console:import", "console:findings"),
        *("console:history", "receivables:dispute"),
    }
)


def addresses() -> list[str]:
    """Return every page that needs no object and only shows."""
    return [
        path
        for path, page in pages()
        if "<" not in path and not issubclass(page.callback.view_class, ActionView)
    ]


def test_every_page_loads_fits_and_can_be_read(
    open_as: Callable[..., Page], complaints: list[str]
) -> None:
    wrong: list[str] = []
    for username, theme, width in (
        ("controller", "light", 1280),
        ("approver", "dark", 1280),
        ("operator", "light", 390),
        ("cash", "dark", 390),
        ("catalog", "light", 1280),
        ("care", "dark", 1280),
    ):
        page = open_as(username, theme=theme, width=width)
        for path in addresses():
            response = page.goto(path)
            if response is None or response.status == 403:
                continue
            if response.status != 200:
                wrong.append(f"{username} {path}: {response.status}")
                continue
            if (wide := overflow(page)) > 0:
                wrong.append(f"{username} {path}: {wide} px too wide")
            wrong += [f"{username} {path}: {fault}" for fault in faults(page)]
    assert not wrong, "\n".join(wrong)
    assert not complaints


@pytest.fixture
def unusual(company: None) -> None:
    """Add what the smallest company has none of, as a clerk would."""
    subscription = Subscription.objects.filter(state="ACTIVE").order_by("pk").first()
    assert subscription is not None
    account, day = subscription.account, subscription.effective_on + timedelta(days=40)
    signed = operations.draft_contract(account=account, valid_from=day, actor=None)
    operations.sign_contract(contract=signed, signed_on=day, actor=None)
    operations.draft_contract(account=account, valid_from=day, actor=None)
    items = [
        ItemInput(
            action=OrderAction.MODIFY,
            subscription=subscription,
            quantity=Decimal(7),
            effective_on=day,
        )
    ]
    operations.place_order(account=account, items=items, requested_on=day, actor=None)
    pause = ItemInput(action=OrderAction.SUSPEND, subscription=subscription, effective_on=day)
    operations.place_order(
        account=Account.objects.get(pk=account.pk),
        items=[pause],
        requested_on=day,
        submit_as_of=day,
        actor=None,
    )


def test_every_page_of_a_thing_is_reached_by_links_fits_and_can_be_read(
    unusual: None, open_as: Callable[..., Page], complaints: list[str]
) -> None:
    """Walk the links as each role; no link leads to a refusal, and no page is out of reach."""
    wrong: list[str] = []

    def look(page: Page, path: str) -> None:
        for theme, width in (("light", 1280), ("dark", 390)):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            if (wide := overflow(page)) > 0:
                wrong.append(f"{path} at {width}: {wide} px too wide")
            wrong.extend(f"{path} {theme}: {fault}" for fault in faults(page))
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})

    walk = Walk(look, addresses())
    for role in ROLES:
        walk.go(open_as(role))
    assert not wrong, "\n".join(wrong)
    assert not walk.dead_ends, "\n".join(walk.dead_ends)
    assert not complaints
    assert kinds_of_objects() - set(walk.seen) <= NOT_THERE
