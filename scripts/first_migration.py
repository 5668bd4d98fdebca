"""Fold what belongs to a table into the operation that creates it: `first_migration.py [APP …]`.

`makemigrations` writes every constraint and index of a first migration as an operation of its own,
and Django draws the whole model graph anew for each: three hundred of them cost half a minute on
every fresh database. Inside the options of `CreateModel` they cost nothing.
"""

import os
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")

import django  # noqa: E402
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db.migrations import (  # noqa: E402
    AddConstraint,
    AddField,
    AddIndex,
    CreateModel,
    Migration,
)
from django.db.migrations.operations.base import Operation  # noqa: E402
from django.db.migrations.writer import MigrationWriter  # noqa: E402


def fold(label: str, operations: list[Operation]) -> list[Operation]:
    """Return the operations with fields, constraints and indexes in their model's creation.

    The models are put in the order in which they refer to each other; what is no part of a table
    (its `unique_together`, statements) keeps its place behind them.
    """
    created = {one.name_lower: one for one in operations if isinstance(one, CreateModel)}
    rest: list[Operation] = []
    for operation in operations:
        if isinstance(operation, CreateModel):
            continue
        model = created.get(getattr(operation, "model_name_lower", ""))
        if model is not None and isinstance(operation, AddField):
            model.fields.append((operation.name, operation.field))
        elif model is not None and isinstance(operation, AddConstraint):
            model.options.setdefault("constraints", []).append(operation.constraint)
        elif model is not None and isinstance(operation, AddIndex):
            model.options.setdefault("indexes", []).append(operation.index)
        else:
            rest.append(operation)
    for model in created.values():
        _sort_fields(label, model)
    return [*_in_order(label, created), *rest]


def _sort_fields(label: str, model: CreateModel) -> None:
    order = [field.name for field in apps.get_model(label, model.name)._meta.local_fields]
    many = [name for name, _ in model.fields if name not in order]
    model.fields.sort(key=lambda pair: [*order, *many].index(pair[0]))


def _in_order(label: str, created: dict[str, CreateModel]) -> list[Operation]:
    needs = {
        name: {
            field.related_model._meta.model_name
            for field in apps.get_model(label, name)._meta.get_fields()
            if field.is_relation and field.concrete and field.related_model is not None
        }
        & (created.keys() - {name})
        for name in created
    }
    return [created[name] for name in TopologicalSorter(needs).static_order()]


def main(labels: list[str]) -> None:
    """Rewrite the first migration of each app where folding changes it."""
    django.setup()
    ours = [config for config in apps.get_app_configs() if Path(config.path).parent == ROOT]
    for config in ours:
        path = Path(config.path) / "migrations" / "0001_initial.py"
        if not path.exists() or (labels and config.label not in labels):
            continue
        module = import_module(f"{config.name}.migrations.0001_initial")
        migration: Migration = module.Migration("0001_initial", config.label)
        before = len(migration.operations)
        vars(migration)["operations"] = fold(config.label, list(migration.operations))
        if len(migration.operations) != before:
            path.write_text(MigrationWriter(migration, include_header=False).as_string())
            print(f"{config.label}: {before} operations become {len(migration.operations)}")


if __name__ == "__main__":
    settings.DATABASES  # noqa: B018 (a wrong environment is named before anything is written)
    main(sys.argv[1:])
