"""What a person does alone: the list of limits, and the form that asks for another."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.operations
from audit.models import ApprovalPolicy, ApprovalRequest
from billing_site import roles
from billing_site.queries import subjects
from foundation.money import quantize
from foundation.screens import Button, Column, Crumb, Empty, FormScreen, ListScreen
from ledger.models import Currency

VIEW = "audit.view_approvalpolicy"
ASK = ("audit.add_approvalpolicy", "audit.change_approvalpolicy")
APPROVERS: Final[dict[str, tuple[str, ...]]] = {
    "invoicing.credit": ("invoicing.approve_credit",),
    "invoicing.debit": ("invoicing.approve_debit",),
    "customers.approve_discount": ("customers.approve_discount",),
    "customers.order": (),
}
"""Acts that a limit may free, with what the second person holds for what lies above it."""


def address(policy: ApprovalPolicy) -> str:
    """Return the page on which another limit is asked for."""
    return reverse("console:limit", args=[policy.pk])


class Policies(ListScreen):
    """Up to which amount who does what alone; anything else needs a second person."""

    title = "Approval limits"
    permission = VIEW
    columns = (
        Column(label="What", value=lambda p: subjects.act(p.action), link=address),
        Column(label="Who", value=lambda p: p.role or "Anybody with the right"),
        Column(label="Currency", value=lambda p: p.currency or "Any", kind="code"),
        Column(label="Alone up to", value="free_up_to", kind="money"),
        Column(
            label="At most this part of the document",
            value=lambda p: "" if p.free_share is None else f"{percent(p.free_share)} %",
        ),
        Column(label="The second person", value="rights"),
        Column(label="In force", value="is_active", kind="yesno"),
    )
    intro = (
        "A limit counts everything that a person did alone in the last 24 hours. What has no "
        "limit here always waits for a second person. Nobody decides on their own request, and "
        "a limit itself is changed by two people."
    )
    empty = Empty(
        title="No limits",
        text="Every credit, debit, run and price waits for a second person.",
    )

    def look_up(self, rows: Sequence[Any]) -> None:
        """Name the rights that the second person holds."""
        codes = {code.rpartition(".")[2] for row in rows for code in row.permissions}
        rights = Permission.objects.filter(codename__in=codes).values_list("codename", "name")
        words = dict(rights)
        for row in rows:
            named = (words.get(code.rpartition(".")[2], code) for code in row.permissions)
            row.rights = ", ".join(named)

    def rows(self, filters: dict[str, Any]) -> QuerySet[ApprovalPolicy]:
        """Return the limits."""
        return ApprovalPolicy.objects.order_by("action", "role", "currency", "pk")

    def buttons(self) -> list[Button]:
        """Lead whoever may ask for one to the form."""
        return [
            Button(label="Set a limit", url=reverse("console:new_limit"), permission=ASK[0]),
        ]

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Approvals", reverse("console:approvals"))]


def percent(share: Decimal) -> str:
    """Write a part as a percentage without idle zeros: 0.1 is "10"."""
    return f"{(share * 100).normalize():f}"


class LimitForm(forms.Form):
    """How far somebody goes alone."""

    free_up_to = forms.DecimalField(
        label="Alone up to",
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=4,
        help_text="In 24 hours, in the currency of the limit.",
    )
    share = forms.DecimalField(
        label="At most this part of the document (%)",
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(100),
        decimal_places=2,
        help_text="Empty: of any size.",
    )
    is_active = forms.BooleanField(
        label="In force",
        required=False,
        initial=True,
        help_text="Without it, everything of this kind waits for a second person.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What the second person should know.",
    )


class NewLimitForm(LimitForm):
    """How far who goes alone, with what."""

    action = forms.ChoiceField(
        label="What", choices=[(code, subjects.act(code)) for code in APPROVERS]
    )
    role = forms.ChoiceField(
        label="Who",
        required=False,
        choices=[("", "Anybody with the right"), *((n, n) for n in roles.MONEY_ROLES)],
    )
    currency = forms.ModelChoiceField(Currency.objects.order_by("code"))
    field_order = ("action", "role", "currency")


class Ask(FormScreen):
    """A form that asks a second person for a limit."""

    permission = (VIEW, *ASK)
    submit_label = "Ask for approval"
    success_message = "Asked. The limit changes when a second person has approved."

    def ask(self, given: dict[str, Any], **key: Any) -> ApprovalRequest:
        """Call the operation for the limit of `key` with the figures of the form."""
        share = given["share"]
        limit = audit.operations.Limit(
            free_up_to=given["free_up_to"],
            free_share=None if share is None else share / 100,
            is_active=given["is_active"],
            **key,
        )
        return audit.operations.request_limit(
            limit=limit, actor=self.actor, reason=given["reason"]
        )

    def get_success_url(self) -> str:
        """Show what was asked."""
        return reverse("console:approval", args=[self.result.pk])

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [
            Crumb("Approvals", reverse("console:approvals")),
            Crumb("Limits", reverse("console:policies")),
        ]


class NewLimit(Ask):
    """Ask for the limit of an act, a role and a currency."""

    title = "Set a limit"
    form_class = NewLimitForm
    reach = "shared"

    def submit(self, form: forms.Form) -> ApprovalRequest:
        """Call the operation."""
        given = form.cleaned_data
        return self.ask(
            given,
            action=given["action"],
            role=given["role"],
            currency=given["currency"].code,
            permissions=APPROVERS[given["action"]],
        )


class ChangeLimit(Ask):
    """Ask for another limit of the same act, role and currency."""

    form_class = LimitForm
    subject = ApprovalPolicy

    @cached_property
    def policy(self) -> ApprovalPolicy:
        """Return the limit of the address."""
        return get_object_or_404(ApprovalPolicy, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        """Say whose limit of what it is."""
        policy = self.policy
        who = policy.role or "anybody with the right"
        return f"{subjects.act(policy.action)}: {who}, {policy.currency or 'any currency'}"

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is in force."""
        share, amount = self.policy.free_share, self.policy.free_up_to
        return {
            "free_up_to": None if amount is None else quantize(amount, self.policy.currency),
            "share": None if share is None else percent(share),
            "is_active": self.policy.is_active,
        }

    def submit(self, form: forms.Form) -> ApprovalRequest:
        """Call the operation."""
        return self.ask(
            form.cleaned_data,
            action=self.policy.action,
            role=self.policy.role,
            currency=self.policy.currency,
            permissions=tuple(self.policy.permissions),
        )
