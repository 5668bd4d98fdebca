"""The suspense workbench: what waits by reason, the rows, correct and recycle, write off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import UsageType
from foundation import clock
from foundation.errors import Invalid
from foundation.screens import (
    ActionView,
    Button,
    Choice,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    Screen,
    Suggest,
    Total,
)
from rating import operations, queries
from rating.choices import SuspenseState, WriteOffState
from rating.models import SuspenseItem
from rating.queries import SuspenseGroup
from rating.rules.reasons import TITLES, Reason

MOST_AT_ONCE = 200
HELD = "Waits for the approval of its write-off"
CORRECTABLE = (
    "identifier", "identifier_type", "usage_type", "quantity", "uom", "event_start", "event_end",
    "event_key",
)  # fmt: skip


def group_url(group: SuspenseGroup) -> str:
    """Return the rows of a group."""
    alike = {
        "reason": group.reason, "usage_type": group.usage_type, "owner": group.owner,
        "age": group.age,
    }  # fmt: skip
    asked = {name: value for name, value in alike.items() if value}
    return f"{reverse('rating:suspense_rows')}?{urlencode(asked)}"


def item_url(item: SuspenseItem) -> str:
    """Return the page of a row."""
    return reverse("rating:suspense_item", args=[item.pk])


def spoken(column: str) -> str:
    """Write a column of a usage file as people say it."""
    if column == "uom":
        return "Unit"
    return column.replace("_", " ").capitalize()


def group_title(group: SuspenseGroup) -> str:
    """Return what the rows of a group have in common, in words."""
    if group.reason:
        return TITLES[Reason(group.reason)]
    return group.age or ("Nobody" if group.owner == queries.NOBODY else group.owner)


def reason_title(row: SuspenseGroup | SuspenseItem) -> str:
    """Return why rows wait, in words."""
    return TITLES[Reason(row.reason)]


class GroupFilters(FilterForm):
    """What the rows are grouped by."""

    by = forms.ChoiceField(
        label="Grouped by",
        choices=[("", "Reason and usage type"), ("owner", "Who sees to it"), ("age", "Age")],
    )


class SuspenseGroups(ListScreen):
    """What waits and what it is worth, grouped by reason and usage type, owner or age."""

    reach = "whole"
    title = "Suspense"
    permission = "rating.view_suspenseitem"
    filters = GroupFilters
    intro = (
        "Usage that could not be processed. It is not billed until it is corrected. Its worth is "
        "estimated every hour: at the prices of its owner, or where nobody is known at list price."
    )
    columns = (
        Column(label="Rows that wait", value=group_title, link=group_url),
        Column(label="Usage type", value="usage_type", kind="code"),
        Column(label="Rows", value="count", kind="number", link=group_url),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(label="Worth", value="worth", kind="money"),
        Column(label="Without value", value="unvalued", kind="number"),
        Column(label="Oldest", value="oldest", kind="instant"),
        Column(label="Next step", value="next_step"),
    )
    empty = Empty(title="Nothing waits", text="All usage received so far has been processed.")

    def buttons(self) -> Sequence[Button]:
        """Lead to what was given up."""
        address = reverse("rating:write_offs")
        return (
            Button(label="Written off", url=address, permission="rating.view_suspensewriteoff"),
        )

    def rows(self, filters: dict[str, Any]) -> Sequence[SuspenseGroup]:
        """Return the groups, most rows first."""
        return queries.suspense_groups(by=filters.get("by") or "reason", as_of=clock.now())

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what all of it is worth, by currency, and how much is not valued."""
        waiting = queries.unvalued_count()
        sums = [
            Total(label="Worth", amount=amount, currency=currency)
            for currency, amount in queries.suspense_worth()
        ]
        return [*sums, Total(label="Not valued yet", amount=waiting, kind="number")]


class SuspenseFilters(FilterForm):
    """Narrow by reason, type, identifier and file."""

    reason = forms.ChoiceField(
        choices=[("", "All reasons"), *((r.value, TITLES[r]) for r in Reason)]
    )
    usage_type = forms.CharField(
        max_length=40, widget=Suggest(lambda: UsageType.objects.values_list("code", "name"))
    )
    identifier = forms.CharField(max_length=64)
    owner = forms.CharField(label="Who sees to it", max_length=150)
    age = forms.ChoiceField(choices=[("", "Any age"), *((one[0], one[0]) for one in queries.AGES)])
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
        Column(label="Worth", value="worth", kind="money"),
        Column(label="Why", value="message"),
        Column(label="Came", value="received_at", kind="instant"),
        Column(label="Tries", value="attempts", kind="number"),
        Column(label="Who sees to it", value="owner"),
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
            owner=filters.get("owner") or "",
            age=filters.get("age") or "",
            as_of=clock.now(),
        ).select_related("owner", "write_off")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what may be corrected and who may do what."""
        may = self.request.user.has_perm
        context = super().get_context_data(**kwargs)
        table = context["table"]
        context.update(
            choices=[
                Choice(row.pk, line, is_chosen=False, why_not=HELD if row.is_held else "")
                for row, line in zip(table.rows, table.lines, strict=True)
            ],
            correctable=[(name, spoken(name)) for name in CORRECTABLE],
            may_recycle=may("rating.recycle_suspense"),
            people=may_correct(),
            back=self.request.get_full_path(),
        )
        return context


def may_correct() -> list[str]:
    """Return who may be given rows to see to."""
    people = User.objects.with_perm(
        "rating.recycle_suspense", backend="django.contrib.auth.backends.ModelBackend"
    )
    return list(people.order_by("username").values_list("username", flat=True))


class WorkSuspense(ActionView):
    """Recycle the chosen rows, ask that they be written off, or give them to somebody."""

    permission = "rating.view_suspenseitem"
    verb_field = "verb"
    verbs = {
        "recycle": "rating.recycle_suspense",
        "hand": "rating.recycle_suspense",
        "write_off": "rating.recycle_suspense",
    }

    def act(self) -> str:
        """Call the operation of the button pressed."""
        posted = self.request.POST
        try:
            chosen = [int(text) for text in posted.getlist("item") if text.isascii()]
        except ValueError as bad:
            raise Invalid("choose rows of the list", rule="ROWS") from bad
        if posted.get("verb") == "write_off":
            asked = operations.request_write_off(
                item_ids=chosen,
                reason=posted.get("reason", ""),
                as_of=clock.now(),
                requester=self.request.user,  # type: ignore[arg-type]  # logged in, by the frame
            )
            if asked.state == WriteOffState.DONE:
                return f"{asked.row_count:,} rows written off, within your limit."
            return f"{asked.row_count:,} rows wait for a second person: {asked}."
        if posted.get("verb") == "hand":
            owner = User.objects.filter(username=posted.get("owner", "")).first()
            count = operations.hand_suspense(
                item_ids=chosen,
                owner=owner,
                actor=self.request.user,  # type: ignore[arg-type]  # logged in, by the frame
            )
            return f"{count:,} rows: {owner.username if owner else 'nobody'} sees to them."
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
        query = self.request.POST.get("query")
        if query is None:  # a row by itself
            return reverse("rating:suspense")
        page = reverse("rating:suspense_rows")
        return f"{page}?{query[:500]}" if query else page


class SuspensePage(Screen):
    """One suspended row: as received, why it waits, what may be done."""

    subject = SuspenseItem
    permission = "rating.view_suspenseitem"
    template_name = "rating/suspense_item.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the row of the address."""
        super().setup(request, *args, **kwargs)
        self.item = get_object_or_404(
            SuspenseItem.objects.select_related("file", "source", "owner", "write_off"),
            pk=kwargs["pk"],
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
                Fact(label="Worth", value=item.worth, kind="money", currency=item.currency),
                Fact(label="Valued at", value=item.get_basis_display()),
                Fact(label="Who sees to it", value=item.owner and item.owner.username),
                Fact(label="Tries", value=item.attempts, kind="number"),
                Fact(label="Ended", value=item.resolved_at, kind="instant"),
                Fact(label="Because", value=item.resolution),
                Fact(
                    label="Write-off",
                    value=item.write_off and str(item.write_off).capitalize(),
                    url=reverse("rating:write_off", args=[item.write_off_id])
                    if item.write_off_id
                    else "",
                ),
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
            **kwargs,
        )
