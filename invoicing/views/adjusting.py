"""Waive or reduce what the next bill charges: choose, see what it changes, say why (ADJ-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.queries
from customers.choices import GrantState
from customers.models import Account, GrantedDiscount, SubscriptionCharge
from foundation import clock
from foundation.errors import Refusal
from foundation.screens import Crumb, Fact, FormScreen
from foundation.screens.cells import dates_told, money_text
from invoicing import operations
from invoicing.operations import Adjustment, NextInvoice, Piece, Preview
from invoicing.views import links
from invoicing.views.adjustments import ADJUST, WHOLE_BILL, adjust_url, adjusted_of
from invoicing.views.asking import ReasonForm, amount_field
from invoicing.views.previews import lines_table

APPROVE: Final = "customers.approve_discount"
"""The action whose limits say how far somebody adjusts alone."""


class AdjustFields(forms.Form):
    """What comes off: of which charge, and how much."""

    what = forms.ChoiceField(label="Of", required=False)
    percent = forms.DecimalField(
        label="Percent off", required=False, max_digits=7, decimal_places=4,
        min_value=0, max_value=100, help_text="100 waives it.",
    )  # fmt: skip
    amount = amount_field("Or a net amount off", required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer what the next bill charges."""
        super().__init__(*args, **kwargs)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class WhyFields(AdjustFields, ReasonForm):
    """Why, with what comes off carried along."""

    reason_code = forms.ChoiceField(label="Reason")
    comment = forms.CharField(
        label="Note", max_length=150, required=False, help_text="For colleagues and auditors."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Hide what was chosen on the page before."""
        super().__init__(*args, **kwargs)
        for name in ("what", "percent", "amount"):
            self.fields[name].widget = forms.HiddenInput()


class OfNextBill(FormScreen):
    """Something about the next bill of the account of the address."""

    subject = Account
    permission = ("invoicing.view_invoice", ADJUST)
    template_name = "invoicing/adjustment.html"
    success_message = ""

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    @property
    def today(self) -> date:
        """Today where the account is."""
        return clock.today(ZoneInfo(self.account.time_zone))

    @cached_property
    def invoice(self) -> NextInvoice | None:
        """The next bill as things stand; None where it cannot be calculated."""
        try:
            return operations.next_invoice(account_id=self.account.pk, as_of=self.today)
        except Refusal:
            return None

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the next invoice."""
        url = reverse("invoicing:account_next", args=[self.account.pk])
        return [
            Crumb(self.account.number, links.account(self.account.pk)),
            Crumb("Next invoice", url),
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the whole bill and each charge of it."""
        offered = [("", WHOLE_BILL), *self.charges()]
        return {**super().get_form_kwargs(), "choices": offered}

    def charges(self) -> list[tuple[str, str]]:
        """Return what of the next bill can be chosen, with its subscription, first day and net."""
        if self.invoice is None:
            return []
        pieces = operations.adjustable(self.invoice)
        numbers = dict(
            SubscriptionCharge.objects.filter(pk__in=[one.charge for one in pieces]).values_list(
                "pk", "subscription__number"
            )
        )
        currency = self.invoice.currency
        found = []
        for piece, (text, net) in pieces.items():
            cost = f"{money_text(net, currency)} {currency}"
            said = f"{text}, {numbers[piece.charge]}, from {piece.start}: {cost}"
            found.append((str(piece), said))
        return found

    def get_initial(self) -> dict[str, Any]:
        """Propose what the address asks for: to waive a charge that was chosen from its line."""
        asked = self.request.GET
        given = {name: asked[name] for name in ("what", "percent", "amount") if asked.get(name)}
        return {"percent": "100", **given} if given.keys() == {"what"} else given

    def asked(self, given: dict[str, Any]) -> Adjustment:
        """Return what the fields of a form say."""
        percent = given["percent"]
        pieces = (
            {str(one): one for one in operations.adjustable(self.invoice)}
            if (self.invoice is not None)
            else {}
        )
        piece: Piece | None = pieces[given["what"]] if given["what"] else None
        return Adjustment(piece, None if percent is None else percent / 100, given["amount"])

    def preview(self, given: dict[str, Any]) -> Preview:
        """Return the next bill without and with what is asked for."""
        return operations.preview_adjustment(
            account=self.account,
            asked=self.asked(given),
            as_of=self.today,
            actor=links.person(self.request),
        )


class AdjustBill(OfNextBill):
    """Choose what comes off the next bill; nothing is changed yet."""

    title = "Adjust the next bill"
    form_class = AdjustFields
    submit_label = "Show what it changes"
    intro = (
        "What is waived or reduced here is never billed; it comes off once. What was billed "
        "already is corrected by a credit from its document."
    )

    def submit(self, form: forms.Form) -> Preview:
        """See whether it can be done."""
        self.given = form.cleaned_data
        return self.preview(self.given)

    def get_success_url(self) -> str:
        """Go on to what it changes."""
        given = {name: str(value) for name, value in self.given.items() if value}
        url = reverse("invoicing:confirm_adjustment", args=[self.account.pk])
        return f"{url}?{urlencode(given)}"


class ConfirmAdjustment(OfNextBill):
    """Show what an adjustment changes, and make it with a reason."""

    title = "Adjust the next bill"
    form_class = WhyFields
    submit_label = "Adjust the bill"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say up to which amount nobody else is needed."""
        super().setup(request, *args, **kwargs)
        person = links.person(request)
        limit = audit.queries.free_limit(APPROVE, person=person, currency=self.account.currency)
        self.intro = "Another person approves it; until then nothing comes off."
        if limit is not None:
            self.intro = (
                f"Up to {money_text(limit.left, self.account.currency)} {self.account.currency} "
                "net it holds at once; above that another person approves it first."
            )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the bill without and with it."""
        context = super().get_context_data(**kwargs)
        chosen = AdjustFields(
            self.get_initial() if self.request.method == "GET" else self.request.POST,
            choices=self.get_form_kwargs()["choices"],
        )
        if not chosen.is_valid():
            return context
        try:
            seen = self.preview(chosen.cleaned_data)
        except Refusal as refusal:
            facts = [Fact(label="Cannot be adjusted so", value=dates_told(refusal.message))]
            return {**context, "facts": facts}
        return {**context, "facts": _figures(seen), "tables": [
            lines_table("What comes off", seen.charges, "Nothing.", seen.currency),
            lines_table("The bill with it", seen.after.lines, "Nothing to bill.", seen.currency),
        ]}  # fmt: skip

    def submit(self, form: forms.Form) -> GrantedDiscount:
        """Call the operation."""
        return operations.adjust_next_bill(
            account=self.account,
            asked=self.asked(form.cleaned_data),
            reason_code=form.cleaned_data["reason_code"],
            comment=form.cleaned_data["comment"],
            as_of=self.today,
            actor=links.person(self.request),
        )

    def get_success_message(self) -> str:
        """Say whether it holds, or waits."""
        if self.result.state == GrantState.PENDING:
            return "Asked for. Another person approves it; until then nothing comes off."
        return "It comes off the next bill."

    def get_success_url(self) -> str:
        """Show the next invoice with it."""
        return reverse("invoicing:account_next", args=[self.account.pk])

    def get_cancel_url(self) -> str:
        """Go back to the choice."""
        return adjust_url(self.account.pk)


def _figures(seen: Preview) -> list[Fact]:
    def money(label: str, value: Decimal) -> Fact:
        return Fact(label=label, value=value, kind="money", currency=seen.currency)

    return [
        Fact(label="Bill date", value=seen.after.bill_date, kind="date"),
        money("Comes off, net", seen.before.net - seen.after.net),
        money("Total without it", seen.before.total),
        money("Total with it", seen.after.total),
    ]


class TakeAdjustmentBack(FormScreen):
    """Let what was waived or reduced be billed after all."""

    subject = GrantedDiscount
    permission = ("invoicing.view_invoice", ADJUST)
    template_name = "invoicing/adjustment.html"
    title = "Take an adjustment back"
    intro = "The next bill charges it in full. This can be done until that bill is posted."
    form_class = forms.Form
    submit_label = "Take it back"
    success_message = "Taken back."

    @cached_property
    def grant(self) -> GrantedDiscount:
        """The adjustment of the address."""
        rows = GrantedDiscount.objects.select_related(
            "account", "discount", "subscription_charge__charge"
        )
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the next invoice."""
        account = self.grant.account
        return [
            Crumb(account.number, links.account(account.pk)),
            Crumb("Next invoice", self.get_success_url()),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what it is, and what becomes of the request while it waits."""
        facts = [
            Fact(label="Of", value=adjusted_of(self.grant)),
            Fact(label="Off", value=self.grant.taken_off),
            Fact(label="State", value=self.grant.state, kind="status"),
            Fact(label="Why", value=self.grant.reason),
        ]
        context = super().get_context_data(facts=facts, **kwargs)
        if self.grant.state == GrantState.PENDING:
            context["intro"] = "It waits for another person, who is then asked no more."
        return context

    def submit(self, form: forms.Form) -> GrantedDiscount:
        """Call the operation."""
        person = links.person(self.request)
        return operations.take_adjustment_back(grant=self.grant, actor=person)

    def get_success_url(self) -> str:
        """Show the next invoice without it."""
        return reverse("invoicing:account_next", args=[self.grant.account_id])
