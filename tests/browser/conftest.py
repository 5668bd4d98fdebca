"""A filled company, a served console and a real browser; not part of `make test`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from playwright.sync_api import Browser, Page, sync_playwright

PASSWORD = "a long demo password"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Playwright's event loop runs in this thread; the ORM is used beside it, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture
def company(transactional_db: None) -> None:
    """Fill the smallest demo company by replaying its months."""
    call_command("setup_roles")
    call_command("seed_demo", "--size", "tiny", "--no-progress", "--password", PASSWORD)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start one browser for all tests."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """Collect what the browser complains about: errors of scripts, requests elsewhere."""
    return []


def opened(chromium: Browser, url: str, complaints: list[str]) -> Page:
    """Return the page of a new browser profile, and write down what it complains about."""
    context = chromium.new_context(
        base_url=url,
        viewport={"width": 1280, "height": 900},
        color_scheme="light",
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on(
        "pageerror",
        lambda error: complaints.append(f"{page.url}: {error.message} {error.stack}"),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((url, "data:", "blob:"))
            else complaints.append(f"elsewhere: {request.url}")
        ),
    )
    page.on(
        "response",
        lambda response: (
            complaints.append(f"{response.status} {response.url}")
            if response.status >= 500
            else None
        ),
    )
    return page


@pytest.fixture
def open_as(
    company: None, live_server: object, chromium: Browser, complaints: list[str]
) -> Iterator[Callable[[str], Page]]:
    """Give a function that logs in as a role, each in a browser profile of its own."""
    pages = []

    def go(username: str) -> Page:
        page = opened(chromium, str(live_server), complaints)
        pages.append(page)
        page.goto("/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/console/")
        return page

    yield go
    for page in pages:
        page.context.close()


@pytest.fixture
def work_off() -> Callable[[], int]:
    """Give a function that does what the task queue would do, here and now."""

    def go() -> int:
        done = 0
        while (queued := OrmQ.objects.order_by("id").first()) is not None:
            task = queued.task
            queued.delete()
            import_string(task["func"])(*task["args"], **task["kwargs"])
            done += 1
        return done

    return go
