"""The fall-out queue: what could not be provisioned, how old it is, what is done next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from customers import choices, operations
from customers.models import ProvisioningFailure
from customers.views.fields import LineField, person
from customers.views.lists import ANY, account_url
from customers.views.services import OfSubscription, subscription_url
from foundation import clock
from foundation.screens import Column, Crumb, Empty, FilterForm, FormScreen, ListScreen


class FalloutFilters(FilterForm):
    """Narrow the queue."""

    next_step = forms.ChoiceField(choices=[*ANY, *choices.NextStep.choices])


class FalloutList(ListScreen):
    """What could not be provisioned, the oldest first."""

    title = "Fall-out"
    permission = "customers.view_subscription"
    filters = FalloutFilters
    keyset = ("id",)
    empty = Empty(title="Nothing fell out", text="Every ordered service could be provisioned.")
    columns = (
        Column(
            label="Subscription",
            value="number",
            kind="code",
            link=lambda row: subscription_url(row.subscription_id),
        ),
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda row: account_url(row.account_id),
        ),
        Column(label="Why", value="reason"),
        Column(
            label="Days old",
            value=lambda row: (clock.now() - row.reported_at).days,
            kind="number",
        ),
        Column(label="Times", value="times", kind="number"),
        Column(label="Next step", value="get_next_step_display"),
        Column(label="Told", value="reported_at", kind="instant"),
        Column(
            label="",
            value=lambda row: "Resolve",
            kind="act",
            link=lambda row: reverse("customers:resolve_failure", args=[row.pk]),
        ),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[ProvisioningFailure]:
        """Return what stands in the queue."""
        rows = ProvisioningFailure.objects.filter(resolved_at__isnull=True)
        if filters.get("next_step"):
            rows = rows.filter(next_step=filters["next_step"])
        return rows.annotate(
            number=F("subscription__number"),
            account_id=F("subscription__account"),
            account_number=F("subscription__account__number"),
        ).order_by("id")


class FailureFields(forms.Form):
    """Why it could not be provisioned, and what comes next."""

    reason = LineField(label="Why", max_length=200)
    next_step = forms.ChoiceField(choices=choices.NextStep.choices)


class ReportFailure(FormScreen, OfSubscription):
    """Put a subscription into the fall-out queue."""

    title = "Provisioning failed"
    permission = "customers.place_order"
    form_class = FailureFields
    submit_label = "Put into the queue"
    success_message = "It stands in the fall-out queue."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.report_failure(
            subscription=self.subscription, actor=person(self.request), **form.cleaned_data
        )

    def get_success_url(self) -> str:
        """Go to the queue."""
        return reverse("customers:fallout")


class ResolutionFields(forms.Form):
    """What was done."""

    resolution = LineField(label="What was done", max_length=200)


class ResolveFailure(FormScreen):
    """Take a subscription off the fall-out queue."""

    title = "Resolve"
    permission = "customers.place_order"
    subject = ProvisioningFailure
    form_class = ResolutionFields
    submit_label = "Resolve"
    success_message = "It is off the queue."

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the queue."""
        return (Crumb("Fall-out", reverse("customers:fallout")),)

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.resolve_failure(
            failure=get_object_or_404(ProvisioningFailure, pk=self.kwargs["pk"]),
            actor=person(self.request),
            **form.cleaned_data,
        )

    def get_success_url(self) -> str:
        """Go back to the queue."""
        return reverse("customers:fallout")
