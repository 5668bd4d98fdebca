"""The names in strings: templates, addresses, tasks and schedules must lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module, util
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from tests.architecture.house import ROOMS, ROOT, calls, place, sources

PAGES = [
    page
    for pattern in ("templates/**/*", "*/templates/**/*")
    for page in sorted(ROOT.glob(pattern))
    if page.suffix in {".html", ".txt"} and page.is_file() and ".venv" not in page.parts
]
URL_TAG = re.compile(r"""{%\s*url\s+["']([\w:.-]+)["']""")


def _known_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _known_names(entry, inner)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{namespace}{entry.name}"


@pytest.fixture(scope="module")
def url_names() -> set[str]:
    return set(_known_names(get_resolver()))


def test_every_template_loads() -> None:
    for page in PAGES:
        folder = next(parent for parent in page.parents if parent.name == "templates")
        get_template(str(page.relative_to(folder)))


def test_every_address_named_in_a_template_exists(url_names: set[str]) -> None:
    missing = [
        f"{place(page)}: {name}"
        for page in PAGES
        for name in URL_TAG.findall(page.read_text(encoding="utf-8"))
        if name not in url_names
    ]
    assert not missing


def test_every_address_named_in_code_exists(url_names: set[str]) -> None:
    missing = [
        f"{place(path, call)}: {call.args[0].value}"
        for path in sources()
        for name, call in calls(path)
        if name in {"reverse", "reverse_lazy", "redirect"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and "/" not in call.args[0].value
        and call.args[0].value not in url_names
    ]
    assert not missing


def test_every_link_of_the_sidebar_resolves() -> None:
    def links(entries: Any) -> Iterator[Any]:
        if isinstance(entries, dict):
            if "link" in entries:
                yield entries["link"]
            entries = list(entries.values())
        if isinstance(entries, list | tuple):
            for entry in entries:
                yield from links(entry)

    for link in links(settings.UNFOLD):
        if not callable(link):
            assert str(link).startswith("/")


def test_every_task_named_in_a_string_resolves() -> None:
    for path in sources():
        for name, call in calls(path):
            if name in {"async_task", "schedule"} and call.args:
                target = call.args[0]
                if isinstance(target, ast.Constant) and isinstance(target.value, str):
                    assert callable(import_string(target.value)), place(path, call)


def test_every_schedule_names_a_task() -> None:
    if util.find_spec("billing_site.schedules") is None:
        return
    text = (ROOT / "billing_site" / "schedules.py").read_text(encoding="utf-8")
    import_module("billing_site.schedules")
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(rf"({'|'.join(ROOMS)})(\.\w+)+", node.value)
        ):
            assert callable(import_string(node.value)), node.value


def test_database_is_reached_from_child_processes_only_through_settings() -> None:
    """A password or a socket in the code would escape DATABASE_URL."""
    found = [
        place(path, call)
        for path in sources()
        if path.name not in {"devdb.py", "throwaway.py"}  # both begin from the settings' URL
        for name, call in calls(path)
        if name == "connect"
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "psycopg"
    ]
    assert not found
