"""Bounded paging: counts that stop counting, and pages found by key instead of by offset."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Q, QuerySet

COUNT_CAP = 10_000


def capped_count(rows: QuerySet[Any], *, cap: int = COUNT_CAP) -> int:
    """Return the number of rows, or `cap + 1` where there are more; never counts further."""
    return rows.order_by()[: cap + 1].count()


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """One page of rows in the order asked for, and where its neighbours begin ("" at an end)."""

    rows: Sequence[Any]
    newer: str
    older: str


def keyset_page(
    rows: QuerySet[Any], *, ordering: Sequence[str], size: int, cursor: str = ""
) -> KeysetPage:
    """Return the page at `cursor` by comparing keys, so that page 10,000 costs what page 1 does.

    `ordering` names own, non-null columns, "-" for descending, and ends in a unique one.
    A cursor that cannot be read gives the first page: it carries a position, not a right.
    """
    backwards, position = _read_cursor(cursor, rows, ordering)
    order = [_reversed(name) for name in ordering] if backwards else list(ordering)
    page = rows.order_by(*order)
    if position is not None:
        page = page.filter(_after(order, position))
    found = list(page[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_newer = more if backwards else position is not None
    has_older = True if backwards else more
    if not found:
        return KeysetPage([], "", "")
    return KeysetPage(
        found,
        cursor_at(found[0], ordering, backwards=True) if has_newer else "",
        cursor_at(found[-1], ordering) if has_older else "",
    )


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(order: Sequence[str], position: Sequence[Any]) -> Q:
    """Return "later in this order than the position": (a > x) or (a = x and b > y) …"""
    condition = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, position, strict=True):
        column = name.lstrip("-")
        comparison = f"{column}__lt" if name.startswith("-") else f"{column}__gt"
        condition |= Q(**equal, **{comparison: value})
        equal[column] = value
    return condition


def cursor_at(row: Any, ordering: Sequence[str], *, backwards: bool = False) -> str:
    """Return the cursor of the page after a row, or of the page before it."""
    values = [_plain(row, name.lstrip("-")) for name in ordering]
    text = json.dumps(["b" if backwards else "f", *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(row: Any, name: str) -> str | int:
    value = row[name] if isinstance(row, dict) else getattr(row, name)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value if isinstance(value, int) else str(value)


def _read_cursor(
    cursor: str, rows: QuerySet[Any], ordering: Sequence[str]
) -> tuple[bool, list[Any] | None]:
    if not cursor or len(cursor) > 500:
        return False, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, *values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        columns = [rows.model._meta.get_field(name.lstrip("-")) for name in ordering]
        position = [
            column.to_python(value)  # type: ignore[union-attr]
            for column, value in zip(columns, values, strict=True)
        ]
    except (
        AttributeError,
        FieldDoesNotExist,
        TypeError,
        UnicodeError,
        ValidationError,
        ValueError,
        binascii.Error,
    ):
        return False, None
    return direction == "b", position
