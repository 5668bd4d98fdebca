"""Form fields that read by the house's parsers: payer, amount, remittance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from customers.models import Account
from foundation.parsing import LARGEST_AMOUNT, BadValue, decimal_text, plain_text
from payments.imports import remittance_text
from receivables.rules.allocation import Advice

SHOWN = 6


class PayerField(forms.CharField):
    """An account by its number, or by a part of its name if only one has it.

    The frame narrows `queryset` to the accounts that the person sees.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queryset = Account.objects.all()

    def clean(self, value: Any) -> Account:
        """Return the account, or say which ones could be meant."""
        text = super().clean(value)
        exact = self.queryset.filter(number=text).first()
        if exact is not None:
            return exact
        found = list(
            self.queryset.filter(Q(number__istartswith=text) | Q(name__icontains=text))
            .order_by("number")
            .only("number", "name", "currency", "entity_id")[: SHOWN + 1]
        )
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(f"No account has “{text}” in its number or name.")
        names = "; ".join(f"{account.number} {account.name}" for account in found[:SHOWN])
        more = " …" if len(found) > SHOWN else ""
        raise forms.ValidationError(f"Several accounts match, give the number: {names}{more}")


class AmountField(forms.CharField):
    """A positive amount, as it is written in files and the API."""

    def clean(self, value: Any) -> Decimal | None:
        """Return the amount; whether it fits its currency is for the operation to say."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return decimal_text(text, places=4, maximum=LARGEST_AMOUNT)
        except BadValue as bad:
            raise forms.ValidationError(bad.message, code=bad.rule) from bad


class LineField(forms.CharField):
    """One line of text without hidden characters."""

    def clean(self, value: Any) -> str:
        """Return the text as the parsers of files read it."""
        text = super().clean(value)
        try:
            return plain_text(text, self.max_length or 200, required=False)
        except BadValue as bad:
            raise forms.ValidationError(bad.message, code=bad.rule) from bad


class RemittanceField(forms.CharField):
    """Documents that the payer names, one a line: INV-1=50.00, or INV-1 for all that is open."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> tuple[Advice, ...]:
        """Return the advice lines."""
        text = super().clean(value)
        try:
            return remittance_text(text.replace("\r", ""), "")
        except BadValue as bad:
            raise forms.ValidationError(bad.message, code=bad.rule) from bad


def day_field(label: str, **kwargs: Any) -> forms.DateField:
    """Return a date field with the browser's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **kwargs)
