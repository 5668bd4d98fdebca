"""The house as the tests see it: its floors, its rooms and the source files in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FLOORS: tuple[tuple[str, ...], ...] = (
    ("foundation",),
    ("audit",),
    ("ledger", "tax"),
    ("catalog",),
    ("customers",),
    ("receivables", "rating"),
    ("invoicing",),
    ("payments", "revrec"),
    ("collecting",),
    ("billing_site",),
)
ROOMS = [room for floor in FLOORS for room in floor]
TRADES = [room for room in ROOMS if room not in {"foundation", "billing_site"}]
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}


def sources(*rooms: str, migrations: bool = False) -> list[Path]:
    """List the Python files of the rooms (of all, when none is named)."""
    return [
        path
        for room in rooms or ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if migrations or "migrations" not in path.parts
    ]


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    """Name a place so that an editor can jump to it."""
    line = f":{getattr(node, 'lineno', 1)}" if node is not None else ""
    return f"{path.relative_to(ROOT)}{line}"


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the last name of what is called: `a.b.c()` gives `c`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node


def imports(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield the full name of everything a file imports, `from a import b` as `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node
