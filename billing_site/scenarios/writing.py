"""Write values of scenarios as people read them and files hold them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from billing_site.scenarios.words import Document, Expected, Line


def value_text(value: object) -> str:
    """Write a value: amounts with two decimals at least, nothing as a float."""
    if isinstance(value, Decimal):
        plain = f"{value.normalize():f}"
        decimals = len(plain.partition(".")[2])
        return plain if decimals >= 2 else f"{value:.2f}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def number_text(value: Decimal) -> str:
    """Write a quantity or a price per unit without needless zeros."""
    return f"{value.normalize():f}"


def line_text(line: Line) -> str:
    """Write a line as one mapping of a file."""
    parts = []
    for field in dataclasses.fields(Line):
        value = getattr(line, field.name)
        if value in (None, "") or (field.name == "corrects" and not value):
            continue
        counted = field.name in ("quantity", "price") and isinstance(value, Decimal)
        text = number_text(value) if counted else value_text(value)
        parts.append((field.name.rstrip("_"), text))
    order = ["charge", "for", "from", "to", "quantity", "price", "net", "tax", "corrects"]
    parts.sort(key=lambda pair: order.index(pair[0]))
    return "{" + ", ".join(f"{name}: {text}" for name, text in parts) + "}"


def expect_text(found: Expected) -> str:
    """Write what came out as an `expect` block, for an author to check by hand."""
    return "\n".join(["expect:", *(f"  {line}" for line in _blocks(found))])


def _blocks(found: Expected) -> Iterator[str]:
    yield "documents:"
    for document in found.documents or ():
        yield from (f"  {line}" for line in _document(document))
    for field in dataclasses.fields(Expected):
        values: dict[str, Any] = getattr(found, field.name) or {}
        if field.name != "documents" and any(values.values()):
            pairs = ", ".join(
                f"{_key(name)}: {value_text(value)}" for name, value in values.items() if value
            )
            yield f"{field.name}: {{{pairs}}}"


def _document(document: Document) -> Iterator[str]:
    yield f"- account: {document.account}"
    yield f"  date: {document.date}"
    if document.type != "INVOICE":
        yield f"  type: {document.type}"
    yield f"  currency: {document.currency}"
    yield "  lines:"
    for line in document.lines or ():
        yield f"    - {line_text(line)}"
    for name in ("net", "tax", "total", "due", "corrects"):
        value = getattr(document, name)
        if value is not None:
            yield f"  {name}: {value_text(value)}"


def _key(name: str) -> str:
    return f'"{name}"' if name[:1].isdigit() else name
