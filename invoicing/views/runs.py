"""Bill runs: the list, the form that starts one, what they left behind, cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from customers.models import Account
from foundation import clock
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Definition,
    Empty,
    FilterForm,
    FormScreen,
    ListScreen,
)
from invoicing import operations, queries, tasks
from invoicing.choices import RunKind, RunState
from invoicing.models import BillCycle, BillRun, BillRunAccount, BillRunFinding

VIEW = "invoicing.view_billrun"
UTC = ZoneInfo("UTC")


def person(request: HttpRequest) -> User:
    """Return who is at the page: a screen lets nobody in who has not logged in."""
    return cast(User, request.user)


def run_url(run_id: int) -> str:
    """Return the console of a run."""
    return reverse("invoicing:run", args=[run_id])


class RunFilters(FilterForm):
    """Narrow the list of runs."""

    cycle = forms.ModelChoiceField(BillCycle.objects.all(), label="Cycle")
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *RunState.choices])
    bill_date = forms.DateField(label="Bill date")


class RunList(ListScreen):
    """Every run, the latest first."""

    reach = "whole"
    title = "Bill runs"
    permission = VIEW
    filters = RunFilters
    keyset = ("-id",)
    columns = (
        Column(label="Run", value="pk", kind="code", link=lambda run: run_url(run.pk)),
        Column(label="Cycle", value="cycle.code", kind="code"),
        Column(label="Bill date", value="bill_date", kind="date"),
        Column(label="Kind", value=lambda run: run.get_kind_display()),
        Column(label="State", value="state", kind="status"),
        Column(label="Stopped by", value="error"),
        Column(label="Started", value="created_at", kind="instant"),
        Column(label="Posted", value="posted_at", kind="instant"),
    )
    empty = Empty(
        title="No bill run yet",
        text="A run drafts, posts and numbers the documents of a cycle's payers.",
        button=Button(
            label="Start a run",
            url="/console/invoicing/runs/start/",
            permission="invoicing.start_run",
            style="primary",
        ),
    )

    def buttons(self) -> Sequence[Button]:
        """Offer to start a run."""
        return (
            Button(
                label="Start a run",
                url=reverse("invoicing:start"),
                permission="invoicing.start_run",
                style="primary",
            ),
        )

    def rows(self, filters: dict[str, Any]) -> QuerySet[BillRun]:
        """Return the runs asked for."""
        found = BillRun.objects.select_related("cycle")
        for name in ("cycle", "state", "bill_date"):
            if filters.get(name):
                found = found.filter(**{name: filters[name]})
        return found


class StartForm(forms.Form):
    """Which cycle, which day; the day offered is the one that is due."""

    cycle = forms.ModelChoiceField(BillCycle.objects.filter(is_active=True), empty_label=None)
    bill_date = forms.DateField(
        label="Bill date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The first day of a period of the cycle.",
    )
    catch_up = forms.BooleanField(
        required=False,
        label="Catch up",
        help_text="Bill the payers that the run of this date has held or left out.",
    )


class RunStart(FormScreen):
    """Start a run; its drafts are calculated at once, nothing is posted."""

    title = "Start a bill run"
    permission = "invoicing.start_run"
    form_class = StartForm
    submit_label = "Start"
    intro = (
        "The run freezes the list of payers and drafts their documents. Nothing has a number or "
        "touches a balance before another person has approved it and it is posted."
    )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the runs."""
        return (Crumb("Bill runs", reverse("invoicing:runs")),)

    def get_initial(self) -> dict[str, Any]:
        """Offer the cycle and date asked for, else the first cycle and its date that is due."""
        cycles = BillCycle.objects.filter(is_active=True)
        code = self.request.GET.get("cycle", "")
        cycle = cycles.filter(code=code).first() or cycles.first()
        if cycle is None:
            return {}
        due = queries.due_bill_date(cycle, clock.today(UTC))
        return {"cycle": cycle.pk, "bill_date": self.request.GET.get("bill_date") or due}

    def submit(self, form: forms.Form) -> BillRun:
        """Start the run and let the queue draft it."""
        data = form.cleaned_data
        run = operations.start_run(
            cycle=data["cycle"],
            bill_date=data["bill_date"],
            cutoff_at=clock.now(),
            actor=person(self.request),
            kind=RunKind.CATCH_UP if data["catch_up"] else RunKind.CYCLE,
        )
        tasks.enqueue(run.pk)
        return run

    def get_success_message(self) -> str:
        """Name the run, new or found."""
        return f"Run {self.result.pk} is under way."

    def get_success_url(self) -> str:
        """Show the run."""
        return run_url(self.result.pk)


class HeldAccounts(ListScreen):
    """Accounts that a run has held or failed and no later run has billed."""

    title = "Held accounts"
    permission = VIEW
    columns = (
        Column(
            label="Account",
            value="payer.number",
            kind="code",
            link=lambda row: reverse("customers:account", args=[row.payer_id]),
        ),
        Column(label="Name", value="payer.name"),
        Column(label="Run", value="run_id", kind="code", link=lambda row: run_url(row.run_id)),
        Column(label="Bill date", value="run.bill_date", kind="date"),
        Column(label="State", value="state", kind="status"),
        Column(label="Reason", value="reason"),
        Column(label="Draft total", value="amount", kind="money"),
    )
    empty = Empty(
        title="No account waits",
        text="Whatever a run has held or could not bill is listed here with its reason.",
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[BillRunAccount]:
        """Return the accounts that wait, the longest first."""
        return queries.parked_accounts().order_by("id")


class ChargesLeftOff(ListScreen):
    """Charges that could not be billed while the rest of their account was."""

    title = "Charges left off"
    permission = VIEW
    columns = (
        Column(
            label="Account",
            value=lambda row: row.payer.number,
            kind="code",
            link=lambda row: reverse("customers:account", args=[row.payer_id]),
        ),
        Column(label="Name", value=lambda row: row.payer.name),
        Column(
            label="Run",
            value="run_id",
            kind="code",
            link=lambda row: reverse("invoicing:run_account", args=[row.run_id, row.payer_id]),
        ),
        Column(label="Bill date", value="run.bill_date", kind="date"),
        Column(label="Reason", value="message"),
    )
    empty = Empty(
        title="Every charge was billed",
        text="What a run could not bill of an account, such as a charge without a price, is "
        "listed here. Once the reason is gone the next run bills it, as far as its cycle looks "
        "back.",
    )

    def look_up(self, rows: Sequence[Any]) -> None:
        """Read the accounts."""
        payers = Account.objects.in_bulk({row.payer_id for row in rows})
        for row in rows:
            row.payer = payers[row.payer_id]

    def rows(self, filters: dict[str, Any]) -> QuerySet[BillRunFinding]:
        """Return what waits, the longest first."""
        return queries.charges_left_off().order_by("id")


class CycleList(ListScreen):
    """The bill cycles."""

    title = "Bill cycles"
    permission = "invoicing.view_billcycle"
    columns = (
        Column(
            label="Code",
            value="code",
            kind="code",
            link=lambda cycle: f"{reverse('invoicing:runs')}?cycle={cycle.pk}",
        ),
        Column(label="Name", value="name"),
        Column(label="Day", value="day", kind="number"),
        Column(label="Months", value="months", kind="number"),
        Column(label="Approval", value=lambda cycle: cycle.get_approval_mode_display()),
        Column(label="Waits for usage (days)", value="usage_delay_days", kind="number"),
        Column(label="Corrects back (periods)", value="rebill_periods", kind="number"),
        Column(label="Active", value="is_active", kind="yesno"),
    )
    empty = Empty(title="No bill cycle", text="A cycle says on which day its payers are billed.")

    def buttons(self) -> Sequence[Button]:
        """Offer to define a cycle, and to see who is to change it."""
        return (
            Button(
                label="Changes of the bill day",
                url=reverse("invoicing:cycle_changes"),
                permission="customers.view_account",
            ),
            Button(
                label="New cycle",
                url=reverse("invoicing:new_cycle"),
                permission="invoicing.add_billcycle",
                style="primary",
            ),
        )

    def rows(self, filters: dict[str, Any]) -> QuerySet[BillCycle]:
        """Return every cycle."""
        return BillCycle.objects.order_by("code")


class CycleForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a cycle says."""

    class Meta:
        model = BillCycle
        fields = (
            *("code", "name", "day", "months", "anchor", "usage_delay_days", "rebill_periods"),
            *("corrections", "approval_mode", "zero_documents", "warn_percent", "hold_percent"),
        )
        widgets = {"anchor": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class CycleNew(Definition):
    """Define a bill cycle."""

    title = "New bill cycle"
    listed = ("Bill cycles", "invoicing:cycles")
    permission = "invoicing.add_billcycle"
    form_class = CycleForm  # type: ignore[assignment]  # a model form is a form too
    success_message = "The cycle is defined."

    def submit(self, form: forms.Form) -> BillCycle:
        """Define it."""
        return operations.define_cycle(actor=person(self.request), **form.cleaned_data)
