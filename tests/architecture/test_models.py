"""The models: keys point down, protect, and leave no way back up."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

from django.apps import apps
from django.db import models

from tests.architecture.house import FLOOR_OF


def _room(model: type[models.Model]) -> str:
    return model.__module__.partition(".")[0]


def _models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if _room(model) in FLOOR_OF and not model._meta.proxy
    ]


def _keys_leaving_the_room() -> Iterator[tuple[type[models.Model], models.ForeignKey]]:
    for model in _models():
        for field in model._meta.local_fields:
            if (
                isinstance(field, models.ForeignKey)
                and _room(field.related_model) in FLOOR_OF
                and _room(field.related_model) != _room(model)
            ):
                yield model, field


def test_foreign_keys_across_floors_point_down() -> None:
    found = [
        str(field)
        for model, field in _keys_leaving_the_room()
        if FLOOR_OF[_room(field.related_model)] >= FLOOR_OF[_room(model)]
    ]
    assert not found


def test_foreign_keys_across_floors_protect_what_they_point_to() -> None:
    found = [
        str(field)
        for _, field in _keys_leaving_the_room()
        if field.remote_field.on_delete is not models.PROTECT
    ]
    assert not found


def test_foreign_keys_across_floors_leave_no_way_back_up() -> None:
    found = [str(f) for _, f in _keys_leaving_the_room() if not f.remote_field.hidden]
    assert not found


def test_people_are_pointed_to_without_a_way_back() -> None:
    found = [
        str(field)
        for model in _models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and field.related_model._meta.label == "auth.User"
        and not field.remote_field.hidden
    ]
    assert not found


def test_many_to_many_stays_within_a_room() -> None:
    found = [
        str(field)
        for model in _models()
        for field in model._meta.local_many_to_many
        if _room(field.related_model) in FLOOR_OF and _room(field.related_model) != _room(model)
        if not field.remote_field.hidden
    ]
    assert not found


def test_no_ordering_joins_another_table() -> None:
    found = []
    for model in _models():
        keys = {f.name for f in model._meta.local_fields if isinstance(f, models.ForeignKey)}
        for name in model._meta.ordering or ():
            if isinstance(name, str) and (name.lstrip("-") in keys or "__" in name):
                found.append(f"{model._meta.label}: {name}")
    assert not found


def test_no_str_asks_the_database() -> None:
    """A list of a thousand rows must not become a thousand queries."""
    found = []
    for model in _models():
        method = model.__dict__.get("__str__")
        if method is None:
            continue
        try:
            source = textwrap.dedent(inspect.getsource(method))
        except (OSError, TypeError):
            continue
        keys = {f.name for f in model._meta.local_fields if isinstance(f, models.ForeignKey)}
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
                and node.attr in keys
            ):
                found.append(f"{model._meta.label}: self.{node.attr}")
    assert not found
