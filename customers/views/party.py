"""A customer: its page, and the forms that record and describe it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from catalog.queries import proposals
from customers import choices, operations
from customers.models import Account, Contact, Customer, VatIdCheck
from customers.views.fields import (
    CodeField,
    DayField,
    LineField,
    person,
    printed_languages,
    today_here,
)
from customers.views.lists import account_url
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Definition,
    Fact,
    FormScreen,
    Screen,
    Suggest,
    Table,
)


class OfCustomer(Screen):
    """Something about the customer of the address."""

    subject = Customer

    @cached_property
    def customer(self) -> Customer:
        """The customer of the address."""
        return get_object_or_404(Customer, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the customer."""
        return (
            Crumb("Customers", reverse("customers:customers")),
            Crumb(str(self.customer), reverse("customers:customer", args=[self.customer.pk])),
        )


class CustomerPage(OfCustomer):
    """A customer with its accounts, contacts and the checks of its VAT number."""

    permission = "customers.view_customer"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the customer."""
        return str(self.customer)

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Customers", reverse("customers:customers")),)

    def buttons(self) -> Sequence[Button]:
        """Offer to open an account, to add a contact and to edit."""
        pk = self.customer.pk
        return (
            Button(
                label="Open account",
                url=reverse("customers:open_account", args=[pk]),
                permission="customers.add_account",
                style="primary",
            ),
            Button(
                label="New contact",
                url=reverse("customers:new_contact", args=[pk]),
                permission="customers.add_contact",
            ),
            Button(
                label="VAT number check",
                url=reverse("customers:vat_check", args=[pk]),
                permission="customers.change_customer",
            ),
            Button(
                label="Edit",
                url=reverse("customers:edit_customer", args=[pk]),
                permission="customers.change_customer",
            ),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and tables."""
        one = self.customer
        facts = [
            Fact(label="Kind", value=one.get_kind_display()),
            Fact(label="Status", value=one.status, kind="status"),
            Fact(label="Trading name", value=one.trading_name),
            Fact(label="Segment", value=one.segment),
            Fact(label="VAT id", value=one.vat_id, kind="code"),
            Fact(label="Registration", value=one.registration_no),
            Fact(label="Number elsewhere", value=one.external_id, kind="code"),
            Fact(label="Language", value=one.language),
        ]
        return super().get_context_data(
            facts=facts,
            table=self._accounts(),
            tables=[contacts_of(customer_id=one.pk), self._checks()],
            **kwargs,
        )

    def _accounts(self) -> Table:
        rows = Account.objects.filter(customer=self.customer).order_by("tree_id", "lft")[:200]
        return Table(
            caption="Accounts",
            rows=rows,
            empty="No account is open yet.",
            columns=(
                Column(
                    label="Number",
                    value="number",
                    kind="code",
                    link=lambda row: account_url(row.pk),
                ),
                Column(label="Name", value=lambda row: "\u2003" * row.level + row.name),
                Column(label="Role", value="get_role_display"),
                Column(label="Currency", value="currency", kind="code"),
                Column(label="Status", value="status", kind="status"),
            ),
        )

    def _checks(self) -> Table:
        return Table(
            caption="VAT number checks",
            rows=VatIdCheck.objects.filter(customer=self.customer).order_by("-pk")[:20],
            empty="None yet.",
            columns=(
                Column(label="Checked", value="checked_on", kind="date"),
                Column(label="Number", value="vat_id", kind="code"),
                Column(label="Valid", value="is_valid", kind="yesno"),
                Column(label="Source", value="source"),
                Column(label="Reference", value="consultation_reference", kind="code"),
            ),
        )


def contacts_of(*, customer_id: int, account_id: int | None = None) -> Table:
    """Return the contacts of a customer, or those that an account uses."""
    rows = Contact.objects.filter(customer_id=customer_id, is_active=True).order_by("name")
    if account_id is not None:
        rows = rows.filter(account_id=account_id) | rows.filter(account__isnull=True)
    return Table(
        caption="Contacts",
        rows=rows[:100],
        empty="Nobody to write to yet.",
        columns=(
            Column(label="Name", value="name"),
            Column(label="For", value="get_role_display"),
            Column(label="E-mail", value="email"),
            Column(label="Telephone", value="phone"),
        ),
    )


class CustomerFields(forms.Form):
    """What is said of a customer."""

    kind = forms.ChoiceField(choices=choices.CustomerKind.choices)
    legal_name = LineField(max_length=200)
    trading_name = LineField(max_length=200, required=False)
    number = CodeField(max_length=32, required=False, help_text="Empty: the next free number.")
    segment = CodeField(
        max_length=32, required=False, help_text="Price segment; empty for none.",
        widget=Suggest(partial(proposals.price_words, "segment")),
    )  # fmt: skip
    language = CodeField(max_length=8, initial="en", widget=Suggest(printed_languages))
    vat_id = LineField(label="VAT id", max_length=20, required=False)
    registration_no = LineField(label="Registration number", max_length=64, required=False)
    external_id = CodeField(label="Number elsewhere", max_length=64, required=False)


class NewCustomer(Definition):
    """Record a customer."""

    reach = "own"
    title = "New customer"
    listed = ("Customers", "customers:customers")
    shown_at = "customers:customer"
    permission = "customers.add_customer"
    form_class = CustomerFields
    submit_label = "Record customer"

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.create_customer(**form.cleaned_data, actor=person(self.request))

    def get_success_message(self) -> str:
        """Name the customer."""
        return f"Recorded customer {self.result}."


class ChangeFields(CustomerFields):
    """What can be changed of a customer; the version keeps two clerks apart."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    status = forms.ChoiceField(choices=choices.CustomerStatus.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["number"], self.fields["kind"]


class EditCustomer(FormScreen, OfCustomer):
    """Change how a customer is described."""

    title = "Edit customer"
    permission = "customers.change_customer"
    form_class = ChangeFields
    success_message = "Saved."

    def get_initial(self) -> dict[str, Any]:
        """Return what stands now."""
        names = (*operations.CUSTOMER_FIELDS, "version")
        return {name: getattr(self.customer, name) for name in names}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        changes = dict(form.cleaned_data)
        changes["segment"] = changes["segment"] or "*"
        return operations.change_customer(
            customer=self.customer,
            version=changes.pop("version"),
            changes=changes,
            actor=person(self.request),
        )

    def get_success_url(self) -> str:
        """Go back to the customer."""
        return reverse("customers:customer", args=[self.customer.pk])


class VatCheckFields(forms.Form):
    """The answer of a check."""

    checked_on = DayField(label="Checked on", initial=today_here)
    valid = forms.BooleanField(label="The number is valid", required=False)
    source = LineField(max_length=32, help_text="Who answered, as VIES.")
    consultation_reference = LineField(label="Reference", max_length=64, required=False)


class RecordVatCheck(FormScreen, OfCustomer):
    """Keep the answer of a check of the customer's VAT number (TAX-7)."""

    title = "VAT number check"
    permission = "customers.change_customer"
    form_class = VatCheckFields
    success_message = "The answer is kept."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        given = dict(form.cleaned_data)
        return operations.record_vat_id_check(
            customer=self.customer,
            is_valid=given.pop("valid"),
            **given,
            actor=person(self.request),
        )

    def get_success_url(self) -> str:
        """Go back to the customer."""
        return reverse("customers:customer", args=[self.customer.pk])


class ContactFields(forms.Form):
    """A person to write to or call."""

    name = LineField(max_length=200)
    role = forms.ChoiceField(choices=choices.ContactRole.choices)
    email = forms.EmailField(label="E-mail", required=False)
    phone = LineField(label="Telephone", max_length=32, required=False)


class NewContact(FormScreen, OfCustomer):
    """Add a contact to a customer."""

    title = "New contact"
    permission = "customers.add_contact"
    form_class = ContactFields
    success_message = "Contact added."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.add_contact(
            customer=self.customer, **form.cleaned_data, actor=person(self.request)
        )

    def get_success_url(self) -> str:
        """Go back to the customer."""
        return reverse("customers:customer", args=[self.customer.pk])
