"""What was used to half, four fifths, the end: for whoever answers or warns customers."""

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


def what_url(one: ThresholdAlert) -> str:
    """Return the page of what was used: a balance, a pool, the caps of the account."""
    if one.bucket is not None:
        return bucket_url(one.bucket)
    if one.pool_id is not None:
        return reverse("rating:pool", args=[one.pool_id])
    return reverse("rating:account_caps", args=[one.account_id])


class AlertFilters(FilterForm):
    """Which percentage."""

    percent = forms.ChoiceField(
        choices=[("", "All"), *((str(one), f"{one} %") for one in PERCENTS)], label="Reached"
    )


class AlertList(ListScreen):
    """Balances, pools and spend caps that were used to half, to four fifths, to the end."""

    title = "Usage alerts"
    permission = "rating.view_thresholdalert"
    filters = AlertFilters
    intro = (
        "Each is said once per period of a balance, a pool or a spend cap, and goes out as an "
        "event for messages."
    )
    columns = (
        Column(label="When", value="at", kind="instant"),
        Column(
            label="Account",
            value="account",
            link=lambda one: reverse("rating:account_balances", args=[one.account_id]),
        ),
        Column(label="Service", value="bucket.service.number", kind="code"),
        Column(label="Of", value="what", link=what_url),
        Column(label="Period from", value="period_start", kind="date"),
        Column(label="Reached", value=lambda one: f"{one.percent} %"),
        Column(label="Used", value="used", kind="measure"),
        Column(label="Of at most", value="most", kind="measure"),
        Column(label="Unit", value="measure"),
    )
    empty = Empty(title="No alert", text="Nothing that warns was used to half.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[ThresholdAlert]:
        """Return the alerts, the newest first."""
        return queries.alerts(percent=filters.get("percent", ""))
