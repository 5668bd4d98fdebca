"""Whose rows: what a person sees who works for some of the legal entities only (F36).

Every room says in its `apps.py` how the rows of each of its models are told to an entity.
`narrowed` is the one door through which admin, console, exports and API take rows for a person;
the gates of pages and routes ask `sees` of every object that an address names. Who is limited to
no entity, and the engine itself, see all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, TypeAlias, TypeVar

from django.apps import apps
from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from foundation.errors import Refusal

Entities: TypeAlias = frozenset[int] | None
"""The entities that somebody works for; None for all of them."""
Rule: TypeAlias = str | Callable[[frozenset[int]], Q]
M = TypeVar("M", bound=Model)

SHARED: Final = "*"
"""The same for all entities (prices, taxes, reasons): everybody reads it, who is limited changes
none of it."""
WHOLE: Final = "-"
"""Of no single entity (files of usage, jobs, row history): not for who is limited."""

_rules: dict[str, Rule] = {}


class OtherEntity(Refusal):
    """The row belongs to a legal entity that the person does not work for: for them it is not."""

    rule = "ENTITY"
    http_status = 404


def register(room: str, **rules: Rule) -> None:
    """Say how the rows of a room's models are told to an entity.

    A rule is the path to the entity ("account__entity"), `SHARED`, `WHOLE`, or a function that
    makes a condition from the numbers of the entities.
    """
    _rules.update({f"{room}.{name}": rule for name, rule in rules.items()})


def through(column: str, model: type[Model], value: str = "pk") -> Rule:
    """Return the rule of rows that belong where the row of `model` does that `column` names."""

    def rule(entities: frozenset[int]) -> Q:
        rows = model._default_manager.filter(condition(model, entities)).order_by()
        return Q(**{f"{column}__in": rows.values(value)})

    return rule


def subjects(model: type[Model], entities: frozenset[int]) -> Q:
    """Return the condition of rows about something of the entities: `subject_type`, `subject_id`.

    What is about shared or common things is left out.
    """
    rows = model._default_manager.order_by()
    return about(set(rows.values_list("subject_type", flat=True).distinct()), entities)


def about(kinds: Collection[str], entities: frozenset[int]) -> Q:
    """Return the condition of rows about something of the entities, of these kinds of subjects.

    It is asked row by row: a page that is found by a key of its own costs what it shows, however
    many things the entities have.
    """
    found = Q(pk__in=[])
    for kind in apps.get_models():
        if kind._meta.label_lower in kinds and rule_of(kind) not in (SHARED, WHOLE):
            theirs = kind._default_manager.filter(condition(kind, entities)).order_by()
            its = Exists(theirs.filter(pk=OuterRef("subject_id")))
            found |= Q(its, subject_type=kind._meta.label_lower)
    return found


def rule_of(model: type[Model]) -> Rule:
    """Return the rule of a model; what has none is not for who is limited."""
    return _rules.get(model._meta.label, WHOLE)


def is_registered(model: type[Model]) -> bool:
    """Tell whether somebody has thought about the model."""
    return model._meta.label in _rules


def condition(model: type[Model], entities: frozenset[int]) -> Q:
    """Return what the rows of the entities fulfil."""
    rule = rule_of(model)
    if rule == SHARED:
        return Q()
    if isinstance(rule, str):
        return Q(pk__in=[]) if rule == WHOLE else Q(**{f"{rule}__in": entities})
    return rule(entities)


def entities_of(user: Any) -> Entities:
    """Return the entities that the person works for, read once per request; None for all."""
    if user is None or user.pk is None:
        return None
    if not hasattr(user, "_entities"):
        user._entities = import_string(settings.BILLING_ENTITIES_OF)(user.pk)
    found: Entities = user._entities
    return found


def forget(user: Any) -> None:
    """Read again, when asked next, which entities the person works for."""
    vars(user).pop("_entities", None)


def narrowed(rows: QuerySet[M], user: Any) -> QuerySet[M]:
    """Return the rows that the person sees: the only way in which rows reach a person."""
    entities = entities_of(user)
    return rows if entities is None else rows.filter(condition(rows.model, entities))


def sees(user: Any, model: type[Model], pk: Any) -> bool:
    """Tell whether the person sees the row of that number."""
    return narrowed(model._default_manager.all(), user).filter(pk=pk).exists()


def may_change(user: Any, model: type[Model]) -> bool:
    """Tell whether the person may change rows of the model at all: those of an entity, not shared
    ones."""
    return entities_of(user) is None or rule_of(model) not in (SHARED, WHOLE)


def require_sight(user: Any, *rows: Model | None) -> None:
    """Let an operation go on only with rows of entities that the person works for.

    Raises: OtherEntity.
    """
    for row in rows:
        if row is not None and not sees(user, type(row), row.pk):
            raise OtherEntity(f"there is no such {row._meta.verbose_name}")


def require_all(user: Any) -> None:
    """Let an act over every entity go on only for somebody who works for all of them.

    Raises: OtherEntity.
    """
    if entities_of(user) is not None:
        raise OtherEntity("this concerns every legal entity; you work for some of them")
