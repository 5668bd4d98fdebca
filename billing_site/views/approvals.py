"""The inbox of what waits for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.operations
import audit.queries
from audit.choices import ApprovalState
from audit.models import ApprovalRequest
from billing_site import operations
from billing_site.queries import subjects
from billing_site.queries.records import Reader
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
    may_open,
)

VIEW, DECIDE = "audit.view_approvalrequest", "audit.approve_request"


class InboxFilters(FilterForm):
    """Which requests to show."""

    state = forms.ChoiceField(choices=[("", "Waiting"), *ApprovalState.choices])


def address(request: ApprovalRequest) -> str:
    """Return a request's page."""
    return reverse("console:approval", args=[request.pk])


class Inbox(ListScreen):
    """What waits for a second person, oldest first; anything decided by the filter."""

    title = "Approvals"
    permission = VIEW
    filters = InboxFilters
    columns = (
        Column(label="What", value=lambda r: subjects.act(r.action), link=address),
        Column(label="About", value="about"),
        Column(label="Amount", value="amount", kind="money"),
        Column(label="Asked by", value=lambda r: r.requester.get_username()),
        Column(label="Asked", value="requested_at", kind="instant"),
        Column(label="Expires", value="expires_at", kind="instant"),
        Column(label="State", value="state", kind="status"),
    )
    empty = Empty(
        title="Nothing waits",
        text="Bill runs, credits, prices and write-offs that need a second person appear here.",
    )

    def buttons(self) -> list[Button]:
        """Lead to what a person may do alone."""
        return [
            Button(
                label="Limits",
                url=reverse("console:policies"),
                permission="audit.view_approvalpolicy",
            )
        ]

    def look_up(self, rows: Sequence[Any]) -> None:
        """Name what the requests are about."""
        names = subjects.names((row.subject_type, row.subject_id) for row in rows)
        for row in rows:
            row.about = names[row.subject_type, row.subject_id]

    def rows(self, filters: dict[str, Any]) -> QuerySet[ApprovalRequest]:
        """Return the waiting requests, or those in the state asked for."""
        if filters.get("state"):
            return (
                ApprovalRequest.objects.filter(state=filters["state"])
                .select_related("requester")
                .order_by("-requested_at", "-pk")
            )
        return audit.queries.waiting_requests()


class DecisionForm(forms.Form):
    """A comment on the decision."""

    comment = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class OnRequest(Screen):
    """A page about one request."""

    subject = ApprovalRequest

    @cached_property
    def request_shown(self) -> ApprovalRequest:
        """Return the request of the address."""
        return get_object_or_404(
            ApprovalRequest.objects.select_related("requester", "approver"), pk=self.kwargs["pk"]
        )

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Approvals", reverse("console:approvals"))]


class Request(OnRequest):
    """One request: what is asked, exactly, and the two buttons that decide it."""

    permission = VIEW
    template_name = "console/approval.html"

    def get_title(self) -> str:
        """Name what is asked."""
        return subjects.act(self.request_shown.action)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts, the payload and whether this user may decide."""
        shown, user = self.request_shown, self.request.user
        facts = [
            Fact(
                label="About",
                value=subjects.name(shown.subject_type, shown.subject_id),
                url=subjects.address(shown.subject_type, shown.subject_id),
            ),
            Fact(label="State", value=shown.state, kind="status"),
            Fact(label="Amount", value=shown.amount, kind="money", currency=shown.currency),
            Fact(label="Asked by", value=shown.requester.get_username()),
            Fact(label="Asked", value=shown.requested_at, kind="instant"),
            Fact(label="Expires", value=shown.expires_at, kind="instant"),
            Fact(label="Reason", value=shown.reason),
            Fact(label="Decided by", value=shown.approver and shown.approver.get_username()),
            Fact(label="Comment", value=shown.comment),
        ]
        return super().get_context_data(
            facts=facts,
            payload=[
                Fact(label=label, value=value)
                for label, value in Reader(
                    subjects.model_of(shown.subject_type), [shown.payload]
                ).facts(shown.payload)
            ],
            shown=shown,
            form=DecisionForm(),
            is_waiting=shown.state == ApprovalState.PENDING,
            is_own=shown.requester_id == user.pk,
            may_decide=user.has_perm(DECIDE),
            **kwargs,
        )


class Decision(FormScreen, OnRequest):
    """One of the two decisions."""

    permission = (VIEW, DECIDE)
    form_class = DecisionForm
    template_name = "console/form.html"

    def get_success_url(self) -> str:
        """Go to the thing that was asked about, whose page does the act, or back to the inbox."""
        shown = self.request_shown
        thing = subjects.address(shown.subject_type, shown.subject_id)
        return thing if thing and may_open(self.request, thing) else reverse("console:approvals")


class Approve(Decision):
    """Approve somebody else's request."""

    title = "Approve"
    submit_label = "Approve"

    def get_success_message(self) -> str:
        """Say whether something is left to do."""
        if self.result.state == ApprovalState.USED:
            return "Approved, and in force."
        return "Approved. It is done from the page of the thing itself."

    def submit(self, form: forms.Form) -> ApprovalRequest:
        """Call the operation."""
        return operations.approve(
            request_id=self.kwargs["pk"],
            approver=self.actor,
            comment=form.cleaned_data["comment"],
        )


class Reject(Decision):
    """Reject somebody else's request."""

    title = "Reject"
    submit_label = "Reject"
    success_message = "Rejected."

    def submit(self, form: forms.Form) -> ApprovalRequest:
        """Call the operation."""
        return audit.operations.reject(
            request_id=self.kwargs["pk"],
            approver=self.actor,
            comment=form.cleaned_data["comment"],
        )
