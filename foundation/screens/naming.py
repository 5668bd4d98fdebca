"""What staff call a thing of which a page knows only the kind and the key, and where its page is.

A page of a lower room may show a thing of a higher one (a journal line its payer, a registration
its seller) without knowing that room: the label of its model is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import NoReverseMatch, reverse

Thing = tuple[str, int]
"""The label of a model ("customers.account") and a key."""

SPOKEN = ("number", "code", "username", "text")
"""The fields that hold what staff call a thing; the first text that a model has is taken."""


def names(things: Iterable[Thing]) -> dict[Thing, str]:
    """Return what staff call the things: their number or code, else kind and key.

    One query per kind of thing, whatever their count.
    """
    wanted: dict[str, set[int]] = {}
    for kind, pk in things:
        wanted.setdefault(kind, set()).add(pk)
    found: dict[Thing, str] = {}
    for kind, keys in wanted.items():
        model = model_of(kind)
        found.update({(kind, pk): f"{word_of(kind, model)} {pk}" for pk in keys})
        if model is None:
            continue
        fields = {one.name for one in model._meta.fields if isinstance(one, models.CharField)}
        spoken = next((name for name in SPOKEN if name in fields), None)
        if spoken is not None:
            rows = model._base_manager.filter(pk__in=keys, **{f"{spoken}__isnull": False})
            found.update({(kind, pk): text for pk, text in rows.values_list("pk", spoken) if text})
    return found


def word_of(kind: str, model: type[models.Model] | None) -> str:
    """Return the word for a kind of thing: "bill run"."""
    return str(model._meta.verbose_name) if model is not None else kind


def address(kind: str, pk: int) -> str:
    """Return the page of a thing: `invoicing.invoice` is at `invoicing:invoice`.

    A thing without a page of its own is shown by its admin page; "" where there is none.
    """
    room, _, model = kind.partition(".")
    for name in (f"{room}:{model}", f"admin:{room}_{model}_change"):
        with suppress(NoReverseMatch):
            return reverse(name, args=[pk])
    return ""


def model_of(kind: str) -> type[models.Model] | None:
    """Return the model of a label, None where there is none."""
    room, _, name = kind.partition(".")
    try:
        return ContentType.objects.get_by_natural_key(room, name).model_class()
    except ContentType.DoesNotExist:
        return None


def choices(kind: str, *, by: str = "pk", **only: Any) -> list[tuple[Any, str]]:
    """Return the things of a short list with their names, for a form to choose from.

    `by` is the field whose value is chosen, `only` what the things must be.
    """
    model = model_of(kind)
    rows = model._base_manager.filter(**only).order_by(by) if model is not None else ()
    return [(getattr(row, by), told(row)) for row in rows]


def one(kind: str, **which: Any) -> models.Model | None:
    """Return the thing of a kind that is so, None where there is none."""
    model = model_of(kind)
    return model._base_manager.filter(**which).first() if model is not None else None


def told(row: models.Model) -> str:
    """Return what a thing is called, with its name where that is another word."""
    text, name = str(row), str(getattr(row, "name", ""))
    return text if name in text else f"{text} {name}"
