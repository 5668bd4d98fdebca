"""One payer in a run: its drafts, its findings, and what a clerk can do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from foundation.screens import Button, Column, Crumb, Fact, FormScreen, Table
from invoicing import operations
from invoicing.choices import AccountState, RunState
from invoicing.models import BillRunAccount, BillRunFinding, Invoice, InvoiceLine
from invoicing.views import links
from invoicing.views.run_page import ReasonForm, RunScreen
from invoicing.views.runs import person, run_url

HOLD = "invoicing.hold_account"


class AccountScreen(RunScreen):
    """A page about one payer of a run."""

    @cached_property
    def account(self) -> BillRunAccount:
        """The payer of the address in this run."""
        found = BillRunAccount.objects.select_related("payer")
        return get_object_or_404(found, run_id=self.kwargs["pk"], payer_id=self.kwargs["payer_id"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the accounts of the run."""
        pk = self.run.pk
        return (
            *super().crumbs(),
            Crumb(f"Run {pk}", run_url(pk)),
            Crumb("Accounts", reverse("invoicing:run_accounts", args=[pk])),
        )


class RunAccountPage(AccountScreen):
    """The drafts of one payer, line by line."""

    template_name = "invoicing/run_account.html"

    def get_title(self) -> str:
        """Name the payer."""
        payer = self.account.payer
        return f"{payer.number} {payer.name} in run {self.run.pk}"

    def buttons(self) -> Sequence[Button]:
        """Offer to hold, release or calculate again while the run is in review."""
        if self.run.state not in (RunState.IN_REVIEW, RunState.APPROVED):
            return ()
        where = {
            AccountState.DRAFTED: ("Hold", "hold", HOLD),
            AccountState.HELD: ("Release", "release", HOLD),
        }.get(AccountState(self.account.state))
        verbs = [("Calculate again", "recalculate", "invoicing.start_run")]
        if where is not None:
            verbs.insert(0, where)
        return [
            Button(
                label=label,
                url=reverse(
                    "invoicing:run_account_action",
                    args=[self.run.pk, self.account.payer_id, verb],
                ),
                permission=permission,
            )
            for label, verb, permission in verbs
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return facts, findings and the lines of every draft."""
        account = self.account
        invoices = Invoice.objects.filter(
            run_id=self.run.pk, payer_id=account.payer_id, state__in=["DRAFT", "POSTED"]
        ).order_by("id")
        lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice_id", "seq")
        return super().get_context_data(
            facts=[
                Fact(label="State", value=account.state, kind="status"),
                Fact(label="Reason", value=account.reason),
                Fact(
                    label="Total",
                    value=account.amount,
                    kind="money",
                    currency=account.currency,
                ),
            ],
            findings=Table(
                caption="Findings",
                columns=(
                    Column(label="Severity", value="severity", kind="status"),
                    Column(label="Rule", value="rule", kind="code"),
                    Column(label="Finding", value="message"),
                ),
                rows=list(BillRunFinding.objects.filter(run=self.run, payer_id=account.payer_id)),
            ),
            documents=Table(
                caption="Documents",
                columns=(
                    Column(label="Type", value=lambda one: one.get_doc_type_display()),
                    Column(label="Number", value="number", kind="code"),
                    Column(label="State", value="state", kind="status"),
                    Column(label="Net", value="net", kind="money"),
                    Column(label="Tax", value="tax", kind="money"),
                    Column(label="Total", value="total", kind="money"),
                ),
                rows=list(invoices),
            ),
            lines=Table(
                caption="Lines",
                columns=(
                    Column(label="Text", value="text"),
                    Column(
                        label="Days",
                        value=lambda line: links.days(line.service_start, line.service_end),
                    ),
                    Column(label="Quantity", value="quantity", kind="number"),
                    Column(label="Unit price", value="unit_price", kind="money"),
                    Column(label="Net", value="net", kind="money"),
                    Column(label="Tax", value="tax", kind="money"),
                ),
                rows=list(lines[:500]),
            ),
            **kwargs,
        )


class RunAccountAction(FormScreen, AccountScreen):
    """Hold, release or calculate one payer again, with a reason."""

    form_class = ReasonForm
    success_message = "Done; the run needs a new approval."
    permission = "invoicing.view_billrun"
    verb_field = "verb"
    verbs = {
        "hold": "invoicing.hold_account",
        "release": "invoicing.hold_account",
        "recalculate": "invoicing.start_run",
    }

    def get_title(self) -> str:
        """Say what is about to happen."""
        verb = {"hold": "Hold", "release": "Release"}.get(self.kwargs["verb"], "Calculate again")
        return f"{verb}: {self.account.payer.number}"

    def submit(self, form: forms.Form) -> BillRunAccount:
        """Call the operation of the verb."""
        run_id, payer_id = self.run.pk, self.account.payer_id
        actor, reason = person(self.request), form.cleaned_data["reason"]
        if self.kwargs["verb"] == "hold":
            return operations.hold_account(
                run_id=run_id, payer_id=payer_id, reason=reason, actor=actor
            )
        if self.kwargs["verb"] == "release":
            return operations.release_account(
                run_id=run_id, payer_id=payer_id, reason=reason, actor=actor
            )
        return operations.recalculate_account(run_id=run_id, payer_id=payer_id, actor=actor)

    def get_success_url(self) -> str:
        """Show the payer."""
        return reverse("invoicing:run_account", args=[self.run.pk, self.account.payer_id])
