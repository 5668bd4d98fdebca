"""Another bill day of a payer: what it would change, made now or at the next boundary (PER-7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from customers.models import Account
from foundation import clock
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    FilterForm,
    FormScreen,
    ListScreen,
    Table,
)
from foundation.screens.cells import date_text
from invoicing import operations
from invoicing.choices import CycleChangeState
from invoicing.models import BillCycle, CycleChange
from invoicing.operations import Preview
from invoicing.views import links
from invoicing.views.previews import lines_table

NOW, AT_BOUNDARY = "now", "boundary"
WHEN = [
    (AT_BOUNDARY, "When the running period has been billed"),
    (NOW, "Now"),
]


BILLS = (
    Column(label="Without it, on", value="before.bill_date", kind="date"),
    Column(label="Total", value="before.total", kind="money"),
    Column(label="With it, on", value="after.bill_date", kind="date"),
    Column(label="Net", value="after.net", kind="money"),
    Column(label="Tax, estimated", value="after.tax", kind="money"),
    Column(label="Total", value="after.total", kind="money"),
    Column(label="Paid in advance", value="after.prepaid", kind="money"),
)


class CycleFields(forms.Form):
    """The cycle and the day that the payer is to be billed on, and from when."""

    cycle = forms.ModelChoiceField(
        BillCycle.objects.filter(is_active=True), label="Bill cycle", to_field_name="code"
    )
    cycle_day = forms.IntegerField(
        label="Bill day",
        min_value=1,
        max_value=31,
        required=False,
        help_text="Empty: as the cycle; 31 is the end of the month.",
    )
    when = forms.ChoiceField(
        choices=WHEN,
        label="From",
        help_text="Now: what is not billed yet of the running period is cut at the first new day.",
    )


class OfCycle(FormScreen):
    """Something about the bill day of the account of the address."""

    permission = "customers.change_account"
    subject = Account
    form_class = CycleFields

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return [Crumb(str(self.account), links.account(self.account.pk))]

    def get_initial(self) -> dict[str, Any]:
        """Propose what was asked for, else what stands now."""
        asked = self.request.GET
        return {
            "cycle": asked.get("cycle", self.account.cycle_code),
            "cycle_day": asked.get("cycle_day", self.account.cycle_day),
            "when": asked.get("when", AT_BOUNDARY),
        }

    def asked(self, form: forms.Form) -> dict[str, Any]:
        """Return what both operations take."""
        cycle = form.cleaned_data["cycle"]
        return {
            "account": self.account,
            "cycle": cycle,
            "cycle_day": form.cleaned_data["cycle_day"] or cycle.day,
            "actor": links.person(self.request),
        }

    @property
    def today(self) -> Any:
        """Today where the account is."""
        return clock.today(ZoneInfo(self.account.time_zone))


class CyclePreview(OfCycle):
    """Show what a change of the bill day would bill and when; nothing is changed."""

    title = "What another bill day changes"
    template_name = "invoicing/move_preview.html"
    intro = (
        "What is billed already stays; the days up to the first new bill day are billed as a part "
        "of the new period. The invoices that change are calculated with it, and it is taken back."
    )
    submit_label = "Calculate"
    success_message = ""

    def buttons(self) -> Sequence[Button]:
        """Offer to make the change, with what was calculated."""
        url = reverse("invoicing:change_cycle", args=[self.account.pk])
        given = {
            name: self.request.POST[name]
            for name in ("cycle", "cycle_day", "when")
            if name in self.request.POST
        }
        return [
            Button(
                label="Change it",
                url=f"{url}?{urlencode(given)}" if given else url,
                permission=self.permission,
            )
        ]

    def submit(self, form: forms.Form) -> list[Preview]:
        """Call the operation."""
        return operations.preview_cycle(
            as_of=self.today,
            at_boundary=form.cleaned_data["when"] == AT_BOUNDARY,
            **self.asked(form),
        )

    def succeeded(self) -> HttpResponse:
        """Show the invoices without and with the change below the form."""
        tables = [Table(caption="Bills", rows=self.result, columns=BILLS)]
        for one in self.result:
            now, then, money = one.before, one.after, one.currency
            tables += [
                lines_table(
                    f"On {date_text(then.bill_date)}, with the change",
                    then.lines,
                    "Nothing.",
                    money,
                ),
                lines_table(
                    f"On {date_text(now.bill_date)}, without it", now.lines, "Nothing.", money
                ),
            ]
        return self.render_to_response(self.get_context_data(form=self.get_form(), tables=tables))


class ChangeCycle(OfCycle):
    """Let a payer be billed on another day, now or when its running period has been billed."""

    title = "Change the bill day"
    intro = "At the boundary, the run that bills the running period carries the change out."
    submit_label = "Change the bill day"

    def buttons(self) -> Sequence[Button]:
        """Offer to look first."""
        url = reverse("invoicing:cycle_preview", args=[self.account.pk])
        return [Button(label="What it changes", url=url, permission=self.permission)]

    def submit(self, form: forms.Form) -> Account | CycleChange:
        """Call the operation."""
        if form.cleaned_data["when"] == NOW:
            return operations.change_cycle_now(**self.asked(form))
        return operations.change_cycle_at_boundary(as_of=self.today, **self.asked(form))

    def get_success_message(self) -> str:
        """Say from when."""
        if isinstance(self.result, CycleChange):
            day = date_text(self.result.boundary)
            return f"The bill day changes when the period up to {day} is billed."
        return "The bill day is changed."

    def get_success_url(self) -> str:
        """Show the next invoice, where the change stands."""
        return reverse("invoicing:account_next", args=[self.account.pk])


class WithdrawCycleChange(ActionView):
    """Let a payer stay as it is billed."""

    permission = "customers.change_account"
    subject = CycleChange
    success_message = "The bill day stays as it is."

    @cached_property
    def change(self) -> CycleChange:
        """The change of the address."""
        return get_object_or_404(CycleChange, pk=self.kwargs["pk"])

    def act(self) -> CycleChange:
        """Call the operation."""
        return operations.withdraw_cycle_change(
            change=self.change, actor=links.person(self.request)
        )

    def get_success_url(self) -> str:
        """Go back to the account's next invoice."""
        return reverse("invoicing:account_next", args=[self.change.account_id])


class CycleChangeFilters(FilterForm):
    """Narrow the list."""

    state = forms.ChoiceField(choices=[("", "Any"), *CycleChangeState.choices])
    cycle = forms.ModelChoiceField(BillCycle.objects.all(), label="To cycle")


class CycleChangeList(ListScreen):
    """Changes of the bill day that wait for a run, or have been carried out by one."""

    title = "Changes of the bill day"
    permission = "customers.view_account"
    filters = CycleChangeFilters
    keyset = ("boundary", "id")
    empty = Empty(
        title="No bill day changes",
        text="An account's next invoice leads to what another bill day would change.",
    )
    columns = (
        Column(
            label="Account",
            value="account.number",
            kind="code",
            link=lambda row: reverse("invoicing:account_next", args=[row.account_id]),
        ),
        Column(label="Name", value="account.name"),
        Column(label="When billed up to", value="boundary", kind="date"),
        Column(label="To cycle", value="cycle.code", kind="code"),
        Column(label="Bill day", value="day", kind="number"),
        Column(label="State", value="get_state_display"),
        Column(
            label="By run",
            value="run_id",
            kind="code",
            link=lambda row: reverse("invoicing:run", args=[row.run_id]) if row.run_id else "",
        ),
    )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the cycles."""
        return (Crumb("Bill cycles", reverse("invoicing:cycles")),)

    def filter_defaults(self) -> dict[str, str]:
        """Show what waits."""
        return {"state": CycleChangeState.PENDING}

    def rows(self, filters: dict[str, Any]) -> QuerySet[CycleChange]:
        """Return the changes, the next first."""
        rows = CycleChange.objects.select_related("account", "cycle")
        if filters.get("state"):
            rows = rows.filter(state=filters["state"])
        if filters.get("cycle"):
            rows = rows.filter(cycle=filters["cycle"])
        return rows.order_by("boundary", "id")
