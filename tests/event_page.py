"""What docs/formats/events.md says of events: one line per topic, with one event as an example."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from audit.operations import Happening, events
from tests.architecture.house import ROOT, TRADES

PAGE: Final = ROOT / "docs" / "formats" / "events.md"
LINE: Final = re.compile(r"^\| `([a-z_.]+)` \| `([a-z.]+)` \| ([^|]+) \| `(\{.*\})` \|$")
TOPIC: Final = re.compile(r"[a-z_]+\.[a-z_]*[a-z](?<!\.csv)")
INVENTED: Final = {"reason.made", "reason.seen"}
"""Topics that only tests know."""


NOT_NOUNS: Final = {*TRADES, "auth", "collections", "billing"}
"""What stands before the dot of rights and settings."""


class Line(NamedTuple):
    """What the page says of a topic."""

    topic: str
    subject: str
    when: str
    payload: dict[str, Any]


@cache
def lines() -> dict[str, Line]:
    """Read the page; a line of a topic that cannot be read is missing."""
    found = [LINE.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    read = [Line(m[1], m[2], m[3], json.loads(m[4])) for m in found if m]
    assert len({line.topic for line in read}) == len(read), "a topic stands twice"
    return {line.topic: line for line in read}


def fault(happening: Happening) -> str:
    """Say in what an event differs from the page; "" where it does not."""
    line = lines().get(happening.topic)
    if line is None:
        return f"{happening.topic} is not in {PAGE.name}"
    if happening.subject_type != line.subject:
        return f"{happening.topic} is about {happening.subject_type}, not {line.subject}"
    if set(happening.payload) != set(line.payload):
        return f"{happening.topic} says {sorted(happening.payload)}, not {sorted(line.payload)}"
    return ""


@contextmanager
def watched() -> Iterator[None]:
    """Compare every event that this process records with the page."""
    real = events._row

    def checked(happening: Happening) -> events.Row:
        assert happening.topic in INVENTED or not (said := fault(happening)), said
        return real(happening)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "_row", checked)
        yield


def _writing() -> Iterator[Path]:
    for room in TRADES:
        yield from sorted((ROOT / room / "operations").rglob("*.py"))
    yield ROOT / "invoicing" / "bill_run.py"


def topics_in_code() -> tuple[set[str], set[str]]:
    """Return the topics that operations write out, and the beginnings of those they compose."""
    whole: set[str] = set()
    begun: set[str] = set()
    for path in _writing():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                first = node.values[0]
                if isinstance(first, ast.Constant) and re.fullmatch(
                    r"[a-z_]+\.[a-z_]*", str(first.value)
                ):
                    begun.add(str(first.value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                noun = node.value.partition(".")[0]
                if TOPIC.fullmatch(node.value) and noun not in NOT_NOUNS:
                    whole.add(node.value)
    return whole, begun
