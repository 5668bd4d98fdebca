"""What balances have been used to: a list for whoever answers or warns customers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from foundation.screens import Column, Empty, FilterForm, ListScreen
from rating import queries
from rating.choices import PERCENTS
from rating.models import ThresholdAlert
from rating.views.balances import bucket_url


class AlertFilters(FilterForm):
    """Which percentage."""

    percent = forms.ChoiceField(
        choices=[("", "All"), *((str(one), f"{one} %") for one in PERCENTS)], label="Reached"
    )


class AlertList(ListScreen):
    """Balances that were used to half, to four fifths, to the end."""

    title = "Usage alerts"
    permission = "rating.view_thresholdalert"
    filters = AlertFilters
    intro = "Each is said once per balance and period, and goes out as an event for messages."
    columns = (
        Column(label="When", value="at", kind="instant"),
        Column(
            label="Account",
            value="bucket.account",
            link=lambda one: reverse("rating:account_balances", args=[one.bucket.account_id]),
        ),
        Column(label="Service", value="bucket.service.number", kind="code"),
        Column(label="Balance", value="bucket.name", link=lambda one: bucket_url(one.bucket)),
        Column(label="Reached", value=lambda one: f"{one.percent} %"),
        Column(label="Used", value="used", kind="number"),
        Column(label="Granted", value="bucket.initial", kind="number"),
        Column(label="Unit", value="bucket.measure"),
    )
    empty = Empty(title="No alert", text="No balance whose offer warns was used to half.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[ThresholdAlert]:
        """Return the alerts, the newest first."""
        return queries.alerts(percent=filters.get("percent", ""))
