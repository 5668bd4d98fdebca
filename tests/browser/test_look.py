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
from tests.browser.looking import dress, faults, manners, overflow, painted
from tests.browser.unusual import add_the_unusual
from tests.browser.walking import Walk, kinds_of_objects
from tests.browser.webhooks import tell_an_endpoint

pytestmark = pytest.mark.browser

ROLES = ("care", "operator", "cash", "collector", "approver", "controller", "catalog", "access")
READ = (("light", 1280), ("dark", 390))
LOOKS = (("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390))
# What hands out a file instead of a page, and forms about things in a state that the smallest
# company has none of: drafts of prices and offers, payment files, closed periods, reversals, money
# on account to pay back, usage given up.
NOT_THERE = frozenset(
    {
        *("invoicing:pdf", "rating:rejected"),
        *("catalog:charge_add", "catalog:entitlement_add", "catalog:offer_reject"),
        *("catalog:component_add", "catalog:bundle_weigh", "catalog:part_remove"),
        *("catalog:price_edit",),
        *("catalog:price_reject", "customers:record_acceptance"),
        *("ledger:ask_close", "ledger:ask_reopen", "payments:batch", "payments:paymentreversal"),
        *("invoicing:pay_back_balance", "rating:reverse_write_off"),
        *("console:approve", "console:reject", "console:import", "console:findings"),
        "console:history",
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
        first = [*add_the_unusual(), *tell_an_endpoint()]
        walk = Walk()
        for role in ROLES:
            walk.go(logged_in(role), role, first=first)
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
    missing = kinds_of_objects() - set(house.walk.seen) - NOT_THERE
    assert not missing, sorted(missing)


def look(page: Page, path: str) -> list[str]:
    """Return what is wrong with a page in any of its looks."""
    response = page.goto(path)
    if response is None or response.status != 200:
        return [f"answers {response.status if response else 'nothing'}"]
    wrong = manners(page)
    colours: dict[str, str] = {}
    for theme, width in LOOKS:
        dress(page, theme, width)
        colours[theme] = painted(page)
        found = overflow(page)
        if (theme, width) in READ:
            found += faults(page)
        wrong += [f"{theme} {width}: {fault}" for fault in found]
    dress(page, *LOOKS[0])
    return [*wrong, *(["dark is not dark"] if colours["dark"] == colours["light"] else [])]


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


def test_the_theme_follows_the_wish_of_the_reader(house: House) -> None:
    page = house.page_as("care")
    page.emulate_media(color_scheme="dark")
    page.goto("/console/")
    page.wait_for_function("document.documentElement.classList.contains('dark')")
    dark = painted(page)
    page.emulate_media(color_scheme="light")
    page.goto("/console/")
    assert painted(page) != dark


def test_the_keyboard_alone_will_do(house: House) -> None:
    """Filters at "/", Enter sends, up at "u", help at "?" where the keys can be switched off."""
    page = house.page_as("care")
    page.goto("/console/customers/accounts/")
    page.keyboard.press("/")
    page.keyboard.type("US-")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=US-*")
    page.locator(".hs tbody a").first.click()
    page.wait_for_url("**/console/customers/accounts/*/")
    page.keyboard.press("u")
    page.wait_for_url("**/console/customers/accounts/")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert not faults(page)
    page.get_by_label("Use the keys of one letter").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


def test_a_form_begins_at_its_first_field_or_where_it_was_refused(house: House) -> None:
    page = house.page_as("cash")
    page.goto("/console/payments/record/")
    assert page.evaluate("document.activeElement.name") == "payer"
    page.fill("[name=payer]", "nobody of that name")
    page.fill("[name=amount]", "x")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hs-wrong")
    focused = page.evaluate("document.activeElement.closest('.hs-wrong') !== null")
    assert focused
