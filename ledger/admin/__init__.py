"""The ledger in the admin: set-up may be edited, books are looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminDateWidget

from foundation.admin import HouseAdmin, ReadOnlyAdmin, ReadOnlyInline, stand_for
from ledger import operations
from ledger.models import (
    AccountingPeriod,
    Currency,
    ExchangeRate,
    GLAccount,
    JournalEntry,
    JournalLine,
    LegalEntity,
    NumberSeries,
    PostingRule,
)


class NewEntityForm(forms.ModelForm):  # type: ignore[type-arg]
    """A company, and the day from which its books are kept."""

    books_from = forms.DateField(
        widget=UnfoldAdminDateWidget,
        help_text="The first day of the first accounting period. Two years of periods, the chart, "
        "the posting rules and the number series are made with the entity.",
    )


@admin.register(LegalEntity)
class LegalEntityAdmin(HouseAdmin):
    """Companies; their currency and zone are fixed once there are books."""

    list_display = ("code", "name", "country", "functional_currency", "time_zone")
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes when the entity exists."""
        return ("code", "functional_currency", "fiscal_year_start") if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Ask with a new entity from when its books are kept."""
        if obj is None:
            kwargs["form"] = NewEntityForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a new entity with all that its first document needs."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            actor = request.user
            stand_for(obj, operations.ensure_entity(**form.cleaned_data, actor=actor))  # type: ignore[arg-type]


@admin.register(GLAccount)
class GLAccountAdmin(HouseAdmin):
    """The chart; an account that was used is deactivated, not deleted."""

    list_display = ("number", "name", "kind", "is_control", "is_active", "entity")
    list_select_related = ("entity",)
    list_filter = ("entity", "kind", "is_active")
    search_fields = ("number", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes when the account exists."""
        return ("entity", "number", "is_control") if obj else ()


@admin.register(PostingRule)
class PostingRuleAdmin(HouseAdmin):
    """Which accounts an event moves."""

    list_display = ("event", "gl_code", "debit_number", "credit_number", "valid", "entity")
    list_select_related = ("entity",)
    list_filter = ("entity", "event")


@admin.register(Currency)
class CurrencyAdmin(ReadOnlyAdmin):
    """Currencies and their minor units."""

    list_display = ("code", "minor_units", "cash_step")
    search_fields = ("code",)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadOnlyAdmin):
    """Rates; added from the console's page."""

    list_display = ("on_date", "base", "quote", "kind", "rate", "source")
    list_filter = ("kind", "base", "quote")


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin):
    """How far the document numbers have come."""

    list_display = ("entity", "doc_type", "fiscal_year", "stem", "next_no")
    list_select_related = ("entity",)
    list_filter = ("entity", "doc_type")


@admin.register(AccountingPeriod)
class AccountingPeriodAdmin(ReadOnlyAdmin):
    """Periods; opened, closed and reopened from the console's pages."""

    list_display = ("__str__", "entity", "state", "changed_at")
    list_select_related = ("entity",)
    list_filter = ("entity", "state")


class JournalLineInline(ReadOnlyInline):
    """The lines of an entry."""

    model = JournalLine
    fields = ("account", "debit", "credit", "functional_debit", "functional_credit", "payer_id")
    show_change_link = False


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    """Entries with their lines."""

    list_display = ("id", "accounting_date", "event", "source_type", "source_id", "currency")
    list_filter = ("entity", "event")
    ordering = ("-id",)
    inlines = (JournalLineInline,)
