"""Jurisdictions as a tree, and one of them with its rates, rules and registrations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    Screen,
    Suggest,
    Table,
    naming,
)
from tax import queries
from tax.models import Jurisdiction, TaxCategory, TaxRate, TaxRegistration, TaxRule
from tax.views import words

VIEW = "tax.view_jurisdiction"
CHANGE = "tax.change_tax_tables"


def place_url(pk: int) -> str:
    """Return the page of a jurisdiction."""
    return reverse("tax:place", args=[pk])


class DayFilter(FilterForm):
    """On which day."""

    on_date = forms.DateField(label="Rates on")


class Places(ListScreen):
    """The tree of jurisdictions with the rates of a day."""

    reach = "shared"
    title = "Jurisdictions"
    permission = VIEW
    filters = DayFilter
    page_size = 500
    columns = (
        Column(
            label="Jurisdiction",
            value=lambda line: f"{'— ' * line['depth']}{line['place'].name}",
            link=lambda line: place_url(line["place"].pk),
        ),
        Column(label="Code", value="place.code", kind="code"),
        Column(label="Level", value=lambda line: line["place"].get_level_display()),
        Column(label="Rates", value="rates"),
        Column(label="Tax date", value=lambda line: line["place"].get_date_basis_display()),
    )
    empty = Empty(
        title="No jurisdiction yet",
        text="Add a country, then the states and towns in it that tax.",
    )

    def buttons(self) -> list[Button]:
        """Offer what can be done with places."""
        return [
            Button(label="Why this tax", url=reverse("tax:why"), permission="tax.view_taxrule"),
            Button(label="Rules", url=reverse("tax:rules"), permission="tax.view_taxrule"),
            Button(label="Add tax", url=reverse("tax:tax_add"), permission=CHANGE),
            Button(
                label="Add jurisdiction",
                url=reverse("tax:place_add"),
                permission=CHANGE,
                style="primary",
            ),
        ]

    def rows(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the places from the countries down, with the rates of the day."""
        on_date = filters.get("on_date") or words.today()
        rates: dict[int, list[str]] = {}
        for rate in queries.rates_on(on_date):
            text = f"{rate.tax_type.code} {rate.code.lower()} {words.rate_text(rate)}"
            rates.setdefault(rate.jurisdiction_id, []).append(text)
        return [
            {"depth": depth, "place": place, "rates": "; ".join(rates.get(place.pk, []))}
            for depth, place in queries.tree()
        ]


class Place(Screen):
    """A jurisdiction with everything that was, is and will be valid in it."""

    subject = Jurisdiction
    title = "Jurisdiction"
    permission = (VIEW, "tax.view_taxrate", "tax.view_taxrule")
    template_name = "tax/place.html"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Find the place."""
        super().setup(request, *args, **kwargs)
        self.place: Jurisdiction = get_object_or_404(
            Jurisdiction.objects.select_related("parent"), pk=kwargs["pk"]
        )

    def get_title(self) -> str:
        """Name the place."""
        return self.place.name

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Jurisdictions", reverse("tax:places"))]

    def buttons(self) -> list[Button]:
        """Offer what can be added."""
        pk = self.place.pk
        return [
            Button(
                label="Add rate",
                url=reverse("tax:rate_add", args=[pk]),
                permission=CHANGE,
                style="primary",
            ),
            Button(label="Add rule", url=reverse("tax:rule_add", args=[pk]), permission=CHANGE),
            Button(label="Register", url=reverse("tax:register", args=[pk]), permission=CHANGE),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show facts, rates, rules and registrations."""
        place = self.place
        parent = place.parent
        return super().get_context_data(
            facts=[
                Fact(label="Code", value=place.code, kind="code"),
                Fact(label="Level", value=place.get_level_display()),
                Fact(
                    label="Inside",
                    value=parent.name if parent else "nothing: it is a country",
                    url=place_url(parent.pk) if parent else "",
                ),
                Fact(label="Tax date", value=place.get_date_basis_display()),
                Fact(
                    label="State and local rates",
                    value="rounded together" if place.combine_local else "rounded each",
                ),
            ],
            rates=rates_table(place),
            rules=Table(
                columns=rule_columns(),
                rows=rules().filter(jurisdiction=place),
                caption="Rules",
                empty="No rule of its own: the rules of the place around it hold here.",
            ),
            registrations=_registrations(
                self.narrowed(TaxRegistration.objects.filter(jurisdiction=place))
            ),
            **kwargs,
        )


def rates_table(place: Jurisdiction) -> Table:
    """Return the rates of a place by date."""
    return Table(
        columns=(
            Column(label="Tax", value="tax_type.name"),
            Column(label="Rate code", value="code", kind="code"),
            Column(label="Rate", value=words.rate_text),
            Column(label="From", value="valid.lower", kind="date"),
            Column(label="Last day", value=words.last_day, kind="date"),
            Column(
                label="",
                value=lambda rate: "" if rate.valid.upper else "End",
                kind="act",
                link=lambda rate: reverse("tax:rate_end", args=[rate.pk]),
            ),
        ),
        rows=TaxRate.objects.filter(jurisdiction=place)
        .select_related("tax_type")
        .order_by("tax_type__sequence", "code", "-valid"),
        caption="Rates",
        empty="No rate of its own.",
    )


def rules() -> Any:
    """Return the rules with what they name, in the order in which they are read."""
    return TaxRule.objects.select_related("jurisdiction", "tax_type").order_by(
        "jurisdiction__code", "tax_type__sequence", "category", "customer_kind", "-valid"
    )


def rule_columns() -> tuple[Column, ...]:
    """Return the columns of a list of rules."""
    return (
        Column(label="Tax", value="tax_type.name"),
        Column(label="Category", value=lambda one: any_or(one.category)),
        Column(label="Customer", value=lambda one: one.get_customer_kind_display()),
        Column(label="Treatment", value=lambda one: one.get_treatment_display()),
        Column(label="Rate code", value="rate_code", kind="code"),
        Column(
            label="Taxed share",
            value=lambda one: "" if one.taxable_share == 1 else words.percent(one.taxable_share),
        ),
        Column(label="Reason", value="reason"),
        Column(label="From", value="valid.lower", kind="date"),
        Column(label="Last day", value=words.last_day, kind="date"),
        Column(
            label="",
            value=lambda one: "" if one.valid.upper else "End",
            kind="act",
            link=lambda one: reverse("tax:rule_end", args=[one.pk]),
        ),
    )


def any_or(word: str) -> str:
    """Write '*' as people say it."""
    return "everything else" if word == "*" else word


def _registrations(rows: QuerySet[TaxRegistration]) -> Table:
    found = list(rows.order_by("entity_id", "-valid"))
    names = naming.names((words.SELLER, one.entity_id) for one in found)
    return Table(
        columns=(
            Column(
                label="Legal entity",
                value=lambda one: names[words.SELLER, one.entity_id],
                kind="code",
            ),
            Column(label="Number", value="number", kind="code"),
            Column(label="From", value="valid.lower", kind="date"),
            Column(label="Last day", value=words.last_day, kind="date"),
        ),
        rows=found,
        caption="Registrations",
        empty="No registration here. One of a place around it counts as well.",
    )


class RuleFilters(FilterForm):
    """Which rules to show."""

    place = forms.CharField(
        max_length=32,
        label="Jurisdiction code",
        widget=Suggest(lambda: Jurisdiction.objects.values_list("code", "name")),
    )
    category = forms.CharField(
        max_length=32, widget=Suggest(lambda: TaxCategory.objects.values_list("code", "name"))
    )
    on_date = forms.DateField(label="Valid on")


class Rules(ListScreen):
    """Every taxability rule."""

    reach = "shared"
    title = "Tax rules"
    permission = "tax.view_taxrule"
    filters = RuleFilters
    columns = (
        Column(
            label="Jurisdiction",
            value="jurisdiction.code",
            link=lambda one: place_url(one.jurisdiction_id),
        ),
        *rule_columns(),
    )
    empty = Empty(title="No rule yet", text="A place taxes what a rule of its own or above names.")

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Jurisdictions", reverse("tax:places"))]

    def rows(self, filters: dict[str, Any]) -> Any:
        """Return the rules asked for."""
        asked = {
            "jurisdiction__code__istartswith": filters.get("place"),
            "category": filters.get("category"),
            "valid__contains": filters.get("on_date"),
        }
        return rules().filter(**{name: value for name, value in asked.items() if value})
