"""The suspense workbench: what waits by reason, the rows, correct and recycle, write off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import UsageType
from foundation import clock
from foundation.errors import Invalid
from foundation.screens import (
    ActionView,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    Screen,
    Suggest,
)
from rating import operations, queries
from rating.choices import SuspenseState
from rating.models import SuspenseItem
from rating.queries import SuspenseGroup
from rating.rules.reasons import TITLES, Reason

MOST_AT_ONCE = 200
CORRECTABLE = (
    "identifier", "identifier_type", "usage_type", "quantity", "uom", "event_start", "event_end",
    "event_key",
)  # fmt: skip


def group_url(group: SuspenseGroup) -> str:
    """Return the rows of a group."""
    asked = {"reason": group.reason, "usage_type": group.usage_type}
    return f"{reverse('rating:suspense_rows')}?{urlencode(asked)}"


def item_url(item: SuspenseItem) -> str:
    """Return the page of a row."""
    return reverse("rating:suspense_item", args=[item.pk])


def spoken(column: str) -> str:
    """Write a column of a usage file as people say it."""
    return column.replace("_", " ").capitalize()


def reason_title(row: SuspenseGroup | SuspenseItem) -> str:
    """Return why rows wait, in words."""
    return TITLES[Reason(row.reason)]


class SuspenseGroups(ListScreen):
    """What waits, grouped by reason and usage type."""

    reach = "whole"
    title = "Suspense"
    permission = "rating.view_suspenseitem"
    intro = "Usage that could not be processed. It is not billed until it is corrected."
    columns = (
        Column(label="Reason", value=reason_title, link=group_url),
        Column(label="Usage type", value="usage_type", kind="code"),
        Column(label="Rows", value="count", kind="number", link=group_url),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(label="Oldest", value="oldest", kind="instant"),
        Column(label="Next step", value="next_step"),
    )
    empty = Empty(title="Nothing waits", text="All usage received so far has been processed.")

    def rows(self, filters: dict[str, Any]) -> Sequence[SuspenseGroup]:
        """Return the groups, most rows first."""
        return queries.suspense_groups()


class SuspenseFilters(FilterForm):
    """Narrow by reason, type, identifier and file."""

    reason = forms.ChoiceField(
        choices=[("", "All reasons"), *((r.value, TITLES[r]) for r in Reason)]
    )
    usage_type = forms.CharField(
        max_length=40, widget=Suggest(lambda: UsageType.objects.values_list("code", "name"))
    )
    identifier = forms.CharField(max_length=64)
    file = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class SuspenseRows(ListScreen):
    """The rows that wait, with boxes to choose and what to do with the chosen."""

    reach = "whole"
    title = "Suspended rows"
    permission = "rating.view_suspenseitem"
    template_name = "rating/suspense_rows.html"
    filters = SuspenseFilters
    keyset = ("-id",)
    page_size = MOST_AT_ONCE
    columns = (
        Column(label="Row", value=lambda item: f"{item.file_id}/{item.row_number}", link=item_url),
        Column(label="Reason", value=reason_title),
        Column(label="Usage type", value="usage_type", kind="code"),
        Column(label="Identifier", value="identifier", kind="code"),
        Column(label="Time of event", value="event_start", kind="instant"),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(label="Why", value="message"),
        Column(label="Came", value="received_at", kind="instant"),
        Column(label="Tries", value="attempts", kind="number"),
    )
    empty = Empty(title="Nothing waits", text="No suspended row fits.")

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the groups."""
        return (Crumb("Suspense", reverse("rating:suspense")),)

    def rows(self, filters: dict[str, Any]) -> QuerySet[SuspenseItem]:
        """Return the open rows that fit."""
        return queries.suspense(
            reason=filters.get("reason") or "",
            usage_type=filters.get("usage_type") or "",
            identifier=filters.get("identifier") or "",
            file_id=filters.get("file"),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what may be corrected and who may do what."""
        may = self.request.user.has_perm
        context = super().get_context_data(**kwargs)
        table = context["table"]
        context.update(
            chosen_rows=list(zip((item.pk for item in table.rows), table.lines, strict=True)),
            correctable=[(name, spoken(name)) for name in CORRECTABLE],
            may_recycle=may("rating.recycle_suspense"),
            may_write_off=may("rating.write_off_usage"),
            back=self.request.get_full_path(),
        )
        return context


class WorkSuspense(ActionView):
    """Recycle or write off the chosen rows."""

    permission = "rating.view_suspenseitem"
    verb_field = "verb"
    verbs = {"recycle": "rating.recycle_suspense", "write_off": "rating.write_off_usage"}

    def act(self) -> str:
        """Call the operation of the button pressed."""
        posted = self.request.POST
        try:
            chosen = [int(text) for text in posted.getlist("item") if text.isascii()]
        except ValueError as bad:
            raise Invalid("choose rows of the list", rule="ROWS") from bad
        if posted.get("verb") == "write_off":
            count = operations.write_off(
                item_ids=chosen,
                reason=posted.get("reason", ""),
                as_of=clock.now(),
                actor=self.request.user,  # type: ignore[arg-type]  # logged in, by the frame
            )
            return f"{count:,} rows written off."
        corrections = {
            name: posted[f"set_{name}"].strip()
            for name in CORRECTABLE
            if posted.get(f"set_{name}", "").strip()
        }
        done = operations.recycle(
            item_ids=chosen,
            corrections=corrections,
            as_of=clock.now(),
            actor=self.request.user,  # type: ignore[arg-type]  # logged in, by the frame
        )
        return (
            f"{done.stored:,} rows stored, {done.duplicates:,} duplicates, "
            f"{done.still_open:,} still wait."
        )

    def get_success_message(self) -> str:
        """Say what became of the rows."""
        return str(self.result)

    def get_success_url(self) -> str:
        """Return to the list from which the rows were chosen."""
        query = self.request.POST.get("query", "")[:500]
        return (
            f"{reverse('rating:suspense_rows')}?{query}" if query else reverse("rating:suspense")
        )


class SuspensePage(Screen):
    """One suspended row: as received, why it waits, what may be done."""

    subject = SuspenseItem
    permission = "rating.view_suspenseitem"
    template_name = "rating/suspense_item.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the row of the address."""
        super().setup(request, *args, **kwargs)
        self.item = get_object_or_404(
            SuspenseItem.objects.select_related("file", "source"), pk=kwargs["pk"]
        )

    def get_title(self) -> str:
        """Name the row."""
        return f"Row {self.item.row_number} of {self.item.file.name}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to rows of the same reason."""
        return (
            Crumb("Suspense", reverse("rating:suspense")),
            Crumb(
                reason_title(self.item),
                f"{reverse('rating:suspense_rows')}?{urlencode({'reason': self.item.reason})}",
            ),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the row as received, with what was corrected so far."""
        item = self.item
        may = self.request.user.has_perm
        received = {**item.fields}
        return super().get_context_data(
            item=item,
            facts=[
                Fact(label="State", value=item.state, kind="status"),
                Fact(label="Reason", value=reason_title(item)),
                Fact(label="Column", value=item.source.own_column(item.column), kind="code"),
                Fact(label="Why", value=item.message),
                Fact(label="Next step", value=item.next_step),
                Fact(
                    label="File",
                    value=item.file.name,
                    url=reverse("rating:file", args=[item.file_id]),
                ),
                Fact(label="Came", value=item.received_at, kind="instant"),
                Fact(label="Tries", value=item.attempts, kind="number"),
                Fact(label="Ended", value=item.resolved_at, kind="instant"),
                Fact(label="Because", value=item.resolution),
            ],
            received=[
                Fact(label=spoken(name), value=value, kind="code")
                for name, value in received.items()
            ],
            corrected=[
                Fact(label=spoken(name), value=value, kind="code")
                for name, value in item.corrections.items()
            ],
            fields=[
                (name, spoken(name), item.corrections.get(name, item.fields.get(name, "")))
                for name in CORRECTABLE
            ],
            is_open=item.state == SuspenseState.OPEN,
            may_recycle=may("rating.recycle_suspense"),
            may_write_off=may("rating.write_off_usage"),
            **kwargs,
        )
