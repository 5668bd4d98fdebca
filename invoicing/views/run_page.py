"""The run console: stages with live progress, control totals, findings, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from customers.models import Account
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
from foundation.screens.cells import date_text
from invoicing import operations, queries, tasks
from invoicing.choices import AccountState, RunState, Severity
from invoicing.models import BillRun, BillRunAccount, BillRunFinding
from invoicing.queries.runs import FindingCount
from invoicing.rules.findings import TITLES
from invoicing.views.runs import VIEW, person, run_url

STAGES = (
    ("Select", (RunState.CREATED,)),
    ("Draft", (RunState.SELECTED, RunState.CALCULATING)),
    ("Review", (RunState.CALCULATED, RunState.IN_REVIEW)),
    ("Approve", (RunState.APPROVED,)),
    ("Post", (RunState.POSTING,)),
    ("Finish", (RunState.POSTED,)),
)
MOVES = (
    RunState.CREATED,
    RunState.SELECTED,
    RunState.CALCULATING,
    RunState.CALCULATED,
    RunState.POSTING,
    RunState.POSTED,
)


class RunScreen(Screen):
    """A page about one run."""

    subject = BillRun
    permission = VIEW

    @cached_property
    def run(self) -> BillRun:
        """The run of the address."""
        found = BillRun.objects.select_related("cycle", "created_by", "approved_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the runs."""
        return (Crumb("Bill runs", reverse("invoicing:runs")),)


class RunPage(RunScreen):
    """One run: how far it is, what it adds up to, what stands out."""

    template_name = "invoicing/run.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, or only its moving part when the page asks for that."""
        if request.GET.get("part") == "progress":
            return TemplateResponse(request, "invoicing/run_progress.html", self.moving())
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_title(self) -> str:
        """Name the cycle and the day."""
        return f"Run {self.run.pk}: {self.run.cycle.code}, {date_text(self.run.bill_date)}"

    def buttons(self) -> Sequence[Button]:
        """Offer what the run's state allows."""
        run, state = self.run, RunState(self.run.state)
        found = []
        if state == RunState.IN_REVIEW:
            found.append(self._act("Approve", "approve_run", "primary"))
        if state == RunState.APPROVED:
            found.append(
                self._act("Post", "post_run", "primary", "Post every draft that is not held?")
            )
        if state in (RunState.IN_REVIEW, RunState.APPROVED):
            found.append(self._act("Calculate again", "recalculate"))
        if run.error or (run.is_working and state != RunState.APPROVED):
            found.append(self._act("Resume", "resume"))
        if state == RunState.IN_REVIEW and not run.error:
            found.append(self._act("Try failed accounts again", "resume"))
        if state == RunState.CLOSED:
            found.append(
                Button(
                    label="Catch up",
                    url=f"{reverse('invoicing:start')}?cycle={run.cycle.code}"
                    f"&bill_date={run.bill_date}",
                    permission="invoicing.start_run",
                )
            )
        if run.is_before_posting:
            found.append(
                Button(
                    label="Cancel",
                    url=reverse("invoicing:cancel_run", args=[run.pk]),
                    permission="invoicing.cancel_run",
                    style="danger",
                )
            )
        return found

    def _act(self, label: str, verb: str, style: Any = "plain", confirm: str = "") -> Button:
        names = {"approve_run": "approve_run", "post_run": "post_run"}
        return Button(
            label=label,
            url=reverse("invoicing:run_action", args=[self.run.pk, verb]),
            permission=f"invoicing.{names.get(verb, 'start_run')}",
            method="post",
            style=style,
            confirm=confirm,
        )

    def moving(self) -> dict[str, Any]:
        """Return what changes while the run works: stages, progress, control totals."""
        run = self.run
        order = [name for name, _ in STAGES]
        now = next((name for name, states in STAGES if run.state in states), "")
        done = len(order) if run.state == RunState.CLOSED else order.index(now) if now else 0
        accounts = reverse("invoicing:run_accounts", args=[run.pk])
        return {
            "run": run,
            "stages": [
                {"name": name, "mark": "done" if at < done else "now" if name == now else "next"}
                for at, name in enumerate(order)
            ],
            "progress": queries.progress(run),
            "is_moving": run.state in MOVES and not run.error,
            "totals": Table(
                caption="Control totals",
                columns=(
                    Column(label="Currency", value="currency", kind="code"),
                    Column(
                        label="State",
                        value="state",
                        kind="status",
                        link=lambda one: f"{accounts}?state={one.state}",
                    ),
                    Column(label="Payers", value="payers", kind="number"),
                    Column(label="Documents", value="documents", kind="number"),
                    Column(label="Total", value="amount", kind="money"),
                ),
                rows=queries.control_totals(run.pk),
            ),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the whole page."""
        run = self.run
        findings = reverse("invoicing:run_findings", args=[run.pk])

        def where(one: FindingCount) -> str:
            return f"{findings}?rule={one.rule}"

        return super().get_context_data(
            facts=[
                Fact(label="State", value=run.state, kind="status"),
                Fact(label="Kind", value=run.get_kind_display()),
                Fact(label="Usage received until", value=run.cutoff_at, kind="instant"),
                Fact(label="Started by", value=run.created_by and run.created_by.username),
                Fact(label="Approved by", value=run.approved_by and run.approved_by.username),
                Fact(label="Approved", value=run.approved_at, kind="instant"),
                Fact(label="Posted", value=run.posted_at, kind="instant"),
                Fact(label="Fingerprint", value=run.run_hash[:16], kind="code"),
            ],
            findings=Table(
                caption="Findings",
                columns=(
                    Column(label="Severity", value="severity", kind="status"),
                    Column(label="What", value=lambda one: finding_title(one.rule), link=where),
                    Column(label="Rule", value="rule", kind="code"),
                    Column(label="Accounts", value="number", kind="number"),
                ),
                rows=queries.findings_of_run(run.pk),
            ),
            accounts_url=reverse("invoicing:run_accounts", args=[run.pk]),
            **self.moving(),
            **kwargs,
        )


class RunAction(ActionView):
    """A button of the run console."""

    subject = BillRun
    permission = VIEW
    verb_field = "verb"
    verbs = {
        "approve_run": "invoicing.approve_run",
        "post_run": "invoicing.post_run",
        "recalculate": "invoicing.start_run",
        "resume": "invoicing.start_run",
    }

    def act(self) -> BillRun:
        """Do what the button says, and let the queue carry the run on."""
        run_id, verb, actor = self.kwargs["pk"], self.kwargs["verb"], person(self.request)
        if verb == "approve_run":
            return operations.approve_run(run_id=run_id, actor=actor)
        if verb == "post_run":
            run = operations.post_run(run_id=run_id, actor=actor)
        elif verb == "recalculate":
            run = operations.recalculate_run(run_id=run_id, actor=actor)
        else:
            run = operations.resume_run(run_id=run_id, actor=actor)
        tasks.enqueue(run.pk)
        return run

    def get_success_message(self) -> str:
        """Say what is going on."""
        return {
            "approve_run": "The run is approved.",
            "post_run": "The run is being posted.",
            "recalculate": "The drafts are being calculated again.",
        }.get(self.kwargs["verb"], "The run goes on.")

    def get_success_url(self) -> str:
        """Show the run."""
        return run_url(self.kwargs["pk"])


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class CancelRun(FormScreen, RunScreen):
    """Cancel a run before posting."""

    permission = "invoicing.cancel_run"
    form_class = ReasonForm
    submit_label = "Cancel the run"
    success_message = "The run is cancelled; its drafts are discarded."
    intro = "The drafts are discarded. The cycle can be run again for the same date."

    def get_title(self) -> str:
        """Name the run."""
        return f"Cancel run {self.run.pk}"

    def submit(self, form: forms.Form) -> BillRun:
        """Cancel it."""
        return operations.cancel_run(
            run_id=self.run.pk, actor=person(self.request), reason=form.cleaned_data["reason"]
        )

    def get_success_url(self) -> str:
        """Show the run."""
        return run_url(self.run.pk)


class AccountFilters(FilterForm):
    """Narrow the accounts of a run."""

    state = forms.ChoiceField(label="State", choices=[("", "Any"), *AccountState.choices])
    number = forms.CharField(label="Account number", max_length=32)


class RunAccounts(ListScreen, RunScreen):
    """The payers of a run: how far each came, and why."""

    filters = AccountFilters
    keyset = ("id",)
    columns = (
        Column(
            label="Account",
            value="payer.number",
            kind="code",
            link=lambda row: reverse("invoicing:run_account", args=[row.run_id, row.payer_id]),
        ),
        Column(label="Name", value="payer.name"),
        Column(label="State", value="state", kind="status"),
        Column(label="Reason", value="reason"),
        Column(label="Documents", value="documents", kind="number"),
        Column(label="Total", value="amount", kind="money"),
    )
    empty = Empty(title="No account", text="The run has not selected its payers yet.")

    def get_title(self) -> str:
        """Name the run."""
        return f"Accounts of run {self.run.pk}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the run."""
        return (*super().crumbs(), Crumb(f"Run {self.run.pk}", run_url(self.run.pk)))

    def rows(self, filters: dict[str, Any]) -> QuerySet[BillRunAccount]:
        """Return the accounts asked for."""
        found = BillRunAccount.objects.filter(run=self.run).select_related("payer")
        if filters.get("state"):
            found = found.filter(state=filters["state"])
        if filters.get("number"):
            found = found.filter(payer__number=filters["number"])
        return found


def finding_title(rule: str) -> str:
    """Return what a rule finds, in words; its own name where it has none."""
    return TITLES.get(rule, rule)


class FindingFilters(FilterForm):
    """Narrow the findings of a run."""

    severity = forms.ChoiceField(label="Severity", choices=[("", "Any"), *Severity.choices])
    rule = forms.ChoiceField(label="What", choices=[("", "Anything"), *TITLES.items()])


class RunFindings(ListScreen, RunScreen):
    """What stands out in a run."""

    filters = FindingFilters
    keyset = ("id",)
    columns = (
        Column(
            label="Account",
            value=lambda row: row.payer.number,
            kind="code",
            link=lambda row: reverse("invoicing:run_account", args=[row.run_id, row.payer_id]),
        ),
        Column(label="Name", value=lambda row: row.payer.name),
        Column(label="Severity", value="severity", kind="status"),
        Column(label="What", value=lambda row: finding_title(row.rule)),
        Column(label="Finding", value="message"),
        Column(label="Rule", value="rule", kind="code"),
    )
    empty = Empty(title="Nothing stands out", text="No rule found anything in this run.")

    def get_title(self) -> str:
        """Name the run."""
        return f"Findings of run {self.run.pk}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the run."""
        return (*super().crumbs(), Crumb(f"Run {self.run.pk}", run_url(self.run.pk)))

    def look_up(self, rows: Sequence[Any]) -> None:
        """Read the accounts of the findings."""
        payers = Account.objects.in_bulk({row.payer_id for row in rows})
        for row in rows:
            row.payer = payers[row.payer_id]

    def rows(self, filters: dict[str, Any]) -> QuerySet[BillRunFinding]:
        """Return the findings asked for."""
        found = BillRunFinding.objects.filter(run=self.run)
        for name in ("severity", "rule"):
            if filters.get(name):
                found = found.filter(**{name: filters[name]})
        return found
