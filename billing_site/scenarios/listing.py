"""The page that lists the scenarios by theme and by rule."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from billing_site.scenarios.words import Scenario

HEAD = """# Scenarios

Business cases as files in `scenarios/`: who there is, what happens on which day, and which
documents must come out, with the arithmetic written beside the figures. `python manage.py
run_scenario` replays them on a throw-away database, and the tests replay them all. How to write
one: [formats/scenarios.md](formats/scenarios.md).

This page is printed by `python manage.py run_scenario --index`; a test compares it with the files.
"""


def page(scenarios: Iterable[Scenario]) -> str:
    """Write the page: the scenarios by theme, then by rule."""
    every = sorted(scenarios, key=lambda one: (one.theme, one.file))
    lines = [HEAD, f"There are {len(every)}."]
    for theme, some in groupby(every, key=lambda one: one.theme):
        lines += ["", f"## {theme.replace('-', ' ').capitalize()}", ""]
        for one in some:
            lines.append(
                f"- [{one.title}](../{one.file}): {one.why.strip()} ({', '.join(one.rules)})"
            )
    lines += ["", "## By rule", "", "| rule | scenarios |", "|---|---|"]
    shown: dict[str, list[Scenario]] = {}
    for one in every:
        for rule in one.rules:
            shown.setdefault(rule, []).append(one)
    for rule in sorted(shown, key=_natural):
        links = ", ".join(f"[{one.title}](../{one.file})" for one in shown[rule])
        lines.append(f"| {rule} | {links} |")
    return "\n".join(lines) + "\n"


def _natural(rule: str) -> list[tuple[int, str]]:
    """Sort CHG-10 after CHG-9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", rule)]
