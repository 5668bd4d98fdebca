"""Columns of money-bearing tables, and the checks that keep them exact in the database.

A row has ONE `currency`; every amount on it is in that currency. Amounts carry four decimals so
that any minor unit fits; that no amount is finer than its currency is checked by the database
(`money_checks`), never rounded by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CheckConstraint, F, Func
from djmoney.models.fields import MoneyField, MoneyFieldProxy
from djmoney.money import Money

from foundation.parsing import BadValue, currency_text

if TYPE_CHECKING:
    _MoneyColumn = models.DecimalField[Any, Any]  # set: Money or Decimal; get: Money or None
else:
    _MoneyColumn = MoneyField


def validate_currency(value: str) -> None:
    """Refuse what is not a currency code, in the words of the one parser."""
    from django.core.exceptions import ValidationError

    try:
        currency_text(value)
    except BadValue as refusal:
        raise ValidationError(refusal.message, code=refusal.rule) from refusal


class CurrencyField(models.CharField):  # type: ignore[type-arg]  # set and get type default to str
    """ISO 4217 code of every amount on the row, stored as `char(3)`."""

    default_validators = [validate_currency]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 3
        super().__init__(*args, **kwargs)

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Say `bpchar(3)`: bulk inserts drop the length, and a bare `char` keeps one letter."""
        return "bpchar(3)"

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bpchar(3)"

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """Return an empty code as empty, without the padding of the column."""
        return value.rstrip() if value is not None else None

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        return name, path, args, kwargs


class AmountField(_MoneyColumn):
    """A document amount, `numeric(18,4)`, read as `Money` in the row's own `currency`.

    The model declares `currency = CurrencyField()` first; no second currency column is added.
    Assign a `Decimal` (in the row's currency) or a `Money` (which sets the row's currency).
    Query by `Decimal` and by the currency column: the managers stay plain Django, so comparing
    with a `Money` is refused instead of forgetting its currency.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(
            max_digits=18, decimal_places=4, default_currency=None, currency_field_name="currency"
        )
        super().__init__(*args, **kwargs)

    @property
    def _currency_field(self) -> models.Field[Any, Any]:
        return cast("models.Field[Any, Any]", self.model._meta.get_field("currency"))

    def setup_default(self, default: Any, default_currency: Any, nullable: bool) -> Any:
        """Keep a plain amount as the default; its currency is the row's."""
        return default

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        """Read and write `Money`, without a second column and without wrapping the managers."""
        models.DecimalField.contribute_to_class(self, cls, name, private_only)
        setattr(cls, name, MoneyFieldProxy(self))

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Money):
            raise TypeError(f"query {self.name} by its amount, and by the currency of the row")
        return super().get_prep_value(value)

    def formfield(self, **kwargs: Any) -> Any:
        """Offer a plain number; the row's currency is a field of its own."""
        return models.DecimalField.formfield(self, **kwargs)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_currency()]

    def _check_currency(self) -> list[checks.CheckMessage]:
        try:
            self.model._meta.get_field("currency")
        except FieldDoesNotExist:
            return [
                checks.Error(
                    "An amount needs the currency of its row.",
                    hint="Declare `currency = CurrencyField()` before the amounts.",
                    obj=self,
                    id="foundation.E001",
                )
            ]
        return []

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for implied in ("max_digits", "decimal_places", "default_currency", "currency_field_name"):
            kwargs.pop(implied, None)
        return name, path, args, kwargs


class _FixedDecimalField(models.DecimalField):  # type: ignore[type-arg]  # Decimal by default
    """A decimal column whose size is part of its kind."""

    size: ClassVar[tuple[int, int]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = self.size
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_digits", None)
        kwargs.pop("decimal_places", None)
        return name, path, args, kwargs


class PlainAmountField(_FixedDecimalField):
    """A document amount, `numeric(18,4)`, on tables too hot for `Money`; same checks."""

    size = (18, 4)


class UnitPriceField(_FixedDecimalField):
    """A price per unit, or an amount before its rounding: `numeric(22,10)`."""

    size = (22, 10)


class QuantityField(_FixedDecimalField):
    """A quantity in the unit of measure named on the row: `numeric(24,8)`."""

    size = (24, 8)


class RateField(_FixedDecimalField):
    """A rate as a fraction, 0.0887500 for 8.875 %: `numeric(9,7)`."""

    size = (9, 7)


class FxRateField(_FixedDecimalField):
    """Quote currency per one unit of base currency: `numeric(18,10)`."""

    size = (18, 10)


class IsMoney(Func):
    """SQL `is_money(amount, currency)`: empty, or a number no finer than the minor unit."""

    function = "is_money"
    arity = 2
    output_field = models.BooleanField()


class IsNumber(Func):
    """SQL `is_number(value)`: empty, or not NaN (a plain comparison lets NaN pass)."""

    function = "is_number"
    arity = 1
    output_field = models.BooleanField()


def money_checks(prefix: str, *amounts: str, currency: str = "currency") -> list[CheckConstraint]:
    """Return one check per amount column: not NaN and no finer than the row's currency.

    `prefix` is `<label>_<model>`; the constraint is `<prefix>_<column>_is_money`.
    """
    return [
        CheckConstraint(
            name=f"{prefix}_{amount}_is_money", condition=IsMoney(F(amount), F(currency))
        )
        for amount in amounts
    ]


def number_checks(prefix: str, *columns: str) -> list[CheckConstraint]:
    """Return one check per price, quantity or rate column: not NaN."""
    return [
        CheckConstraint(name=f"{prefix}_{column}_is_number", condition=IsNumber(F(column)))
        for column in columns
    ]
