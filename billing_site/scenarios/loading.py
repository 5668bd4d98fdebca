"""Find scenario files and turn them into scenarios."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import yaml

from billing_site.scenarios.reading import BadFile, Key, Problem, Reader, document, keys_of
from billing_site.scenarios.verbs import VERBS
from billing_site.scenarios.words import Scenario, Step

HEAD = (
    Key("at", date, date.min),
    Key("do", str, ""),
    Key("refused", str, ""),
)


def files(given: Iterable[Path]) -> Iterator[Path]:
    """Yield the scenario files of files and folders, each folder's in the order of their names.

    Raises: BadFile when a path does not exist or a folder holds none.
    """
    for path in given:
        if path.is_dir():
            found = sorted(path.rglob("*.yaml"))
            if not found:
                raise BadFile([Problem(str(path), 0, "file", "the folder holds no *.yaml")])
            yield from found
        elif path.exists():
            yield path
        else:
            raise BadFile([Problem(str(path), 0, "file", "there is no such file")])


def load(path: Path) -> Scenario:
    """Read one file.

    Raises: BadFile, naming everything that is wrong with it.
    """
    reader, root = document(path)
    steps: tuple[Step, ...] = ()
    if isinstance(root, yaml.MappingNode):
        for pair in [one for one in root.value if one[0].value == "steps"]:
            root.value.remove(pair)
            steps = _steps(reader, pair[1])
    if not steps and not reader.problems:
        reader.blame(root, "steps", "nothing happens: give a list of steps")
    given = reader.mapping(root, keys_of(Scenario), "")
    if given is None or reader.problems:
        raise BadFile(sorted(reader.problems))
    return dataclasses.replace(Scenario(**given), file=str(path), steps=steps)


def _steps(reader: Reader, node: yaml.Node) -> tuple[Step, ...]:
    if not isinstance(node, yaml.SequenceNode):
        reader.blame(node, "steps", "must be a list")
        return ()
    found: list[Step] = []
    for number, child in enumerate(node.value, 1):
        step = _step(reader, child, f"steps[{number}]")
        if step is None:
            continue
        if found and step.at < found[-1].at:
            reader.blame(child, f"steps[{number}].at", f"{step.at} comes before the step above")
        found.append(step)
    return tuple(found)


def _step(reader: Reader, node: yaml.Node, key: str) -> Step | None:
    """Read a step: what every step has, and what its verb takes."""
    if not isinstance(node, yaml.MappingNode):
        reader.blame(node, key, "must be a mapping: at, do, and what the verb takes")
        return None
    names = {one.name for one in HEAD}
    head = yaml.MappingNode(node.tag, [], node.start_mark)
    rest = yaml.MappingNode(node.tag, [], node.start_mark)
    for pair in node.value:
        (head if pair[0].value in names else rest).value.append(pair)
    given = reader.mapping(head, HEAD, key)
    if given is None:
        return None
    do, at = given.get("do", ""), given.get("at")
    if not do or at is None:
        reader.blame(
            node, key, "at and do are missing" if not do and not at else "at or do is missing"
        )
        return None
    act = VERBS.get(do)
    if act is None:
        reader.blame(
            node, f"{key}.do", f"{do} is not a verb; there are {', '.join(sorted(VERBS))}"
        )
        return None
    arguments = reader.mapping(rest, keys_of(act), key)
    if arguments is None:
        return None
    return Step(node.start_mark.line + 1, at, do, act, arguments, given.get("refused", ""))
