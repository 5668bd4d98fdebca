"""Give an account units or money, and take them back, each with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import UsageType
from customers.models import ServiceInstance
from foundation.periods import boundary_instant
from foundation.screens import Crumb, FormScreen
from foundation.screens.cells import value_text
from rating import operations
from rating.models import BalanceBucket
from rating.views.balances import DAY, VIEW, balances_of, bucket_url
from rating.views.of_account import OfAccount


class GiveForm(forms.Form):
    """Units for an account or one of its services."""

    usage_type = forms.ModelChoiceField(
        UsageType.objects.filter(aggregate_rule="SUM"), label="Usage"
    )
    quantity = forms.DecimalField(max_digits=24, decimal_places=8, min_value=0)
    service = forms.ModelChoiceField(
        ServiceInstance.objects.none(), required=False, help_text="Empty: all of the account."
    )
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))
    ends = forms.DateField(
        label="To (last day)", required=False, widget=forms.DateInput(DAY, "%Y-%m-%d")
    )
    name = forms.CharField(max_length=100, help_text="As the customer reads it.")
    reason = forms.CharField(max_length=200)


class Give(OfAccount, FormScreen):
    """What forms share that give an account something to use over days."""

    permission = (VIEW, "rating.adjust_balance")
    submit_label = "Give"

    def get_initial(self) -> dict[str, Any]:
        """Propose today, where the account is."""
        return {"starts": self.today()}

    def crumbs(self) -> list[Crumb]:
        """Lead back to the balances."""
        return balances_of(self.account)

    def get_success_url(self) -> str:
        """Return the new bucket."""
        return bucket_url(self.result)

    def span(self, given: dict[str, Any]) -> tuple[datetime, datetime | None]:
        """Return the moments at which the days begin and end; the last day is one of them."""
        zone = ZoneInfo(self.account.time_zone)
        ends = given["ends"]
        return (
            boundary_instant(given["starts"], zone),
            boundary_instant(ends + timedelta(days=1), zone) if ends else None,
        )


class GiveBalance(Give):
    """Give units to an account."""

    title = "Give units"
    form_class = GiveForm
    success_message = "Given. Usage of these days that is not billed yet is drawn from it."

    def get_form(self, form_class: Any = None) -> forms.Form:
        """Offer the services of the account."""
        form: forms.Form = super().get_form(form_class)
        services = form.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)
        services.queryset = ServiceInstance.objects.filter(subscription__account=self.account)
        return form

    def submit(self, form: forms.Form) -> BalanceBucket:
        """Call the operation."""
        given = form.cleaned_data
        starts, ends = self.span(given)
        return operations.give_balance(
            account=self.account,
            service=given["service"],
            usage_type=given["usage_type"].code,
            quantity=given["quantity"],
            starts=starts,
            ends=ends,
            name=given["name"],
            reason=given["reason"],
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )


class GiveMoneyForm(forms.Form):
    """Money for a payer, and what it may be used for."""

    amount = forms.DecimalField(max_digits=18, decimal_places=4, min_value=0)
    usage_type = forms.ModelChoiceField(
        UsageType.objects.all(), label="Pays for", required=False, empty_label="All that is billed"
    )
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))
    ends = forms.DateField(
        label="To (last day)", required=False, widget=forms.DateInput(DAY, "%Y-%m-%d"),
        help_text="Empty: until it is used up. What is left afterwards expires.",
    )  # fmt: skip
    name = forms.CharField(max_length=100, help_text="As the customer reads it.")
    reason = forms.CharField(max_length=200)


class GiveMoney(Give):
    """Give a payer money to use: goodwill or a promotion."""

    title = "Give money"
    intro = (
        "Invoices from its first day on are paid from it, tax included; what it pays is goodwill "
        "(J25). It is never paid back."
    )
    form_class = GiveMoneyForm
    success_message = "Given. Invoices that are not posted yet are paid from it."

    def submit(self, form: forms.Form) -> BalanceBucket:
        """Call the operation."""
        given = form.cleaned_data
        starts, ends = self.span(given)
        return operations.give_money(
            account=self.account,
            amount=given["amount"],
            usage_type=given["usage_type"].code if given["usage_type"] else "",
            starts=starts,
            ends=ends,
            name=given["name"],
            reason=given["reason"],
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )


class TakeForm(forms.Form):
    """How much, and why."""

    quantity = forms.DecimalField(max_digits=24, decimal_places=8, min_value=0)
    reason = forms.CharField(max_length=200)


class TakeBalance(FormScreen):
    """Take units out of a bucket."""

    subject = BalanceBucket
    title = "Take units"
    permission = (VIEW, "rating.adjust_balance")
    form_class = TakeForm
    submit_label = "Take"
    success_message = "Taken."

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the bucket of the address, and say what is left in it."""
        super().setup(request, *args, **kwargs)
        rows = BalanceBucket.objects.select_related("account", "usage_type__unit")
        self.bucket = get_object_or_404(rows, pk=kwargs["pk"])
        left = value_text(self.bucket.remaining, "measure", self.bucket.currency)
        self.intro = f"{left} {self.bucket.measure} are left. What was used of it stays used."

    def crumbs(self) -> list[Crumb]:
        """Lead back to the bucket."""
        bucket = self.bucket
        return [*balances_of(bucket.account), Crumb(bucket.name, bucket_url(bucket))]

    def get_success_url(self) -> str:
        """Return the bucket."""
        return reverse("rating:balance", args=[self.kwargs["pk"]])

    def submit(self, form: forms.Form) -> BalanceBucket:
        """Call the operation."""
        return operations.take_balance(
            bucket_id=self.kwargs["pk"],
            quantity=form.cleaned_data["quantity"],
            reason=form.cleaned_data["reason"],
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )
