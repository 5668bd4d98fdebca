"""Exemption certificates: drafted, sent, approved by a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal

from django import forms
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from customers import choices, operations
from customers.choices import CertificateState
from customers.models import ExemptionCertificate
from customers.views.account_forms import AccountForm
from customers.views.fields import (
    CodeField,
    DayField,
    LineField,
    PercentField,
    person,
    today,
    today_here,
)
from customers.views.lists import ANY, account_url, last_day
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
    Suggest,
    Table,
)
from foundation.screens.cells import date_text
from tax.models import Jurisdiction, TaxCategory, TaxType

WITH_REASON: Final[dict[str, Literal["plain", "danger"]]] = {
    "reject_certificate": "plain",
    "revoke_certificate": "danger",
}
"""Steps that lead to a form, with how their button looks."""


class CertificateFilters(FilterForm):
    """Narrow the list of certificates."""

    state = forms.ChoiceField(choices=[*ANY, *choices.CertificateState.choices])


class CertificateList(ListScreen):
    """Exemption certificates, the latest first."""

    title = "Exemption certificates"
    permission = "customers.view_exemptioncertificate"
    filters = CertificateFilters
    keyset = ("-id",)
    empty = Empty(title="No certificates", text="Draft one from an account's page.")
    columns = (
        Column(
            label="Number",
            value="number",
            kind="code",
            link=lambda row: reverse("customers:certificate", args=[row.pk]),
        ),
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda row: account_url(row.account_id),
        ),
        Column(label="Jurisdiction", value="place", kind="code"),
        Column(label="From", value="valid.lower", kind="date"),
        Column(label="To", value=last_day, kind="date"),
        Column(label="State", value="state", kind="status"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[ExemptionCertificate]:
        """Return the certificates asked for."""
        rows = ExemptionCertificate.objects.annotate(
            account_number=F("account__number"), place=F("jurisdiction__code")
        )
        if filters.get("state"):
            rows = rows.filter(state=filters["state"])
        return rows.order_by("-id")


class CertificateFields(forms.Form):
    """An exemption certificate to be drafted."""

    number = LineField(max_length=64)
    jurisdiction = forms.ModelChoiceField(Jurisdiction.objects.all(), to_field_name="code")
    tax_type = forms.ModelChoiceField(
        TaxType.objects.all(), required=False, help_text="Empty: every tax there."
    )
    category_code = CodeField(
        label="Tax category", max_length=32, required=False, help_text="Empty: every category.",
        widget=Suggest(lambda: TaxCategory.objects.values_list("code", "name")),
    )  # fmt: skip
    percent = PercentField(label="Exempt percent", initial="100")
    valid_from = DayField(label="From", initial=today_here)
    valid_to = DayField(label="To", required=False, help_text="The first day without it.")
    flows_down = forms.BooleanField(label="Holds for accounts below", required=False)
    document_reference = LineField(label="Document", max_length=200, required=False)


class NewCertificate(AccountForm):
    """Draft an exemption certificate of an account."""

    title = "New exemption certificate"
    permission = "customers.add_exemptioncertificate"
    form_class = CertificateFields
    intro = "Nothing is exempt before a second person approves it."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.draft_certificate(
            account=self.account, **form.cleaned_data, actor=person(self.request)
        )

    def get_success_message(self) -> str:
        """Name the certificate."""
        return f"Drafted certificate {self.result.number}."

    def get_success_url(self) -> str:
        """Go to the certificate."""
        return reverse("customers:certificate", args=[self.result.pk])


class OfCertificate(Screen):
    """Something about the certificate of the address."""

    subject = ExemptionCertificate

    @cached_property
    def certificate(self) -> ExemptionCertificate:
        """The certificate of the address."""
        rows = ExemptionCertificate.objects.select_related(
            *("account", "jurisdiction", "tax_type", "requested_by", "approved_by", "updated_by")
        )
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the certificate."""
        return (
            Crumb("Exemption certificates", reverse("customers:certificates")),
            Crumb(self.certificate.number, self.get_success_url()),
        )

    def get_success_url(self) -> str:
        """Go back to the certificate."""
        return reverse("customers:certificate", args=[self.certificate.pk])


class CertificatePage(OfCertificate):
    """An exemption certificate, and who may do what with it next."""

    permission = "customers.view_exemptioncertificate"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the certificate."""
        return f"Exemption certificate {self.certificate.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Exemption certificates", reverse("customers:certificates")),)

    def buttons(self) -> Sequence[Button]:
        """Offer the steps of its state."""
        one = self.certificate
        approve = "customers.approve_certificate"
        if one.state in {CertificateState.DRAFT, CertificateState.REJECTED}:
            steps = [("Send for approval", "request_certificate", "customers.request_certificate")]
        elif one.state == CertificateState.PENDING:
            steps = [
                ("Approve", "approve_certificate", approve),
                ("Reject", "reject_certificate", approve),
            ]
        elif one.state == CertificateState.APPROVED:
            steps = [("Revoke", "revoke_certificate", approve)]
        else:
            steps = []
        return [
            Button(
                label=label,
                url=reverse(f"customers:{name}", args=[one.pk]),
                permission=permission,
                method="get" if name in WITH_REASON else "post",
                style=WITH_REASON.get(name, "primary"),
            )
            for label, name, permission in steps
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts."""
        one = self.certificate
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(label="Account", value=str(one.account), url=account_url(one.account_id)),
            Fact(label="Jurisdiction", value=str(one.jurisdiction)),
            Fact(label="Tax", value=str(one.tax_type) if one.tax_type else "every tax"),
            Fact(label="Tax category", value=one.category_code or "every category"),
            Fact(label="Exempt percent", value=one.percent * 100, kind="number"),
            Fact(label="From", value=one.valid.lower, kind="date"),
            Fact(label="To", value=last_day(one), kind="date"),
            Fact(label="Holds for accounts below", value=one.flows_down, kind="yesno"),
            Fact(label="Document", value=one.document_reference),
            Fact(label="Sent by", value=one.requested_by.username if one.requested_by else ""),
            Fact(label="Approved by", value=one.approved_by.username if one.approved_by else ""),
        ]
        if one.state == CertificateState.REVOKED:
            facts += [
                Fact(label="Revoked from", value=one.revoked_from, kind="date"),
                Fact(label="Revoked because", value=one.revoked_reason),
                Fact(label="Revoked by", value=one.updated_by.username if one.updated_by else ""),
            ]
        return super().get_context_data(
            facts=facts, table=Table(columns=(), rows=(), empty=""), **kwargs
        )


class RequestCertificate(OfCertificate, ActionView):
    """Send a certificate for approval."""

    permission = "customers.request_certificate"
    success_message = "Sent: a second person approves it."

    def act(self) -> Any:
        """Call the operation."""
        return operations.request_certificate(
            certificate=self.certificate, requester=person(self.request)
        )


class ApproveCertificate(OfCertificate, ActionView):
    """Approve a certificate that somebody else sent."""

    permission = "customers.approve_certificate"
    success_message = "The exemption is in force."

    def act(self) -> Any:
        """Call the operation."""
        return operations.approve_certificate(
            certificate=self.certificate, approver=person(self.request)
        )


class RejectFields(forms.Form):
    """Why a certificate is sent back."""

    comment = LineField(label="Why", max_length=300)


class RejectCertificate(OfCertificate, FormScreen):
    """Send a certificate back with the reason."""

    title = "Reject certificate"
    submit_label = "Reject"
    permission = "customers.approve_certificate"
    form_class = RejectFields
    success_message = "Sent back."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.reject_certificate(
            certificate=self.certificate,
            comment=form.cleaned_data["comment"],
            approver=person(self.request),
        )


class RevokeFields(forms.Form):
    """From which day a certificate holds no more, and why."""

    revoked_from = DayField(
        label="From", help_text="The first day without it: documents of this day are taxed."
    )
    reason = LineField(label="Why", max_length=300)


class RevokeCertificate(OfCertificate, FormScreen):
    """Take a certificate out of force from a day on."""

    title = "Revoke certificate"
    submit_label = "Revoke"
    permission = "customers.approve_certificate"
    form_class = RevokeFields
    intro = (
        "Documents dated the day chosen, or later, are taxed (TAX-6); for those dated before it "
        "the exemption still holds. What was posted keeps the tax that it has, whatever its "
        "date; drafts are calculated anew. A revoked certificate is not revived: approve another."
    )

    def get_initial(self) -> dict[str, Any]:
        """Propose today, or the first day of a certificate that has not begun."""
        first: date = self.certificate.valid.lower
        return {"revoked_from": max(today(self.certificate.account), first)}

    def get_success_message(self) -> str:
        """Say what is taxed."""
        return (
            f"Revoked: documents dated {date_text(self.result.revoked_from)} or later are taxed."
        )

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.revoke_certificate(
            certificate=self.certificate, **form.cleaned_data, actor=person(self.request)
        )
