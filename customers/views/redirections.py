"""Split billing: which charges of an account another payer pays (HIER-8)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from catalog.models import Product
from catalog.queries import proposals
from customers import operations
from customers.choices import AccountRole
from customers.models import Account, ChargeRedirection, Subscription
from customers.views.account import what_is_redirected
from customers.views.fields import DayField, LineField, PriceField, person, today
from customers.views.from_a_day import ForAccount, FromADay
from customers.views.lists import account_url
from foundation.screens import Crumb, FormScreen, Suggest


class RedirectFields(ForAccount):
    """Who pays for what, from when, up to what."""

    payer = forms.ModelChoiceField(
        Account.objects.filter(role=AccountRole.PAYER),
        label="Paid by account",
        to_field_name="number",
        widget=forms.TextInput,
        help_text="Its number.",
    )
    starts = DayField(label="From", help_text="Full periods that begin on this day or later.")
    ends = DayField(label="Until", required=False, help_text="The first day that is not.")
    subscription = forms.ModelChoiceField(
        Subscription.objects.none(), required=False, empty_label="All"
    )
    product = forms.ModelChoiceField(
        Product.objects.order_by("code"), required=False, empty_label="All"
    )
    section = LineField(
        label="Invoice section",
        max_length=40,
        required=False,
        help_text="As Usage; empty takes all.",
        widget=Suggest(proposals.sections),
    )
    cap = PriceField(
        label="Up to, a month",
        required=False,
        help_text="Net; what goes beyond stays with the account's own payer.",
    )
    reason = LineField(max_length=200, required=False)


class RedirectCharges(FromADay):
    """Let another payer pay for charges of an account."""

    title = "Split billing"
    permission = "customers.move_account"
    form_class = RedirectFields
    intro = "The most specific rule holds: of a subscription, a product, a section, then of all."
    submit_label = "Redirect charges"
    success_message = "The charges are redirected."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        given = dict(form.cleaned_data)
        cap = given.pop("cap")
        return operations.redirect_charges(
            account=self.account,
            cap=Decimal(cap) if cap not in ("", None) else None,
            actor=person(self.request),
            **given,
        )

    def get_success_url(self) -> str:
        """Go back to the account."""
        return account_url(self.account.pk)


class EndFields(forms.Form):
    """From when the account's own payer pays again."""

    on_date = DayField(
        label="From", help_text="Full periods that begin then are the own payer's again."
    )


class EndRedirection(FormScreen):
    """End a redirection."""

    title = "End split billing"
    subject = ChargeRedirection
    permission = "customers.move_account"
    form_class = EndFields
    submit_label = "End"
    success_message = "The redirection ends."

    @cached_property
    def redirection(self) -> ChargeRedirection:
        """The redirection of the address."""
        rows = ChargeRedirection.objects.select_related(
            "account", "payer", "subscription", "product"
        )
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        account = self.redirection.account
        return (Crumb(str(account), account_url(account.pk)),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what it is."""
        row = self.redirection
        told = f"{row.account}: {what_is_redirected(row)}, paid by {row.payer}."
        return super().get_context_data(**kwargs) | {"intro": told}

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": today(self.redirection.account)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.end_redirection(
            redirection=self.redirection,
            on_date=form.cleaned_data["on_date"],
            actor=person(self.request),
        )

    def get_success_url(self) -> str:
        """Go back to the account."""
        return account_url(self.redirection.account_id)
