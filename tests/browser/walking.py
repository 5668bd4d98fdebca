"""Walk the console by its own links: one page of every kind, as whoever may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_core_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from foundation.screens import ActionView
from tests.apps.billing_site.access.doors import pages

# What the admin theme itself does and we cannot mend is not held against our pages.
OURS = {"include": [[".hs"]]}
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa"]}
LINKS = """() => [...document.querySelectorAll('.hs a[href]')].map(one => one.href)"""


def kind(path: str) -> str:
    """Return the name of the page that an address leads to, or "" for none of the console."""
    try:
        found = resolve(path)
    except Resolver404:
        return ""
    return found.view_name if path.startswith("/console/") else ""


def kinds_of_objects() -> set[str]:
    """Return every page that shows or asks about one object."""
    return {
        kind_of(page)
        for path, page in pages()
        if "<" in path and not issubclass(page.callback.view_class, ActionView)
    }


def kind_of(page: Any) -> str:
    """Return a pattern's name with its room."""
    room = page.callback.view_class.__module__.partition(".")[0]
    room = {"collecting": "collections"}.get(room, room)
    return f"{'console' if room == 'billing_site' else room}:{page.name}"


@dataclass
class Walk:
    """What was seen so far; `look` is called once for every kind of page."""

    look: Callable[[Page, str], None]
    lists: list[str]
    seen: dict[str, str] = field(default_factory=dict)
    dead_ends: list[str] = field(default_factory=list)
    files: frozenset[str] = frozenset({"invoicing:pdf", "rating:rejected"})

    def go(self, page: Page, *, at_most: int = 500) -> None:
        """Follow links from the lists until no new kind of page turns up."""
        waiting = [(path, "") for path in self.lists]
        visited: set[str] = set()
        tried: Counter[str] = Counter()
        while waiting and len(visited) < at_most:
            path, came_from = waiting.pop(0)
            name = kind(path)
            if path in visited or not name or name in self.files or tried[name] > 5:
                continue
            visited.add(path)
            tried[name] += 1
            response = page.goto(path, wait_until="domcontentloaded")
            if response is None or response.status != 200:
                if came_from:
                    self.dead_ends.append(f"{came_from} leads to {path}: refused")
                continue
            if name not in self.seen:
                self.seen[name] = path
                self.look(page, path)
            waiting += [(one, path) for one in self.links(page) if one not in visited]

    @staticmethod
    def links(page: Page) -> Iterator[str]:
        """Yield the addresses that the page leads to, without their filters."""
        home = urlsplit(page.url).netloc
        for href in page.evaluate(LINKS):
            parts = urlsplit(href)
            if parts.netloc == home:
                yield parts.path


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
