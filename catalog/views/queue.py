"""The queue: prices on their way to publication, taken on by the batch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog import operations
from catalog.models import PriceVersion
from catalog.queries import price_lists
from catalog.views import words
from catalog.views.prices import VIEW, price_url
from foundation.errors import Refusal
from foundation.screens import Choice, Column, Crumb, Empty, FilterForm, ListScreen
from foundation.screens.forms import sentence

RIGHT = {
    "submit": "catalog.draft_price",
    "discard": "catalog.draft_price",
    "approve": "catalog.approve_price",
    "publish": "catalog.publish_price",
}
NEXT = {
    "DRAFT": (("submit", "Submit for review"), ("discard", "Discard")),
    "IN_REVIEW": (("approve", "Approve"),),
    "APPROVED": (("publish", "Publish"),),
}
DONE = {
    "submit": "submitted for review",
    "discard": "discarded",
    "approve": "approved",
    "publish": "published",
}


class QueueFilters(FilterForm):
    """Which waiting prices to show."""

    state = forms.ChoiceField(
        choices=[
            ("", "All waiting"),
            ("DRAFT", "Draft"),
            ("IN_REVIEW", "In review"),
            ("APPROVED", "Approved"),
        ]
    )
    batch = forms.IntegerField(min_value=1, label="Import batch")
    charge = forms.CharField(max_length=80, label="Charge or offer")


class Queue(ListScreen):
    """Prices that are not in force yet, with their next step."""

    title = "Prices waiting"
    permission = VIEW
    verb_field = "step"
    verbs = RIGHT
    template_name = "catalog/queue.html"
    filters = QueueFilters
    page_size = 100
    columns = (
        Column(label="State", value="state", kind="status"),
        Column(label="Charge", value="charge.reference", link=lambda price: price_url(price.pk)),
        Column(label="Currency", value="currency", kind="code"),
        Column(label="Book", value="pricebook.code"),
        Column(label="Only for", value=words.narrowing),
        Column(label="Price", value=words.headline),
        Column(label="Valid", value=words.validity),
        Column(label="Drafted by", value=lambda price: str(price.created_by or "the system")),
        Column(label="Batch", value="batch_id", kind="code"),
    )
    empty = Empty(
        title="Nothing waits",
        text="Drafted and imported prices wait here until they are published.",
    )

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Prices", reverse("catalog:matrix"))]

    def rows(self, filters: dict[str, Any]) -> QuerySet[PriceVersion]:
        """Return the waiting prices asked for."""
        found = price_lists.prices(
            charges=filters.get("charge") or "",
            state=filters.get("state") or "",
            batch_id=filters.get("batch"),
        )
        return found.filter(state__in=price_lists.WAITING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer the steps that the user may take."""
        context = super().get_context_data(**kwargs)
        table = context.get("table")
        states = {price.state for price in table.rows} if table is not None else set()
        context["steps"] = [
            {"step": step, "label": label}
            for state in ("DRAFT", "IN_REVIEW", "APPROVED")
            if state in states
            for step, label in NEXT[state]
            if self.request.user.has_perm(RIGHT[step])
        ]
        if table is not None:
            is_batch = len(table.rows) > 1 and bool(self.request.GET.get("batch"))
            context["choices"] = [
                Choice(price.pk, line, is_chosen=is_batch)
                for price, line in zip(table.rows, table.lines, strict=True)
            ]
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the chosen prices one step on, all or none."""
        step = request.POST.get("step", "")
        try:
            count = operations.advance_prices(
                price_ids=[
                    int(text)
                    for text in request.POST.getlist("price")
                    if text.isascii() and text.isdigit() and len(text) < 19
                ],
                step=step,
                on_date=words.today(),
                actor=words.actor(request),
            )
        except Refusal as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, f"{count} prices {DONE[step]}.")
        return HttpResponseRedirect(request.get_full_path())
