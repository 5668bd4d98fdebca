"""Every rule of pricing and rating is named where it is held, exemplified and put to the test.

A docstring of the code names it; a test that works one case out and one of arbitrary cases, by
`given`, name it in their docstring or in their own name (`test_ent6_…`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAMILIES = {"UNIT": 9, "PRC": 4, "ENT": 9, "POOL": 5, "DSC": 6, "COM": 4, "RATE": 3}
RULES = [f"{family}-{n}" for family, most in FAMILIES.items() for n in range(1, most + 1)]
ROOMS = ("foundation", "catalog", "customers", "rating", "invoicing")
NAMED = re.compile(rf"\b({'|'.join(FAMILIES)})-(\d)(?: to (?:[A-Z]+-)?(\d))?")
IN_NAME = re.compile(rf"_({'|'.join(FAMILIES).lower()})_?(\d)(?=_)")


def named_in(text: str) -> set[str]:
    """Return the rules that a text names; ENT-1 to ENT-3 are three."""
    found = set()
    for family, first, last in NAMED.findall(text):
        found |= {f"{family}-{n}" for n in range(int(first), int(last or first) + 1)}
    return found


def docstrings(folder: Path) -> Iterator[tuple[ast.FunctionDef | ast.ClassDef | ast.Module, str]]:
    """Yield what may have a docstring, with it."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield node, ast.get_docstring(node) or ""


@cache
def held() -> frozenset[str]:
    """Return the rules that docstrings of the code name."""
    texts = (text for room in ROOMS for _, text in docstrings(ROOT / room))
    return frozenset(rule for text in texts for rule in named_in(text))


@cache
def rules_in_tests() -> tuple[frozenset[str], frozenset[str]]:
    """Return the rules of which a case is worked out, and those tested by arbitrary cases."""
    examples: set[str] = set()
    properties: set[str] = set()
    for node, text in docstrings(ROOT / "tests"):
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        found = named_in(text)
        found |= {f"{family.upper()}-{n}" for family, n in IN_NAME.findall(f"{node.name}_")}
        is_given = any(ast.unparse(one).startswith("given(") for one in node.decorator_list)
        (properties if is_given else examples).update(found)
    return frozenset(examples), frozenset(properties)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_held_worked_out_and_put_to_the_test(rule: str) -> None:
    examples, properties = rules_in_tests()
    assert rule in held(), f"no docstring names {rule}"
    assert rule in examples, f"no test works a case of {rule} out"
    assert rule in properties, f"no property test names {rule}"
