"""Walk the console by its own links: one page of every kind, as whoever may see it.

The walk itself needs no browser: it reads the pages as Django answers them, which is ten times as
fast; a browser then opens one page of each kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from foundation.screens import ActionView
from tests.apps.billing_site.access.doors import pages

OURS = '<div class="hs">'
HREF = re.compile(r'<a\b[^>]*?\bhref="([^"#][^"]*)"')


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


def lists() -> list[str]:
    """Return every page that needs no object and only shows."""
    return [
        path
        for path, page in pages()
        if "<" not in path and not issubclass(page.callback.view_class, ActionView)
    ]


def links(path: str, page: str) -> Iterator[str]:
    """Yield the addresses that our part of a page leads to, without their filters."""
    for href in HREF.findall(page.partition(OURS)[2]):
        parts = urlsplit(urljoin(f"http://here{path}", unescape(href)))
        if parts.netloc == "here":
            yield parts.path


@dataclass
class Walk:
    """The first page met of every kind and by whom, and the links that led to a refusal."""

    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    dead_ends: list[str] = field(default_factory=list)
    files: frozenset[str] = frozenset({"invoicing:pdf", "rating:rejected"})

    def go(
        self, client: Client, username: str, *, first: Sequence[str] = (), of_a_kind: int = 3
    ) -> None:
        """Follow links, opening at most so many pages of a kind: `first`, then from the lists."""
        waiting = [(path, "") for path in (*first, *lists())]
        visited: set[str] = set()
        tried: Counter[str] = Counter()
        while waiting:
            path, came_from = waiting.pop(0)
            name = kind(path)
            if path in visited or not name or name in self.files or tried[name] >= of_a_kind:
                continue
            visited.add(path)
            tried[name] += 1
            response = client.get(path, follow=True)
            if response.status_code != 200:
                if came_from:
                    self.dead_ends.append(f"{username}: {came_from} leads to {path}: refused")
                continue
            self.seen.setdefault(name, (path, username))
            found = links(path, response.content.decode())
            waiting += [(one, path) for one in found if one not in visited]
