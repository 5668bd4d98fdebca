"""Orders about a subscription beside its change: suspend, resume, renew, hand on, end."""

from __future__ import annotations

from typing import Any

from django import forms

from customers import operations
from customers.choices import (
    AdvanceFate,
    EndRule,
    OrderAction,
    PausePolicy,
    PauseReason,
    Renewal,
)
from customers.models import Account
from customers.views.fields import DayField, LineField, PricesField, person, today
from customers.views.order_forms import PRICES, ChangeOrder, OrderFields
from customers.views.services import OfSubscription, subscription_url
from foundation.screens import ActionView


class SuspendFields(OrderFields):
    """A pause."""

    field_order = ("effective_on", "pause_policy", "pause_reason", "prices", "reason")
    pause_policy = forms.ChoiceField(
        label="Charges meanwhile",
        required=False,
        choices=[("", "As the offer says"), *PausePolicy.choices],
    )
    pause_reason = forms.ChoiceField(
        label="Why",
        required=False,
        choices=[one for one in PauseReason.choices if one[0] != PauseReason.ENDED],
    )
    prices = PricesField(label="Suspension prices", required=False, help_text=PRICES)
    reason = LineField(label="Note of the pause", max_length=200, required=False)


class ResumeFields(OrderFields):
    """The end of a pause."""

    credits_days = forms.BooleanField(
        label="Give back the suspended days",
        required=False,
        help_text="What was charged on meanwhile is credited on the next document (CHG-12).",
    )


class RenewFields(OrderFields):
    """A new term."""

    field_order = ("effective_on", "term_months", "renewal", "uplift", "prices")
    term_months = forms.IntegerField(
        label="Term (months)", required=False, min_value=1, max_value=120
    )
    renewal = forms.ChoiceField(label="At its end", required=False, choices=Renewal.choices)
    uplift = forms.DecimalField(
        label="Uplift (%)",
        required=False,
        min_value=-100,
        max_value=1000,
        decimal_places=4,
        help_text="Raises the unit prices of recurring charges that no contract holds.",
    )
    prices = PricesField(label="Own prices", required=False, help_text=PRICES)


class TransferFields(OrderFields):
    """Another owner."""

    field_order = ("target_account", "effective_on")
    target_account = forms.ModelChoiceField(
        Account.objects.all(),
        label="To account",
        to_field_name="number",
        widget=forms.TextInput,
        help_text="Its number.",
    )


class TerminateFields(OrderFields):
    """The end of a subscription."""

    field_order = (
        *("end_rule", "effective_on", "reason", "advance_fate", "waived_from", "sets_off"),
        "waives_fee",
    )
    end_rule = forms.ChoiceField(
        label="When",
        required=False,
        choices=[
            (EndRule.ON_DATE, "On the day below"),
            (EndRule.PERIOD_END, "At the end of the period running on that day"),
            (EndRule.TERM_END, "At the end of the term"),
        ],
    )
    reason = LineField(max_length=200)
    waives_fee = forms.BooleanField(label="Waive the fee of an early end", required=False)
    waived_from = DayField(
        label="Waive unbilled charges from",
        required=False,
        help_text="Charges in arrears from that day on are not billed any more.",
    )
    advance_fate = forms.ChoiceField(
        label="Paid in advance",
        required=False,
        choices=[("", "As the offer says"), *AdvanceFate.choices],
        help_text="Of the period that runs at the end.",
    )
    sets_off = forms.BooleanField(
        label="Settle open items with what is given back",
        required=False,
        help_text="And with what is held for the payer; else it stays held.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_on"].label = "First day not billed"
        self.fields["effective_on"].help_text = "The day before is the last that is billed."


class SuspendOrder(ChangeOrder):
    """Suspend a subscription (PRO-4)."""

    title = "Suspend"
    form_class = SuspendFields
    item_action = OrderAction.SUSPEND
    submit_label = "Suspend"


class ResumeOrder(ChangeOrder):
    """End a pause, or bring an ended subscription back (2.11)."""

    title = "Resume"
    form_class = ResumeFields
    item_action = OrderAction.RESUME
    submit_label = "Resume"
    intro = "What has ended comes back free of charge for the days between."


class RenewOrder(ChangeOrder):
    """Begin a new term."""

    title = "Renew"
    form_class = RenewFields
    item_action = OrderAction.RENEW
    submit_label = "Renew"
    intro = "Without a term the subscription goes on open-ended."


class TransferOrder(ChangeOrder):
    """Hand a subscription on to another account."""

    title = "Transfer"
    form_class = TransferFields
    item_action = OrderAction.TRANSFER
    submit_label = "Transfer"
    intro = "Plan, prices, term, pause, anniversary and identifiers go with it."


class TerminateOrder(ChangeOrder):
    """End a subscription."""

    title = "Terminate"
    form_class = TerminateFields
    item_action = OrderAction.TERMINATE
    submit_label = "Terminate"


class WithdrawEnd(ActionView, OfSubscription):
    """Withdraw the scheduled end of a subscription."""

    permission = "customers.cancel_order"

    def act(self) -> Any:
        """Call the operation."""
        return operations.withdraw_end(
            subscription=self.subscription,
            as_of=today(self.subscription.account),
            actor=person(self.request),
        )

    def get_success_message(self) -> str:
        """Say that it goes on."""
        return f"Subscription {self.subscription.number} goes on."

    def get_success_url(self) -> str:
        """Go back to the subscription."""
        return subscription_url(self.subscription.pk)
