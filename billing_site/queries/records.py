"""A stored record (a row's history, what an approval is bound to) as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Model

from audit.models import ReasonCode
from billing_site.queries.keys import rights_in_words
from foundation.periods import Period
from foundation.screens import naming
from foundation.screens.cells import date_text, days_text, money_text

HOUSEKEEPING: Final = frozenset(
    {
        *("id", "lft", "rght", "tree_id", "level", "version"),
        *("created_at", "created_by_id", "updated_at", "updated_by_id"),
    }
)
"""Columns by which the store keeps order; nobody has changed them on purpose."""

KEYED: Final = {
    "lines": ("invoicing.invoiceline", "line"),
    "prices": ("catalog.charge", "price of"),
}
"""Parts of a record that hold an amount by the key of a thing: of which kind, and the word."""

PARTS: Final = {
    "charges": "catalog.charge",
    "components": "catalog.bundlecomponent",
    "entitlements": "catalog.entitlementspec",
    "items": "customers.orderitem",
}
"""Parts of a record that are rows of another model."""

LISTED: Final = {"discounts": "catalog.discountdef"}
"""Parts of a record that list things by their keys."""

WORDS: Final = {
    "hash": "fingerprint",
    "off": "takes off",
    "row_digest": "fingerprint of the rows",
    "without_value": "rows without a value",
}
"""Names that are no word of the trade."""

DAYS: Final = ("valid", "sale_window")
"""Parts of a record that are a first day and the day after the last."""

RIGHTS: Final = ("scopes", "permissions")
"""Parts of a record that list rights by their codes."""

REASONS: Final = ("reason", "reason_code")
"""Parts of a record that may hold the code of a reason chosen from a list."""

SUMS: Final = re.compile(r"amount|limit|price|total|net\b")
CURRENCY: Final = re.compile(r"[A-Z]{3}")
DAY: Final = re.compile(r"\b(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)[\d:.]*(?:\+00:00|Z)?)?")


class Reader:
    """Reads the records of one model; keys become names, with one query per kind of thing."""

    def __init__(self, model: type[Model] | None, records: Iterable[Mapping[str, Any]]) -> None:
        """Look up what the records point at."""
        self.model = model
        self.keyed = self.currency = ""
        records = list(records)
        things = [thing for record in records for thing in self._things(record)]
        self.names = naming.names(things)
        codes = {str(one[name]) for one in records for name in REASONS if one.get(name)}
        rights = [str(code) for one in records for name in RIGHTS for code in one.get(name) or ()]
        self.rights = rights_in_words(rights) if rights else {}
        found = ReasonCode.objects.filter(code__in=codes) if codes else ReasonCode.objects.none()
        self.reasons = dict(found.values_list("code", "text"))

    def facts(self, record: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
        """Yield every value of a record that says something, nested ones too, with its name."""
        for name, value in sorted(record.items()):
            word = KEYED[name][1] if name in KEYED else self.label(name)
            label = f"{above} {word}".strip()
            if isinstance(value, dict):
                yield from self._inside(name, record).facts(value, label)
            elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
                for place, one in enumerate(value, 1):
                    yield from self._inside(name, record).facts(one, f"{label} {place}")
            elif text := self.text(name, value, record):
                yield label[:1].upper() + label[1:], text

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
        return "; ".join(f"{label}: {text}" for label, text in self.facts(kept))

    def label(self, name: str) -> str:
        """Return what a column is called; a key of a keyed part by the name of its thing."""
        if self.keyed and name.isdigit():
            return self.names.get((self.keyed, int(name)), name)
        if CURRENCY.fullmatch(name):
            return name
        field = self._field(name)
        word = str(field.verbose_name) if field is not None else name.replace("_", " ")
        return WORDS.get(name) or re.sub(r"^gl\b", "GL", word.lower() if word.isupper() else word)

    def text(self, name: str, value: Any, record: Mapping[str, Any]) -> str:
        """Write one value: a name for a key, a word for a code, a day as days are written."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            if name in DAYS:
                return _days(*value)
            if name in RIGHTS:
                return "; ".join(self.rights.get(str(one), str(one)) for one in value)
            return ", ".join(self.text(name, one, record) for one in value if one is not None)
        field = self._field(name)
        if isinstance(field, ForeignKey) and str(value).isdigit():
            thing = (field.related_model._meta.label_lower, int(value))
            return self.names.get(thing, str(value))
        if field is not None and field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if name in REASONS:
            return self.reasons.get(str(value), str(value))
        if name in LISTED and str(value).isdigit():
            return self.names.get((LISTED[name], int(value)), str(value))
        currency = self._currency(name, record)
        is_sum = SUMS.search(name) or CURRENCY.fullmatch(name) or self.keyed
        if currency and is_sum and re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
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

    def _currency(self, name: str, record: Mapping[str, Any]) -> str:
        """Return the currency of an amount: its name, that of its record, or of the one above."""
        return name if CURRENCY.fullmatch(name) else str(record.get("currency") or self.currency)

    def _inside(self, name: str, record: Mapping[str, Any]) -> Reader:
        """Return the reader of a part of a record."""
        part = copy(self)
        part.model = naming.model_of(PARTS[name]) if name in PARTS else self.model
        part.keyed = KEYED[name][0] if name in KEYED else ""
        part.currency = self._currency(name, record)
        return part

    def _things(self, record: Mapping[str, Any]) -> Iterator[naming.Thing]:
        for name, value in record.items():
            field = self._field(name)
            if isinstance(field, ForeignKey) and str(value).isdigit():
                yield field.related_model._meta.label_lower, int(value)
            elif self.keyed and name.isdigit():
                yield self.keyed, int(name)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    yield from self._inside(name, record)._things(one)
                elif name in LISTED and str(one).isdigit():
                    yield LISTED[name], int(one)


def _days(first: str | None, after: str | None = None) -> str:
    """Write the first and the last day; what has no end goes on."""
    if first and after:
        return days_text(Period(date.fromisoformat(first), date.fromisoformat(after)))
    if first:
        return f"from {date_text(date.fromisoformat(first))}"
    return f"before {date_text(date.fromisoformat(after))}" if after else ""


def _day(found: re.Match[str]) -> str:
    written = date_text(date.fromisoformat(found[1]))
    return f"{written} {found[2]} UTC" if found[2] else written
