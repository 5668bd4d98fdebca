"""Read a YAML file into typed values; everything wrong with it is named by line and key.

What a mapping may hold is said by the fields of a dataclass or the keyword-only parameters of a
function. A trailing underscore of a name is not part of the key: `from_` reads `from`. Scalars
stay text until their type is known, so no amount ever passes through a float.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from foundation.errors import Invalid
from foundation.parsing import BadValue, boolean_text, date_text, decimal_text, integer_text

MISSING: typing.Final = object()


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong with a file, where it stands."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class BadFile(Invalid):
    """The file is not a scenario; `problems` names everything wrong with it at once."""

    rule = "SCENARIO"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = problems


class Key(NamedTuple):
    """A key that a mapping may hold; a rest takes every key that no other one takes."""

    name: str
    type: Any
    default: Any
    is_rest: bool = False


@dataclass(slots=True)
class Reader:
    """Read one file; problems are collected, so that an author sees them all."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def blame(self, node: yaml.Node, key: str, message: str) -> None:
        """Note a problem at a node."""
        self.problems.append(Problem(self.file, node.start_mark.line + 1, key, message))

    def value(self, node: yaml.Node, kind: Any, key: str) -> Any:
        """Return the value of a node as the type wants it, or None after a problem."""
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            given = self.mapping(node, keys_of(kind), key)
            return kind(**given) if given is not None else None
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            wanted = next(one for one in arguments if one is not type(None))
            is_null = isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null")
            return None if is_null else self.value(node, wanted, key)
        if origin is tuple:
            return self._tuple(node, arguments[0], key)
        if origin is dict:
            return self._dictionary(node, arguments[1], key)
        return self._scalar(node, kind, key)

    def mapping(self, node: yaml.Node, keys: tuple[Key, ...], key: str) -> dict[str, Any] | None:
        """Return the arguments that a mapping gives, or None when it is unfit."""
        if not isinstance(node, yaml.MappingNode):
            self.blame(node, key, "must be a mapping of keys to values")
            return None
        known = {one.name.rstrip("_"): one for one in keys if not one.is_rest}
        rest = next((one for one in keys if one.is_rest), None)
        given: dict[str, Any] = {}
        more: dict[str, str] = {}
        before = len(self.problems)
        for name, where, child in self._pairs(node, key):
            path = f"{key}.{name}" if key else name
            if name in known:
                given[known[name].name] = self.value(child, known[name].type, path)
            elif rest is not None:
                more[name] = self.value(child, str, path)
            else:
                self.blame(where, path, _unknown(name, known))
        if rest is not None:
            given[rest.name] = more
        for one in keys:
            if one.default is MISSING and one.name not in given:
                self.blame(node, key or one.name, f"{one.name.rstrip('_')} is missing")
        return given if len(self.problems) == before else None

    def _pairs(
        self, node: yaml.MappingNode, key: str
    ) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        seen = set()
        for where, child in node.value:
            if not isinstance(where, yaml.ScalarNode):
                self.blame(where, key, "a key is a word")
                continue
            if where.value in seen:
                self.blame(where, f"{key}.{where.value}", "is given twice")
            seen.add(where.value)
            yield where.value, where, child

    def _tuple(self, node: yaml.Node, kind: Any, key: str) -> tuple[Any, ...] | None:
        if not isinstance(node, yaml.SequenceNode):
            self.blame(node, key, "must be a list")
            return None
        return tuple(
            self.value(one, kind, f"{key}[{number}]") for number, one in enumerate(node.value, 1)
        )

    def _dictionary(self, node: yaml.Node, kind: Any, key: str) -> dict[str, Any] | None:
        if not isinstance(node, yaml.MappingNode):
            self.blame(node, key, "must be a mapping of names to values")
            return None
        return {
            name: self.value(child, kind, f"{key}.{name}")
            for name, _, child in self._pairs(node, key)
        }

    def _scalar(self, node: yaml.Node, kind: Any, key: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self.blame(node, key, "must be a single value")
            return None
        try:
            return _CONVERTERS[kind](node.value)
        except BadValue as bad:
            self.blame(node, key, bad.message)
            return None


_CONVERTERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: integer_text,
    bool: boolean_text,
    date: date_text,
    Decimal: lambda text: decimal_text(text, places=16),
}


@cache
def keys_of(shape: Any) -> tuple[Key, ...]:
    """List what a mapping for a dataclass, or for a function's keyword parameters, may hold."""
    hints = typing.get_type_hints(shape)
    if dataclasses.is_dataclass(shape):
        return tuple(
            Key(
                one.name,
                hints[one.name],
                MISSING
                if one.default is dataclasses.MISSING
                and one.default_factory is dataclasses.MISSING
                else one.default,
                bool(one.metadata.get("rest")),
            )
            for one in dataclasses.fields(shape)
            if one.init and not one.metadata.get("unread")
        )
    return tuple(
        Key(
            one.name,
            hints[one.name],
            MISSING if one.default is inspect.Parameter.empty else one.default,
            one.name == "terms",
        )
        for one in inspect.signature(shape).parameters.values()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    )


def document(path: Path) -> tuple[Reader, yaml.Node]:
    """Open a file as a tree of nodes.

    Raises: BadFile when it is no YAML.
    """
    reader = Reader(str(path))
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile([Problem(str(path), 0, "file", f"cannot be read: {error}")]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise BadFile([Problem(str(path), line, "file", str(error.problem))]) from error
    except yaml.YAMLError as error:
        raise BadFile([Problem(str(path), 0, "file", str(error))]) from error
    if node is None:
        raise BadFile([Problem(str(path), 1, "file", "is empty")])
    return reader, node


def _unknown(name: str, known: dict[str, Key]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
    return f"is not known here; {hint}"
