"""Every page of the console in a real browser: loads, fits, complains of nothing, can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

from foundation.screens import ActionView
from tests.apps.billing_site.access.doors import pages

pytestmark = pytest.mark.browser

# What the admin theme itself does and we cannot mend is not held against our pages.
OURS = {"include": [[".hs"]]}
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa"]}


def addresses() -> list[str]:
    """Return every page that needs no object and only shows."""
    return [
        path
        for path, page in pages()
        if "<" not in path and not issubclass(page.callback.view_class, ActionView)
    ]


def faults(page: Page) -> list[str]:
    """Return what keeps people from reading our part of the page."""
    found: dict[str, Any] = Axe().run(page, context=OURS, options=OPTIONS)
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return how many pixels the page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


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
