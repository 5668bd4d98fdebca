"""A stored record (a row's history, what an approval is bound to) as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Model

from audit.models import ReasonCode
from foundation.screens import naming
from foundation.screens.cells import date_text, money_text

HOUSEKEEPING: Final = frozenset(
    {
        *("id", "lft", "rght", "tree_id", "level", "version"),
        *("created_at", "created_by_id", "updated_at", "updated_by_id"),
    }
)
"""Columns by which the store keeps order; nobody has changed them on purpose."""

KEYED: Final = {"lines": "invoicing.invoiceline", "prices": "catalog.charge"}
"""Parts of a record that are keyed by things: what kind of thing."""

REASONS: Final = ("reason", "reason_code")
"""Parts of a record that may hold the code of a reason chosen from a list."""

SUMS: Final = re.compile(r"amount|limit|price|total|net\b")
DAY: Final = re.compile(r"\b(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)[\d:.]*(?:\+00:00|Z)?)?")


class Reader:
    """Reads the records of one model; keys become names, with one query per kind of thing."""

    def __init__(self, model: type[Model] | None, records: Iterable[Mapping[str, Any]]) -> None:
        """Look up what the records point at."""
        self.model = model
        records = list(records)
        things = [thing for record in records for thing in self._things(record)]
        self.names = naming.names(things)
        codes = {str(one[name]) for one in records for name in REASONS if one.get(name)}
        found = ReasonCode.objects.filter(code__in=codes) if codes else ReasonCode.objects.none()
        self.reasons = dict(found.values_list("code", "text"))

    def facts(self, record: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
        """Yield every value of a record, nested ones too, with its name."""
        for name, value in sorted(record.items()):
            label = f"{above} {self.label(name, above)}".strip()
            if isinstance(value, dict):
                yield from self.facts(value, label)
            elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
                for place, one in enumerate(value, 1):
                    yield from self.facts(one, f"{label} {place}")
            else:
                yield label[:1].upper() + label[1:], self.text(name, value, record)

    def change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        """Write what an update did, column by column."""
        return "; ".join(
            f"{self.label(name)}: {self.text(name, before.get(name), before) or 'nothing'} → "
            f"{self.text(name, after[name], after) or 'nothing'}"
            for name in sorted(after)
            if name not in HOUSEKEEPING
        )

    def row(self, record: Mapping[str, Any]) -> str:
        """Write a whole row: what is empty says nothing."""
        kept = {name: value for name, value in record.items() if name not in HOUSEKEEPING}
        return "; ".join(f"{label}: {text}" for label, text in self.facts(kept) if text)

    def label(self, name: str, above: str = "") -> str:
        """Return what a column is called; a key of a keyed part by the name of its thing."""
        kind = KEYED.get(above.rpartition(" ")[2].lower())
        if kind is not None and name.isdigit():
            return self.names.get((kind, int(name)), name)
        field = self._field(name)
        word = str(field.verbose_name) if field is not None else name.replace("_", " ")
        return re.sub(r"^gl\b", "GL", word)

    def text(self, name: str, value: Any, record: Mapping[str, Any]) -> str:
        """Write one value: a name for a key, a word for a code, a day as days are written."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(self.text(name, one, record) for one in value if one is not None)
        field = self._field(name)
        if isinstance(field, ForeignKey) and str(value).isdigit():
            thing = (field.related_model._meta.label_lower, int(value))
            return self.names.get(thing, str(value))
        if field is not None and field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if name in REASONS:
            return self.reasons.get(str(value), str(value))
        currency = str(record.get("currency") or "")
        if currency and SUMS.search(name) and re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            return f"{money_text(Decimal(str(value)), currency)} {currency}"
        return DAY.sub(_day, str(value))

    def _field(self, name: str) -> Field[Any, Any] | None:
        if self.model is None:
            return None
        try:
            field = self.model._meta.get_field(name.removesuffix("_id"))
        except FieldDoesNotExist:
            return None
        return field if isinstance(field, Field) else None

    def _things(self, record: Mapping[str, Any]) -> Iterator[naming.Thing]:
        for name, value in record.items():
            field = self._field(name)
            if isinstance(field, ForeignKey) and str(value).isdigit():
                yield field.related_model._meta.label_lower, int(value)
            if isinstance(value, dict):
                kind = KEYED.get(name)
                yield from ((kind, int(key)) for key in value if kind and key.isdigit())
                yield from self._things(value)
            elif isinstance(value, list):
                for one in value:
                    yield from self._things(one) if isinstance(one, dict) else ()


def _day(found: re.Match[str]) -> str:
    written = date_text(date.fromisoformat(found[1]))
    return f"{written} {found[2]} UTC" if found[2] else written
