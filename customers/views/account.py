"""An account seen from all sides, and the tree it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from customers import queries
from customers.choices import AccountStatus, TermsKind
from customers.models import (
    Account,
    AccountAddress,
    AccountPosition,
    ChargeRedirection,
    Contract,
    ContractPrice,
    Subscription,
)
from customers.views.fields import today
from customers.views.lists import account_url, last_day, with_offer
from customers.views.party import contacts_of
from foundation.screens import Button, Column, Crumb, Fact, Screen, Table

SHOWN = 200


class OfAccount(Screen):
    """Something about the account of the address."""

    subject = Account

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        rows = Account.objects.select_related("customer", "entity", "pricebook", "parent")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def day(self) -> date:
        """Today where the account is."""
        return today(self.account)

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return (
            Crumb("Accounts", reverse("customers:accounts")),
            Crumb(str(self.account), account_url(self.account.pk)),
        )


class AccountPage(OfAccount):
    """What an account is, where it hangs, who pays for it, what it has and what was agreed."""

    permission = "customers.view_account"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the account."""
        return str(self.account)

    @cached_property
    def above(self) -> list[Account]:
        """The accounts above, the root first."""
        return queries.ancestors(account=self.account)

    def crumbs(self) -> Sequence[Crumb]:
        """Lead up the tree."""
        return (
            Crumb("Accounts", reverse("customers:accounts")),
            *(Crumb(str(one), account_url(one.pk)) for one in self.above),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer what a clerk does with an account."""
        account = self.account
        if account.status == AccountStatus.CLOSED:
            return ()

        def button(label: str, name: str, permission: str, **more: Any) -> Button:
            return Button(
                label=label,
                url=reverse(f"customers:{name}", args=[account.pk]),
                permission=f"customers.{permission}",
                **more,
            )

        hold = (
            button("Release billing", "release_account", "hold_account", method="post")
            if account.billing_hold_until
            else button("Hold billing", "hold_account", "hold_account")
        )
        return (
            button("Order", "add_order", "place_order", style="primary"),
            button("Account below", "open_below", "add_account"),
            button("Move", "move_account", "move_account"),
            button("Split billing", "redirect", "move_account"),
            button("Discounts", "discounts", "view_granteddiscount"),
            button("Address", "set_address", "change_account"),
            button("Edit", "edit_account", "change_account"),
            button("Contract", "new_contract", "add_contract"),
            button("Exemption", "new_certificate", "add_exemptioncertificate"),
            hold,
            button("Close", "close_account", "close_account"),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and tables."""
        return super().get_context_data(
            facts=self._facts(),
            table=self._subscriptions(),
            tables=[
                *self._credit(),
                self._children(),
                self._addresses(),
                contacts_of(customer_id=self.account.customer_id, account_id=self.account.pk),
                self._contracts(),
                self._prices(),
                self._positions(),
                self._redirections(),
            ],
            **kwargs,
        )

    def _facts(self) -> list[Fact]:
        one = self.account
        payer_id = queries.payer_of(account_id=one.pk, on_date=self.day)
        payer = Account.objects.filter(pk=payer_id).first() if payer_id != one.pk else one
        owner = one.customer
        months = "month" if one.cycle_months == 1 else f"{one.cycle_months} months"
        return [
            Fact(label="Status", value=one.status, kind="status"),
            Fact(
                label="Customer",
                value=owner.legal_name,
                url=reverse("customers:customer", args=[owner.pk]),
            ),
            Fact(
                label="Paid by",
                value="itself" if payer == one else str(payer or "nobody today"),
                url=account_url(payer.pk) if payer and payer != one else "",
            ),
            Fact(label="Billed by", value=one.entity.name),
            Fact(label="Currency", value=one.currency, kind="code"),
            Fact(label="Bill cycle", value=f"{one.cycle_code or 'none'}, every {months}"),
            Fact(label="Terms", value=terms_of(one)),
            Fact(label="Invoices", value=one.get_invoice_mode_display()),
            Fact(label="Delivery", value=one.get_delivery_display()),
            Fact(label="Price book", value=one.pricebook.code if one.pricebook else None),
            Fact(
                label="Credit limit", value=one.credit_limit, kind="money", currency=one.currency
            ),
            Fact(label="Billing held until", value=one.billing_hold_until, kind="date"),
            Fact(label="Why held", value=one.billing_hold_reason),
            Fact(label="PO number", value=one.po_number),
            Fact(label="Cost centre", value=one.cost_centre),
            Fact(label="Time zone", value=one.time_zone),
            Fact(label="Open since", value=one.opened_on, kind="date"),
            Fact(label="Closed", value=one.closed_on, kind="date"),
        ]

    def _subscriptions(self) -> Table:
        rows = with_offer(Subscription.objects.filter(account=self.account)).order_by("-pk")
        return Table(
            caption="Subscriptions",
            rows=rows[:20],
            empty="Nothing was ordered yet.",
            columns=(
                Column(
                    label="Number",
                    value="number",
                    kind="code",
                    link=lambda row: reverse("customers:subscription", args=[row.pk]),
                ),
                Column(label="Offer", value="offer"),
                Column(label="Since", value="effective_on", kind="date"),
                Column(label="Not billed from", value="end_on", kind="date"),
                Column(label="State", value="state", kind="status"),
            ),
        )

    def _credit(self) -> list[Table]:
        """Show what is at risk with each limited account, from this one up (HIER-5)."""
        found = [
            queries.exposure(account=one, as_of=self.day)
            for one in queries.limited(account_id=self.account.pk, as_of=self.day)
        ]
        rows = [
            (one.account, part.label, part.amount) for one in found for part in one.parts
            if part.amount
        ] + [
            (one.account, label, amount)
            for one in found
            for label, amount in (
                ("At risk in all", one.total), ("Limit", one.limit), ("Left", one.left),
            )
        ]  # fmt: skip
        place = {one.account.pk: number for number, one in enumerate(found)}
        table = Table(
            caption="Credit limits, with all accounts below",
            rows=sorted(rows, key=lambda row: place[row[0].pk]),
            columns=(
                Column(
                    label="Account",
                    value=lambda row: str(row[0]),
                    link=lambda row: account_url(row[0].pk),
                ),
                Column(label="What", value=lambda row: row[1]),
                Column(
                    label="Amount",
                    value=lambda row: row[2],
                    kind="money",
                    currency=lambda row: row[0].currency,
                ),
            ),
        )
        return [table] if found else []

    def _children(self) -> Table:
        rows = queries.children(account=self.account)[:SHOWN]
        return Table(caption="Accounts below", rows=rows, empty="None.", columns=NODE_COLUMNS)

    def _addresses(self) -> Table:
        rows = AccountAddress.objects.filter(account=self.account).select_related(
            "address__jurisdiction"
        )
        return Table(
            caption="Addresses",
            rows=rows.order_by("role", "valid")[:50],
            empty="None: an order needs a billing address of its payer.",
            columns=(
                Column(label="For", value="get_role_display"),
                Column(label="Address", value=lambda row: str(row.address)),
                Column(label="Jurisdiction", value="address.jurisdiction.code", kind="code"),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
            ),
        )

    def _contracts(self) -> Table:
        rows = Contract.objects.filter(account=self.account)
        return Table(
            caption="Contracts",
            rows=rows.order_by("-pk")[:SHOWN],
            empty="None was drafted with this account itself.",
            columns=(
                Column(
                    label="Number",
                    value="number",
                    kind="code",
                    link=lambda row: reverse("customers:contract", args=[row.pk]),
                ),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
                Column(label="Signed", value="signed_on", kind="date"),
                Column(label="State", value="state", kind="status"),
            ),
        )

    def _prices(self) -> Table:
        above = [self.account.pk, *(one.pk for one in self.above)]
        rows = ContractPrice.objects.filter(account__in=above, in_force=True).select_related(
            "account", "contract", "charge", "product"
        )
        return Table(
            caption="Contract prices, own and from above",
            rows=rows.order_by("-account__level", "pk")[:SHOWN],
            empty="None: list prices apply.",
            columns=(
                Column(label="Agreed with", value="account.number", kind="code"),
                Column(
                    label="Contract",
                    value="contract.number",
                    kind="code",
                    link=lambda row: reverse("customers:contract", args=[row.contract_id]),
                ),
                Column(
                    label="For",
                    value=lambda row: row.charge.reference if row.charge else row.product.code,
                    kind="code",
                ),
                Column(label="Unit price", value="unit_price", kind="money"),
                Column(
                    label="Percent off",
                    value=lambda row: row.percent_off * 100 if row.percent_off else None,
                    kind="number",
                ),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
            ),
        )

    def _positions(self) -> Table:
        rows = AccountPosition.objects.filter(account=self.account).select_related("parent")
        return Table(
            caption="Where it hangs, by days",
            rows=rows.order_by("valid"),
            columns=(
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
                Column(label="Below", value=lambda row: str(row.parent) if row.parent else "root"),
                Column(label="Role", value="get_role_display"),
                Column(label="Divides periods", value="splits_periods", kind="yesno"),
                Column(label="Why", value="reason"),
            ),
        )

    def _redirections(self) -> Table:
        return Table(
            caption="Split billing",
            rows=queries.redirections_of(account=self.account),
            columns=(
                Column(label="Of", value=lambda row: str(row.account)),
                Column(label="What", value=what_is_redirected),
                Column(label="Paid by", value=lambda row: str(row.payer)),
                Column(label="Up to, a month", value="cap", kind="money", currency="currency"),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
                Column(label="Why", value="reason"),
                Column(
                    label="",
                    value=lambda row: "" if row.valid.upper else "End",
                    kind="act",
                    link=lambda row: reverse("customers:end_redirection", args=[row.pk]),
                ),
            ),
        )


def what_is_redirected(row: ChargeRedirection) -> str:
    """Say what of an account's charges another payer pays (HIER-8)."""
    parts = [
        str(row.subscription) if row.subscription else "",
        f"product {row.product.code}" if row.product else "",
        f"section {row.section}" if row.section else "",
    ]
    return ", ".join(one for one in parts if one) or "everything"


def terms_of(account: Account) -> str:
    """Return the payment terms in words (INV-4)."""
    days = account.terms_days
    return {
        TermsKind.NET: f"{days} days net",
        TermsKind.EOM: f"end of month and {days} days",
        TermsKind.FIXED_DAY: f"day {days} of the next month",
        TermsKind.ON_RECEIPT: "on receipt",
    }[TermsKind(account.terms_kind)]


NODE_COLUMNS = (
    Column(label="Number", value="number", kind="code", link=lambda row: account_url(row.pk)),
    Column(label="Name", value="name"),
    Column(label="Role", value="get_role_display"),
    Column(label="Status", value="status", kind="status"),
)
