"""What a move in the account tree would change on the next invoices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from customers.choices import AccountRole
from customers.models import Account
from foundation import clock
from foundation.screens import Crumb, Fact, FormScreen
from invoicing import operations
from invoicing.operations import Preview
from invoicing.views import links
from invoicing.views.previews import lines_table, money_facts

SPLITS = "Divide the running periods between the payers"


class MoveFields(forms.Form):
    """Where the account is to hang, and from when."""

    parent = forms.ModelChoiceField(
        Account.objects.all(),
        label="Below account",
        to_field_name="number",
        widget=forms.TextInput,
        required=False,
        help_text="Its number; empty makes the account a root that pays for itself.",
    )
    role = forms.ChoiceField(choices=[("", "As it is"), *AccountRole.choices], required=False)
    on_date = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    splits = forms.BooleanField(label=SPLITS, required=False)


class MovePreview(FormScreen):
    """Show what a move would change; nothing is moved."""

    title = "What a move changes"
    permission = "customers.move_account"
    subject = Account
    template_name = "invoicing/move_preview.html"
    form_class = MoveFields
    intro = "The move is carried out, the next invoices are calculated, and all is taken back."
    submit_label = "Calculate"
    success_message = ""

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return [Crumb(str(self.account), links.account(self.account.pk))]

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": clock.today(ZoneInfo(self.account.time_zone))}

    def submit(self, form: forms.Form) -> list[Preview]:
        """Call the operation."""
        given = form.cleaned_data
        return operations.preview_move(
            account=self.account,
            parent=given["parent"],
            role=AccountRole(given["role"]) if given["role"] else None,
            on_date=given["on_date"],
            as_of=clock.today(ZoneInfo(self.account.time_zone)),
            splits=given["splits"],
            actor=links.person(self.request),
        )

    def succeeded(self) -> HttpResponse:
        """Show the next invoices without and with the move below the form."""
        numbers = dict(
            Account.objects.filter(pk__in=[one.after.payer_id for one in self.result]).values_list(
                "pk", "number"
            )
        )
        facts: list[Fact] = []
        tables = []
        for one in self.result:
            payer = numbers[one.after.payer_id]
            facts += [
                Fact(label="Billed to", value=payer, url=links.account(one.after.payer_id)),
                Fact(
                    label="Without the move",
                    value=one.before.total,
                    kind="money",
                    currency=one.before.currency,
                ),
                *money_facts(one.after),
            ]
            money = one.after.currency
            tables += [
                lines_table(f"{payer}: added by the move", one.charges, "Nothing.", money),
                lines_table(f"{payer}: not billed any more", one.falls_away, "Nothing.", money),
            ]
        return self.render_to_response(
            self.get_context_data(form=self.get_form(), facts=facts, tables=tables)
        )
