"""The index of reports, and the files that were read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from audit.choices import BatchState
from audit.models import ImportBatch, ImportRowError
from billing_site.queries.doors import may_open
from billing_site.reports import GROUPS
from foundation.screens import STAFF, Column, Crumb, Empty, FilterForm, ListScreen, Screen
from foundation.verdicts import remedy


class Index(Screen):
    """Every report that this user may open, by part of the trade."""

    reach = "shared"
    title = "Reports"
    permission = STAFF
    template_name = "console/reports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the groups with the reports of this user's rights."""
        user = self.request.user
        groups = [
            (title, [(r, reverse(r.url_name)) for r in reports if may_open(user, r.url_name)])
            for title, reports in GROUPS
        ]
        return super().get_context_data(groups=[g for g in groups if g[1]], **kwargs)


class BatchFilters(FilterForm):
    """Which files to show."""

    kind = forms.CharField(max_length=40)
    state = forms.ChoiceField(choices=[("", "Any"), *BatchState.choices])


class Imports(ListScreen):
    """Files that were read, newest first."""

    reach = "whole"
    title = "Imports"
    permission = "audit.view_importbatch"
    filters = BatchFilters
    columns = (
        Column(
            label="File",
            value="filename",
            link=lambda batch: reverse("console:import", args=[batch.pk]),
        ),
        Column(label="Kind", value="kind"),
        Column(label="State", value="state", kind="status"),
        Column(label="Counts", value=lambda b: ", ".join(f"{k} {v}" for k, v in b.counts.items())),
        Column(label="By", value=lambda b: str(b.actor or "the engine")),
        Column(label="Read", value="opened_at", kind="instant"),
    )
    keyset = ("-id",)
    empty = Empty(
        title="No file was read yet",
        text="Usage, prices, customers and payments that come as files are listed here with "
        "what was taken, what was rejected and why.",
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[ImportBatch]:
        """Return the files."""
        found = ImportBatch.objects.select_related("actor")
        if filters.get("kind"):
            found = found.filter(kind=filters["kind"])
        if filters.get("state"):
            found = found.filter(state=filters["state"])
        return found


class ImportErrors(ListScreen):
    """The rows of a file that were not taken, with row, column and rule."""

    subject = ImportBatch
    permission = "audit.view_importbatch"
    columns = (
        Column(label="Row", value=lambda error: error.row or "file", kind="code"),
        Column(label="Column", value="column"),
        Column(label="Value", value="value", kind="code"),
        Column(label="What is wrong", value="message"),
        Column(label="Rule", value="rule", kind="code"),
        Column(label="What to do", value=lambda error: remedy(error.rule)),
    )
    keyset = ("row", "id")
    empty = Empty(title="Every row was taken", text="Nothing in this file was rejected.")

    @cached_property
    def batch(self) -> ImportBatch:
        """Return the file."""
        return get_object_or_404(ImportBatch, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        """Name the file."""
        return self.batch.filename

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Imports", reverse("console:imports"))]

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Say what happened to the file above its rows."""
        self.intro = self.batch.message
        return super().get(*args, **kwargs)

    def rows(self, filters: dict[str, Any]) -> QuerySet[ImportRowError]:
        """Return the rejected rows."""
        return self.batch.errors.all()
