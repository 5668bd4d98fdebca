"""Usage in the admin: sources may be edited, files and suspense are looked at."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from foundation.admin import DefinedAdmin, ReadOnlyAdmin
from foundation.parsing import BadValue
from rating import operations
from rating.models import SuspenseItem, UsageFile, UsageSource
from rating.operations.sources import known_zone
from rating.rules.mapping import ColumnMap


class LineByLine(json.JSONEncoder):
    """Write each field on a line of its own, so that a map can be read and changed."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{**how, "indent": 2})


class UsageSourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A source, with a time zone that exists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("column_map", "constants"):
            field = self.fields[name]
            assert isinstance(field, forms.JSONField)
            field.encoder = LineByLine

    def clean_time_zone(self) -> str:
        """Refuse a zone that nobody knows."""
        try:
            return known_zone(self.cleaned_data["time_zone"])
        except BadValue as bad:
            raise forms.ValidationError(bad.message, code=bad.rule) from bad

    def clean(self) -> dict[str, Any]:
        """Refuse columns and constants that do not make a row."""
        data = super().clean() or {}
        columns, constants = data.get("column_map") or {}, data.get("constants") or {}
        if not (_is_texts(columns) and _is_texts(constants)):
            raise forms.ValidationError("Columns and constants are texts by field.")
        if columns:
            problem = ColumnMap(columns, constants, data.get("date_format") or "").problem()
            if problem:
                raise forms.ValidationError(problem, code="MAPPING")
        return data


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


@admin.register(UsageSource)
class UsageSourceAdmin(DefinedAdmin):
    """Who sends usage, and how it is read."""

    define = operations.define_source
    form = UsageSourceForm
    list_display = ("code", "name", "time_zone", "late_days", "needs_trailer", "is_active")
    search_fields = ("code", "name")
    fields = (
        *("code", "name", "time_zone", "late_days", "needs_trailer", "numbers_files"),
        *("column_map", "constants", "date_format"),
        *("session_attribute", "sequence_attribute", "last_attribute", "session_hours"),
        "is_active",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes: rows of files name it."""
        return ("code",) if obj else ()


@admin.register(UsageFile)
class UsageFileAdmin(ReadOnlyAdmin):
    """Usage files with their totals; the console's pages load them."""

    list_display = ("name", "source", "state", "received_count", "loaded_count", "received_at")
    list_select_related = ("source",)
    list_filter = ("state", "format")
    search_fields = ("name__startswith",)
    ordering = ("-id",)


@admin.register(SuspenseItem)
class SuspenseItemAdmin(ReadOnlyAdmin):
    """Suspended rows; the workbench of the console corrects them."""

    list_display = ("id", "reason", "usage_type", "identifier", "state", "received_at")
    list_filter = ("state", "reason")
    search_fields = ("identifier__startswith",)
    ordering = ("-id",)
