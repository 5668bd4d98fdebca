"""What the pages say exists: pages, commands, targets of make, the steps of a price."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from django.core.management import get_commands

from tests.architecture.house import ROOT, place, sources

PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("*/README.md")),
]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
CITED = re.compile(r"\bdocs/[a-z0-9_/.-]+\.md\b")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
TARGET = re.compile(r"(?:`|^ {4})make ([a-z-]+)", re.MULTILINE)
STEP = re.compile(r"·\s+`([a-z_.]+)\.([A-Za-z_]+)`")
LATE = re.compile(r"migrations\.(AddConstraint|AddIndex|AddField)")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_link_leads_to_a_file() -> None:
    lost = [
        f"{place(page)}: {link}"
        for page in PAGES
        for link in LINK.findall(_text(page))
        if not (page.parent / link).exists()
    ]
    assert not lost


def test_every_page_that_code_cites_exists() -> None:
    lost = [
        f"{place(path)}: {cited}"
        for path in sources()
        for cited in CITED.findall(_text(path))
        if not (ROOT / cited).exists()
    ]
    assert not lost


def test_every_command_and_target_that_a_page_names_exists() -> None:
    commands = set(get_commands())
    targets = set(re.findall(r"^([a-z-]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    named = [(page, _text(page)) for page in PAGES]
    lost = [
        f"{place(p)}: {c}" for p, text in named for c in COMMAND.findall(text) if c not in commands
    ]
    lost += [
        f"{place(p)}: {t}" for p, text in named for t in TARGET.findall(text) if t not in targets
    ]
    assert not lost


def test_the_steps_of_a_price_name_code_that_exists() -> None:
    steps = STEP.findall(_text(ROOT / "docs" / "order-of-computation.md"))
    assert len(steps) == 14
    for module, name in steps:
        assert hasattr(import_module(module), name), f"{module}.{name}"


def test_first_migrations_make_tables_whole() -> None:
    """Constraints inside CreateModel: a fresh migrate takes a third of the time."""
    late = {
        place(path): sorted(set(LATE.findall(_text(path))))
        for path in sorted(ROOT.glob("*/migrations/0001_initial.py"))
        if LATE.search(_text(path))
    }
    assert not late
