"""Exchange rates: what they were, and one more."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse

from foundation import clock
from foundation.parsing import BadValue, decimal_text
from foundation.screens import (
    Button,
    Column,
    Definition,
    Empty,
    FilterForm,
    ListScreen,
    LongSelect,
)
from ledger import operations
from ledger.choices import RateKind
from ledger.models import ExchangeRate
from ledger.queries import currency_choices, only_currency

VIEW, ADD = "ledger.view_exchangerate", "ledger.add_exchangerate"


class RateFilters(FilterForm):
    """Which rates to show."""

    base = forms.ChoiceField(choices=partial(currency_choices, "Any"), widget=LongSelect)
    quote = forms.ChoiceField(choices=partial(currency_choices, "Any"), widget=LongSelect)
    kind = forms.ChoiceField(choices=[("", "Any kind"), *RateKind.choices])


class Rates(ListScreen):
    """Exchange rates, newest first."""

    title = "Exchange rates"
    permission = VIEW
    filters = RateFilters
    keyset = ("-on_date", "-id")
    columns = (
        Column(label="Date", value="on_date", kind="date"),
        Column(label="Base", value="base", kind="code"),
        Column(label="Quote", value="quote", kind="code"),
        Column(label="Kind", value=lambda rate: rate.get_kind_display()),
        Column(label="Quote per one base", value="rate", kind="number"),
        Column(label="Source", value="source"),
    )
    empty = Empty(
        title="No exchange rate yet",
        text="Documents in another currency than the entity's own need the rate of their day.",
    )

    def buttons(self) -> list[Button]:
        """Offer to add one."""
        return [
            Button(
                label="Add rate", url=reverse("ledger:add_rate"), permission=ADD, style="primary"
            )
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[ExchangeRate]:
        """Return the rates asked for."""
        asked = {name: value for name, value in filters.items() if value}
        return ExchangeRate.objects.filter(**asked)


class RateForm(forms.Form):
    """The rate of a day."""

    base = forms.ChoiceField(choices=currency_choices, widget=LongSelect)
    quote = forms.ChoiceField(choices=currency_choices, widget=LongSelect, initial=only_currency)
    kind = forms.ChoiceField(choices=RateKind.choices)
    on_date = forms.DateField(
        label="Date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=lambda: clock.today(ZoneInfo("UTC")),
    )
    rate = forms.CharField(label="Quote per one base", max_length=30)
    source = forms.CharField(max_length=80, required=False)

    def clean_rate(self) -> Decimal:
        """Read the rate with the one parser of numbers."""
        try:
            return decimal_text(
                self.cleaned_data["rate"].strip(), places=10, maximum=Decimal(99_999_999)
            )
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.rule) from bad


class AddRate(Definition):
    """Add the rate of a day."""

    title = "Add exchange rate"
    listed = ("Exchange rates", "ledger:rates")
    permission = (VIEW, ADD)
    form_class = RateForm
    submit_label = "Add"
    success_message = "Added."

    def submit(self, form: forms.Form) -> ExchangeRate:
        """Call the operation."""
        given = form.cleaned_data
        user = self.request.user
        return operations.add_rate(
            base=given["base"],
            quote=given["quote"],
            kind=RateKind(given["kind"]),
            on_date=given["on_date"],
            rate=given["rate"],
            source=given["source"],
            actor=user if isinstance(user, User) else None,
        )
