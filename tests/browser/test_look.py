"""Every kind of page of the console in a real browser: fits, can be read, has manners.

The company is filled once and only looked at; the walk by links finds one page of every kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, TransactionTestCase
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from billing_site.roles import PACKAGES
from tests.browser.conftest import PASSWORD, opened
from tests.browser.looking import faults, manners, overflow
from tests.browser.unusual import add_the_unusual
from tests.browser.walking import Walk, kinds_of_objects

pytestmark = pytest.mark.browser

ROLES = ("care", "operator", "cash", "collector", "approver", "controller", "catalog", "access")
LOOKS = (("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390))
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


@dataclass(frozen=True)
class House:
    """A filled company that is served, what the walk through it found, and its open pages."""

    url: str
    walk: Walk
    chromium: Browser
    complaints: list[str]
    pages: dict[str, Page]

    def page_as(self, username: str) -> Page:
        """Return the page of a browser profile that is logged in as somebody."""
        if username not in self.pages:
            page = opened(self.chromium, self.url, self.complaints)
            session = logged_in(username).cookies[settings.SESSION_COOKIE_NAME].value
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            self.pages[username] = page
        return self.pages[username]


def logged_in(username: str) -> Client:
    """Return a client of somebody, without asking for the password."""
    client = Client()
    backend = settings.AUTHENTICATION_BACKENDS[-1]
    client.force_login(User.objects.get(username=username), backend=backend)
    return client


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, chromium: Browser
) -> Iterator[House]:
    """Fill, walk and serve the smallest company once for all tests of this file."""
    with django_db_blocker.unblock():
        call_command("setup_roles")
        call_command("seed_demo", "--size", "tiny", "--no-progress", "--password", PASSWORD)
        add_the_unusual()
        walk = Walk()
        for role in ROLES:
            walk.go(logged_in(role), role)
        server = LiveServer("localhost")
        built = House(server.url, walk, chromium, [], {})
        yield built
        for page in built.pages.values():
            page.context.close()
        server.stop()
        TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]


def test_no_link_leads_to_a_refusal(house: House) -> None:
    assert not house.walk.dead_ends, "\n".join(house.walk.dead_ends)


def test_no_page_about_a_thing_is_out_of_reach(house: House) -> None:
    assert kinds_of_objects() - set(house.walk.seen) <= NOT_THERE


def look(page: Page, path: str) -> list[str]:
    """Return what is wrong with a page in any of its looks."""
    response = page.goto(path)
    if response is None or response.status != 200:
        return [f"answers {response.status if response else 'nothing'}"]
    wrong = manners(page)
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        found = overflow(page)
        if (theme, width) in LOOKS[::2]:
            found += faults(page)
        wrong += [f"{theme} {width}: {fault}" for fault in found]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


@pytest.mark.parametrize("room", ["console", *PACKAGES])
def test_the_pages_of_a_room_fit_and_can_be_read(house: House, room: str) -> None:
    met = {name: at for name, at in house.walk.seen.items() if name.startswith(f"{room}:")}
    wrong = [
        f"{username} {path}: {fault}"
        for path, username in met.values()
        for fault in look(house.page_as(username), path)
    ]
    assert not wrong, "\n".join(wrong)
    assert not house.complaints


@pytest.mark.parametrize("username", ROLES)
def test_the_home_of_a_role_fits_and_can_be_read(house: House, username: str) -> None:
    assert not look(house.page_as(username), "/console/")
