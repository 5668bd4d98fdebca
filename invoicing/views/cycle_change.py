"""What another cycle day would change on the next invoice of a payer (PER-7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from customers.models import Account
from foundation import clock
from foundation.screens import Button, Crumb, Fact, FormScreen
from invoicing import operations
from invoicing.models import BillCycle
from invoicing.operations import Preview
from invoicing.views import links
from invoicing.views.previews import lines_table, money_facts


class CycleFields(forms.Form):
    """The cycle and the days that the payer is to be billed on."""

    cycle = forms.ModelChoiceField(
        BillCycle.objects.filter(is_active=True), label="Bill cycle", to_field_name="code"
    )
    cycle_day = forms.IntegerField(
        label="Cycle day",
        min_value=1,
        max_value=31,
        required=False,
        help_text="Empty: as the cycle; 31 is the end of the month.",
    )


class CyclePreview(FormScreen):
    """Show what a change of the cycle day would bill and when; nothing is changed."""

    title = "What another bill day changes"
    permission = "customers.change_account"
    subject = Account
    template_name = "invoicing/move_preview.html"
    form_class = CycleFields
    intro = (
        "What is billed already stays; the days up to the first new bill day are billed as a part "
        "of the new period. The next invoice is calculated with the change, which is taken back."
    )
    submit_label = "Calculate"
    success_message = ""

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return [Crumb(self.account.number, links.account(self.account.pk))]

    def buttons(self) -> Sequence[Button]:
        """Offer to make the change."""
        edit = links.named("customers:edit_account", self.account.pk)
        return [Button(label="Change it", url=edit, permission=self.permission)] if edit else []

    def get_initial(self) -> dict[str, Any]:
        """Propose what stands now."""
        return {"cycle": self.account.cycle_code, "cycle_day": self.account.cycle_day}

    def submit(self, form: forms.Form) -> Preview:
        """Call the operation."""
        cycle = form.cleaned_data["cycle"]
        return operations.preview_cycle(
            account=self.account,
            cycle=cycle,
            cycle_day=form.cleaned_data["cycle_day"] or cycle.day,
            as_of=clock.today(ZoneInfo(self.account.time_zone)),
            actor=links.person(self.request),
        )

    def succeeded(self) -> HttpResponse:
        """Show the next invoice without and with the change below the form."""
        now, then = self.result.before, self.result.after
        facts = [
            Fact(label="Next bill date as it is", value=now.bill_date, kind="date"),
            Fact(label="Its total", value=now.total, kind="money", currency=now.currency),
            *money_facts(then),
        ]
        tables = [
            lines_table(
                f"On {then.bill_date}, with the change", then.lines, "Nothing.", then.currency
            ),
            lines_table(f"On {now.bill_date}, without it", now.lines, "Nothing.", now.currency),
        ]
        form = self.get_form()
        return self.render_to_response(
            self.get_context_data(form=form, facts=facts, tables=tables)
        )
