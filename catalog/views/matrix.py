"""The price matrix: charges down, currencies and books across; the file of the same prices."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

import ledger.queries
from catalog.models import PriceBook, PriceVersion
from catalog.queries import price_lists, proposals
from catalog.rules.price_rows import HEADINGS
from catalog.views import words
from foundation import exports
from foundation.screens import Button, FilterForm, LongSelect, Screen, Suggest

VIEW = "catalog.view_priceversion"
CHARGES_SHOWN = 200
STATES = [
    ("", "In force"),
    ("DRAFT", "Draft"),
    ("IN_REVIEW", "In review"),
    ("APPROVED", "Approved"),
    ("ALL", "All states"),
]


class PriceFilters(FilterForm):
    """Which prices to show."""

    charge = forms.CharField(max_length=80, label="Charge or offer")
    currency = forms.ChoiceField(
        choices=partial(ledger.queries.currency_choices, "Any"), widget=LongSelect
    )
    book = forms.ChoiceField(label="Price book")
    segment = forms.CharField(
        max_length=32, widget=Suggest(partial(proposals.price_words, "segment"))
    )
    state = forms.ChoiceField(choices=STATES)
    on_date = forms.DateField(label="Valid on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the books there are."""
        super().__init__(*args, **kwargs)
        books = PriceBook.objects.values_list("code", "name")
        field = self.fields["book"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "All books"),
            ("-", "Default prices"),
            *((code, name) for code, name in books),
        ]


class Matrix(Screen):
    """Charges by currency, book and segment, with their tiers on a click."""

    reach = "shared"
    title = "Prices"
    permission = VIEW
    export_permission = "catalog.export_lists"
    template_name = "catalog/matrix.html"

    def buttons(self) -> list[Button]:
        """Offer what can be done with prices."""
        asked = self.request.GET.urlencode()
        more = f"&{asked}" if asked else ""
        return [
            Button(
                label="Draft a price",
                url=reverse("catalog:price_add"),
                permission="catalog.draft_price",
                style="primary",
            ),
            Button(
                label="Import",
                url=reverse("catalog:price_import"),
                permission="catalog.import_prices",
            ),
            Button(label="Queue", url=reverse("catalog:queue"), permission=VIEW),
            *(
                Button(
                    label=f"Export {kind.upper()}",
                    url=f"?export={kind}{more}",
                    permission="catalog.export_lists",
                )
                for kind in ("csv", "xlsx")
            ),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the matrix, or hand the same prices out in the format of a price file."""
        form = PriceFilters(request.GET)
        valid = form.is_valid()
        found = self.found(form.cleaned_data if valid else {})
        wanted = request.GET.get("export", "")
        if valid and wanted:
            if wanted not in exports.TYPES:
                messages.error(request, "Prices are exported as csv or xlsx.")
                return HttpResponseRedirect(reverse("catalog:matrix"))
            return exports.download("prices", wanted, HEADINGS, price_lists.file_rows(found))
        shown = list(found[: CHARGES_SHOWN * 20]) if valid else []
        columns, lines = price_lists.matrix(shown)
        context = self.get_context_data(
            filter_form=form,
            is_filtered=bool(request.GET),
            columns=columns,
            lines=[self.line(line, columns) for line in lines[:CHARGES_SHOWN]],
            left_out=max(0, len(lines) - CHARGES_SHOWN),
        )
        return self.render_to_response(context, status=200 if valid else 422)

    def found(self, asked: dict[str, Any]) -> Any:
        """Return the prices asked for; without a state those in force today."""
        state = asked.get("state") or ""
        book = asked.get("book") or ""
        return price_lists.prices(
            charges=asked.get("charge") or "",
            currency=(asked.get("currency") or "").upper(),
            pricebook=None if not book else "" if book == "-" else book,
            segment=asked.get("segment") or "",
            state="" if state == "ALL" else state or "PUBLISHED",
            on_date=asked.get("on_date") or (None if state else words.today()),
        )

    def line(self, line: price_lists.MatrixLine, columns: list[str]) -> dict[str, Any]:
        """Return one charge with its cells in the order of the columns."""
        charge = line.charge
        return {
            "charge": charge,
            "url": reverse("catalog:version", args=[charge.offer_version_id]),
            "rhythm": words.rhythm(charge),
            "cells": [
                [self.entry(price) for price in line.cells.get(column, ())] for column in columns
            ],
        }

    def entry(self, price: PriceVersion) -> dict[str, Any]:
        """Return one price as the matrix writes it."""
        return {
            "text": words.headline(price),
            "url": reverse("catalog:price", args=[price.pk]),
            "state": price.state,
            "validity": words.validity(price),
            "asks": price.attribute_key if price.attribute_key != "*" else "",
            "tiers": words.tier_lines(price),
        }
