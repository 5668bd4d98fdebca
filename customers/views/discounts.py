"""The discounts and commitments of an account: what it has, and giving, approving, ending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from catalog.models import DiscountDef
from customers import operations
from customers.choices import GrantState
from customers.models import GrantedDiscount, Subscription
from customers.views.account import OfAccount
from customers.views.commitments import COMMITTED
from customers.views.contracts import promises
from customers.views.fields import CodeField, DayField, LineField, person, today
from customers.views.from_a_day import ForAccount, FromADay
from customers.views.lists import account_url, last_day
from customers.views.services import subscription_url
from foundation.screens import ActionView, Button, Column, Crumb, Fact, FormScreen, Screen, Table


def discounts_url(account_id: int) -> str:
    """Return the page of an account's discounts."""
    return reverse("customers:discounts", args=[account_id])


def of_what(row: GrantedDiscount) -> str:
    """Name what a discount is given of."""
    if row.subscription_charge is not None:
        return f"{row.subscription_charge.charge.name} of {row.subscription}"
    if row.is_adjustment:
        return "one bill"
    return str(row.subscription or "the account")


class AccountDiscounts(OfAccount):
    """What an account was given and has promised."""

    permission = "customers.view_granteddiscount"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the account."""
        return f"Discounts of {self.account}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return (Crumb(str(self.account), account_url(self.account.pk)),)

    def buttons(self) -> Sequence[Button]:
        """Offer to give one, or to use a coupon."""
        return (
            Button(
                label="Give discount",
                url=reverse("customers:give_discount", args=[self.account.pk]),
                permission="customers.grant_discount",
                style="primary",
            ),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the tables."""
        rows = GrantedDiscount.objects.filter(account=self.account)
        granted = rows.select_related(
            "account", "discount", "subscription", "subscription_charge__charge", "coupon"
        ).order_by("-pk")
        return super().get_context_data(
            table=Table(
                caption="Given to this account and its subscriptions",
                rows=granted[:200],
                empty="None: give one, or use a coupon.",
                columns=GRANTED,
            ),
            tables=[
                Table(
                    caption="Commitments",
                    rows=promises(account=self.account),
                    empty="None: they are agreed on the page of a contract that is signed.",
                    columns=COMMITTED,
                )
            ],
            **kwargs,
        )


GRANTED = (
    Column(
        label="Discount",
        value="discount.code",
        kind="code",
        link=lambda row: reverse("customers:granted_discount", args=[row.pk]),
    ),
    Column(label="On the invoice", value="discount.name"),
    Column(label="Of", value=of_what),
    Column(label="Coupon", value=lambda row: row.coupon.code if row.coupon else "", kind="code"),
    Column(label="From", value="valid.lower", kind="date"),
    Column(label="To", value=last_day, kind="date"),
    Column(label="Periods", value="periods", kind="number"),
    Column(label="State", value="state", kind="status"),
    Column(label="Why", value="reason"),
)


class GiveFields(ForAccount):
    """Which discount, by its code or a coupon's, of what, from when."""

    code = CodeField(max_length=32, label="Discount or coupon")
    starts = DayField(
        label="From", help_text="Full periods whose first charged day is that day or later."
    )
    ends = DayField(label="Until", required=False, help_text="The first day without it.")
    subscription = forms.ModelChoiceField(
        Subscription.objects.none(), required=False, empty_label="The account and all below it"
    )
    reason = LineField(max_length=200, required=False)


class GiveDiscount(FromADay):
    """Give a discount, or use a coupon."""

    title = "Give discount"
    permission = "customers.grant_discount"
    form_class = GiveFields
    submit_label = "Give"
    intro = "Days that were billed already are corrected by the next run."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        given = dict(form.cleaned_data)
        code, actor = given.pop("code"), person(self.request)
        discount = DiscountDef.objects.filter(code=code).first()
        if discount is not None:
            return operations.grant_discount(
                account=self.account, discount=discount, actor=actor, **given
            )
        return operations.redeem_coupon(
            account=self.account,
            code=code,
            starts=given["starts"],
            subscription=given["subscription"],
            actor=actor,
        )

    def get_success_message(self) -> str:
        """Say whether it holds, or waits."""
        if self.result.state == GrantState.PENDING:
            return "Asked for. Another person approves it."
        return f"{self.result.discount.code} is given."

    def get_success_url(self) -> str:
        """Show what the account has."""
        return discounts_url(self.account.pk)


class OfGrant(Screen):
    """Something about the discount given of the address."""

    subject = GrantedDiscount

    @cached_property
    def grant(self) -> GrantedDiscount:
        """The discount given of the address."""
        rows = GrantedDiscount.objects.select_related(
            "account",
            "discount",
            "subscription",
            "subscription_charge__charge",
            "coupon",
            "requested_by",
            "approved_by",
        )
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account's discounts."""
        account = self.grant.account
        return (Crumb(f"Discounts of {account}", discounts_url(account.pk)),)

    def get_success_url(self) -> str:
        """Go back to the account's discounts."""
        return discounts_url(self.grant.account_id)


class GrantPage(OfGrant):
    """One discount given, and what can be done about it."""

    permission = "customers.view_granteddiscount"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name it."""
        return f"Discount {self.grant.discount.code} of {self.grant.account}"

    def buttons(self) -> Sequence[Button]:
        """Offer to decide about it, or to end it."""
        one = self.grant

        def button(label: str, name: str, permission: str, **more: Any) -> Button:
            url = reverse(f"customers:{name}", args=[one.pk])
            return Button(label=label, url=url, permission=f"customers.{permission}", **more)

        if one.state == GrantState.PENDING:
            return (
                button("Approve", "approve_discount", "approve_discount", method="post",
                       style="primary"),
                button("Reject", "reject_discount", "approve_discount"),
            )  # fmt: skip
        if one.state == GrantState.GRANTED and not one.is_adjustment:
            return (button("End", "end_discount", "grant_discount"),)
        return ()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts, with who asked and who approved."""
        one = self.grant
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(
                label="Discount",
                value=str(one.discount),
                url=reverse("catalog:discount", args=[one.discount_id]),
            ),
            Fact(label="Account", value=str(one.account), url=account_url(one.account_id)),
            Fact(
                label="Of",
                value=of_what(one),
                url=subscription_url(one.subscription_id) if one.subscription_id else "",
            ),
            *([Fact(label="Off", value=one.taken_off)] if one.is_adjustment else []),
            Fact(label="Coupon", value=one.coupon.code if one.coupon else "", kind="code"),
            Fact(label="From", value=one.valid.lower, kind="date"),
            Fact(label="To", value=last_day(one), kind="date"),
            Fact(
                label="Periods",
                value=one.periods or ("one" if one.is_adjustment else "until it ends"),
            ),
            Fact(label="Why", value=one.reason),
            Fact(label="Asked by", value=one.requested_by.username if one.requested_by else ""),
            Fact(label="Approved by", value=one.approved_by.username if one.approved_by else ""),
        ]
        return super().get_context_data(
            facts=facts, table=Table(columns=(), rows=(), empty=""), **kwargs
        )


class ApproveDiscount(OfGrant, ActionView):
    """Approve a discount that somebody else wants to give."""

    permission = "customers.approve_discount"
    success_message = "The discount is given."

    def act(self) -> Any:
        """Call the operation."""
        return operations.approve_discount(grant=self.grant, approver=person(self.request))


class RejectFields(forms.Form):
    """Why not."""

    comment = LineField(label="Why not", max_length=200)


class RejectDiscount(OfGrant, FormScreen):
    """Refuse a discount with the reason."""

    title = "Reject discount"
    permission = "customers.approve_discount"
    form_class = RejectFields
    submit_label = "Reject"
    success_message = "The discount is not given."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.reject_discount(
            grant=self.grant, approver=person(self.request), comment=form.cleaned_data["comment"]
        )


class EndFields(forms.Form):
    """From when it does not hold."""

    on_date = DayField(
        label="From",
        help_text="Its first day or an earlier one: it never held, and is billed back.",
    )


class EndGrant(OfGrant, FormScreen):
    """End a discount."""

    title = "End discount"
    permission = "customers.grant_discount"
    form_class = EndFields
    submit_label = "End"
    success_message = "The discount ends."

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": today(self.grant.account)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.end_discount(
            grant=self.grant, on_date=form.cleaned_data["on_date"], actor=person(self.request)
        )
