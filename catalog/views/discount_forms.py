"""What is asked to define a discount, a promotion, coupons or a commitment."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from django import forms

import ledger.queries
from catalog import choices
from catalog.models import Charge, DiscountDef, Offer, Product
from catalog.queries import proposals
from catalog.views import words
from catalog.views.price_forms import DAY
from foundation.parsing import BadValue, code_text, decimal_text
from foundation.screens import LongSelect, Parsed, Suggest

ANY: dict[str, Any] = {"required": False, "empty_label": "Any"}


def day(label: str, **more: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(label=label, widget=forms.DateInput(DAY, "%Y-%m-%d"), **more)


class Scope(forms.Form):
    """Which charges something holds for."""

    charge = forms.ModelChoiceField(Charge.objects.order_by("reference"), **ANY)
    offer = forms.ModelChoiceField(Offer.objects.order_by("code"), **ANY)
    product = forms.ModelChoiceField(Product.objects.order_by("code"), **ANY)
    charge_kind = forms.ChoiceField(
        label="Kind of charge", required=False, choices=[("", "Any"), *choices.ChargeKind.choices]
    )
    section = forms.CharField(
        label="Invoice section", max_length=40, required=False, widget=Suggest(proposals.sections)
    )


def steps_of(text: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """Read the steps of a percentage by volume: `amount: percent`, separated by commas.

    Raises: BadValue.
    """
    found = []
    for step in filter(None, (one.strip() for one in text.split(","))):
        least, colon, percent = (one.strip() for one in step.partition(":"))
        if not colon:
            raise BadValue("STEPS", "a step is an amount, a colon and a percentage")
        share = decimal_text(percent, places=5, minimum=Decimal(0)) / 100
        found.append((decimal_text(least, places=4, minimum=Decimal(0)), share))
    return tuple(found)


class DiscountForm(Scope):
    """A discount."""

    field_order = (
        *(
            "code",
            "name",
            "kind",
            "level",
            "value",
            "steps",
            "currency",
            "starts",
            "ends",
            "periods",
        ),
        *("counts_stub", "charge", "offer", "product", "charge_kind", "section", "method"),
        *("priority", "stack_group", "is_exclusive", "max_amount", "prorates"),
        *("carries_forward", "needs_approval", "budget"),
    )
    code = forms.CharField(max_length=32)
    name = forms.CharField(max_length=100, label="On the invoice")
    kind = forms.ChoiceField(choices=choices.DiscountKind.choices)
    level = forms.ChoiceField(label="Taken off", choices=choices.DiscountLevel.choices)
    value = forms.DecimalField(
        min_value=0, max_digits=22, decimal_places=8, required=False,
        help_text="Percent, an amount, free units, or the price of a unit.",
    )  # fmt: skip
    steps = Parsed(
        steps_of, label="By volume", required=False,
        help_text="1000: 2, 5000: 5 gives 2 % of all from 1,000 a period on, 5 % from 5,000.",
    )  # fmt: skip
    currency = forms.ChoiceField(
        choices=partial(ledger.queries.currency_choices, "None"), widget=LongSelect,
        required=False, help_text="Of amounts, prices and bounds; a percentage needs none.",
    )  # fmt: skip
    starts = day("May be given from", initial=words.today)
    ends = day("Until", required=False, help_text="The first day on which it may not.")
    periods = forms.IntegerField(
        label="Billed periods", min_value=1, max_value=1200, required=False,
        help_text="Empty: until it is ended.",
    )  # fmt: skip
    counts_stub = forms.BooleanField(label="A first part counts as a period", required=False)
    method = forms.ChoiceField(label="Beside others", choices=choices.DiscountMethod.choices)
    priority = forms.IntegerField(
        min_value=0, max_value=9999, initial=100, help_text="The smaller comes first."
    )
    stack_group = forms.CharField(
        label="Group", max_length=32, required=False, widget=Suggest(proposals.stack_groups)
    )
    is_exclusive = forms.BooleanField(label="Only the best of its group", required=False)
    max_amount = forms.DecimalField(
        label="At most, a period", min_value=0, max_digits=14, decimal_places=4, required=False
    )
    prorates = forms.BooleanField(
        label="An amount shrinks with part of a period", required=False, initial=True
    )
    carries_forward = forms.BooleanField(
        label="What a document leaves waits for the next", required=False
    )
    needs_approval = forms.BooleanField(label="A second person approves", required=False)
    budget = forms.DecimalField(
        min_value=0, max_digits=14, decimal_places=4, required=False,
        help_text="Once this much was billed it is given to nobody more.",
    )  # fmt: skip


class EndForm(forms.Form):
    """From when it may not be given."""

    on_date = day("From", initial=words.today)


class PromotionForm(forms.Form):
    """A promotion."""

    code = forms.CharField(max_length=32)
    name = forms.CharField(max_length=100)
    discount = forms.ModelChoiceField(DiscountDef.objects.order_by("code"))
    starts = day("Runs from", initial=words.today)
    ends = day("Until", required=False, help_text="The first day on which it does not.")


class CouponForm(forms.Form):
    """Codes and their limits."""

    codes = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), help_text="Separated by blanks or lines."
    )
    max_uses = forms.IntegerField(
        label="Uses in all", min_value=1, required=False, help_text="Empty: any number."
    )
    max_per_account = forms.IntegerField(label="Uses by account", min_value=1, initial=1)
    starts = day("From", required=False)
    ends = day("Until", required=False, help_text="The first day on which it is not taken.")

    def clean_codes(self) -> list[str]:
        """Read the codes."""
        try:
            return [code_text(one, 32) for one in self.cleaned_data["codes"].split()]
        except BadValue as bad:
            raise forms.ValidationError(bad.message) from bad


class CommitmentForm(Scope):
    """A commitment."""

    field_order = (
        *("code", "name", "kind", "amount", "currency", "window", "measure", "prorates"),
        *("shortfall_product", "charge", "offer", "product", "charge_kind", "section"),
    )
    code = forms.CharField(max_length=32)
    name = forms.CharField(max_length=100, label="On the invoice")
    kind = forms.ChoiceField(choices=choices.CommitmentKind.choices)
    amount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=4)
    currency = forms.ChoiceField(
        choices=ledger.queries.currency_choices, widget=LongSelect,
        initial=ledger.queries.only_currency,
    )  # fmt: skip
    window = forms.ChoiceField(label="Each", choices=choices.CommitmentWindow.choices)
    measure = forms.ChoiceField(label="Measured", choices=choices.Measure.choices)
    prorates = forms.BooleanField(
        label="A window cut short counts by days", required=False, initial=True
    )
    shortfall_product = forms.ModelChoiceField(
        Product.objects.order_by("code"), label="Shortfall billed as", required=False,
        help_text="Its labels decide account and tax; needed for a least amount.",
    )  # fmt: skip
