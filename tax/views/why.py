"""Why this tax: run the calculator for one sale and show what it read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from foundation.money import quantize
from foundation.parsing import currency_text, decimal_text
from foundation.screens import Column, Crumb, FilterForm, Parsed, Screen, Table, naming
from foundation.screens.cells import Total
from tax import choices, queries
from tax.models import Jurisdiction, TaxCategory, TaxRegistration, TaxType
from tax.rules import (
    LineTax,
    TaxableLine,
    TaxDocument,
    TaxRateMissing,
    calculate,
    considered,
)
from tax.views import words


class WhyForm(FilterForm):
    """One sale."""

    entity = forms.ChoiceField(label="Seller")
    place = forms.ModelChoiceField(Jurisdiction.objects.all(), label="Jurisdiction")
    category = forms.ModelChoiceField(
        TaxCategory.objects.all(), to_field_name="code", label="Tax category"
    )
    customer = forms.ChoiceField(choices=choices.CustomerKind.choices[1:], label="Customer")
    on_date = forms.DateField(label="Tax date")
    amount = Parsed(
        lambda text: decimal_text(text, places=4, maximum=Decimal("99999999999999")),
        label="Amount",
    )
    currency = Parsed(currency_text, max_length=3)
    quantity = Parsed(lambda text: decimal_text(text, places=8, minimum=Decimal(0)))
    inclusive = forms.BooleanField(label="Amount holds the tax")
    vat_ok = forms.BooleanField(label="Valid VAT number")

    def __init__(
        self, *args: Any, registrations: QuerySet[TaxRegistration], **kwargs: Any
    ) -> None:
        """Offer the entities that are registered anywhere, by their numbers."""
        super().__init__(*args, **kwargs)
        numbers: dict[int, list[str]] = {}
        for one in registrations.order_by("entity_id", "id"):
            numbers.setdefault(one.entity_id, []).append(one.number)
        field = self.fields["entity"]
        assert isinstance(field, forms.ChoiceField)
        names = naming.names((words.SELLER, pk) for pk in numbers)
        field.choices = [
            (str(pk), f"{names[words.SELLER, pk]}: {', '.join(sorted(set(found))[:3])}")
            for pk, found in numbers.items()
        ]
        for name in ("entity", "place", "category", "customer", "on_date", "amount", "currency"):
            self.fields[name].required = True


class Why(Screen):
    """The calculator's answer for one sale, and every rule, rate and registration it read."""

    reach = "shared"
    title = "Why this tax"
    permission = ("tax.view_jurisdiction", "tax.view_taxrule", "tax.view_taxrate")
    template_name = "tax/why.html"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Jurisdictions", reverse("tax:places"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, and the answer when it is filled in."""
        asked = bool(request.GET)
        initial = {"on_date": words.today(), "amount": "100.00", "customer": "CONSUMER"}
        form = WhyForm(
            request.GET if asked else None,
            initial=None if asked else initial,
            registrations=self.narrowed(TaxRegistration.objects.all()),
        )
        answer: dict[str, Any] = {}
        if asked and form.is_valid():
            answer = _answer(form.cleaned_data)
        context = self.get_context_data(filter_form=form, is_filtered=asked, **answer)
        return self.render_to_response(context, status=422 if asked and not answer else 200)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Run the calculator and arrange what it says."""
    entity_id, place, currency = int(asked["entity"]), asked["place"], asked["currency"]
    tables = queries.tables(entity_id, (asked["on_date"],))
    home = TaxRegistration.objects.filter(entity_id=entity_id).order_by("id").first()
    seller = tables.stack(home.jurisdiction_id)[0].code if home else ""
    line = TaxableLine(
        key=1,
        amount=quantize(asked["amount"], currency),
        category=asked["category"].code,
        jurisdiction_id=place.pk,
        tax_date=asked["on_date"],
        quantity=asked["quantity"] if asked["quantity"] is not None else Decimal(1),
        inclusive=asked["inclusive"],
    )
    document = TaxDocument("LINE", currency, seller, asked["customer"], [line], asked["vat_ok"])
    names = dict(Jurisdiction.objects.values_list("id", "name"))
    taxes = dict(TaxType.objects.values_list("id", "name"))
    read = considered(
        tables,
        category=line.category,
        jurisdiction_id=place.pk,
        customer_kind=asked["customer"],
        on=line.tax_date,
    )
    answer: dict[str, Any] = {"read": _read(read, names, taxes)}
    try:
        (result,) = calculate(document, tables)
    except TaxRateMissing as missing:
        return answer | {"refusal": str(missing)}
    return answer | {
        "totals": [
            Total(label="Net", amount=result.net, currency=currency),
            Total(label="Tax", amount=result.tax, currency=currency),
            Total(label="Gross", amount=result.net + result.tax, currency=currency),
        ],
        "taxes": _taxes(result, currency, names, taxes),
    }


def _taxes(result: LineTax, currency: str, names: dict[int, str], taxes: dict[int, str]) -> Table:
    return Table(
        columns=(
            Column(label="Jurisdiction", value=lambda one: names[one.jurisdiction_id]),
            Column(label="Tax", value=lambda one: taxes[one.tax_type_id]),
            Column(label="Category", value="category_code", kind="code"),
            Column(label="Rate", value=lambda one: _rate(one.rate, one.trace)),
            Column(label="Basis", value="basis", kind="money", currency=lambda one: currency),
            Column(label="Amount", value="amount", kind="money", currency=lambda one: currency),
            Column(label="Trace", value=lambda one: _trace(one.trace)),
        ),
        rows=result.taxes,
        caption="The taxes of the line",
        empty="No tax is charged on this sale.",
    )


def _rate(rate: Decimal, trace: str) -> str:
    kind = json.loads(trace).get("kind", "")
    if kind in ("PER_UNIT", "FLAT_LINE"):
        return f"{rate} per {'unit' if kind == 'PER_UNIT' else 'line'}"
    return words.percent(rate) if rate else ""


def _trace(trace: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in json.loads(trace).items())


def _read(read: Any, names: dict[int, str], taxes: dict[int, str]) -> Table:
    return Table(
        columns=(
            Column(label="Jurisdiction", value=lambda one: names[one.jurisdiction_id]),
            Column(label="Tax", value=lambda one: taxes.get(one.tax_type_id, "")),
            Column(
                label="Rule",
                value=lambda one: (
                    f"{one.rule.treatment.replace('_', ' ').lower()}"
                    f" (rule {one.rule.id} of {names[one.rule.jurisdiction_id]})"
                    if one.rule
                    else ""
                ),
            ),
            Column(
                label="Rate",
                value=lambda one: f"{one.rate.code} {one.rate.rate}" if one.rate else "",
            ),
            Column(label="Registered as", value="registration.number", kind="code"),
            Column(label="Verdict", value="verdict"),
        ),
        rows=read,
        caption="What was read",
    )
