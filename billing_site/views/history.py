"""The history of one thing: who changed what, when, by which way and why; and what happened."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

import audit.queries
from audit.models import Change
from billing_site.queries import subjects
from billing_site.queries.records import Reader
from foundation.screens import Column, Crumb, Screen, Table

SHOWN = 200


class History(Screen):
    """Row history and business events of the thing in the address, newest first."""

    reach = "own"
    permission = "audit.view_change"
    template_name = "console/table.html"
    label = ""

    def permissions_of_request(self, request: HttpRequest) -> tuple[str, ...]:
        """Ask for the right to look at the thing itself as well."""
        model = subjects.model_of(self.kind)
        if model is None or not subjects.is_ours(model):
            return ()
        return (f"{model._meta.app_label}.view_{model._meta.model_name}",)

    @cached_property
    def thing(self) -> Any:
        """Return the thing; its model must be one of ours."""
        model = subjects.model_of(self.kind)
        if model is None or not subjects.is_ours(model):
            raise Http404("no such kind")
        return get_object_or_404(self.narrowed(model._default_manager.all()), pk=self.kwargs["pk"])

    @property
    def kind(self) -> str:
        """Return the model's label: of the address, or the one this page is for."""
        return self.label or str(self.kwargs["label"])

    def get_title(self) -> str:
        """Name the thing."""
        return f"History of {subjects.name(self.kind, self.kwargs['pk'])}"

    def crumbs(self) -> list[Crumb]:
        """Lead back to the thing."""
        url = subjects.address(self.kind, self.kwargs["pk"])
        return [Crumb(str(self.thing), url)] if url else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return both tables."""
        changes = list(audit.queries.changes_of(self.thing)[:SHOWN])
        events = list(
            audit.queries.events_of(self.thing).select_related("actor").order_by("-pk")[:SHOWN]
        )
        people = User.objects.in_bulk({c.actor_id for c in changes if c.actor_id})

        reader = Reader(
            type(self.thing),
            [row for one in changes for row in (one.before, one.after) if row],
        )

        def difference(change: Change) -> str:
            if change.operation != "UPDATE":
                return reader.row(change.after or change.before or {})
            return reader.change(change.before or {}, change.after or {})

        def who(change: Change) -> str:
            person = people.get(change.actor_id or 0)
            return person.get_username() if person else "the engine"

        table = Table(
            caption="Changes",
            columns=(
                Column(label="When", value="at", kind="instant"),
                Column(label="Who", value=who),
                Column(label="What", value=lambda c: c.get_operation_display()),
                Column(label="From → to", value=difference),
                Column(label="By way of", value="via", kind="code"),
                Column(label="Why", value="reason"),
            ),
            rows=changes,
            empty="No change is recorded.",
        )
        happened = Table(
            caption="Events",
            columns=(
                Column(label="When", value="occurred_at", kind="instant"),
                Column(label="What", value=lambda e: happened_text(e.topic)),
                Column(label="Who", value=lambda e: str(e.actor or "the engine")),
                Column(label="Details", value=lambda e: Reader(None, ()).row(e.payload or {})),
            ),
            rows=events,
            empty="Nothing is recorded.",
        )
        return super().get_context_data(table=table, tables=[happened], **kwargs)


def happened_text(topic: str) -> str:
    """Write "bill_run.closed" as "Bill run closed"."""
    return topic.replace("_", " ").replace(".", " ").capitalize()
