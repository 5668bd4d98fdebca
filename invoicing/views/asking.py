"""Ask for memos: a credit of a document, goodwill on account, a debit memo."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

import audit.queries
import invoicing.queries
from catalog.models import GLCode
from customers.choices import AccountRole
from customers.models import Account
from foundation.parsing import LARGEST_AMOUNT, decimal_text
from foundation.screens import Crumb, FormScreen, Parsed
from foundation.screens.cells import money_text
from invoicing import operations
from invoicing.choices import CREDIT_REASONS, DEBIT_REASONS, CreditScope
from invoicing.models import Invoice, InvoiceLine, MemoRequest
from invoicing.rules.crediting import left_with
from invoicing.views import links
from tax.models import TaxCategory


class ReasonForm(forms.Form):
    """A form with a reason out of those that may be chosen in its domain, as they are kept."""

    domain = CREDIT_REASONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read the reasons once."""
        super().__init__(*args, **kwargs)
        field = self.fields["reason_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.code, one.text) for one in audit.queries.reasons(self.domain)]


def amount_field(label: str, **more: Any) -> Parsed:
    """Return the field of an amount that is not negative."""
    return Parsed(
        lambda text: decimal_text(text, places=4, minimum=Decimal(0), maximum=LARGEST_AMOUNT),
        label=label,
        **more,
    )


class _Ask(FormScreen):
    """What asking for memos has in common: the limit is said first, the answer tells which way."""

    action = ""
    currency = ""
    result: MemoRequest | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say up to which amount nobody else is needed."""
        return {**super().get_context_data(**kwargs), "intro": self.limit_text()}

    def limit_text(self) -> str:
        """Say what the person at the page may do alone."""
        person, currency = links.person(self.request), self.currency
        limit = audit.queries.free_limit(self.action, person=person, currency=currency)
        if limit is None:
            return "Another person grants what you ask for here; you have no limit of your own."
        share = "" if limit.share is None else f" and to {limit.share:.0%} of the document"
        return (
            f"Up to {money_text(limit.left, currency)} {currency} net{share} the memo is issued "
            f"at once, without a second person. Your limit is {money_text(limit.amount, currency)}"
            f" {currency} in 24 hours; above it another person grants the memo."
        )

    def get_success_message(self) -> str:
        """Say whether it was issued, or waits."""
        made = self.result
        if made is not None and made.memo is not None:
            return f"{made.memo.get_doc_type_display()} {made.memo.number} is issued."
        return "Asked for. Another person grants it under Memos to grant."

    def get_success_url(self) -> str:
        """Go to the memo, or to the request that waits."""
        made = self.result
        if made is None:
            return links.named("invoicing:credits")
        return links.invoice(made.memo.pk) if made.memo is not None else links.credit(made.pk)


class CreditForm(ReasonForm):
    """Whole, an amount, or amounts by line; the reason is printed on the memo."""

    scope = forms.ChoiceField(label="Credit", choices=CreditScope.choices, initial="FULL")
    amount = amount_field(
        "Net amount",
        required=False,
        help_text="For an amount: it is spread over the lines in proportion.",
    )
    reason_code = forms.ChoiceField(label="Reason")
    comment = forms.CharField(label="Text on the memo", max_length=200, required=False)

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        """Add a field for each line of which something is left."""
        super().__init__(*args, **kwargs)
        texts = dict(invoice.lines.values_list("pk", "text"))
        lines = invoicing.queries.creditable_lines(invoice)
        for line in lines:
            left = left_with(lines, line)
            if line.left > 0 and left > 0:
                self.fields[f"line_{line.line_id}"] = amount_field(
                    f"{line.seq}. {texts[line.line_id]}",
                    required=False,
                    help_text=f"For chosen lines: up to {left:.2f} {invoice.currency}.",
                )

    def lines(self) -> dict[int, Decimal]:
        """Return the net by line id that was entered."""
        return {
            int(name.removeprefix("line_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line_") and value
        }


class _OfDocument(_Ask):
    subject = Invoice
    document = Invoice()

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the document."""
        super().setup(request, *args, **kwargs)
        self.document = get_object_or_404(invoicing.queries.documents(), pk=kwargs["pk"])
        self.currency = self.document.currency

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the document."""
        return [Crumb(str(self.document), links.invoice(self.document.pk))]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form its document."""
        return {**super().get_form_kwargs(), "invoice": self.document}


class RequestCredit(_OfDocument):
    """Ask for a credit; another person grants it."""

    title = "Credit"
    permission = ("invoicing.view_invoice", "invoicing.request_credit")
    form_class = CreditForm
    submit_label = "Ask for the credit"
    action = "invoicing.credit"

    def submit(self, form: forms.Form) -> MemoRequest:
        """Ask."""
        assert isinstance(form, CreditForm)
        return operations.request_credit(
            invoice_id=self.document.pk,
            scope=form.cleaned_data["scope"],
            reason_code=form.cleaned_data["reason_code"],
            comment=form.cleaned_data["comment"],
            lines=form.lines(),
            amount=form.cleaned_data["amount"],
            requester=links.person(self.request),
            on_date=links.today(self.document),
        )


class AccountMemoForm(ReasonForm):
    """An amount with its reason, and what tax applies to it."""

    amount = amount_field("Net amount")
    tax_category = forms.ModelChoiceField(
        TaxCategory.objects.all(), to_field_name="code", required=False,
        empty_label="As the reason says", label="Taxed as", help_text="Most say: not taxed.",
    )  # fmt: skip
    reason_code = forms.ChoiceField(label="Reason")
    comment = forms.CharField(label="Text on the memo", max_length=200)


class DebitForm(AccountMemoForm):
    """A debit memo says besides which account it goes to."""

    domain = DEBIT_REASONS
    gl_code = forms.ModelChoiceField(
        GLCode.objects.all(), to_field_name="code", required=False, label="GL code",
        empty_label="As the reason says",
    )  # fmt: skip
    field_order = ("amount", "gl_code", "tax_category", "reason_code", "comment")


class LineField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A line of a document, shown by its number and text."""

    def label_from_instance(self, obj: Any) -> str:
        """Return number and text."""
        return f"{obj.seq}. {obj.text}"


class LineDebitForm(ReasonForm):
    """More of a billed line, with that line's own taxes."""

    domain = DEBIT_REASONS
    line = LineField(InvoiceLine.objects.none(), label="Line")
    amount = amount_field("Net amount to add")
    reason_code = forms.ChoiceField(label="Reason")
    comment = forms.CharField(label="Text on the memo", max_length=200)

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        """Offer the lines of the document."""
        super().__init__(*args, **kwargs)
        field = self.fields["line"]
        assert isinstance(field, LineField)
        field.queryset = invoice.lines.exclude(net=0).order_by("seq")


class _OfAccount(_Ask):
    subject = Account
    account = Account()

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the account."""
        super().setup(request, *args, **kwargs)
        payers = Account.objects.filter(role=AccountRole.PAYER).select_related("entity")
        self.account = get_object_or_404(payers, pk=kwargs["pk"])
        self.currency = self.account.currency

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account's documents."""
        address = links.named("invoicing:account_invoices", self.account.pk)
        return [Crumb(f"{self.account.number} {self.account.name}", address)]

    def asked(self, form: forms.Form) -> dict[str, Any]:
        """Return what both kinds of memo need."""
        category = form.cleaned_data["tax_category"]
        return {
            "account_id": self.account.pk,
            "amount": form.cleaned_data["amount"],
            "reason_code": form.cleaned_data["reason_code"],
            "comment": form.cleaned_data["comment"],
            "tax_category": category.code if category else "",
            "requester": links.person(self.request),
            "on_date": links.today_of(self.account.entity),
        }


class RequestGoodwill(_OfAccount):
    """Ask for a credit on account that belongs to no document (J9)."""

    title = "Goodwill credit"
    permission = ("invoicing.view_invoice", "invoicing.request_credit")
    form_class = AccountMemoForm
    submit_label = "Ask for the credit"
    action = "invoicing.credit"

    def submit(self, form: forms.Form) -> MemoRequest:
        """Ask."""
        return operations.request_goodwill(**self.asked(form))


class RequestDebit(_OfAccount):
    """Ask for a debit memo (J6)."""

    title = "Debit memo"
    permission = ("invoicing.view_invoice", "invoicing.request_debit")
    form_class = DebitForm
    submit_label = "Ask for the debit memo"
    action = "invoicing.debit"

    def submit(self, form: forms.Form) -> MemoRequest:
        """Ask."""
        chosen = form.cleaned_data["gl_code"]
        return operations.request_debit(**self.asked(form), gl_code=chosen.code if chosen else "")


class RequestLineDebit(_OfDocument):
    """Ask that more of a billed line be billed, with its own taxes (J6, TAX-12)."""

    title = "Debit memo"
    permission = ("invoicing.view_invoice", "invoicing.request_debit")
    form_class = LineDebitForm
    submit_label = "Ask for the debit memo"
    action = "invoicing.debit"

    def submit(self, form: forms.Form) -> MemoRequest:
        """Ask."""
        return operations.request_debit(
            account_id=self.document.payer_id,
            line_id=form.cleaned_data["line"].pk,
            amount=form.cleaned_data["amount"],
            reason_code=form.cleaned_data["reason_code"],
            comment=form.cleaned_data["comment"],
            requester=links.person(self.request),
            on_date=links.today(self.document),
        )
