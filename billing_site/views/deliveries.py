"""Deliveries of webhooks: the list, one with its tries, and what a person does about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timesince import timesince

import audit.operations
from audit.choices import DeliveryState
from audit.models import WebhookDelivery, WebhookEndpoint
from billing_site.queries import webhooks
from foundation import clock
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
)

VIEW: Final = "audit.view_webhookdelivery"
CHANGE: Final = "audit.change_webhookendpoint"


def address(delivery: WebhookDelivery) -> str:
    """Return the page of a delivery."""
    return reverse("console:delivery", args=[delivery.pk])


def age(delivery: WebhookDelivery) -> str:
    """Say how long something has been waiting; nothing once it has ended."""
    is_open = delivery.ended_at is None
    return timesince(delivery.event.occurred_at, clock.now(), depth=1) if is_open else ""


def subject_of(delivery: WebhookDelivery) -> str:
    """Return what the event is about."""
    return f"{delivery.subject_type}/{delivery.subject_id}"


class DeliveryFilters(FilterForm):
    """Which deliveries to show."""

    endpoint = forms.ModelChoiceField(WebhookEndpoint.objects.order_by("name", "pk"))
    state = forms.ChoiceField(choices=[("", "Any"), *DeliveryState.choices])


class Deliveries(ListScreen):
    """What was sent to whom, newest event first."""

    reach = "whole"
    title = "Webhook deliveries"
    permission = VIEW
    filters = DeliveryFilters
    columns = (
        Column(label="Event", value="event_id", kind="code", link=address),
        Column(label="Topic", value="event.topic", kind="code"),
        Column(label="About", value=subject_of, kind="code"),
        Column(label="Endpoint", value="endpoint.name"),
        Column(label="State", value="state", kind="status"),
        Column(label="Age", value=age),
        Column(label="Tries", value="attempts", kind="number"),
        Column(label="Last answer", value="last_status", kind="code"),
        Column(label="What failed", value="last_error"),
        Column(
            label="Next try",
            value=lambda one: one.next_try_at if one.state == "WAITING" else None,
            kind="instant",
        ),
    )
    keyset = ("-id",)
    empty = Empty(
        title="Nothing here",
        text="Events are passed on every five minutes; what is parked after too many tries waits "
        "here for a person. Widen the filters to see what was delivered.",
    )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the endpoints."""
        return (Crumb("Webhooks", reverse("console:webhooks")),)

    def rows(self, filters: dict[str, Any]) -> QuerySet[WebhookDelivery]:
        """Return the deliveries."""
        found = WebhookDelivery.objects.select_related("event", "endpoint")
        if filters.get("endpoint"):
            found = found.filter(endpoint=filters["endpoint"])
        if filters.get("state"):
            found = found.filter(state=filters["state"])
        return found


class OfDelivery(Screen):
    """Something about the delivery of the address."""

    subject = WebhookDelivery

    @cached_property
    def delivery(self) -> WebhookDelivery:
        """Return the delivery."""
        rows = WebhookDelivery.objects.select_related("event", "endpoint")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the lists."""
        return (
            Crumb("Webhooks", reverse("console:webhooks")),
            Crumb("Deliveries", reverse("console:deliveries")),
        )

    def get_success_url(self) -> str:
        """Show the delivery."""
        return address(self.delivery)


class Delivery(OfDelivery):
    """One delivery: what came of its tries, and what it holds back."""

    permission = VIEW
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the event and the endpoint."""
        return f"Event {self.delivery.event_id} for {self.delivery.endpoint.name}"

    def buttons(self) -> Sequence[Button]:
        """Offer what can be done about what is parked."""
        if self.delivery.state != DeliveryState.PARKED:
            return []
        again = reverse("console:send_again", args=[self.delivery.pk])
        skip = reverse("console:skip_delivery", args=[self.delivery.pk])
        return [
            Button(
                label="Send again", url=again, permission=CHANGE, method="post", style="primary"
            ),
            Button(label="Leave out", url=skip, permission=CHANGE, style="danger"),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts."""
        one = self.delivery
        is_waiting = one.state == DeliveryState.WAITING
        is_open = one.ended_at is None
        behind = webhooks.held_back(one).count() if is_open else 0
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(label="Topic", value=one.event.topic, kind="code"),
            Fact(label="About", value=subject_of(one), kind="code"),
            Fact(label="Happened", value=one.event.occurred_at, kind="instant"),
            Fact(label="Age", value=age(one)),
            Fact(label="Webhook id", value=str(one.event.uuid), kind="code"),
            Fact(label="Tries", value=one.attempts, kind="number"),
            Fact(label="Last try", value=one.last_tried_at, kind="instant"),
            Fact(label="Last answer", value=one.last_status, kind="code"),
            Fact(label="What failed", value=one.last_error),
            Fact(label="Next try", value=one.next_try_at if is_waiting else None, kind="instant"),
            Fact(label="Ended", value=one.ended_at, kind="instant"),
            Fact(label="Waiting behind it", value=behind if is_open else None, kind="number"),
        ]
        shown = [fact for fact in facts if fact.value not in (None, "")]
        return super().get_context_data(facts=shown, **kwargs)


class SendAgain(OfDelivery, ActionView):
    """Try what is parked again."""

    permission = (VIEW, CHANGE)
    success_message = "It is sent again within five minutes; what waits behind it follows."

    def act(self) -> Any:
        """Call the operation."""
        return audit.operations.send_again(
            delivery_id=self.delivery.pk, as_of=clock.now(), actor=self.actor
        )


class SkipForm(forms.Form):
    """Why an event is not sent."""

    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class Skip(OfDelivery, FormScreen):
    """Leave out what is parked."""

    permission = (VIEW, CHANGE)
    form_class = SkipForm
    submit_label = "Leave out"
    success_message = "Left out; what waits behind it follows."
    intro = (
        "The endpoint never hears of this event; later ones of the same subject are sent. Do this "
        "when the other side knows it already, or has no use for it."
    )

    def get_title(self) -> str:
        """Name the event and the endpoint."""
        return f"Leave event {self.delivery.event_id} out for {self.delivery.endpoint.name}"

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return audit.operations.skip_delivery(
            delivery_id=self.delivery.pk,
            reason=form.cleaned_data["reason"],
            as_of=clock.now(),
            actor=self.actor,
        )
