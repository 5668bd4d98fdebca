"""Text fields read by the same parsers as files and forms, and references by number."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.parsing import (
    BadValue,
    code_text,
    currency_text,
    decimal_text,
    key_text,
    plain_text,
)


class LineField(serializers.CharField):
    """One line of text without hidden characters."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return _parsed(
            lambda: plain_text(text, self.max_length or 200, required=not self.allow_blank)
        )


class KeyField(serializers.CharField):
    """What tells things apart, not cut by a spreadsheet."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return _parsed(lambda: key_text(text, self.max_length or 200))


class CodeField(serializers.CharField):
    """A code or number of ours."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text and self.allow_blank:
            return ""
        return _parsed(lambda: code_text(text, self.max_length or 64))


class CurrencyCodeField(serializers.CharField):
    """A currency code of ISO 4217."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return _parsed(lambda: currency_text(text))


class DecimalTextField(serializers.DecimalField):
    """A decimal written as text, no finer than its places and within its limits."""

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write the number as text.", code="NUMBER")
        try:
            return decimal_text(
                data, places=self.decimal_places or 0, minimum=self.least, maximum=self.most
            )
        except BadValue as bad:
            raise serializers.ValidationError(bad.message, code=bad.rule) from bad

    @property
    def least(self) -> Decimal | None:
        """Return the smallest value taken."""
        return None if self.min_value is None else Decimal(self.min_value)

    @property
    def most(self) -> Decimal:
        """Return the largest value that the column holds."""
        return Decimal(10) ** ((self.max_digits or 0) - (self.decimal_places or 0)) - 1


@extend_schema_field(OpenApiTypes.STR)
class NumberedField(serializers.SlugRelatedField[Any]):
    """A row named by its number or code; one that does not exist is refused."""

    def __init__(self, rows: QuerySet[Any], *, by: str = "number", **kwargs: Any) -> None:
        super().__init__(slug_field=by, queryset=rows, **kwargs)

    def to_internal_value(self, data: Any) -> Model:
        if not isinstance(data, str):
            raise serializers.ValidationError("Give its number as text.", code="API-REFERENCE")
        try:
            return super().to_internal_value(_parsed(lambda: code_text(data, 200)))
        except serializers.ValidationError as error:
            raise serializers.ValidationError(
                f"There is no {data[:64]!a} here.", code="API-REFERENCE"
            ) from error


def _parsed(read: Callable[[], str]) -> str:
    try:
        return read()
    except BadValue as bad:
        raise serializers.ValidationError(bad.message, code=bad.rule) from bad
