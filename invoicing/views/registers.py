"""The billing register (R2) and tax by place (R10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

import invoicing.queries
from foundation import clock
from foundation.screens import Column, Empty, FilterForm, ListScreen, Total
from invoicing.choices import DocumentType
from invoicing.models import Invoice
from invoicing.queries import TaxLiability
from invoicing.views.documents import COLUMNS
from ledger.models import LegalEntity


class PeriodFilters(FilterForm):
    """Days and entity; the month before where nothing is said."""

    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))
    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label="Legal entity")


def period_of(filters: dict[str, Any]) -> tuple[date, date]:
    """Return the half-open days asked for, else the last sixty days."""
    until = filters.get("until") or clock.today(ZoneInfo("UTC"))
    since = filters.get("since") or until - timedelta(days=60)
    return since, until + timedelta(days=1)


class PeriodReport(ListScreen):
    """A report on some days; it says which where nobody has asked."""

    filters = PeriodFilters

    def filter_defaults(self) -> dict[str, str]:
        """Show the last sixty days."""
        since, end = period_of({})
        return {
            "since": since.isoformat(),
            "until": (end - timedelta(days=1)).isoformat(),
        }


class Register(PeriodReport):
    """Every posted document of a period, with sums by type and currency."""

    title = "Billing register"
    permission = "invoicing.view_invoice"
    columns = COLUMNS
    empty = Empty(title="Nothing was issued", text="Choose other days.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Invoice]:
        """Return what was issued."""
        rows = invoicing.queries.posted_between(*period_of(filters))
        if filters.get("entity"):
            rows = rows.filter(entity=filters["entity"])
        return rows

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the sums by currency and type."""
        words = dict(DocumentType.choices)
        return [
            Total(label=f"{words[one.doc_type]}: {label}", amount=amount, currency=one.currency)
            for one in invoicing.queries.register_totals(self.rows(filters))
            for label, amount in (("net", one.net), ("tax", one.tax), ("total", one.total))
        ]


class TaxReport(PeriodReport):
    """Billed less credited tax by place, tax, category and rate."""

    reach = "own"
    title = "Tax by place"
    permission = "invoicing.view_invoice"
    empty = Empty(title="No tax in these days", text="Choose other days.")
    columns = (
        Column(label="Place", value="place"),
        Column(label="Tax", value="tax"),
        Column(label="Category", value="category", kind="code"),
        Column(label="Rate", value=lambda row: f"{(row.rate * 100).normalize():f} %"),
        Column(label="Taxable", value="basis", kind="money"),
        Column(label="Tax amount", value="amount", kind="money"),
    )

    _rows: Sequence[TaxLiability] | None = None

    def rows(self, filters: dict[str, Any]) -> Sequence[TaxLiability]:
        """Return the sums, read once for table and totals."""
        if self._rows is None:
            self._rows = invoicing.queries.tax_liability(
                *period_of(filters), entities=self.entities_asked(filters)
            )
        return self._rows

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the tax owed in each currency."""
        sums: dict[str, Any] = {}
        for row in self.rows(filters):
            sums[row.currency] = sums.get(row.currency, 0) + row.amount
        return [
            Total(label="Tax", amount=amount, currency=currency)
            for currency, amount in sorted(sums.items())
        ]
