"""Ageing at any day: payers by bucket, totals by currency, as a page or a file (R1, COL-1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, overload
from zoneinfo import ZoneInfo

from django import forms
from django.urls import reverse

import ledger.queries
from customers.models import Account
from foundation import clock
from foundation.screens import Column, Empty, FilterForm, ListScreen, LongSelect, Total
from foundation.screens.cells import date_text
from ledger.models import LegalEntity
from receivables import queries
from receivables.choices import AgeingBasis
from receivables.queries import AgeingReport, AgeingRow
from receivables.rules.ageing import Buckets

BUCKETS = Buckets()


class AgeingFilters(FilterForm):
    """Which day, whose debts, and how they are counted."""

    as_of = forms.DateField(label="At the end of")
    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label="Legal entity")
    currency = forms.ChoiceField(
        label="Currency",
        choices=partial(ledger.queries.currency_choices, "Any"),
        widget=LongSelect,
    )
    basis = forms.ChoiceField(label="Counted from", choices=AgeingBasis.choices)
    netted = forms.BooleanField(label="Take unapplied credits off the oldest debts")


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A payer's line with the payer's number and name."""

    row: AgeingRow
    amounts: tuple[Decimal, ...]
    number: str
    name: str
    currency: str
    url: str


class NamedRows(Sequence[NamedRow]):
    """The lines of a report; names are looked up only for the lines that are shown."""

    def __init__(self, report: AgeingReport, *, netted: bool) -> None:
        self.report = report
        self.netted = netted

    def __len__(self) -> int:
        return len(self.report.rows)

    @overload
    def __getitem__(self, place: int) -> NamedRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[NamedRow]: ...
    def __getitem__(self, place: int | slice) -> NamedRow | list[NamedRow]:
        """Return named lines."""
        if isinstance(place, int):
            return self._named(self.report.rows[place : place + 1])[0]
        return self._named(self.report.rows[place])

    def _named(self, rows: list[AgeingRow]) -> list[NamedRow]:
        ids = {row.payer_id for row in rows if row.payer_id is not None}
        found = Account.objects.filter(pk__in=ids).values_list("pk", "number", "name")
        names = {pk: (number, name) for pk, number, name in found}
        return [self._line(row, *names.get(row.payer_id or 0, ("", ""))) for row in rows]

    def _line(self, row: AgeingRow, number: str, name: str) -> NamedRow:
        items = reverse("receivables:account_items", args=[row.payer_id])
        return NamedRow(
            row=row,
            amounts=row.netted if self.netted else row.amounts,
            number=number,
            name=name,
            currency=row.currency,
            url=f"{items}?as_of={self.report.as_of.isoformat()}",
        )


def _bucket(place: int) -> Callable[[NamedRow], Decimal]:
    return lambda line: line.amounts[place]


class AgeingList(ListScreen):
    """Debts by age at the end of a day; a line leads to the payer's items of that day."""

    reach = "own"
    title = "Ageing"
    permission = "receivables.view_openitem"
    filters = AgeingFilters
    export_name = "ageing"
    empty = Empty(
        title="Nobody owes anything",
        text="Open items come from posted invoices. Nothing was open at the end of this day.",
    )
    columns = (
        Column(label="Payer", value="number", kind="code", link=lambda line: line.url),
        Column(label="Name", value="name"),
        *(
            Column(label=label, value=_bucket(place), kind="money")
            for place, label in enumerate(BUCKETS.labels)
        ),
        Column(label="Total", value="row.total", kind="money"),
        Column(label="Disputed", value="row.disputed", kind="money"),
        Column(label="Unapplied", value="row.unapplied", kind="money"),
        Column(label="Net", value="row.net", kind="money"),
    )

    def filter_defaults(self) -> dict[str, str]:
        """Show today."""
        return {"as_of": clock.today(ZoneInfo("UTC")).isoformat()}

    def report(self, filters: dict[str, Any]) -> AgeingReport:
        """Return the report that the filters ask for, made once per page.

        Only the lines of the page are read; all of them where a file is wanted.
        """
        if not hasattr(self, "_report"):
            whole = self.request.GET.get("export") in ("csv", "xlsx")
            first = 0 if whole else (self.page_number() - 1) * self.page_size
            self._report = self._read(filters, first, whole=whole)
            if first and first >= len(self._report.rows):  # beyond the last page: show that
                last = max(0, len(self._report.rows) - 1) // self.page_size * self.page_size
                self._report = self._read(filters, last)
        return self._report

    def _read(self, filters: dict[str, Any], first: int, *, whole: bool = False) -> AgeingReport:
        return queries.ageing(
            as_of=filters.get("as_of") or clock.today(ZoneInfo("UTC")),
            entities=self.entities_asked(filters),
            currency=filters.get("currency") or "",
            basis=AgeingBasis(filters.get("basis") or AgeingBasis.DUE_DATE),
            buckets=BUCKETS,
            first=first,
            most=None if whole else self.page_size,
        )

    def rows(self, filters: dict[str, Any]) -> Sequence[NamedRow]:
        """Return a line for each payer and currency."""
        return NamedRows(self.report(filters), netted=bool(filters.get("netted")))

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the buckets' sums in each currency."""
        figures: list[Total] = []
        for total in self.report(filters).totals:
            amounts = total.netted if filters.get("netted") else total.amounts
            parts = [*zip(BUCKETS.labels, amounts, strict=True)]
            parts += [("Unapplied", total.unapplied), ("Net", total.net)]
            figures += [
                Total(label=label, amount=amount, currency=total.currency)
                for label, amount in parts
            ]
        return figures

    def get_title(self) -> str:
        """Name the day."""
        form = self.filter_form()
        day = form.cleaned_data.get("as_of") if form is not None and form.is_valid() else None
        return f"Ageing at the end of {date_text(day)}" if day else self.title
