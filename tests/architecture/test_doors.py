"""Every act and reading of a room is reached by somebody: a page, a route, a command, a task.

What only tests call promises something that no user can do, and breaks unseen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.house import ROOMS, ROOT, sources, tree

PARTS = ("operations", "queries")
# What shows the engine on made-up data opens nothing to whoever works with their own.
SHOWN = (ROOT / "billing_site" / "demo", ROOT / "billing_site" / "scenarios")

# Without a door for now, by name, with the reason; a line that is no longer so fails too.
EXCEPTED: dict[str, str] = {
    "ledger.operations.reverse_entry": "LED-3; a close takes accruals back by it (J29, J37)",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files_of(room: str, part: str) -> list[Path]:
    """Return the files of a part of a room, be it one module or a package."""
    single = ROOT / room / f"{part}.py"
    return [single] if single.exists() else sorted((ROOT / room / part).rglob("*.py"))


def promised(room: str, part: str) -> set[str]:
    """Return the functions of a part that the room offers: `__all__`, else the public ones."""
    files = files_of(room, part)
    defined = {
        node.name
        for path in files
        for node in tree(path).body
        if isinstance(node, Function) and not node.name.startswith("_")
    }
    listed = [names for path in files[:1] if (names := _all_of(path)) is not None]
    return {f"{room}.{part}.{name}" for name in (defined & listed[0] if listed else defined)}


def _all_of(path: Path) -> set[str] | None:
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            return set(ast.literal_eval(node.value))
    return None


@cache
def used() -> frozenset[str]:
    """Return what the product uses of the parts: `audit.operations.release_job`."""
    found: set[str] = set()
    for path in sources():
        if not any(shown in path.parents for shown in SHOWN):
            found.update(_uses(path))
    return frozenset(found)


def _uses(path: Path) -> Iterator[str]:
    """Yield what a file uses, wherever in its part it is defined; a definition is no use."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    known = _local_names(path, module)
    for inside, node in _walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = _short(node.value)
        else:
            name = _short(_dotted(node, known))
        if name and name != _short(f"{module}.{inside}"):
            yield name


def _local_names(path: Path, module: str) -> dict[str, str]:
    """Return what the names of a file stand for: its imports and its own functions."""
    known = {
        node.name: f"{module}.{node.name}"
        for node in tree(path).body
        if isinstance(node, Function)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                known[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def _walk(root: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node with the function of the module that it stands in."""
    for top in root.body:
        inside = top.name if isinstance(top, Function) else ""
        for node in ast.walk(top):
            yield inside, node


def _dotted(node: ast.AST, known: dict[str, str]) -> str:
    """Return the full name that an expression stands for: "" where it is none of the house."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute):
        left = _dotted(node.value, known)
        return f"{left}.{node.attr}" if left else ""
    return ""


def _short(name: str) -> str:
    """Return room, part and function of a full name: the module between is the room's affair."""
    words = name.split(".")
    if len(words) < 3 or words[0] not in ROOMS or words[1] not in PARTS:
        return ""
    return ".".join((*words[:2], words[-1]))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_offers_is_used_outside_tests(room: str, part: str) -> None:
    idle = promised(room, part) - used() - set(EXCEPTED)
    assert not idle, "give it a door, or take it away"


def test_what_is_excepted_is_there_and_has_no_door() -> None:
    offered = {name for room in ROOMS for part in PARTS for name in promised(room, part)}
    assert set(EXCEPTED) <= offered
    assert not set(EXCEPTED) & used()


def test_the_search_sees_acts_and_readings() -> None:
    """Were nothing found to be offered, nothing would be missed."""
    assert len(promised("audit", "operations")) > 15
    assert {"audit.operations.start_job", "audit.queries.live_api_key"} <= used()
