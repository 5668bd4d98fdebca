"""Accounting periods: where they stand, and the steps that two people take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.queries
from audit.models import ApprovalRequest
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
    Table,
)
from ledger import operations
from ledger.choices import PeriodState
from ledger.models import AccountingPeriod, LegalEntity
from ledger.operations.periods import CLOSE, REOPEN

VIEW = "ledger.view_accountingperiod"
MAY_CLOSE, MAY_REOPEN = "ledger.close_period", "ledger.reopen_period"


def period_url(pk: int) -> str:
    """Return the page of a period."""
    return reverse("ledger:period", args=[pk])


NOW, AHEAD = "NOW", "AHEAD"
STANDINGS: Final = (
    ("", "Any state"), (NOW, "Begun and not closed"), (AHEAD, "Not begun"), *PeriodState.choices,
)  # fmt: skip


class PeriodFilters(FilterForm):
    """Whose periods to show, and where they stand."""

    entity = forms.ModelChoiceField(LegalEntity.objects.all(), empty_label="Any entity")
    state = forms.ChoiceField(choices=STANDINGS)


class Periods(ListScreen):
    """The months of the books, newest first."""

    title = "Accounting periods"
    permission = VIEW
    filters = PeriodFilters
    columns = (
        Column(label="Period", value=str, link=lambda period: period_url(period.pk)),
        Column(label="Entity", value="entity.code", kind="code"),
        Column(label="State", value="state", kind="status"),
        Column(label="Changed", value="changed_at", kind="instant"),
        Column(label="By", value=lambda period: str(period.changed_by or "")),
    )
    empty = Empty(
        title="No such accounting period",
        text="Periods are opened with their legal entity; closed ones are under their state.",
    )

    def filter_defaults(self) -> dict[str, str]:
        """Show those that are worked on; months are opened years ahead."""
        return {"state": NOW}

    def rows(self, filters: dict[str, Any]) -> QuerySet[AccountingPeriod]:
        """Return the periods asked for."""
        found = AccountingPeriod.objects.select_related("entity", "changed_by")
        if filters.get("entity"):
            found = found.filter(entity=filters["entity"])
        has_begun = Q(period__startswith__lte=clock.today(ZoneInfo("UTC")))
        state = filters.get("state")
        if state == NOW:
            found = found.filter(has_begun).exclude(state=PeriodState.CLOSED)
        elif state == AHEAD:
            found = found.exclude(has_begun)
        elif state:
            found = found.filter(state=state)
        return found.order_by("-period", "entity__code")


class OnPeriod(Screen):
    """A page about one period."""

    subject = AccountingPeriod

    @cached_property
    def period(self) -> AccountingPeriod:
        """Return the period of the address."""
        return get_object_or_404(
            AccountingPeriod.objects.select_related("entity", "changed_by"), pk=self.kwargs["pk"]
        )

    @property
    def told(self) -> str:
        """Return the name of the period, with its entity."""
        return f"{self.period} of {self.period.entity.code}"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Accounting periods", reverse("ledger:periods"))]

    def get_success_url(self) -> str:
        """Return the period's page."""
        return period_url(self.kwargs["pk"])


class Period(OnPeriod):
    """One period: its state, what was approved, and the next step."""

    permission = VIEW
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the period and its entity."""
        return self.told

    def buttons(self) -> list[Button]:
        """Return the steps that its state allows, and the ways to its books."""
        return [*self.steps(), *self.books()]

    def books(self) -> list[Button]:
        """Lead to the journal of the period, and to the balances at its end with its movement."""
        days = self.period.period
        first, last = days.lower, days.upper - timedelta(days=1)
        entity = {"entity": self.period.entity_id}
        journal = urlencode({**entity, "since": first, "until": last})
        balances = urlencode({**entity, "as_of": last, "since": first})
        return [
            Button(
                label="Journal",
                url=f"{reverse('ledger:entries')}?{journal}",
                permission="ledger.view_journalentry",
            ),
            Button(
                label="Trial balance",
                url=f"{reverse('ledger:trial_balance')}?{balances}",
                permission="ledger.view_journalentry",
            ),
        ]

    def steps(self) -> list[Button]:
        """Return the steps that its state allows."""
        pk, state = self.period.pk, self.period.state

        def post(label: str, name: str, right: str, confirm: str = "") -> Button:
            return Button(
                label=label,
                url=reverse(f"ledger:{name}", args=[pk]),
                permission=right,
                method="post",
                confirm=confirm,
            )

        def ask(label: str, name: str, right: str) -> Button:
            return Button(label=label, url=reverse(f"ledger:{name}", args=[pk]), permission=right)

        if state == PeriodState.OPEN:
            return [post("Soft close", "soft_close", MAY_CLOSE)]
        if state == PeriodState.SOFT_CLOSED:
            is_agreed = audit.queries.approved_request(CLOSE, self.period) is not None
            step = (
                post("Close", "close", MAY_CLOSE, "Close this period for good?")
                if is_agreed
                else ask("Ask for the close", "ask_close", MAY_CLOSE)
            )
            return [step, post("Open again", "reopen", MAY_REOPEN)]
        is_agreed = audit.queries.approved_request(REOPEN, self.period) is not None
        return [
            post("Reopen", "reopen", MAY_REOPEN, "Reopen this closed period?")
            if is_agreed
            else ask("Ask for a reopening", "ask_reopen", MAY_REOPEN)
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and the approvals."""
        period = self.period
        facts = [
            Fact(label="Entity", value=str(period.entity)),
            Fact(label="From", value=period.period.lower, kind="date"),
            Fact(label="Last day", value=period.period.upper - timedelta(days=1), kind="date"),
            Fact(label="State", value=period.state, kind="status"),
            Fact(label="Changed", value=period.changed_at, kind="instant"),
            Fact(label="By", value=str(period.changed_by or "")),
        ]
        requests = ApprovalRequest.objects.filter(
            subject_type=period._meta.label_lower, subject_id=period.pk
        ).select_related("requester", "approver")
        table = Table(
            caption="Approvals",
            columns=(
                Column(label="What", value="action", kind="code"),
                Column(label="State", value="state", kind="status"),
                Column(label="Asked by", value=lambda x: str(x.requester)),
                Column(label="Decided by", value=lambda x: str(x.approver or "")),
                Column(label="Reason", value="reason"),
                Column(label="Asked", value="requested_at", kind="instant"),
            ),
            rows=list(requests.order_by("-pk")),
            empty="Nobody has asked for anything yet.",
        )
        return super().get_context_data(facts=facts, table=table, tables=[], **kwargs)


class SoftClose(OnPeriod, ActionView):
    """Keep everybody but finance from posting."""

    permission = MAY_CLOSE
    success_message = "Soft closed: only finance posts to it now."

    def act(self) -> AccountingPeriod:
        """Call the operation."""
        return operations.soft_close_period(period_id=self.kwargs["pk"], actor=self.actor)


class Close(OnPeriod, ActionView):
    """Close for good, as a second person has agreed."""

    permission = MAY_CLOSE
    success_message = "Closed."

    def act(self) -> AccountingPeriod:
        """Call the operation."""
        return operations.close_period(period_id=self.kwargs["pk"], actor=self.actor)


class Reopen(OnPeriod, ActionView):
    """Open again."""

    permission = MAY_REOPEN
    success_message = "Open again."

    def act(self) -> AccountingPeriod:
        """Call the operation."""
        return operations.reopen_period(period_id=self.kwargs["pk"], actor=self.actor)


class ReasonForm(forms.Form):
    """Why it is asked for."""

    reason = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class Ask(OnPeriod, FormScreen):
    """Ask a second person."""

    form_class = ReasonForm
    submit_label = "Ask"
    success_message = "Asked. Somebody else decides in the approvals inbox."

    def get_title(self) -> str:
        """Say what is asked for, and of which period."""
        return f"{self.title} of {self.told}"

    def crumbs(self) -> list[Crumb]:
        """Lead back to the period."""
        return [*super().crumbs(), Crumb(self.told, period_url(self.kwargs["pk"]))]

    def get_cancel_url(self) -> str:
        """Return the period's page."""
        return period_url(self.kwargs["pk"])


class AskClose(Ask):
    """Ask for the close of a soft-closed period."""

    title = "Ask for the close"
    permission = MAY_CLOSE

    def submit(self, form: forms.Form) -> ApprovalRequest:
        """Call the operation."""
        return operations.request_close(
            period_id=self.kwargs["pk"], actor=self.actor, reason=form.cleaned_data["reason"]
        )


class AskReopen(Ask):
    """Ask for the reopening of the last closed period."""

    title = "Ask for the reopening"
    permission = MAY_REOPEN

    def submit(self, form: forms.Form) -> ApprovalRequest:
        """Call the operation."""
        return operations.request_reopening(
            period_id=self.kwargs["pk"], actor=self.actor, reason=form.cleaned_data["reason"]
        )
