"""Automatic top-ups of an account: set, end, and why nothing is asked for now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import UsageType
from customers.choices import AccountRole
from foundation import clock
from foundation.screens import Button, Column, Crumb, Empty, FormScreen, ListScreen
from foundation.screens.cells import money_text
from rating import operations, queries
from rating.models import TopUpRule
from rating.models.top_up import MOST_TRIES
from rating.rules.top_ups import held_back
from rating.views.asked import person
from rating.views.balances import DAY, balances_of
from rating.views.of_account import OfAccount
from rating.views.top_ups import VIEW, pays_for

VIEW_RULE, SET = "rating.view_topuprule", "rating.set_top_up"


class OfTopUps(OfAccount):
    """Something about the automatic top-ups of the account in the address."""

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the balances."""
        return balances_of(self.account)


class AccountTopUps(OfTopUps, ListScreen):
    """When money is asked for by itself, now and before."""

    permission = VIEW_RULE
    intro = (
        "Once what is left of the money has fallen to the threshold, a payment is asked for. The "
        "balance is filled when the money has been captured, not before."
    )
    columns = (
        Column(label="Pays for", value=pays_for),
        Column(label="When left", value="threshold", kind="money"),
        Column(label="Asks for", value="amount", kind="money"),
        Column(label="A month at most", value="most_per_month", kind="money"),
        Column(label="Tries a month", value="most_tries", kind="number"),
        Column(label="From", value="valid.lower", kind="date"),
        Column(label="To", value="last_day", kind="date"),
        Column(label="Now", value="now"),
    )
    empty = Empty(title="No automatic top-up", text="Money is sold when somebody asks for it.")

    def get_title(self) -> str:
        """Name the account."""
        return f"Automatic top-ups of {self.account.number}"

    def buttons(self) -> list[Button]:
        """Offer to set a rule, to end those that hold, and to see what was asked for."""
        sets = self.account.role == AccountRole.PAYER
        url = reverse("rating:top_up_set", args=[self.account.pk])
        asked = f"{reverse('rating:top_ups')}?{urlencode({'account': self.account.number})}"
        return [
            Button(label="Requests", url=asked, permission=VIEW),
            *([Button(label="Set a top-up", url=url, permission=SET)] if sets else []),
            *(
                Button(
                    label=f"End: {pays_for(one)}",
                    url=reverse("rating:top_up_end", args=[one.pk]),
                    permission=SET,
                )
                for one in queries.top_up_rules(account_id=self.account.pk)
                if one.valid.upper is None
            ),
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[TopUpRule]:
        """Return the rules, the newest first."""
        return queries.top_up_rules(account_id=self.account.pk)

    def look_up(self, rows: list[Any]) -> None:
        """Say of each rule in force why nothing is asked for now."""
        now = clock.now()
        found = queries.top_up_standings(as_of=now, accounts=[self.account.pk])
        why = {one.rule_id: held_back(one.top_up, now) or "asks next" for one in found}
        for row in rows:
            row.now = why.get(row.pk, "not in force")


class TopUpForm(forms.Form):
    """When, how much, and how often at most."""

    usage_type = forms.ModelChoiceField(
        UsageType.objects.all(), label="Pays for", required=False, empty_label="All that is billed"
    )
    threshold = forms.DecimalField(
        label="When this much is left", max_digits=18, decimal_places=4, min_value=0
    )
    amount = forms.DecimalField(label="Ask for", max_digits=18, decimal_places=4, min_value=0)
    most_per_month = forms.DecimalField(
        label="A month at most", max_digits=18, decimal_places=4, min_value=0,
        help_text="Of the calendar month of the account.",
    )  # fmt: skip
    most_tries = forms.IntegerField(
        label="Tries a month", initial=3, min_value=1, max_value=MOST_TRIES,
        help_text="Requests that bring nothing.",
    )  # fmt: skip
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))


class SetTopUp(OfTopUps, FormScreen):
    """Let money be asked for by itself."""

    title = "Set an automatic top-up"
    permission = (VIEW_RULE, SET)
    form_class = TopUpForm
    submit_label = "Set"
    success_message = "Set. The clock looks every hour."

    def get_initial(self) -> dict[str, Any]:
        """Propose today, where the account is."""
        return {"starts": self.today()}

    def get_success_url(self) -> str:
        """Return the rules of the account."""
        return reverse("rating:account_top_ups", args=[self.account.pk])

    def submit(self, form: forms.Form) -> TopUpRule:
        """Call the operation."""
        given = form.cleaned_data
        kind = given.pop("usage_type")
        return operations.set_top_up(
            account=self.account,
            usage_type=kind.code if kind else "",
            **given,
            actor=person(self.request),
        )


class EndForm(forms.Form):
    """From when on."""

    ends = forms.DateField(label="First day without it", widget=forms.DateInput(DAY, "%Y-%m-%d"))


class EndTopUp(FormScreen):
    """Ask for no more money by a rule."""

    subject = TopUpRule
    title = "End an automatic top-up"
    permission = (VIEW_RULE, SET)
    form_class = EndForm
    submit_label = "End"
    success_message = "Ended. A request in flight may still be answered."

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the rule of the address."""
        super().setup(request, *args, **kwargs)
        rows = TopUpRule.objects.select_related("account", "usage_type")
        self.rule = get_object_or_404(rows, pk=kwargs["pk"])
        rule, currency = self.rule, self.rule.currency
        self.intro = (
            f"For {pays_for(rule)}: when {money_text(rule.threshold, currency)} {currency} are "
            f"left, {money_text(rule.amount, currency)} {currency} are asked for."
        )

    def get_initial(self) -> dict[str, Any]:
        """Propose today, where the account is."""
        return {"ends": clock.today(ZoneInfo(self.rule.account.time_zone))}

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the rules."""
        return [
            *balances_of(self.rule.account),
            Crumb("Automatic top-ups", self.get_success_url()),
        ]

    def get_success_url(self) -> str:
        """Return the rules of the account."""
        return reverse("rating:account_top_ups", args=[self.rule.account_id])

    def submit(self, form: forms.Form) -> TopUpRule:
        """Call the operation."""
        return operations.end_top_up(
            rule_id=self.rule.pk, ends=form.cleaned_data["ends"], actor=person(self.request)
        )
