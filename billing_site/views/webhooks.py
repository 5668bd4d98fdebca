"""Webhooks: the endpoints, one with what can be done to it, and the form that opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.operations
import audit.queries
from audit.choices import EndpointState
from audit.models import WebhookEndpoint
from billing_site.health import outbox_is_late
from billing_site.queries import webhooks
from billing_site.queries.keys import service_users
from billing_site.views.secrets import ShowsSecret
from foundation import clock
from foundation.errors import Invalid
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    ListScreen,
    Screen,
)
from ledger.models import LegalEntity

VIEW: Final = "audit.view_webhookendpoint"
ADD: Final = "audit.add_webhookendpoint"
CHANGE: Final = "audit.change_webhookendpoint"
INTRO: Final = (
    "An endpoint is told of what happens: each event is sent as a signed POST, again with growing "
    "gaps until it is taken, and in order for each order, account or payment that it is about."
)
LATE: Final = (
    "Events have been waiting to be passed on for more than a quarter of an hour: see whether the "
    "task cluster runs (Job runs, sweep:pass_on_events)."
)


def address(endpoint: WebhookEndpoint) -> str:
    """Return the page of an endpoint."""
    return reverse("console:webhook", args=[endpoint.pk])


class Endpoints(ListScreen):
    """Who is told of what, and whether it comes through."""

    reach = "whole"
    title = "Webhooks"
    permission = VIEW
    columns = (
        Column(label="Endpoint", value="name", link=address),
        Column(label="Address", value="url", kind="code"),
        Column(label="Topics", value=lambda one: ", ".join(one.topics), kind="code"),
        Column(label="Hears as", value="user.username", kind="code"),
        Column(label="State", value="state", kind="status"),
        Column(label="Waiting", value="waiting", kind="number"),
        Column(label="Parked", value="parked", kind="number"),
    )
    keyset = ("-id",)
    empty = Empty(
        title="Nobody is told",
        text="Open an endpoint for each system that is to hear of orders, usage thresholds, "
        "payments and the rest. A program may also ask: GET /api/v1/events/.",
    )

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Say above the list whether events are passed on at all."""
        self.intro = LATE if outbox_is_late() else INTRO
        return super().get(*args, **kwargs)

    def rows(self, filters: dict[str, Any]) -> QuerySet[WebhookEndpoint]:
        """Return the endpoints."""
        return WebhookEndpoint.objects.select_related("user")

    def look_up(self, rows: Sequence[Any]) -> None:
        """Count what waits and what is parked."""
        found = webhooks.counts([row.pk for row in rows])
        for row in rows:
            row.waiting = found[row.pk].get("WAITING", 0)
            row.parked = found[row.pk].get("PARKED", 0)

    def buttons(self) -> list[Button]:
        """Lead to the deliveries, and whoever may to the form."""
        new = reverse("console:new_webhook")
        return [
            Button(label="Open an endpoint", url=new, permission=ADD, style="primary"),
            Button(label="Deliveries", url=reverse("console:deliveries"), permission=VIEW),
        ]


class OfEndpoint(Screen):
    """Something about the endpoint of the address."""

    subject = WebhookEndpoint

    @cached_property
    def endpoint(self) -> WebhookEndpoint:
        """Return the endpoint."""
        rows = WebhookEndpoint.objects.select_related("user", "created_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Webhooks", reverse("console:webhooks")),)

    def get_success_url(self) -> str:
        """Show the endpoint."""
        return address(self.endpoint)


class Endpoint(OfEndpoint):
    """One endpoint: where it is, of what it hears, how it stands."""

    permission = VIEW
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the endpoint."""
        return f"Webhook {self.endpoint.name}"

    def buttons(self) -> Sequence[Button]:
        """Offer what can be done to it in its state."""
        one = self.endpoint
        shown = Button(
            label="Deliveries",
            url=f"{reverse('console:deliveries')}?endpoint={one.pk}",
            permission=VIEW,
        )
        if one.state == EndpointState.CLOSED:
            return [shown]
        is_paused = one.state == EndpointState.PAUSED
        return [
            self._button("Send a test event", "test_webhook", style="primary"),
            shown,
            self._button("Resume", "resume_webhook")
            if is_paused
            else self._button("Pause", "pause_webhook"),
            Button(
                label="Change the secret",
                url=reverse("console:webhook_secret", args=[one.pk]),
                permission=CHANGE,
            ),
            self._button(
                "Close",
                "close_webhook",
                style="danger",
                confirm="It is told nothing more, for good; what waits for it is left out.",
            ),
        ]

    def _button(self, label: str, name: str, **kwargs: Any) -> Button:
        url = reverse(f"console:{name}", args=[self.endpoint.pk])
        return Button(label=label, url=url, permission=CHANGE, method="post", **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts."""
        one = self.endpoint
        found = webhooks.counts([one.pk])[one.pk]
        entity = one.entity and LegalEntity.objects.get(pk=one.entity)
        list_of = f"{reverse('console:deliveries')}?endpoint={one.pk}&state="
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(label="Address", value=one.url, kind="code"),
            Fact(label="Topics", value=", ".join(one.topics), kind="code"),
            Fact(label="Hears as", value=one.user.get_username()),
            Fact(label="Legal entity", value=str(entity) if entity else "All that its user sees"),
            Fact(label="Opened", value=one.created_at, kind="instant"),
            Fact(label="Opened by", value=str(one.created_by or "the server")),
            Fact(label="Secret changed", value=one.secret_changed_at, kind="instant"),
            Fact(
                label="Waiting", value=found.get("WAITING", 0), kind="number",
                url=f"{list_of}WAITING",
            ),
            Fact(
                label="Parked", value=found.get("PARKED", 0), kind="number",
                url=f"{list_of}PARKED",
            ),
        ]  # fmt: skip
        intro = "" if one.user.is_active else "Its user is not active: nothing is sent to it."
        facts = [fact for fact in facts if fact.value not in (None, "")]
        return super().get_context_data(intro=intro, facts=facts, **kwargs)


class EndpointForm(forms.Form):
    """Where events are sent, of which topics, for whom."""

    name = forms.CharField(max_length=80, help_text="What the system is called here, as ERP.")
    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="https:// and a full host name. Addresses inside a network are never called.",
    )
    topics = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: order.submitted, all of a noun as order.*, or * for everything.",
    )
    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Hears as",
        to_field_name="username",
        help_text="A user who cannot log in. It hears of what this user may look at, no more.",
    )
    entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("code"),
        label="Legal entity",
        required=False,
        to_field_name="code",
        empty_label="All that its user sees",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the service users."""
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = service_users()  # type: ignore[attr-defined]


class WithSecret(ShowsSecret):
    """A form that gives an endpoint a secret."""

    answer_template = "console/webhook_secret.html"

    def address_of(self, made: WebhookEndpoint) -> str:
        """Return the page of the endpoint."""
        return address(made)

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Webhooks", reverse("console:webhooks")),)


class NewEndpoint(WithSecret):
    """Open an endpoint."""

    title = "Open an endpoint"
    permission = (VIEW, ADD)
    form_class = EndpointForm
    submit_label = "Open"
    intro = (
        "It hears of what happens from now on. The secret by which it verifies what it is sent is "
        "shown once, on the next page."
    )

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        given = form.cleaned_data
        return audit.operations.open_endpoint(
            name=given["name"],
            url=given["url"],
            topics=given["topics"].replace(",", " ").split(),
            user=given["user"],
            entity=given["entity"].pk if given["entity"] else None,
            actor=self.actor,
        )


class ChangeSecret(OfEndpoint, WithSecret):
    """Give an endpoint another secret."""

    permission = (VIEW, CHANGE)
    form_class = forms.Form
    submit_label = "Change the secret"
    intro = (
        "For 24 hours every message carries the signature of the former secret too, so that the "
        "other side has a day to take the new one. If the former one has leaked, pause the "
        "endpoint for that day."
    )

    def get_title(self) -> str:
        """Name the endpoint."""
        return f"Another secret for {self.endpoint.name}"

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return audit.operations.rotate_secret(
            endpoint_id=self.endpoint.pk, as_of=clock.now(), actor=self.actor
        )


class Pause(OfEndpoint, ActionView):
    """Send nothing for a while."""

    permission = (VIEW, CHANGE)
    success_message = "Paused. What happens meanwhile is kept for it."

    def act(self) -> Any:
        """Call the operation."""
        return audit.operations.pause_endpoint(endpoint_id=self.endpoint.pk, actor=self.actor)


class Resume(OfEndpoint, ActionView):
    """Send again."""

    permission = (VIEW, CHANGE)
    success_message = "Resumed. What was kept for it is sent first."

    def act(self) -> Any:
        """Call the operation."""
        return audit.operations.resume_endpoint(endpoint_id=self.endpoint.pk, actor=self.actor)


class Close(OfEndpoint, ActionView):
    """End it for good."""

    permission = (VIEW, CHANGE)
    success_message = "Closed."

    def act(self) -> Any:
        """Call the operation."""
        return audit.operations.close_endpoint(
            endpoint_id=self.endpoint.pk, as_of=clock.now(), actor=self.actor
        )


class SendTest(OfEndpoint, ActionView):
    """Try whether it answers."""

    permission = (VIEW, CHANGE)

    def act(self) -> Any:
        """Call the operation; that it was not taken is said as a refusal is."""
        outcome = audit.operations.send_test_event(
            endpoint_id=self.endpoint.pk, as_of=clock.now(), actor=self.actor
        )
        if outcome.error:
            raise Invalid(f"it was not taken: {outcome.error}")
        return outcome

    def get_success_message(self) -> str:
        """Say what was answered."""
        return f"Taken: the answer was {self.result.status}."
