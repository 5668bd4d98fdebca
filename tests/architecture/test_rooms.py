"""The rooms: what stands at the root, and which names an app may have inside."""

from __future__ import annotations

import sys

import pytest

from tests.architecture.house import ROOMS, ROOT, TRADES

AT_THE_ROOT = {
    *(
        "manage.py",
        "pyproject.toml",
        "README.md",
        "billing_site",
        "catalog",
        "customers",
        "rating",
    ),
    *("invoicing", "payments", "collecting", "revrec", "templates", "tests"),
}
CLOSED_LIST = {
    *("__init__.py", "README.md", "apps.py", "choices.py", "rules", "models", "signals.py"),
    *("queries.py", "queries", "operations.py", "operations", "sql", "tasks.py", "receivers.py"),
    *("imports.py", "imports", "views.py", "views", "admin", "api", "management", "urls.py"),
    *("migrations", "templates", "static"),
}
# Added by decision; docs/decisions/0005-names-beyond-the-closed-list.md says why.
ADDED: dict[str, set[str]] = {
    "audit": {"commands.py", "idempotency.py"},
    "invoicing": {"bill_run.py", "pdf"},
}
BANNED = {"utils", "helpers", "services", "managers", "common", "misc", "util", "helper"}


def test_no_folder_of_the_root_shadows_the_standard_library() -> None:
    names = {path.stem for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert not names & sys.stdlib_module_names


def test_the_root_reads_as_the_trade() -> None:
    assert {path.name for path in ROOT.iterdir()} >= AT_THE_ROOT


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_describes_itself(room: str) -> None:
    page = (ROOT / room / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert len(page.splitlines()) <= 150, "one page"


@pytest.mark.parametrize("room", TRADES)
def test_a_room_has_only_the_names_of_the_closed_list(room: str) -> None:
    allowed = CLOSED_LIST | ADDED.get(room, set())
    found = {path.name for path in (ROOT / room).iterdir() if path.name != "__pycache__"}
    assert not found - allowed


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.stem in BANNED
        and "__pycache__" not in path.parts
        # A service is also a noun of the trade: the thing a customer uses.
        and not (path.stem == "services" and path.parent.name in {"views", "models", "admin"})
    ]
    assert not drawers
