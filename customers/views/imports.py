"""Files of customers, accounts and orders: looked at first, then taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from django import forms
from django.http import HttpResponse
from django.urls import reverse

from customers import operations
from customers.operations import ImportReport
from customers.rules.import_rows import FORMATS
from customers.views.fields import person
from foundation import clock
from foundation.screens import Column, Crumb, Fact, FormScreen, Table

SHOWN = 500


class ImportFields(forms.Form):
    """A file, what it holds, and whether only to look."""

    what = forms.ChoiceField(
        label="The file holds", choices=[(name, name.capitalize()) for name in FORMATS]
    )
    file = forms.FileField(help_text="CSV or XLSX; docs/formats/customers.md names the columns.")
    dry_run = forms.BooleanField(
        label="Only look", required=False, initial=True, help_text="Shows what would be done."
    )
    all_or_nothing = forms.BooleanField(label="One bad row refuses the file", required=False)


class ImportPage(FormScreen):
    """Look at a file, or take it; either way every row is told."""

    title = "Import"
    permission = "customers.import_customers"
    form_class = ImportFields
    submit_label = "Go"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the customers."""
        return (Crumb("Customers", reverse("customers:customers")),)

    def submit(self, form: forms.Form) -> ImportReport:
        """Call the operation."""
        given = form.cleaned_data
        return operations.import_file(
            what=given["what"],
            content=given["file"].read(),
            filename=given["file"].name,
            as_of=clock.now().astimezone(UTC).date(),
            dry_run=given["dry_run"],
            all_or_nothing=given["all_or_nothing"],
            actor=person(self.request),
        )

    def succeeded(self) -> HttpResponse:
        """Show what became of the rows."""
        report: ImportReport = self.result
        title = "Imported" if report.batch else "Looked at, nothing taken"
        context = self.get_context_data(
            title=f"{title}: {report.filename}",
            facts=[
                Fact(label=label.replace("_", " ").capitalize(), value=count, kind="number")
                for label, count in report.counts.items()
            ],
            table=problems_of(report),
            tables=[outcomes_of(report)],
        )
        return self.response_class(
            request=self.request, template=["console/table.html"], context=context
        )


def problems_of(report: ImportReport) -> Table:
    """Return the rows that were not taken."""
    return Table(
        caption="Rows not taken",
        rows=report.problems[:SHOWN],
        empty="None: every row is sound.",
        columns=(
            Column(label="Row", value="row", kind="number"),
            Column(label="Column", value="column", kind="code"),
            Column(label="Value", value="value"),
            Column(label="Why", value="message"),
            Column(label="Rule", value="rule", kind="code"),
            Column(label="What to do", value="remedy"),
        ),
    )


def outcomes_of(report: ImportReport) -> Table:
    """Return what became of the rows that were taken."""
    return Table(
        caption="Rows taken" if report.batch else "Rows that would be taken",
        rows=[one for one in report.outcomes if one.kind != "same"][:SHOWN],
        empty="Nothing new and nothing changed.",
        columns=(
            Column(label="Row", value="row", kind="number"),
            Column(label="Number", value="key", kind="code"),
            Column(label="Becomes", value="kind"),
            Column(
                label="Changes",
                value=lambda one: "; ".join(
                    f"{name}: {old or 'empty'} → {new}" for name, (old, new) in one.changes.items()
                ),
            ),
        ),
    )
