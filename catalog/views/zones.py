"""Zone maps: importing one, with what that would change, and setting what it falls back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse

from catalog import operations
from catalog.models import ZoneFallback, ZoneMap
from catalog.operations import ZoneReport
from catalog.rules.zone_rows import CHANGED, ENDED, NEW, UNCHANGED
from catalog.views import words
from catalog.views.discounts import last_of
from catalog.views.price_forms import DAY
from catalog.views.uploads import content_of, file_field, told
from foundation.screens import Button, Column, Crumb, Definition, FormScreen, Table


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

    def buttons(self) -> list[Button]:
        """Lead to what maps fall back to."""
        return [
            Button(label="Fallbacks", url=reverse("catalog:zone_fallbacks"),
                   permission="catalog.change_zonemap")
        ]  # fmt: skip

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


class FallbackForm(forms.Form):
    """A map, a day, and the maps that are asked from then on where no prefix of it fits."""

    zone_map = forms.ModelChoiceField(ZoneMap.objects.all(), label="Zone map")
    starts = forms.DateField(
        label="From", widget=forms.DateInput(DAY, "%Y-%m-%d"), initial=words.today
    )
    then = forms.CharField(
        label="Falls back to",
        required=False,
        help_text="Codes of zone maps in the order in which they are asked; empty for none.",
    )

    def clean_then(self) -> list[ZoneMap]:
        """Return the maps that the codes name."""
        codes = self.cleaned_data["then"].replace(",", " ").split()
        known = {one.code: one for one in ZoneMap.objects.filter(code__in=codes)}
        unknown = [code for code in codes if code not in known]
        if unknown:
            raise ValidationError(f"No zone map has the code {unknown[0]}.", code="UNKNOWN")
        return [known[code] for code in codes]


class Fallbacks(Definition):
    """Say which maps are asked where no prefix of a map fits."""

    title = "Zone fallbacks"
    intro = (
        "A number that no prefix of a map fits is looked for in the maps that it falls back to, "
        "one after the other, each with its own fallbacks. Days before stay as they were."
    )
    permission = ("catalog.view_zoneprefix", "catalog.change_zonemap")
    form_class = FallbackForm
    listed = ("Zones", "catalog:zone_import")
    template_name = "catalog/zone_fallbacks.html"
    submit_label = "Set"
    success_message = "The fallbacks are set."

    def get_success_url(self) -> str:
        """Stay here, where they are listed."""
        return reverse("catalog:zone_fallbacks")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what all maps fall back to."""
        rows = ZoneFallback.objects.select_related("zone_map", "then")
        links = Table(
            columns=(
                Column(label="Zone map", value="zone_map.code", kind="code"),
                Column(label="Turn", value="turn", kind="number"),
                Column(label="Falls back to", value="then.code", kind="code"),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="Last day", value=lambda one: last_of(one.valid), kind="date"),
            ),
            rows=rows.order_by("zone_map__code", "turn", "valid"),
            empty="No map falls back to another.",
        )
        return super().get_context_data(links=links, **kwargs)

    def submit(self, form: forms.Form) -> list[ZoneFallback]:
        """Call the operation."""
        return operations.set_zone_fallbacks(actor=words.actor(self.request), **form.cleaned_data)
