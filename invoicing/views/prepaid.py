"""Sell a balance of money to a payer, and pay back what is left of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from catalog.models import UsageType
from customers.models import Account
from foundation import clock
from foundation.periods import boundary_instant
from foundation.screens import Crumb, FormScreen
from foundation.screens.cells import value_text
from invoicing import operations
from invoicing.operations import BonusPolicy
from invoicing.views import links
from invoicing.views.asking import amount_field
from rating.models import BalanceBucket

VIEW = "rating.view_balancebucket"
DAY = {"type": "date"}
POLICIES = (
    (BonusPolicy.NONE, "a gift beside what is paid for, used first"),
    (BonusPolicy.PROPORTIONAL, "part of one balance: the price is spread over all of it"),
)


class SellForm(forms.Form):
    """What is paid, what is given with it, and what it may be used for."""

    amount = amount_field("Amount", help_text="Billed at once by a debit memo, without tax.")
    bonus = amount_field("Bonus", required=False, help_text="Given on top.")
    bonus_policy = forms.ChoiceField(label="The bonus is", choices=POLICIES, required=False)
    usage_type = forms.ModelChoiceField(
        UsageType.objects.all(), label="Pays for", required=False, empty_label="All that is billed"
    )
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))
    ends = forms.DateField(
        label="To (last day)", required=False, widget=forms.DateInput(DAY, "%Y-%m-%d"),
        help_text="Empty: until it is used up. What is left afterwards expires.",
    )  # fmt: skip
    name = forms.CharField(max_length=100, help_text="As the customer reads it.")


class SellBalance(FormScreen):
    """Sell money to use."""

    subject = Account
    title = "Sell a prepaid balance"
    permission = (VIEW, "rating.sell_balance")
    form_class = SellForm
    submit_label = "Sell"
    success_message = "Sold. Invoices from its first day on are paid from it, tax included."
    account: Account

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the account of the address."""
        super().setup(request, *args, **kwargs)
        rows = Account.objects.select_related("entity")
        self.account = get_object_or_404(rows, pk=kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        """Propose today, where the account is."""
        return {"starts": clock.today(ZoneInfo(self.account.time_zone))}

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the balances."""
        return _balances_of(self.account)

    def get_success_url(self) -> str:
        """Return the new balance."""
        assert isinstance(self.result, BalanceBucket)
        return links.named("rating:balance", self.result.pk)

    def submit(self, form: forms.Form) -> BalanceBucket:
        """Call the operation."""
        asked, account = form.cleaned_data, self.account
        zone = ZoneInfo(account.time_zone)
        ends = asked["ends"]
        return operations.sell_balance(
            account=account,
            amount=asked["amount"],
            bonus=asked["bonus"] or Decimal(0),
            bonus_policy=asked["bonus_policy"] or BonusPolicy.NONE,
            usage_type=asked["usage_type"].code if asked["usage_type"] else "",
            starts=boundary_instant(asked["starts"], zone),
            ends=boundary_instant(ends + timedelta(days=1), zone) if ends else None,
            name=asked["name"],
            on_date=clock.today(ZoneInfo(account.entity.time_zone)),
            actor=links.person(self.request),
        )


class PayBackForm(forms.Form):
    """What is kept for the trouble, and why."""

    fee = amount_field("Fee", required=False, help_text="Kept of what is paid back.")
    reason = forms.CharField(max_length=200)


class PayBackBalance(FormScreen):
    """Turn what is left of a balance into credit of the payer."""

    subject = BalanceBucket
    title = "Pay a balance back"
    permission = (VIEW, "rating.sell_balance")
    form_class = PayBackForm
    submit_label = "Pay back"
    success_message = "The balance is closed; what had been paid for its rest is credit now."
    bucket: BalanceBucket

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the balance of the address, and say what is left in it."""
        super().setup(request, *args, **kwargs)
        rows = BalanceBucket.objects.select_related("account__entity", "usage_type__unit")
        self.bucket = get_object_or_404(rows, pk=kwargs["pk"])
        bucket = self.bucket
        left = value_text(bucket.remaining, "measure", bucket.currency)
        self.intro = (
            f"{left} {bucket.measure} are left. What of it had been paid for becomes credit of "
            "the account; what was given is not paid back."
        )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the balance."""
        page = links.named("rating:balance", self.bucket.pk)
        return [*_balances_of(self.bucket.account), Crumb(self.bucket.name, page)]

    def get_success_url(self) -> str:
        """Return the balance."""
        return links.named("rating:balance", self.bucket.pk)

    def submit(self, form: forms.Form) -> BalanceBucket:
        """Call the operation."""
        return operations.pay_back_balance(
            bucket_id=self.bucket.pk,
            fee=form.cleaned_data["fee"] or Decimal(0),
            reason=form.cleaned_data["reason"],
            on_date=clock.today(ZoneInfo(self.bucket.account.entity.time_zone)),
            actor=links.person(self.request),
        )


def _balances_of(account: Account) -> list[Crumb]:
    return [
        Crumb(str(account), links.account(account.pk)),
        Crumb("Balances", links.named("rating:account_balances", account.pk)),
    ]
