"""What a clerk does with an account: open, edit, move, hold, close, give an address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from zoneinfo import available_timezones

from django import forms

import ledger.queries
from catalog.models import PriceBook
from customers import choices, operations
from customers.models import Account
from customers.views.account import OfAccount
from customers.views.fields import (
    AddressFields,
    CodeField,
    DayField,
    LineField,
    person,
    printed_languages,
    today_here,
)
from customers.views.lists import CYCLE, account_url, cycles, named
from customers.views.party import OfCustomer
from foundation.screens import ActionView, Button, FormScreen, LongSelect, Suggest, naming
from ledger.models import LegalEntity

ZONES = [("", "As the parent or the entity"), *((z, z) for z in sorted(available_timezones()))]


class BillingFields(forms.Form):
    """How an account is billed."""

    cycle_code = forms.ChoiceField(
        label="Bill cycle",
        choices=lambda: [("", "As the parent; else not billed"), *cycles(is_active=True)],
        required=False,
    )
    cycle_day = forms.IntegerField(
        min_value=1, max_value=31, help_text="31 is the end of the month."
    )
    cycle_months = forms.IntegerField(label="Every (months)", min_value=1, max_value=120)
    invoice_mode = forms.ChoiceField(choices=choices.InvoiceMode.choices)
    terms_kind = forms.ChoiceField(label="Payment terms", choices=choices.TermsKind.choices)
    terms_days = forms.IntegerField(label="Days", min_value=0, max_value=365, initial=30)
    pricebook = forms.ModelChoiceField(
        PriceBook.objects.all(), label="Price book", required=False, to_field_name="code"
    )
    delivery = forms.ChoiceField(choices=choices.Delivery.choices)
    language = CodeField(max_length=8, required=False, widget=Suggest(printed_languages))
    po_number = LineField(label="PO number", max_length=64, required=False)
    cost_centre = LineField(max_length=64, required=False)


class OpenFields(BillingFields):
    """An account to be opened; its days are those of the cycle, unless others are given."""

    field_order = ("name", "number", "opened_on", "role", "entity", "currency", "time_zone")
    name = LineField(max_length=200)
    number = CodeField(max_length=32, required=False, help_text="Empty: the next free number.")
    opened_on = DayField(label="Opens on", initial=today_here)
    role = forms.ChoiceField(
        choices=[("", "A root pays, an account below does not"), *choices.AccountRole.choices],
        required=False,
    )
    entity = forms.ModelChoiceField(
        LegalEntity.objects.all(),
        label="Billed by",
        required=False,
        to_field_name="code",
        help_text="A root needs one; an account below takes its parent's.",
    )
    currency = forms.ChoiceField(
        choices=partial(ledger.queries.currency_choices, "As the parent or the entity"),
        widget=LongSelect,
        required=False,
    )
    time_zone = forms.ChoiceField(choices=ZONES, required=False, widget=LongSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for days only where the cycle's own are not meant."""
        super().__init__(*args, **kwargs)
        for name in ("cycle_day", "cycle_months"):
            self.fields[name].required = False
            self.fields[name].help_text = "Empty: as the cycle."

    def clean(self) -> dict[str, Any]:
        """Take the days of the cycle chosen."""
        given: dict[str, Any] = self.cleaned_data
        cycle = (
            naming.one(CYCLE, code=given.get("cycle_code")) if given.get("cycle_code") else None
        )
        for name, own in (("cycle_day", "day"), ("cycle_months", "months")):
            given[name] = given.get(name) or getattr(cycle, own, 1)
        return given


class OpenForm(FormScreen):
    """Open an account and go to it."""

    permission = "customers.add_account"
    form_class = OpenFields
    submit_label = "Open account"

    def get_success_message(self) -> str:
        """Name the account."""
        return f"Opened account {self.result}."

    def get_success_url(self) -> str:
        """Go to the account."""
        return account_url(self.result.pk)

    def given(self, form: forms.Form) -> dict[str, Any]:
        """Return what was typed, as the operation takes it."""
        return {**form.cleaned_data, "role": form.cleaned_data["role"] or None}


class OpenAccount(OpenForm, OfCustomer):
    """Open a root account of a customer."""

    title = "Open account"

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.open_account(
            customer=self.customer, **self.given(form), actor=person(self.request)
        )


class OpenBelow(OpenForm, OfAccount):
    """Open an account below another."""

    title = "Account below"

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        parent = self.account
        return operations.open_account(
            customer=parent.customer,
            parent=parent,
            **self.given(form),
            actor=person(self.request),
        )


class AccountForm(FormScreen, OfAccount):
    """A form about one account that leads back to it."""

    def get_success_url(self) -> str:
        """Go back to the account."""
        return account_url(self.account.pk)


class EditFields(BillingFields):
    """What can be changed of an account; the version keeps two clerks apart."""

    field_order = ("name",)
    name = LineField(max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the cycle that the account has, even where new accounts take it no more."""
        super().__init__(*args, **kwargs)
        code, field = self.initial.get("cycle_code"), self.fields["cycle_code"]
        assert isinstance(field, forms.ChoiceField)
        offered = [("", "None: not billed"), *cycles(is_active=True)]
        if code and code not in dict(offered):
            offered.append((code, f"{code} (not used any more)"))
        field.choices = offered


class EditAccount(AccountForm):
    """Change how an account is billed."""

    title = "Edit account"
    permission = "customers.change_account"
    form_class = EditFields
    success_message = "Saved."

    def buttons(self) -> Sequence[Button]:
        """Offer to see beforehand what another bill day changes."""
        url = named("invoicing:cycle_preview", self.account.pk)
        label = "Preview another bill day"
        return [Button(label=label, url=url, permission=self.permission)] if url else []

    def get_initial(self) -> dict[str, Any]:
        """Return what stands now."""
        names = (*BillingFields.base_fields, "name", "version")
        initial = {name: getattr(self.account, name) for name in names}
        book = self.account.pricebook
        return {**initial, "pricebook": book.code if book else None}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        changes = dict(form.cleaned_data)
        return operations.change_account(
            account=self.account,
            version=changes.pop("version"),
            changes=changes,
            actor=person(self.request),
        )


class AddressRoleFields(AddressFields):
    """An address, what it is for, and from when."""

    field_order = ("role", "valid_from")
    role = forms.ChoiceField(label="For", choices=choices.AddressRole.choices)
    valid_from = DayField(label="From")


class AddressForm(AccountForm):
    """Give an account an address from a day on."""

    title = "Address"
    permission = "customers.change_account"
    form_class = AddressRoleFields
    intro = "The address that holds now ends on the day before; documents keep the old one."
    success_message = "Address recorded."

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"valid_from": self.day}

    def submit(self, form: Any) -> Any:
        """Call the operation."""
        given = form.cleaned_data
        return operations.set_address(
            account=self.account,
            role=choices.AddressRole(given["role"]),
            address=form.address(),
            valid_from=given["valid_from"],
            actor=person(self.request),
        )


class MoveFields(forms.Form):
    """Where an account is to hang, and whether it pays there."""

    parent = CodeField(
        label="Below account",
        max_length=32,
        required=False,
        help_text="Its number; empty makes the account a root that pays for itself.",
    )
    role = forms.ChoiceField(
        choices=[("", "As it is"), *choices.AccountRole.choices], required=False
    )
    on_date = DayField(label="From", help_text="The day belongs to the new place.")
    splits = forms.BooleanField(
        label="Divide the running periods between the payers",
        required=False,
        help_text="The old payer is credited from the day on, the new one billed at its prices.",
    )
    reason = LineField(max_length=200)

    def clean_parent(self) -> Account | None:
        """Find the account of the number."""
        number = self.cleaned_data["parent"]
        if not number:
            return None
        found = Account.objects.filter(number=number).first()
        if found is None:
            raise forms.ValidationError(f"There is no account {number}.")
        return found


class MoveAccount(AccountForm):
    """Move an account, or change who pays for it, from a day on."""

    title = "Move account"
    permission = "customers.move_account"
    form_class = MoveFields
    intro = (
        "Charges follow the payer of their period's first day, unless the running periods are "
        "divided; what is still open stays with the payer that was asked for it."
    )
    submit_label = "Move account"

    def buttons(self) -> Sequence[Button]:
        """Offer to see beforehand what it changes."""
        url = named("invoicing:move_preview", self.account.pk)
        return [Button(label="Preview", url=url, permission=self.permission)] if url else []

    def get_initial(self) -> dict[str, Any]:
        """Propose where it hangs."""
        parent = self.account.parent
        return {"on_date": self.day, "parent": parent.number if parent else ""}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        given = form.cleaned_data
        role = choices.AccountRole(given["role"]) if given["role"] else None
        return operations.move_account(
            account=self.account,
            parent=given["parent"],
            role=role,
            on_date=given["on_date"],
            as_of=self.day,
            reason=given["reason"],
            splits=given["splits"],
            actor=person(self.request),
        )

    def get_success_message(self) -> str:
        """Say from when."""
        return f"Account {self.account.number} moves; its positions show from when."


class HoldFields(forms.Form):
    """Until when billing waits, and why."""

    until = DayField(label="Held until", help_text="Billed again from this day on.")
    reason = LineField(max_length=200)


class HoldAccount(AccountForm):
    """Keep bill runs from selecting an account."""

    title = "Hold billing"
    permission = "customers.hold_account"
    form_class = HoldFields
    success_message = "Billing is held."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.hold_billing(
            account=self.account, **form.cleaned_data, actor=person(self.request)
        )


class ReleaseAccount(ActionView, OfAccount):
    """Take the hold off."""

    permission = "customers.hold_account"
    success_message = "Billing is released."

    def act(self) -> Any:
        """Call the operation."""
        return operations.release_billing(account=self.account, actor=person(self.request))

    def get_success_url(self) -> str:
        """Go back to the account."""
        return account_url(self.account.pk)


class CloseFields(forms.Form):
    """When an account ends."""

    on_date = DayField(label="Closed from", help_text="The first day without the account.")


class CloseAccount(AccountForm):
    """Close an account that has nothing alive."""

    title = "Close account"
    permission = "customers.close_account"
    form_class = CloseFields
    intro = "Subscriptions must have ended and accounts below must hang elsewhere."
    submit_label = "Close account"
    success_message = "The account is closed."

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": self.day}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.close_account(
            account=self.account, **form.cleaned_data, actor=person(self.request)
        )
