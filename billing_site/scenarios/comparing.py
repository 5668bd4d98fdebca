"""Tell in words how what came out differs from what was expected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from billing_site.scenarios.words import Document, Expected, Line
from billing_site.scenarios.writing import line_text, value_text

COMPARED_BY_NAME = ("owed", "unapplied", "journal", "suspense", "states", "findings")


def differences(expected: Expected, found: Expected) -> list[str]:
    """Return a sentence for every difference; what is not expected is not compared."""
    told: list[str] = []
    if expected.documents is not None:
        told += _documents(expected.documents, found.documents or ())
    for name in COMPARED_BY_NAME:
        wanted = getattr(expected, name)
        if wanted is not None:
            told += _by_name(name, wanted, getattr(found, name) or {})
    return told


def _by_name(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Compare two lists of figures; a figure of nothing may be left out on either side."""
    for name in sorted(wanted.keys() | found.keys()):
        expects, has = wanted.get(name) or None, found.get(name) or None
        if expects != has:
            yield (f"{what} {name}: expected {_or_nothing(expects)}, found {_or_nothing(has)}")


def _documents(wanted: Sequence[Document], found: Sequence[Document]) -> list[str]:
    told: list[str] = []
    left = list(found)
    for document in wanted:
        same = [
            one
            for one in left
            if (one.account, one.date, one.type)
            == (document.account, document.date, document.type)
            and document.currency in ("", one.currency)
        ]
        if not same:
            told.append(
                f"{_name(document)}: expected with a total of {document.total}, not issued"
            )
            continue
        best = min(same, key=lambda one: len(_document(document, one)))
        left.remove(best)
        told += _document(document, best)
    for one in left:
        told.append(f"{_name(one)}: not expected, issued with a total of {value_text(one.total)}")
        told += [f"    it has {line_text(line)}" for line in one.lines or ()]
    return told


def _document(wanted: Document, found: Document) -> list[str]:
    told = [
        f"{_name(wanted)}: {name} expected {_or_nothing(expects)}, found {_or_nothing(has)}"
        for name in ("net", "tax", "total", "due", "corrects")
        if (expects := getattr(wanted, name)) is not None
        and expects != (has := getattr(found, name))
    ]
    if wanted.lines is not None:
        told += [
            f"{_name(wanted)}: {one}" for one in _lines(wanted.lines, list(found.lines or ()))
        ]
    return told


def _lines(wanted: Sequence[Line], left: list[Line]) -> Iterator[str]:
    """Pair the lines that agree, in whatever order; tell of those that are left on either side."""
    missing = []
    for line in wanted:
        agreeing = next((one for one in left if not _differing(line, one)), None)
        if agreeing is None:
            missing.append(line)
        else:
            left.remove(agreeing)
    for line in missing:
        near = min(left, key=lambda one: len(_differing(line, one)), default=None)
        if near is None:
            yield f"line missing: {line_text(line)}"
            continue
        left.remove(near)
        yield f"line expected {line_text(line)}"
        yield f"    but found {line_text(near)} ({', '.join(_differing(line, near))})"
    for line in left:
        yield f"line not expected: {line_text(line)}"


def _differing(wanted: Line, found: Line) -> list[str]:
    """Name what differs of two lines, of what is expected."""
    return [
        one.name.rstrip("_")
        for one in dataclasses.fields(Line)
        if (expects := getattr(wanted, one.name)) not in (None, "")
        and expects != getattr(found, one.name)
    ]


def _key(document: Document) -> tuple[str, date, str]:
    return document.account, document.date, document.type


def _name(document: Document) -> str:
    return f"{document.type.lower().replace('_', ' ')} {document.account} {document.date}"


def _or_nothing(value: object) -> str:
    return "nothing" if value is None else value_text(value)
