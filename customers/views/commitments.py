"""Agree with a contract what an account reaches, or never exceeds, and end that (COM-1, COM-4)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from catalog.models import CommitmentSpec
from customers import operations
from customers.models import Contract, ContractCommitment
from customers.views.contracts import PROMISED, OfContract
from customers.views.fields import DayField, PriceField, person, today
from customers.views.lists import last_day
from foundation.screens import Column, FormScreen
from foundation.screens.cells import date_text, money_text

COMMITTED = (
    *PROMISED[:-1],
    Column(
        label="Contract",
        value="contract.number",
        kind="code",
        link=lambda row: reverse("customers:contract", args=[row.contract_id]),
    ),
    PROMISED[-1],
)


class CommitFields(forms.Form):
    """Which commitment, for which days."""

    spec = forms.ModelChoiceField(CommitmentSpec.objects.none(), label="Commitment")
    amount = PriceField(required=False, help_text="Empty: as the commitment says.")
    starts = DayField(label="From", help_text="Its months, quarters or years count from here.")
    ends = DayField(label="Until", help_text="The first day without it.")

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        """Offer what is in the account's money."""
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["spec"]
        choice.queryset = CommitmentSpec.objects.filter(currency=currency).order_by("code")


class AgreeCommitment(OfContract, FormScreen):
    """Agree a least or greatest amount with a signed contract."""

    title = "Agree commitment"
    permission = "customers.agree_commitment"
    form_class = CommitFields
    submit_label = "Agree"
    success_message = "The commitment is agreed."

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the money of the account."""
        return {**super().get_form_kwargs(), "currency": self.contract.account.currency}

    def get_initial(self) -> dict[str, Any]:
        """Propose the days of the contract."""
        one = self.contract
        return {"starts": one.valid.lower, "ends": one.valid.upper}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.agree_commitment(
            contract=self.contract, actor=person(self.request), **form.cleaned_data
        )


class EndFields(forms.Form):
    """From when nothing is promised."""

    on_date = DayField(
        label="From",
        help_text="The first day without it: its last window ends then, promised by days where "
        "the commitment says so.",
    )


class EndCommitment(OfContract, FormScreen):
    """End a commitment before its last day."""

    title = "End commitment"
    subject = ContractCommitment
    permission = "customers.agree_commitment"
    form_class = EndFields
    submit_label = "End"
    success_message = "The commitment ends."

    @cached_property
    def commitment(self) -> ContractCommitment:
        """The commitment of the address."""
        rows = ContractCommitment.objects.select_related("spec", "contract__account")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def contract(self) -> Contract:  # type: ignore[override]  # here it is the commitment's
        """The contract that it was agreed with."""
        return self.commitment.contract

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what was agreed, and for which days."""
        one = self.commitment
        last = last_day(one)
        told = (
            f"{one.spec.code} {one.spec.name}: {one.spec.get_kind_display().lower()} "
            f"{money_text(one.amount, one.currency)} {one.currency} each "
            f"{one.spec.get_window_kind_display().lower()}, from {date_text(one.valid.lower)} "
            f"to {date_text(last) if last else 'no day'}."
        )
        return super().get_context_data(**kwargs) | {"intro": told}

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": today(self.contract.account)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.end_commitment(
            commitment=self.commitment,
            on_date=form.cleaned_data["on_date"],
            actor=person(self.request),
        )
