"""Caps of what the usage of an account may cost a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from foundation.screens import Button, Column, Crumb, Empty, FormScreen, ListScreen
from rating import operations, queries
from rating.models import SpendCap
from rating.views.balances import DAY
from rating.views.of_account import OfAccount

VIEW = "rating.view_spendcap"


def last_day(cap: SpendCap) -> Any:
    """Return the last day on which a cap holds."""
    return cap.valid.upper and cap.valid.upper - timedelta(days=1)


class AccountCaps(OfAccount, ListScreen):
    """What the usage of an account may cost a month, now and before."""

    permission = VIEW
    intro = (
        "Alerts go out when the usage of a month has cost 50, 80 and 100 % of the cap, before "
        "tax. A cap that blocks lets a check answer that more is not allowed."
    )
    columns = (
        Column(label="A month", value="amount", kind="money"),
        Column(label="Blocks", value=lambda one: "yes" if one.blocks else "no, it warns"),
        Column(label="From", value="valid.lower", kind="date"),
        Column(label="To", value=last_day, kind="date"),
    )
    empty = Empty(title="No cap", text="Usage of the account may cost what it costs.")

    def get_title(self) -> str:
        """Name the account."""
        return f"Spend caps of {self.account.number}"

    def buttons(self) -> list[Button]:
        """Offer to set one."""
        url = reverse("rating:cap_set", args=[self.account.pk])
        return [Button(label="Set the cap", url=url, permission="rating.set_cap")]

    def rows(self, filters: dict[str, Any]) -> QuerySet[SpendCap]:
        """Return the caps, the newest first."""
        return queries.caps(account_id=self.account.pk)


class CapForm(forms.Form):
    """How much a month, from when, and what happens then."""

    amount = forms.DecimalField(
        label="A month", max_digits=18, decimal_places=4, required=False,
        help_text="In the currency of the account, before tax. Empty: no cap any more.",
    )  # fmt: skip
    blocks = forms.BooleanField(label="Block what goes beyond", required=False)
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))


class SetCap(OfAccount, FormScreen):
    """Cap the spending of an account."""

    title = "Set the spend cap"
    permission = (VIEW, "rating.set_cap")
    form_class = CapForm
    submit_label = "Set"
    success_message = "Set."

    def get_initial(self) -> dict[str, Any]:
        """Propose today, where the account is."""
        return {"starts": self.today()}

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the caps."""
        return [*super().crumbs(), Crumb("Spend caps", self.get_success_url())]

    def get_success_url(self) -> str:
        """Return the list of caps."""
        return reverse("rating:account_caps", args=[self.account.pk])

    def submit(self, form: forms.Form) -> SpendCap:
        """Call the operation."""
        return operations.set_cap(
            account=self.account,
            **form.cleaned_data,
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )
