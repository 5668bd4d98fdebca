"""Serializers that say every field by name and take no other."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers

from foundation.parsing import BadValue, date_text


class StrictInput:
    """Refuse a field that is unknown or only for reading, instead of ignoring it.

    Days are those that every door reads, from 1900 to 2199.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Check the names, then the values."""
        if isinstance(data, dict):
            fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
            writable = {name for name, field in fields.items() if not field.read_only}
            wrong = {
                str(name): [
                    "This field is only for reading." if name in fields else "Unknown field."
                ]
                for name in data
                if name not in writable
            }
            if wrong:
                raise serializers.ValidationError(wrong, code="API-FIELD")
        values = super().to_internal_value(data)  # type: ignore[misc]
        far = {name: [why] for name, value in values.items() if (why := _no_day(value))}
        if far:
            raise serializers.ValidationError(far, code="RANGE")
        return values


def _no_day(value: object) -> str:
    """Say why a day or a moment lies on no day of the books; nothing of other values."""
    if isinstance(value, date):
        try:
            date_text(str(value)[:10])
        except BadValue as bad:
            return bad.message
    return ""


class HouseSerializer(StrictInput, serializers.Serializer):  # type: ignore[type-arg]
    """Input or output of one action, field by field."""


class HouseModelSerializer(StrictInput, serializers.ModelSerializer):  # type: ignore[type-arg]
    """A model's fields, each named in `Meta.fields`: a new column is not published by accident."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        meta = getattr(cls, "Meta", None)
        if meta is not None and (
            hasattr(meta, "exclude") or getattr(meta, "fields", None) == serializers.ALL_FIELDS
        ):
            raise ImproperlyConfigured(f"{cls.__name__} must name its fields one by one.")


class CommentSerializer(HouseSerializer):
    """What to say with a decision."""

    comment = serializers.CharField(max_length=500, default="", allow_blank=True)


class NothingSerializer(HouseSerializer):
    """Nothing more to say: an empty body."""
