"""Importing a zone map: choose map, day and file, see what it would change, take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse

from catalog import operations
from catalog.models import ZoneMap
from catalog.operations import ZoneReport
from catalog.rules.zone_rows import CHANGED, ENDED, NEW, UNCHANGED
from catalog.views import words
from catalog.views.price_forms import DAY
from catalog.views.uploads import content_of, file_field, told
from foundation.screens import Column, Crumb, FormScreen


class ZoneForm(forms.Form):
    """A map, the day from which the file is all of it, and the file."""

    zone_map = forms.ModelChoiceField(ZoneMap.objects.all(), label="Zone map")
    starts = forms.DateField(
        label="From", widget=forms.DateInput(DAY, "%Y-%m-%d"), initial=words.today
    )
    file = file_field("Columns prefix and zone.")
    check_only = forms.BooleanField(
        label="Only show what it would change", required=False, initial=True
    )


class ImportZones(FormScreen):
    """Make a file of prefixes a zone map from a day on, or say what that would change."""

    title = "Import zones"
    intro = (
        "The file is the whole map from its day on: prefixes that it does not name end, days "
        "before stay as they were."
    )
    permission = ("catalog.view_zoneprefix", "catalog.import_prices")
    form_class = ZoneForm
    template_name = "catalog/zones.html"
    submit_label = "Go"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the prices."""
        return (Crumb("Prices", reverse("catalog:matrix")),)

    def submit(self, form: forms.Form) -> ZoneReport:
        """Compare or import."""
        data = form.cleaned_data
        return operations.import_zones(
            zone_map=data["zone_map"],
            content=content_of(data["file"]),
            filename=data["file"].name,
            starts=data["starts"],
            actor=words.actor(self.request),
            dry_run=data["check_only"],
        )

    def succeeded(self) -> HttpResponse:
        """Show what changed, or would."""
        report: ZoneReport = self.result
        return self.render_to_response(
            self.get_context_data(form=self.get_form(), report=report, **_told(report))
        )


def _told(report: ZoneReport) -> dict[str, Any]:
    columns = (
        Column(label="Change", value=lambda one: one.kind.title()),
        Column(label="Prefix", value="prefix", kind="code"),
        Column(label="Before", value="before", kind="code"),
        Column(label="After", value="after", kind="code"),
    )
    changes = [one for one in report.changes if one.kind != UNCHANGED]
    return told(report, changes, (NEW, CHANGED, ENDED, UNCHANGED), columns)
