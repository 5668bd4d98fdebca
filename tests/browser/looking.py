"""What a page owes to whoever works with it: it fits, can be read, speaks the trade's language."""

from __future__ import annotations

from typing import Any

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

# What the admin theme itself does and we cannot mend is not held against our pages.
OURS = {"include": [[".hs"]]}
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa"], "resultTypes": ["violations"]}

DARK = "(dark) => document.documentElement.classList.toggle('dark', dark)"
MANNERS = r"""() => {
  const found = [];
  const say = (what, node) =>
    found.push(what + ': ' + (node.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 80));
  const ours = document.querySelector('.hs');
  if (!ours) return ['not a page of the console'];
  const seen = (one) => one.getClientRects().length > 0;

  const heads = [...document.querySelectorAll('h1')].filter(seen);
  if (heads.length !== 1) found.push(`${heads.length} first headings`);
  const here = location.pathname;
  const inMenu = [...document.querySelectorAll('#nav-sidebar a[href]')]
    .some((one) => one.pathname === here);
  if (!inMenu && !ours.querySelector('.hs-crumbs a, .hs-form-end a'))
    found.push('no way back');

  // What has a name is shown by it; accounts of the chart have numbers of four digits.
  const whole = 'payer|account|customer|user|by|owner|subscription|service|invoice|document';
  const parts = 'entity|offer|product|charge|asked by|started by';
  const named = new RegExp(`^(${whole})$|${parts}`, 'i');
  const isChart = (text) => /^\d{4}$/.test(text);
  const tables = [...ours.querySelectorAll('table.hs-table')];
  for (const one of tables) {
    const near = one.closest('section, .hs-card, details') || ours;
    const told = one.caption || one.getAttribute('aria-label') ||
      one.getAttribute('aria-labelledby') || near.querySelector('h2, h3, summary, legend');
    if (tables.length > 1 && !told) say('a table without a heading', one);
  }
  for (const one of ours.querySelectorAll('td')) {
    const text = one.textContent.trim();
    if (one.querySelector('input, select, form')) continue;
    const head = one.closest('table').tHead?.rows[0].cells[one.cellIndex]?.textContent || '';
    if (named.test(head) && /^\d+$/.test(text) && !isChart(text))
      say('a bare key', one.parentNode);
    if (one.querySelector('a, code')) continue;
    const isRight = getComputedStyle(one).textAlign === 'right';
    if (/^[\u2212-]?[\d,]+\.\d\d+( [A-Z]{3})?$/.test(text) && !isRight)
      say('a figure that is not set right', one.parentNode);
  }
  for (const one of ours.querySelectorAll('dl > div')) {
    const [name, value] = [one.querySelector('dt'), one.querySelector('dd')];
    if (name && value && named.test(name.textContent) && /^\d+$/.test(value.textContent.trim()))
      say('a bare key', one);
  }
  const walker = document.createTreeWalker(ours, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!seen(holder) || holder.closest('code, pre, textarea, script')) continue;
    const text = node.textContent;
    const wrong = [
      ['a machine key', /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/],
      ['a date as machines write it', /\b\d{4}-\d\d-\d\d\b/],
      ['a word of machines', /^\s*(None|True|False)\s*$|[:=] (None|True|False)\b/],
      ['a word of machines', /\b(null|undefined|NaN)\b|Decimal\(|\[object /],
      ['a name of the code', /\b[a-z]+_[a-z_]+\b|\b[A-Z]+_[A-Z_]+\b/],
      ['more decimals than the currency has', /\b\d+\.\d\d+00\b/],
    ];
    for (const [what, pattern] of wrong) if (pattern.test(text)) say(what, holder);
  }
  return found;
}"""


def faults(page: Page) -> list[str]:
    """Return what keeps people from reading our part of the page."""
    found: dict[str, Any] = Axe().run(page, context=OURS, options=OPTIONS)
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def manners(page: Page) -> list[str]:
    """Return what a clerk would stumble over: keys for names, machine words, no way back."""
    found: list[str] = page.evaluate(MANNERS)
    return found


def dress(page: Page, theme: str, width: int) -> None:
    """Show the page as somebody with this theme and window sees it.

    The admin theme reads the wish for dark once, as a page loads; the class is all that it sets.
    """
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.evaluate(DARK, theme == "dark")
    page.set_viewport_size({"width": width, "height": 900})


def painted(page: Page) -> str:
    """Return the colour of our text as it is painted, so that a theme that did nothing is seen."""
    colour: str = page.evaluate("getComputedStyle(document.querySelector('.hs')).color")
    return colour


def overflow(page: Page) -> list[str]:
    """Return by how many pixels the page is wider than its window; nothing where it fits."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{width} px too wide"] if width > 0 else []
