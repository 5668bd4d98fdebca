"""Suspended usage given up: what was asked, what it is worth, who decides, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse

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
    Total,
    totals_by_currency,
)
from rating import operations, queries
from rating.choices import WriteOffState
from rating.models import SuspenseItem, SuspenseWriteOff
from rating.views.asked import OfAsked, RejectAsked, person
from rating.views.suspense import item_url, reason_title

ASK, DECIDE, VIEW = (
    "rating.recycle_suspense", "rating.write_off_usage", "rating.view_suspensewriteoff",
)  # fmt: skip


def write_off_url(row: SuspenseWriteOff) -> str:
    """Return the page of a write-off."""
    return reverse("rating:write_off", args=[row.pk])


class WriteOffFilters(FilterForm):
    """Which write-offs."""

    state = forms.ChoiceField(choices=[("", "All states"), *WriteOffState.choices])


class WriteOffList(ListScreen):
    """Write-offs of suspended usage, newest first."""

    reach = "whole"
    title = "Usage written off"
    permission = VIEW
    filters = WriteOffFilters
    keyset = ("-id",)
    intro = "Asked for from the rows in suspense, approved by a second person."
    columns = (
        Column(label="Write-off", value=lambda row: str(row).capitalize(), link=write_off_url),
        Column(label="Rows", value="row_count", kind="number"),
        Column(label="Reason", value="reason"),
        Column(label="Asked by", value="requested_by"),
        Column(label="Asked", value="created_at", kind="instant"),
        Column(label="Decided by", value="decided_by"),
        Column(label="State", value="state", kind="status"),
    )
    empty = Empty(title="Nothing was written off", text="Choose rows in suspense to ask for it.")

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to what waits."""
        return (Crumb("Suspense", reverse("rating:suspense")),)

    def rows(self, filters: dict[str, Any]) -> QuerySet[SuspenseWriteOff]:
        """Return the write-offs in the state asked for."""
        found = SuspenseWriteOff.objects.select_related("requested_by", "decided_by")
        return found.filter(state=filters["state"]) if filters.get("state") else found


class OfWriteOff(OfAsked):
    """Something about the write-off of the address."""

    subject = SuspenseWriteOff
    parts = ("requested_by", "decided_by", "reversed_by")
    listed = ("Usage written off", "rating:write_offs")
    shown_at = "rating:write_off"
    asked: SuspenseWriteOff


class WriteOffPage(OfWriteOff, ListScreen):
    """A write-off: its rows, what they are worth by currency, and who did what."""

    permission = VIEW
    template_name = "rating/rerate.html"
    keyset = ("-id",)
    columns = (
        Column(label="Row", value=lambda item: f"{item.file_id}/{item.row_number}", link=item_url),
        Column(label="Reason", value=reason_title),
        Column(label="Usage type", value="usage_type", kind="code"),
        Column(label="Identifier", value="identifier", kind="code"),
        Column(label="Time of event", value="event_start", kind="instant"),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(label="Worth", value="worth", kind="money"),
        Column(label="State", value="state", kind="status"),
    )
    empty = Empty(title="No rows", text="Its rows have become part of a later write-off.")

    def get_title(self) -> str:
        """Name the write-off."""
        return self.called()

    def buttons(self) -> Sequence[Button]:
        """Offer the steps of its state."""
        if self.asked.state == WriteOffState.PENDING:
            approve = "Approve and write off", "approve_write_off", DECIDE
            return [
                self.step(*approve, method="post", style="primary"),
                self.step("Reject", "reject_write_off", DECIDE),
                self.step("Withdraw", "withdraw_write_off", ASK, method="post"),
            ]
        if self.asked.state == WriteOffState.DONE:
            return [self.step("Reverse", "reverse_write_off", DECIDE)]
        return []

    def rows(self, filters: dict[str, Any]) -> QuerySet[SuspenseItem]:
        """Return its rows."""
        return queries.rows_of_write_off(self.asked)

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what they are worth, by currency."""
        return totals_by_currency(self.rows(filters).filter(worth__isnull=False), Worth="worth")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add who did what."""
        row = self.asked
        facts = [
            Fact(label="State", value=row.state, kind="status"),
            Fact(label="Reason", value=row.reason),
            Fact(label="Rows", value=row.row_count, kind="number"),
            Fact(label="Asked by", value=row.requested_by.username),
            Fact(label="Asked", value=row.created_at, kind="instant"),
            Fact(label="Decided by", value=row.decided_by and row.decided_by.username),
            Fact(label="Done", value=row.done_at, kind="instant"),
            Fact(label="Reversed by", value=row.reversed_by and row.reversed_by.username),
            Fact(label="Reversed", value=row.reversed_at, kind="instant"),
            Fact(label="Reversed because", value=row.reversal_reason),
        ]
        return super().get_context_data(facts=facts, **kwargs)


class ApproveWriteOff(OfWriteOff, ActionView):
    """Approve what somebody else asked, and give the rows up."""

    permission = DECIDE
    success_message = "Written off. The rows are never rated unless it is reversed."

    def act(self) -> Any:
        """Call the operation."""
        return operations.approve_write_off(
            write_off=self.asked, approver=person(self.request), as_of=clock.now()
        )


class WithdrawWriteOff(OfWriteOff, ActionView):
    """Let a request go before it is decided."""

    permission = ASK
    success_message = "Withdrawn; the rows wait to be corrected."

    def act(self) -> Any:
        """Call the operation."""
        return operations.withdraw_write_off(write_off=self.asked, actor=person(self.request))


class RejectWriteOff(OfWriteOff, RejectAsked):
    """Refuse what somebody else asked."""

    title = "Reject"
    permission = DECIDE
    success_message = "Rejected; the rows wait to be corrected."

    def reject(self, approver: User, comment: str) -> SuspenseWriteOff:
        """Call the operation."""
        return operations.reject_write_off(
            write_off=self.asked, approver=approver, comment=comment
        )


class ReverseFields(forms.Form):
    """Why a write-off is taken back."""

    reason = forms.CharField(label="Why", min_length=5, max_length=300)


class ReverseWriteOff(OfWriteOff, FormScreen):
    """Let the rows of a write-off wait again."""

    title = "Reverse write-off"
    permission = DECIDE
    form_class = ReverseFields
    intro = "Its rows wait in suspense again. They bill nothing until somebody recycles them."
    submit_label = "Reverse"
    success_message = "Reversed: the rows wait in suspense again."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.reverse_write_off(
            write_off=self.asked,
            reason=form.cleaned_data["reason"],
            as_of=clock.now(),
            actor=person(self.request),
        )
