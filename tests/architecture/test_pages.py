"""The pages: links that lead somewhere, and settings that are all explained."""

from __future__ import annotations

import re

import pytest

from tests.architecture.house import ROOMS, ROOT, place

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(page for room in ROOMS for page in (ROOT / room).rglob("*.md")),
    ]
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: place(page))
def test_every_link_within_the_house_leads_somewhere(page) -> None:
    broken = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link
        and not link.startswith(("#", "mailto:"))
        and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert not broken


def test_every_setting_is_explained() -> None:
    code = (ROOT / "billing_site" / "settings.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "operators" / "settings.md").read_text(encoding="utf-8")
    names = set(re.findall(r"""env\.\w+\(\s*["']([A-Z_]+)["']""", code))
    assert names
    assert not {name for name in names if f"`{name}`" not in page}


def test_every_decision_is_on_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert not {page.name for page in folder.glob("[0-9]*.md") if f"({page.name})" not in listed}
