"""Forms that let something hold for an account, or for one of its subscriptions, from a day on."""

from __future__ import annotations

from typing import Any

from django import forms

from customers.models import Account, Subscription
from customers.views.account import OfAccount
from foundation.screens import FormScreen


class ForAccount(forms.Form):
    """Fields about an account, one of them a `subscription` of it."""

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["subscription"]
        choice.queryset = Subscription.objects.filter(account=account).order_by("number")


class FromADay(FormScreen, OfAccount):
    """A page with a form `ForAccount` whose field `starts` begins with today."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the account's subscriptions."""
        return {**super().get_form_kwargs(), "account": self.account}

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"starts": self.day}
