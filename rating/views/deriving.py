"""What usage brings, costs and shares out; the agreements by which it is rated again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.rules.selection import attribute_pairs
from customers.models import Account
from foundation import clock, scope
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Definition,
    Empty,
    FilterForm,
    FormScreen,
    ListScreen,
    Total,
)
from rating import operations, queries
from rating.choices import Purpose
from rating.models import RatingAgreement
from rating.queries import Margin
from rating.views.balances import DAY
from rating.views.caps import last_day
from rating.views.events import linked
from rating.views.pools import EndForm

VIEW, AGREE = "rating.view_ratingagreement", "rating.agree_rating"
HUNDRED = Decimal(100)


class MarginFilters(FilterForm):
    """Local days, both included; the month so far unless others are given."""

    start = forms.DateField(label="From")
    end = forms.DateField(label="To")

    def clean(self) -> dict[str, Any]:
        """Fill the days in."""
        data = super().clean() or {}
        end = data.get("end") or clock.today(ZoneInfo("UTC"))
        start = data.get("start") or end.replace(day=1)
        if start > end:
            raise forms.ValidationError("The first day lies after the last.")
        return {**data, "start": start, "end": end}


class MarginList(ListScreen):
    """Retail less wholesale less partner share, by charge and currency."""

    reach = "own"
    title = "Margins of usage"
    permission = VIEW
    filters = MarginFilters
    intro = (
        "Usage of charges that are also rated for a carrier or a partner: what it brings before "
        "tax, after what balances cover, what it costs and what is shared. Usage is rated so "
        "within minutes after it came. A margin needs events that are priced one by one."
    )
    columns = (
        Column(label="Charge", value="reference", kind="code"),
        Column(label="Events", value="events", kind="number"),
        Column(label="Retail", value="retail", kind="money"),
        Column(label="Wholesale", value="wholesale", kind="money"),
        Column(label="Partner", value="partner", kind="money"),
        Column(label="Margin", value="margin", kind="money"),
        Column(label="Currency", value="currency"),
        Column(label="Not rated", value="unrated", kind="number"),
    )
    empty = Empty(
        title="No margin", text="No usage of these days is rated for a carrier or a partner."
    )

    def buttons(self) -> list[Button]:
        """Lead to the agreements."""
        return [Button(label="Agreements", url=reverse("rating:agreements"), permission=VIEW)]

    def rows(self, filters: dict[str, Any]) -> Sequence[Margin]:
        """Return the margins of the days, of the entities that the person works for."""
        return queries.margins(
            start=filters["start"],
            end=filters["end"] + timedelta(days=1),
            entities=scope.entities_of(self.request.user),
        )

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what all of it brings and leaves, by currency; what has no retail is left out."""
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
        for one in self.rows(filters):
            if one.retail is not None and one.margin is not None:
                figures = (one.retail, one.wholesale, one.partner, one.margin)
                known = sums[one.currency]
                sums[one.currency] = [a + b for a, b in zip(known, figures, strict=True)]
        return [
            Total(label=label, amount=amount, currency=currency)
            for currency, figures in sorted(sums.items())
            for label, amount in zip(
                ("Retail", "Wholesale", "Partner", "Margin"), figures, strict=True
            )
        ]


class AgreementList(ListScreen):
    """By which charges and shares usage is rated again, for whom."""

    title = "Rating for carriers and partners"
    permission = VIEW
    intro = "Each event is rated again for every purpose, beside what the customer pays."
    columns: Sequence[Column] = (
        Column(label="Usage of", value="charge.reference", kind="code"),
        Column(label="For", value="get_purpose_display"),
        Column(
            label="Account",
            value="account",
            link=lambda one: linked("customers:account", one.account_id),
        ),
        Column(label="By", value=queries.said_by),
        Column(
            label="Events with",
            value=lambda one: "" if one.attribute_key == "*" else one.attribute_key,
            kind="code",
        ),
        Column(label="From", value="valid.lower", kind="date"),
        Column(label="Last day", value=last_day, kind="date"),
    )
    empty = Empty(title="No agreement", text="Usage is rated for the customer alone.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Offer the end of each to whoever may end it."""
        super().setup(request, *args, **kwargs)
        if request.user.has_perm(AGREE):
            end = Column(label="End", value=_end, link=_end_url, export=False)
            self.columns = (*self.columns, end)

    def buttons(self) -> list[Button]:
        """Offer to agree one."""
        url = reverse("rating:agreement_add")
        return [Button(label="Agree", url=url, permission=AGREE, style="primary")]

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the margins."""
        return (Crumb("Margins of usage", reverse("rating:margins")),)

    def rows(self, filters: dict[str, Any]) -> QuerySet[RatingAgreement]:
        """Return the agreements, the newest first."""
        return queries.agreements()


def _end(one: RatingAgreement) -> str:
    return "" if one.valid.upper else "End it"


def _end_url(one: RatingAgreement) -> str:
    return "" if one.valid.upper else reverse("rating:agreement_end", args=[one.pk])


class AgreementForm(forms.Form):
    """Of which charge, for what, with whom and by what."""

    charge = forms.ModelChoiceField(queries.usage_charges_listed(), label="Usage of")
    purpose = forms.ChoiceField(choices=Purpose.choices, label="For")
    account = forms.ModelChoiceField(
        Account.objects.all(),
        to_field_name="number",
        widget=forms.TextInput,
        help_text="Number of that of the carrier or partner.",
    )
    own_charge = forms.ModelChoiceField(
        queries.derivable_charges(), required=False, label="By their charge",
        help_text="It prices each event by itself, at the prices of their account.",
    )  # fmt: skip
    percent = forms.DecimalField(
        label="Or percent of what the event costs", required=False, max_digits=8,
        decimal_places=5, min_value=0, max_value=100,
    )  # fmt: skip
    attribute_key = forms.CharField(
        label="Events with", required=False, max_length=200,
        help_text="Attributes, such as carrier=C1; empty for all.",
    )  # fmt: skip
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))

    def clean_attribute_key(self) -> dict[str, str]:
        """Return the attributes by name."""
        text = self.cleaned_data["attribute_key"]
        if text and not all("=" in part for part in text.split(",")):
            raise forms.ValidationError("Write name=value, several parted by commas.")
        return dict(attribute_pairs(text or "*"))


class AgreeRating(Definition):
    """Agree that usage is rated for a carrier or a partner."""

    title = "Agree rating"
    listed = ("Rating for carriers and partners", "rating:agreements")
    permission = (VIEW, AGREE)
    form_class = AgreementForm
    submit_label = "Agree"
    success_message = "Agreed. Usage since the first day is rated within minutes."

    def get_initial(self) -> dict[str, date]:
        """Propose today."""
        return {"starts": clock.today(ZoneInfo("UTC"))}

    def submit(self, form: forms.Form) -> RatingAgreement:
        """Call the operation."""
        given = form.cleaned_data
        percent = given["percent"]
        return operations.agree_rating(
            charge=given["charge"],
            purpose=given["purpose"],
            account=given["account"],
            own_charge=given["own_charge"],
            share=None if percent is None else percent / HUNDRED,
            attributes=given["attribute_key"],
            starts=given["starts"],
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )


class EndAgreement(FormScreen):
    """Let an agreement end."""

    subject = RatingAgreement
    title = "End the agreement"
    intro = "What it derived of later days is taken back within minutes."
    permission = (VIEW, AGREE)
    form_class = EndForm
    submit_label = "End"
    success_message = "The agreement has its last day."

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the agreement of the address."""
        super().setup(request, *args, **kwargs)
        self.agreement = get_object_or_404(queries.agreements(), pk=kwargs["pk"])

    def get_initial(self) -> dict[str, date]:
        """Propose today."""
        return {"last_day": clock.today(ZoneInfo("UTC"))}

    def crumbs(self) -> list[Crumb]:
        """Lead back to the agreements."""
        return [Crumb("Rating for carriers and partners", self.get_success_url())]

    def get_success_url(self) -> str:
        """Return the list."""
        return reverse("rating:agreements")

    def submit(self, form: forms.Form) -> RatingAgreement:
        """Call the operation."""
        return operations.end_agreement(
            agreement=self.agreement,
            ends=form.cleaned_data["last_day"] + timedelta(days=1),
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )
