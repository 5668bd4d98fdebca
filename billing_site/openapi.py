"""Names of the choices in the OpenAPI document: each room's enumerations by room and class.

Without names, two fields called "kind" would make the generator invent "Kind9c9Enum", a name
that changes whenever another room adds a choice.
"""

from __future__ import annotations

from importlib import import_module, util
from inspect import getmembers, isclass

from django.db.models import TextChoices

from billing_site.roles import PACKAGES


def enum_names() -> dict[str, list[tuple[str, str]]]:
    """Return every enumeration of the rooms by a name of its own; equal sets are named once."""
    named: dict[tuple[tuple[str, str], ...], str] = {}
    for label, package in PACKAGES.items():
        if util.find_spec(f"{package}.choices"):
            for name, choices in getmembers(import_module(f"{package}.choices"), isclass):
                if issubclass(choices, TextChoices) and choices is not TextChoices:
                    pairs = tuple((value, str(text)) for value, text in choices.choices if value)
                    named.setdefault(pairs, f"{label.capitalize()}{name}")
    return {name: list(pairs) for pairs, name in named.items()}
