"""The identities of every room, collected."""

from __future__ import annotations

from importlib import import_module, util

from billing_site.roles import PACKAGES
from foundation.integrity import Check


def checks() -> list[Check]:
    """Return every room's checks, from the ground floor up, then by code."""
    found: list[Check] = []
    for package in PACKAGES.values():
        if util.find_spec(f"{package}.queries"):
            found += getattr(import_module(f"{package}.queries"), "INTEGRITY", ())
    return sorted(found, key=lambda check: _by_number(check.code))


def _by_number(code: str) -> tuple[str, int, str]:
    letter, _, number = code.partition("-")
    digits = "".join(character for character in number if character.isdigit())
    return letter, int(digits or 0), code
