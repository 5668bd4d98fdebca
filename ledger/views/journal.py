"""The trial balance, and the way down from a balance to its lines, entry and document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from foundation import clock
from foundation.screens import (
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    LongSelect,
    Screen,
    Suggest,
    Table,
    Total,
    naming,
)
from ledger import queries
from ledger.models import GLAccount, JournalEntry, JournalLine, LegalEntity
from ledger.queries import BalanceRow
from ledger.rules.chart import EVENTS, event_title

VIEW = "ledger.view_journalentry"
PAYER, PRODUCT = "customers.account", "catalog.product"
ZERO = Decimal(0)


def entry_url(entry_id: int) -> str:
    """Return the page of a journal entry."""
    return reverse("ledger:entry", args=[entry_id])


def source_url(entry: JournalEntry) -> str:
    """Return the page of an entry's document: `invoicing.invoice` is at `invoicing:invoice`.

    A document without a page of its own is shown by its admin page; "" where there is none.
    """
    return naming.address(entry.source_type, entry.source_id)


class Named:
    """Name the documents, payers and products shown, with one query per kind of thing."""

    names: Mapping[naming.Thing, str] = MappingProxyType({})

    def read_names(
        self, entries: Iterable[JournalEntry], lines: Iterable[JournalLine] = ()
    ) -> None:
        """Read the names of the documents of these entries, and of what these lines are about."""
        things = [(entry.source_type, entry.source_id) for entry in entries]
        for line in lines:
            if line.payer_id:
                things.append((PAYER, line.payer_id))
            if line.product_id:
                things.append((PRODUCT, line.product_id))
        self.names = naming.names(things)

    def source_name(self, entry: JournalEntry) -> str:
        """Return what staff call an entry's document."""
        return self.names[entry.source_type, entry.source_id]

    def payer_column(self) -> Column:
        """Return the column of the account that a line is about."""
        return Column(
            label="Payer",
            value=lambda x: self.names.get((PAYER, x.payer_id), ""),
            kind="code",
            link=lambda x: naming.address(PAYER, x.payer_id) if x.payer_id else "",
        )


class BalanceFilters(FilterForm):
    """Of whom, as of when, and since when the movement is counted."""

    entity = forms.ModelChoiceField(LegalEntity.objects.all(), empty_label="First entity")
    as_of = forms.DateField(label="As of")
    since = forms.DateField(label="Movement since")


class TrialBalance(ListScreen):
    """Every account with its debits and credits; each balance leads to its lines."""

    reach = "own"
    title = "Trial balance"
    permission = VIEW
    filters = BalanceFilters
    page_size = 500
    intro = "Amounts in transaction currency beside their value in the entity's own currency."
    empty = Empty(
        title="Nothing is posted yet",
        text="Accounts appear here with the first posted invoice or payment.",
    )

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """Return the columns; functional amounts are in the currency of the entity shown."""
        functional = self.entity.functional_currency if self.entity else ""

        def own(_: BalanceRow) -> str:
            return functional

        return (
            Column(label="Account", value="number", kind="code", link=self.lines_url),
            Column(label="Name", value="name"),
            Column(label="Debit", value="debit", kind="money"),
            Column(label="Credit", value="credit", kind="money"),
            Column(label="Functional debit", value="functional_debit", kind="money", currency=own),
            Column(
                label="Functional credit", value="functional_credit", kind="money", currency=own
            ),
            Column(label="Balance", value="balance", kind="money", currency=own),
            Column(label="Movement", value="movement", kind="money", currency=own),
        )

    @cached_property
    def entity(self) -> LegalEntity | None:
        """Return the entity asked for, or the first."""
        asked = self.request.GET.get("entity", "")
        seen = self.narrowed(LegalEntity.objects.all())
        if asked.isascii() and asked.isdigit():
            return seen.filter(pk=int(asked)).first()
        return seen.order_by("code").first()

    @cached_property
    def balances(self) -> list[BalanceRow]:
        """Return the rows, read once for table and totals."""
        if self.entity is None:
            return []
        form = self.filter_form()
        asked = form.cleaned_data if form is not None and form.is_valid() else {}
        return queries.trial_balance(
            entity=self.entity, as_of=self.as_of(asked), since=asked.get("since")
        )

    def as_of(self, filters: dict[str, Any]) -> date:
        """Return the date asked for, or the entity's today."""
        assert self.entity is not None
        return filters.get("as_of") or clock.today(self.entity.zone)

    def rows(self, filters: dict[str, Any]) -> Sequence[BalanceRow]:
        """Return the balances."""
        return self.balances

    def totals(self, filters: dict[str, Any]) -> list[Total]:
        """Return both sides in functional currency: they are equal, or the books are wrong."""
        currency = self.entity.functional_currency if self.entity else ""
        debit = sum((row.functional_debit for row in self.balances), ZERO)
        credit = sum((row.functional_credit for row in self.balances), ZERO)
        return [
            Total(label="Debit", amount=debit, currency=currency),
            Total(label="Credit", amount=credit, currency=currency),
        ]

    def filter_defaults(self) -> dict[str, str]:
        """Show the first entity and its today."""
        if self.entity is None:
            return {}
        day = self.as_of({}).isoformat()
        return {"entity": str(self.entity.pk), "as_of": day}

    def lines_url(self, row: BalanceRow) -> str:
        """Return the lines behind a balance."""
        asked = {"account": row.account_id, "currency": row.currency}
        if until := self.request.GET.get("as_of"):
            asked["until"] = until
        return f"{reverse('ledger:lines')}?{urlencode(asked)}"


def _accounts() -> Iterable[tuple[str, str]]:
    """Return the accounts of the charts, each number with its name once."""
    return GLAccount.objects.order_by("number").values_list("number", "name").distinct()


class LineFilters(FilterForm):
    """Which lines to show; `account` is an id, as the trial balance links it."""

    account = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    number = forms.CharField(
        label="Account", max_length=16,
        widget=Suggest(_accounts),
    )  # fmt: skip
    currency = forms.ChoiceField(
        choices=partial(queries.currency_choices, "Any"), widget=LongSelect
    )
    since = forms.DateField(label="From")
    until = forms.DateField(label="To")


class Lines(Named, ListScreen):
    """Journal lines, newest first."""

    title = "Journal lines"
    permission = VIEW
    filters = LineFilters
    keyset = ("-id",)
    empty = Empty(title="No line is posted yet", text="Posted documents write journal lines.")

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """Return the columns."""
        return (
            Column(label="Date", value="entry.accounting_date", kind="date"),
            Column(
                label="Entry", value="entry_id", kind="code", link=lambda x: entry_url(x.entry_id)
            ),
            Column(label="Event", value=lambda x: event_title(x.entry.event)),
            Column(
                label="Document",
                value=lambda x: self.source_name(x.entry),
                kind="code",
                link=lambda x: source_url(x.entry),
            ),
            Column(label="Account", value=lambda x: str(x.account)),
            Column(label="Debit", value="debit", kind="money"),
            Column(label="Credit", value="credit", kind="money"),
            self.payer_column(),
        )

    def look_up(self, rows: Sequence[JournalLine]) -> None:
        """Name the documents and the payers of the lines."""
        self.read_names([line.entry for line in rows], rows)

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Trial balance", reverse("ledger:trial_balance"))]

    def rows(self, filters: dict[str, Any]) -> QuerySet[JournalLine]:
        """Return the lines asked for."""
        return queries.journal_lines(
            account_id=filters.get("account"),
            number=filters.get("number") or "",
            currency=filters.get("currency") or "",
            since=filters.get("since"),
            until=filters.get("until"),
        )


class EntryFilters(FilterForm):
    """Which entries to show."""

    entity = forms.ModelChoiceField(LegalEntity.objects.all(), empty_label="Any entity")
    event = forms.ChoiceField(
        choices=[("", "Any"), *((code, event_title(code)) for code in EVENTS)]
    )
    since = forms.DateField(label="From")
    until = forms.DateField(label="To")


class Entries(Named, ListScreen):
    """Journal entries, newest first."""

    title = "Journal"
    permission = VIEW
    filters = EntryFilters
    keyset = ("-id",)
    empty = Empty(title="Nothing is posted yet", text="Posted documents write journal entries.")

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """Return the columns."""
        return (
            Column(label="Entry", value="pk", kind="code", link=lambda x: entry_url(x.pk)),
            Column(label="Date", value="accounting_date", kind="date"),
            Column(label="Event", value=lambda x: event_title(x.event)),
            Column(label="Document", value=self.source_name, kind="code", link=source_url),
            Column(label="Currency", value="currency", kind="code"),
            Column(label="Text", value="description"),
            Column(label="Posted", value="posted_at", kind="instant"),
        )

    def look_up(self, rows: Sequence[JournalEntry]) -> None:
        """Name the documents of the entries."""
        self.read_names(rows)

    def rows(self, filters: dict[str, Any]) -> QuerySet[JournalEntry]:
        """Return the entries asked for."""
        entity = filters.get("entity")
        return queries.journal_entries(
            entity_id=entity.pk if entity else None,
            event=filters.get("event") or "",
            since=filters.get("since"),
            until=filters.get("until"),
        )


class Entry(Named, Screen):
    """One entry with its lines, its document, and the entry that reverses it."""

    subject = JournalEntry
    permission = VIEW
    template_name = "console/table.html"

    @cached_property
    def entry(self) -> JournalEntry:
        """Return the entry of the address."""
        return get_object_or_404(
            JournalEntry.objects.select_related("entity", "actor"), pk=self.kwargs["pk"]
        )

    def get_title(self) -> str:
        """Name the entry."""
        return f"Journal entry {self.entry.pk}"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Journal", reverse("ledger:entries"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return facts and lines."""
        entry = self.entry
        lines = list(entry.lines.select_related("account").order_by("pk"))
        self.read_names([entry], lines)
        functional = entry.entity.functional_currency
        reversal = JournalEntry.objects.filter(reversal_of=entry).first()
        facts = [
            Fact(label="Entity", value=str(entry.entity)),
            Fact(label="Date", value=entry.accounting_date, kind="date"),
            Fact(label="Event", value=event_title(entry.event)),
            Fact(
                label="Document",
                value=self.source_name(entry),
                kind="code",
                url=source_url(entry),
            ),
            Fact(label="Exchange rate", value=entry.fx_rate, kind="number"),
            Fact(label="Text", value=entry.description),
            Fact(label="Posted", value=entry.posted_at, kind="instant"),
            Fact(label="By", value=str(entry.actor or "the engine")),
        ]
        if entry.reversal_of_id:
            facts.append(
                Fact(
                    label="Reverses",
                    value=f"entry {entry.reversal_of_id}",
                    url=entry_url(entry.reversal_of_id),
                )
            )
        if reversal is not None:
            facts.append(
                Fact(label="Reversed by", value=f"entry {reversal.pk}", url=entry_url(reversal.pk))
            )
        return super().get_context_data(
            facts=facts, table=self.lines_table(lines, functional), tables=[], **kwargs
        )

    def lines_table(self, lines: list[JournalLine], functional: str) -> Table:
        """Return the lines of an entry in both currencies."""

        def own(_: JournalLine) -> str:
            return functional

        columns = (
            Column(label="Account", value=lambda x: str(x.account)),
            Column(label="Debit", value="debit", kind="money"),
            Column(label="Credit", value="credit", kind="money"),
            Column(label="Functional debit", value="functional_debit", kind="money", currency=own),
            Column(
                label="Functional credit", value="functional_credit", kind="money", currency=own
            ),
            self.payer_column(),
            Column(
                label="Product",
                value=lambda x: self.names.get((PRODUCT, x.product_id), ""),
                kind="code",
            ),
            Column(label="Tax", value="tax_type"),
        )
        return Table(caption="Lines", columns=columns, rows=lines)
