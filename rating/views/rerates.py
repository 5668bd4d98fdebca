"""Rate again with approval: the jobs, a new one, what it changes, and who decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.db.models.functions import Abs
from django.urls import reverse

from catalog.models import Charge, Product
from customers.models import Account
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
    LongSelect,
    Total,
    totals_by_currency,
)
from rating import operations, queries
from rating.choices import RerateState
from rating.models import RerateChange, RerateJob
from rating.operations.rerate_jobs import MOST_EVENTS
from rating.views.asked import OfAsked, RejectAsked, person
from rating.views.events import linked

RATE, APPROVE, VIEW = "rating.rate_usage", "rating.approve_rerate", "rating.view_reratejob"
ONE_DAY = timedelta(days=1)


def job_url(job: RerateJob) -> str:
    """Return the page of a job."""
    return reverse("rating:rerate", args=[job.pk])


def scope_of(job: RerateJob) -> str:
    """Say which accounts a job is about, and how they were chosen."""
    count = "every account"
    if job.account_ids is not None:
        many = len(job.account_ids)
        count = "1 account" if many == 1 else f"{many:,} accounts"
    chosen = str(job.charge or job.product or "")
    return f"{count} that used {chosen}" if chosen else count


class RerateFilters(FilterForm):
    """Which jobs."""

    state = forms.ChoiceField(choices=[("", "All states"), *RerateState.choices])


class RerateList(ListScreen):
    """Jobs that rate usage again, newest first."""

    reach = "whole"
    title = "Rating again"
    permission = VIEW
    filters = RerateFilters
    keyset = ("-id",)
    intro = (
        "After a price by event, an owner, a timeline or a filter was corrected. What is priced "
        "by its bill line needs none of it: the next run bills the difference by itself."
    )
    columns = (
        Column(label="Job", value=str, link=job_url),
        Column(label="From", value="start", kind="date"),
        Column(label="To", value=lambda job: job.end - ONE_DAY, kind="date"),
        Column(label="Scope", value=scope_of),
        Column(label="Events", value="event_count", kind="number"),
        Column(label="Come out otherwise", value="changed_count", kind="number"),
        Column(label="To suspense", value="suspended_count", kind="number"),
        Column(label="Reason", value="reason"),
        Column(label="State", value="state", kind="status"),
    )
    empty = Empty(title="Nothing was rated again", text="Open a job to see what it would change.")

    def buttons(self) -> Sequence[Button]:
        """Offer to open a job."""
        address = reverse("rating:new_rerate")
        return (Button(label="Compare", url=address, permission=RATE, style="primary"),)

    def rows(self, filters: dict[str, Any]) -> QuerySet[RerateJob]:
        """Return the jobs in the state asked for."""
        found = RerateJob.objects.select_related("charge", "product")
        return found.filter(state=filters["state"]) if filters.get("state") else found


class RerateFields(forms.Form):
    """Days, and whose usage."""

    start = forms.DateField(
        label="From (local day)", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    charge = forms.ModelChoiceField(
        Charge.objects.filter(kind="USAGE").order_by("reference"),
        required=False,
        empty_label="Any",
        widget=LongSelect,
        help_text="Accounts that used this charge; all their usage of these days is rated again.",
    )
    product = forms.ModelChoiceField(
        Product.objects.filter(pk__in=Charge.objects.filter(kind="USAGE").values("product")),
        required=False,
        empty_label="Any",
        widget=LongSelect,
        help_text="Accounts that used any charge of this product.",
    )
    accounts = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Account numbers, apart by spaces; empty: everybody.",
    )
    reason = forms.CharField(max_length=300, label="Why")


class NewRerate(FormScreen):
    """Open a job: usage is rated again, looked at, and taken back."""

    title = "Rate usage again"
    permission = RATE
    form_class = RerateFields
    intro = "Only compared: nothing changes before a second person has approved the figures."
    submit_label = "Compare"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Rating again", reverse("rating:rerates")),)

    def submit(self, form: forms.Form) -> RerateJob:
        """Call the operation."""
        given = form.cleaned_data
        numbers = set(given["accounts"].replace(",", " ").split())
        return operations.open_rerate(
            start=given["start"],
            end=given["last"] + ONE_DAY,
            charge=given["charge"],
            product=given["product"],
            account_ids=queries.accounts_numbered(numbers) if numbers else None,
            reason=given["reason"],
            as_of=clock.now(),
            actor=person(self.request),
            most_events=MOST_EVENTS,
        )

    def get_success_message(self) -> str:
        """Say whether there is anything to send."""
        if self.result.state == RerateState.UNCHANGED:
            return "Compared: rating again would change nothing."
        return "Compared. Nothing has changed yet."

    def get_success_url(self) -> str:
        """Go to the job."""
        return job_url(self.result)


class OfRerate(OfAsked):
    """Something about the job of the address."""

    subject = RerateJob
    parts = ("charge", "product", "requested_by", "decided_by")
    listed = ("Rating again", "rating:rerates")
    shown_at = "rating:rerate"
    asked: RerateJob

    def called(self) -> str:
        """Say that it is a job."""
        return f"Job {self.asked.pk}"


class ReratePage(OfRerate, ListScreen):
    """A job: its scope, and before and after by account and currency."""

    permission = VIEW
    template_name = "rating/rerate.html"
    columns = (
        Column(
            label="Account",
            value="number",
            kind="code",
            link=lambda row: linked("customers:account", row.account_id),
        ),
        Column(label="Name", value="name"),
        Column(label="Events before", value="events_before", kind="number"),
        Column(label="Events after", value="events_after", kind="number"),
        Column(label="Worth before", value="worth_before", kind="money"),
        Column(label="Worth after", value="worth_after", kind="money"),
        Column(label="Difference", value="difference", kind="money"),
    )
    empty = Empty(title="Nothing changes", text="Rating again gives every account what it has.")

    def get_title(self) -> str:
        """Name the job."""
        return f"Rating again, job {self.asked.pk}"

    def buttons(self) -> Sequence[Button]:
        """Offer the steps of its state."""
        if self.asked.state == RerateState.DRAFT:
            send = "Send for approval", "request_rerate", RATE
            return [self.step(*send, method="post", style="primary")]
        if self.asked.state != RerateState.PENDING:
            return []
        sure = "Rate this usage again now? What was billed is corrected on the next documents."
        approve = "Approve and rate again", "approve_rerate", APPROVE
        return [
            self.step(*approve, method="post", style="primary", confirm=sure),
            self.step("Reject", "reject_rerate", APPROVE),
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[RerateChange]:
        """Return the accounts that change, the largest difference first."""
        difference = F("worth_after") - F("worth_before")
        return (
            RerateChange.objects.filter(job=self.asked)
            .annotate(difference=difference, size=Abs(difference))
            .order_by("-size", "pk")
        )

    def look_up(self, rows: Sequence[Any]) -> None:
        """Name the accounts."""
        accounts = Account.objects.in_bulk([row.account_id for row in rows])
        for row in rows:
            row.number = accounts[row.account_id].number
            row.name = accounts[row.account_id].name

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the sums by currency."""
        return totals_by_currency(
            self.rows(filters),
            Before="worth_before",
            After="worth_after",
            Difference="difference",
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the scope and who did what."""
        job = self.asked
        facts = [
            Fact(label="State", value=job.state, kind="status"),
            Fact(label="From", value=job.start, kind="date"),
            Fact(label="To", value=job.end - ONE_DAY, kind="date"),
            Fact(label="Scope", value=scope_of(job)),
            Fact(label="Reason", value=job.reason),
            Fact(label="Events rated again", value=job.event_count, kind="number"),
            Fact(label="Come out otherwise", value=job.changed_count, kind="number"),
            Fact(label="To suspense", value=job.suspended_count, kind="number"),
            Fact(label="Compared", value=job.compared_at, kind="instant"),
            Fact(label="Asked by", value=job.requested_by and job.requested_by.username),
            Fact(label="Decided by", value=job.decided_by and job.decided_by.username),
            Fact(label="Done", value=job.done_at, kind="instant"),
        ]
        return super().get_context_data(facts=facts, **kwargs)


class RequestRerate(OfRerate, ActionView):
    """Send a job for approval."""

    permission = RATE
    success_message = "Sent: a second person approves it."

    def act(self) -> Any:
        """Call the operation."""
        return operations.request_rerate(job=self.asked, requester=person(self.request))


class ApproveRerate(OfRerate, ActionView):
    """Approve a job that somebody else sent, and perform it."""

    permission = APPROVE

    def act(self) -> Any:
        """Call the operation."""
        return operations.approve_rerate(
            job=self.asked,
            approver=person(self.request),
            as_of=clock.now(),
            most_events=MOST_EVENTS,
        )

    def get_success_message(self) -> str:
        """Say what was done and where the difference goes."""
        return (
            f"{self.result.changed:,} events come out otherwise, {self.result.suspended:,} went "
            "to suspense. What was billed already is corrected on the next document."
        )


class RejectRerate(OfRerate, RejectAsked):
    """Refuse a job that somebody else sent."""

    title = "Reject rating again"
    intro = "Nothing changes; whoever asked reads why."
    permission = APPROVE
    success_message = "Rejected; nothing has changed."

    def reject(self, approver: User, comment: str) -> RerateJob:
        """Call the operation."""
        return operations.reject_rerate(job=self.asked, approver=approver, comment=comment)
