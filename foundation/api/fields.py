"""Money on the wire: {"amount": "7.50", "currency": "EUR"}, strictly."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.errors import Invalid
from foundation.money import minor_units
from foundation.parsing import BadValue, amount_text, currency_text


class Amount(NamedTuple):
    """An amount and its currency as a request gave them."""

    amount: Decimal
    currency: str

    def of(self, currency: str, *, rule: str, what: str = "the account") -> Decimal:
        """Return the amount, which must be in the currency of what it is for.

        Raises: Invalid by the rule.
        """
        if self.currency != currency:
            raise Invalid(f"{what} is in {currency}", rule=rule)
        return self.amount


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "additionalProperties": False,
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?\d{1,14}(\.\d{1,4})?$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "example": {"amount": "7.50", "currency": "EUR"},
    }
)
class MoneyField(serializers.Field):
    """An amount with the currency of its row (`currency_attribute`), decimals as the currency has.

    Takes a string, never a JSON number, and refuses more decimals than the currency knows.
    """

    default_error_messages = {
        "shape": 'Give an object with exactly "amount" (a string) and "currency".',
    }

    def __init__(self, *, currency_attribute: str = "currency", **kwargs: Any) -> None:
        self.currency_attribute = currency_attribute
        super().__init__(**kwargs)

    def get_attribute(self, instance: Any) -> Any:
        """Return the amount and the row's currency."""
        value = super().get_attribute(instance)
        if value is None:
            return None
        if hasattr(value, "amount") and hasattr(value, "currency"):
            return Amount(value.amount, str(value.currency))
        if isinstance(instance, dict):
            return Amount(value, str(instance[self.currency_attribute]))
        return Amount(value, str(attrgetter(self.currency_attribute)(instance)))

    def to_representation(self, value: Any) -> dict[str, str]:
        """Write the amount with the currency's decimals (more where the amount has more)."""
        amount, currency = Decimal(value.amount), str(value.currency)
        places = max(minor_units(currency), -int(amount.normalize().as_tuple().exponent))
        return {"amount": f"{amount:.{places}f}", "currency": currency}

    def to_internal_value(self, data: Any) -> Amount:
        """Read the object, by the same parsers as every import file."""
        if (
            not isinstance(data, dict)
            or set(data) != {"amount", "currency"}
            or not all(isinstance(value, str) for value in data.values())
        ):
            self.fail("shape")
        try:
            currency = currency_text(data["currency"])
            amount = amount_text(data["amount"], currency=currency)
        except BadValue as bad:
            raise serializers.ValidationError(bad.message, code=bad.rule) from bad
        return Amount(amount, currency)
