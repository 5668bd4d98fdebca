"""Pages of several rooms about one thing, shown as tabs of one page.

The pages of an account belong to five rooms that do not know each other; the roof lists them
(setting CONSOLE_TABS), and each page shows the whole row without naming the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, ResolverMatch, reverse
from django.utils.module_loading import import_string

from foundation.screens.cells import Tab, Total


class SharedTab(NamedTuple):
    """One page of the row: its label, address name and permission; all take the same pk."""

    label: str
    url_name: str
    permission: str


class SharedFigures(NamedTuple):
    """Figures above a page: who sees them, and the function that reads them by the page's pk."""

    permission: str
    source: str


def shared_tabs(request: HttpRequest) -> list[Tab]:
    """Return the row that the page of this request stands in; empty where it stands alone."""
    match = request.resolver_match
    if match is None:
        return []
    groups = cast("Sequence[Sequence[SharedTab]]", settings.CONSOLE_TABS)
    for group in groups:
        if match.view_name in {tab.url_name for tab in group}:
            return [tab for entry in group for tab in _tab(entry, match)]
    return []


def shared_figures(request: HttpRequest) -> list[Total]:
    """Return the figures that the roof puts above the page of this request, for whoever may."""
    match = request.resolver_match
    figures = cast("Mapping[str, Sequence[SharedFigures]]", settings.CONSOLE_FIGURES)
    if match is None:
        return []
    return [
        total
        for entry in figures.get(match.view_name, ())
        if request.user.has_perm(entry.permission)
        for total in import_string(entry.source)(**match.kwargs)
    ]


def shared_way(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the page that the roof says the page of this request hangs from; else nothing."""
    match = request.resolver_match
    ways = cast("Mapping[str, tuple[str, str]]", settings.CONSOLE_WAYS)
    if match is None or match.view_name not in ways:
        return []
    label, url_name = ways[match.view_name]
    return [(label, reverse(url_name))]


def _tab(entry: SharedTab, match: ResolverMatch) -> list[Tab]:
    """Return the tab; nothing where its room has no such page in this installation."""
    try:
        url = reverse(entry.url_name, kwargs=match.kwargs)
    except NoReverseMatch:
        return []
    is_shown = entry.url_name == match.view_name
    return [Tab(label=entry.label, url=url, permission=entry.permission, active=is_shown)]
