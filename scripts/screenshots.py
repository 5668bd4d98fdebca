"""Take the pictures of the README from the filled demo, in a real browser.

    make demo PORT=8000          in one terminal (or: manage.py demo --no-serve, then serve)
    make screenshots             in another; ARGS="--url http://127.0.0.1:8000 --password …"

Writes docs/images/*.png. Pictures change only when pages do: same seed, same numbers.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its file, whose console, where it begins, which links are followed.

    "#1" follows the first link of the list.
    """

    name: str
    role: str
    path: str
    follow: tuple[str, ...] = ()
    theme: str = "light"
    width: int = 1280
    height: int = 820


SHOTS = (
    Shot("home", "controller", "/console/"),
    Shot("bill-run", "approver", "/console/invoicing/runs/?state=IN_REVIEW", ("#1",)),
    Shot("invoice", "operator", "/console/invoicing/documents/?state=POSTED", ("#1",)),
    Shot(
        "explain",
        "operator",
        "/console/invoicing/documents/?state=POSTED&account=US-9",
        ("#1", "Calls"),
        height=1100,
    ),
    Shot("account-tree", "care", "/console/customers/accounts/?search=Northwind", ("#1", "Tree")),
    Shot("prices", "catalog", "/console/catalog/prices/"),
    Shot("suspense", "operator", "/console/rating/suspense/"),
    Shot("ageing", "cash", "/console/receivables/ageing/"),
    Shot("home-dark", "approver", "/console/", theme="dark"),
)


def browser_path() -> str | None:
    """Return the Chromium to use: named by CHROMIUM, or found; None for Playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        try:
            yield started
        finally:
            started.close()


def log_in(page: Page, url: str, username: str, password: str) -> None:
    """Log a demo user in."""
    page.goto(f"{url}/admin/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/console/")


def take(started: Browser, shot: Shot, url: str, password: str, folder: Path) -> Path:
    """Open the page as the role and write its picture."""
    context = started.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.theme == "dark" else "light",
        device_scale_factor=1,
    )
    page = context.new_page()
    log_in(page, url, shot.role, password)
    page.goto(f"{url}{shot.path}")
    for name in shot.follow:
        content = page.locator("#content")
        if name == "#1":  # the first row of the list
            content.locator("tbody tr a").first.click()
        else:
            content.get_by_role("link", name=name).first.click()
        page.wait_for_load_state("networkidle")
    page.wait_for_load_state("networkidle")
    target = folder / f"{shot.name}.png"
    page.screenshot(path=str(target))
    context.close()
    return target


def main() -> None:
    """Take every picture, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    port = os.environ.get("PORT") or "8000"
    parser.add_argument("--url", default=f"http://127.0.0.1:{port}")
    parser.add_argument("--password", default=os.environ.get("DEMO_PASSWORD", "billing-demo"))
    parser.add_argument("--to", type=Path, default=IMAGES)
    parser.add_argument("names", nargs="*", help="only these pictures")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    with browser() as started:
        for shot in SHOTS:
            if not asked.names or shot.name in asked.names:
                print(take(started, shot, asked.url.rstrip("/"), asked.password, asked.to))


if __name__ == "__main__":
    main()
