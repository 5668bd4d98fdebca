"""What every source file keeps to, whoever wrote it."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from tests.architecture.house import (
    FLOOR_OF,
    ROOMS,
    ROOT,
    calls,
    imports,
    place,
    sources,
    tree,
)

LONGEST_FILE = 400
LONGEST_BODY = 60
DOORS = {"operations", "queries", "models", "signals", "choices", "rules"}
DOORS_OF_THE_GROUND = {"foundation": None, "audit": {"commands", "idempotency"}}
BANNED_WORDS = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|WIP|lorem ipsum|pragma: no cover)\b",
    re.IGNORECASE,
)
MONEY = ROOT / "foundation" / "money.py"


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {
        place(path): lines
        for path in [*sources(), *sorted((ROOT / "tests").rglob("*.py"))]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    """A body is counted without its keywords and its docstring: those are read, not followed."""
    long = {
        place(path, node): f"{node.name}: {length} lines"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _body_lines(node)) > LONGEST_BODY
    }
    assert not long


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_no_link_is_kept() -> None:
    """A link leads somewhere on one machine: set-up in a clone would empty what it leads to."""
    listed = subprocess.run(
        ["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert listed
    assert not [line for line in listed if line.startswith("120000")]


def test_nothing_is_left_for_later() -> None:
    files = [*sources(), *(page for room in ROOMS for page in (ROOT / room).rglob("*.sql"))]
    found = [
        f"{place(path)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if BANNED_WORDS.search(line)
    ]
    assert not found


def test_no_function_is_a_stub() -> None:
    """A base class of the foundation may leave a step to its heirs; nobody else leaves one."""
    found = [
        place(path, node)
        for path in sources(*(room for room in ROOMS if room != "foundation"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name) and node.id == "NotImplementedError"
    ]
    assert not found


def test_no_amount_is_ever_a_float() -> None:
    found = [
        place(path, call)
        for path in sources(migrations=True)
        for name, call in calls(path)
        if name in {"float", "FloatField"}
    ]
    assert not found


def test_money_is_rounded_in_one_place() -> None:
    found = [
        place(path, call)
        for path in sources()
        for name, call in calls(path)
        if name == "quantize" and _is_method_of_a_number(path, call)
    ]
    assert len(found) <= 1, found
    assert all(spot.startswith("foundation/") for spot in found)


def _is_method_of_a_number(path: object, call: ast.Call) -> bool:
    """Tell `amount.quantize(...)` from `money.quantize(amount, currency)`."""
    if not isinstance(call.func, ast.Attribute):
        return False
    return not (isinstance(call.func.value, ast.Name) and call.func.value.id == "money")


def test_rooms_are_entered_by_their_doors() -> None:
    """Only a room itself and the roof may import its interfaces."""
    found = []
    for room in ROOMS:
        if room == "billing_site":
            continue
        for path in sources(room):
            for name, node in imports(path):
                other, _, inside = name.partition(".")
                if other not in FLOOR_OF or other == room or other == "foundation":
                    continue
                door = inside.partition(".")[0]
                more = DOORS_OF_THE_GROUND.get(other) or set()
                if door not in DOORS | more:
                    found.append(f"{place(path, node)}: {name}")
    assert not found


def test_nobody_listens_to_model_signals() -> None:
    found = [
        f"{place(path, node)}: {name}"
        for path in sources()
        for name, node in imports(path)
        if name.startswith("django.db.models.signals.") and not name.endswith(".post_migrate")
    ]
    assert not found


def test_signals_are_declared_in_signals_and_connected_in_apps() -> None:
    found = [
        f"{place(path, call)}: {name}"
        for path in sources()
        for name, call in calls(path)
        if (name == "Signal" and path.name != "signals.py")
        or (name == "receiver" and path.name not in {"receivers.py", "apps.py"})
    ]
    assert not found


def test_the_clock_is_read_in_interfaces_only() -> None:
    """Rules, operations and queries are told the day and the moment."""
    forbidden = {"now", "today", "utcnow"}
    inner = {"rules", "operations", "queries", "models", "operations.py", "queries.py"}
    found = [
        place(path, call)
        for path in sources()
        if inner & set(path.relative_to(ROOT).parts)
        for name, call in calls(path)
        if name in forbidden
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"timezone", "datetime", "date", "clock"}
    ]
    assert not found


def _house_imports(room: str, *names: str) -> dict[str, str]:
    """Give what files of these names in the room import from the house, by place."""
    return {
        place(path, node): name
        for path in sources(room)
        if set(names) & set(path.relative_to(ROOT / room).parts)
        for name, node in imports(path)
        if name.partition(".")[0] in FLOOR_OF
    }


def test_signals_and_choices_are_leaves() -> None:
    found = {
        spot: name
        for room in ROOMS
        for spot, name in _house_imports(room, "signals.py", "choices.py").items()
        if not (spot.split("/")[-1].startswith("choices") and ".choices." in f"{name}.")
    }
    assert not found


def test_rules_know_only_the_ground_and_rules_and_choices() -> None:
    found = {
        spot: name
        for room in ROOMS
        for spot, name in _house_imports(room, "rules").items()
        if name.partition(".")[0] != "foundation"
        and name.split(".")[1] not in {"rules", "choices"}
    }
    assert not found


def test_interfaces_write_through_operations() -> None:
    """Pages, endpoints, imports and tasks translate; they neither save nor bulk-write rows."""
    writes = {"bulk_create", "bulk_update", "update_or_create", "get_or_create"}
    doors = {"views", "views.py", "tasks.py", "receivers.py", "imports.py", "imports"}
    found = [
        f"{place(path, call)}: {name}"
        for path in sources(*(room for room in ROOMS if room != "foundation"))
        if doors & set(path.relative_to(ROOT).parts)
        if "operations" not in path.parts
        for name, call in calls(path)
        if name in writes or (name == "create" and _is_on_objects(call))
    ]
    assert not found


def _is_on_objects(call: ast.Call) -> bool:
    """Tell `Model.objects.create(...)` from other things called create."""
    return (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr == "objects"
    )
