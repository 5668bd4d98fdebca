"""Contracts with an account and the prices agreed in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import ledger.queries
from catalog.models import Charge, Product
from catalog.queries import proposals
from customers import choices, operations
from customers.choices import ContractState
from customers.models import Contract, ContractCommitment, ContractPrice
from customers.views.account_forms import AccountForm
from customers.views.fields import (
    CodeField,
    DayField,
    LineField,
    PercentField,
    PriceField,
    person,
    today,
)
from customers.views.lists import account_url, last_day
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Fact,
    FormScreen,
    LongSelect,
    Screen,
    Suggest,
    Table,
)

PROMISED = (
    Column(label="Commitment", value="spec.code", kind="code"),
    Column(label="On the invoice", value="spec.name"),
    Column(label="Kind", value="spec.get_kind_display"),
    Column(label="Amount", value="amount", kind="money", currency="currency"),
    Column(label="Each", value="spec.get_window_kind_display"),
    Column(label="From", value="valid.lower", kind="date"),
    Column(label="To", value=last_day, kind="date"),
    Column(
        label="",
        value=lambda row: "End",
        kind="act",
        link=lambda row: reverse("customers:end_commitment", args=[row.pk]),
    ),
)


def promises(**whose: Any) -> QuerySet[ContractCommitment]:
    """Return the commitments of an account or a contract, the newest first."""
    rows = ContractCommitment.objects.filter(**whose).select_related("spec", "contract")
    return rows.order_by("-pk")[:200]


class ContractFields(forms.Form):
    """A contract to be drafted."""

    number = CodeField(max_length=32, required=False, help_text="Empty: the next free number.")
    valid_from = DayField(label="From")
    valid_to = DayField(label="To", required=False, help_text="The first day without it.")
    document_reference = LineField(label="Document", max_length=200, required=False)
    renewal = forms.ChoiceField(choices=choices.Renewal.choices)


class NewContract(AccountForm):
    """Draft a contract with an account; its prices are added next."""

    title = "New contract"
    permission = "customers.add_contract"
    form_class = ContractFields
    intro = "Prices agreed here hold for this account and every account below it, once signed."

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"valid_from": self.day}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.draft_contract(
            account=self.account, **form.cleaned_data, actor=person(self.request)
        )

    def get_success_message(self) -> str:
        """Name the contract."""
        return f"Drafted contract {self.result.number}."

    def get_success_url(self) -> str:
        """Go to the contract."""
        return reverse("customers:contract", args=[self.result.pk])


class OfContract(Screen):
    """Something about the contract of the address."""

    subject: ClassVar[type[Model] | None] = Contract

    @cached_property
    def contract(self) -> Contract:
        """The contract of the address."""
        rows = Contract.objects.select_related("account")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the contract."""
        one = self.contract
        return (
            Crumb(str(one.account), account_url(one.account_id)),
            Crumb(f"Contract {one.number}", reverse("customers:contract", args=[one.pk])),
        )

    def get_success_url(self) -> str:
        """Go back to the contract."""
        return reverse("customers:contract", args=[self.contract.pk])


class ContractPage(OfContract):
    """A contract with its prices."""

    permission = "customers.view_contract"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the contract."""
        return f"Contract {self.contract.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        one = self.contract
        return (
            Crumb("Accounts", reverse("customers:accounts")),
            Crumb(str(one.account), account_url(one.account_id)),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer to sign and to agree prices."""
        one = self.contract
        offered = []
        if one.state == ContractState.DRAFT:
            offered.append(
                Button(
                    label="Sign",
                    url=reverse("customers:sign_contract", args=[one.pk]),
                    permission="customers.sign_contract",
                    method="post",
                    style="primary",
                    confirm="Put the contract and its prices in force from today's signature?",
                )
            )
        if one.state == ContractState.SIGNED:
            offered.append(
                Button(
                    label="Terminate",
                    url=reverse("customers:terminate_contract", args=[one.pk]),
                    permission="customers.sign_contract",
                    style="danger",
                )
            )
            offered.append(
                Button(
                    label="Agree commitment",
                    url=reverse("customers:agree_commitment", args=[one.pk]),
                    permission="customers.agree_commitment",
                )
            )
        if one.state in {ContractState.DRAFT, ContractState.SIGNED}:
            offered.append(
                Button(
                    label="Agree price",
                    url=reverse("customers:new_contract_price", args=[one.pk]),
                    permission="customers.set_contract_price",
                )
            )
        return offered

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and prices."""
        one = self.contract
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(label="Account", value=str(one.account), url=account_url(one.account_id)),
            Fact(label="From", value=one.valid.lower, kind="date"),
            Fact(label="To", value=last_day(one), kind="date"),
            Fact(label="Signed", value=one.signed_on, kind="date"),
            Fact(label="Renewal", value=one.get_renewal_display()),
            Fact(label="Document", value=one.document_reference),
        ]
        return super().get_context_data(
            facts=facts, table=self._prices(), tables=[self._commitments()], **kwargs
        )

    def _commitments(self) -> Table:
        return Table(
            caption="Commitments",
            rows=promises(contract=self.contract),
            empty="No amount is promised or capped.",
            columns=PROMISED,
        )

    def _prices(self) -> Table:
        rows = ContractPrice.objects.filter(contract=self.contract)
        return Table(
            caption="Prices",
            rows=rows.select_related("charge", "product").order_by("pk"),
            empty="No price is agreed yet.",
            columns=(
                Column(
                    label="For",
                    value=lambda row: row.charge.reference if row.charge else row.product.code,
                    kind="code",
                ),
                Column(label="Kind", value="get_kind_display"),
                Column(label="Unit price", value="unit_price", kind="money"),
                Column(
                    label="Percent off",
                    value=lambda row: row.percent_off * 100 if row.percent_off else None,
                    kind="number",
                ),
                Column(label="Currency", value="currency", kind="code"),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
                Column(label="In force", value="in_force", kind="yesno"),
            ),
        )


class SignContract(OfContract, ActionView):
    """Put a contract in force."""

    permission = "customers.sign_contract"
    success_message = "The contract is in force."

    def act(self) -> Any:
        """Call the operation."""
        return operations.sign_contract(
            contract=self.contract,
            signed_on=today(self.contract.account),
            actor=person(self.request),
        )


class TerminateFields(forms.Form):
    """When a contract ends."""

    on_date = DayField(label="Ends", help_text="The first day without the contract's prices.")


class TerminateContract(OfContract, FormScreen):
    """End a contract; its prices hold up to the day before."""

    title = "Terminate"
    permission = "customers.sign_contract"
    form_class = TerminateFields
    success_message = "The contract ends."
    submit_label = "Terminate"

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": today(self.contract.account)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.terminate_contract(
            contract=self.contract, **form.cleaned_data, actor=person(self.request)
        )


class ContractPriceFields(forms.Form):
    """A price to be agreed: for a charge or a product, fixed or in percent."""

    charge = CodeField(
        max_length=80, required=False, help_text="Its reference, as FIBER/1/RENT; or a product.",
        widget=Suggest(proposals.charges),
    )  # fmt: skip
    product = CodeField(max_length=32, required=False, widget=Suggest(proposals.products))
    currency = forms.ChoiceField(choices=ledger.queries.currency_choices, widget=LongSelect)
    unit_price = PriceField(required=False)
    percent_off = PercentField(required=False, help_text="As 12.5; either this or a unit price.")
    valid_from = DayField(label="From", required=False, help_text="Empty: with the contract.")
    valid_to = DayField(label="To", required=False)

    def clean_charge(self) -> Charge | None:
        """Find the charge of the reference."""
        return self._found(Charge.objects.filter(reference=self.cleaned_data["charge"]), "charge")

    def clean_product(self) -> Product | None:
        """Find the product of the code."""
        return self._found(Product.objects.filter(code=self.cleaned_data["product"]), "product")

    def _found(self, rows: QuerySet[Any], name: str) -> Any:
        text = self.cleaned_data[name]
        found = rows.first() if text else None
        if text and found is None:
            raise forms.ValidationError(f"There is no {name} {text}.")
        return found


class NewContractPrice(OfContract, FormScreen):
    """Agree a price."""

    title = "Agree price"
    permission = "customers.set_contract_price"
    form_class = ContractPriceFields
    intro = "The price that held before for the same charge or product ends where this one starts."
    success_message = "The price is agreed."

    def get_initial(self) -> dict[str, Any]:
        """Propose the account's currency."""
        return {"currency": self.contract.account.currency}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.set_contract_price(
            contract=self.contract, **form.cleaned_data, actor=person(self.request)
        )
