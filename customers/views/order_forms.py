"""Order entry: add an offer or modify a subscription, with every fault at its field."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html

from catalog.models import OfferVersion
from customers import operations
from customers.choices import OrderAction, PricePolicy, Renewal, TrialOutcome
from customers.operations import IncompleteOrder, ItemInput
from customers.views.fields import (
    AttributesField,
    CodesField,
    ComponentsField,
    DayField,
    IdentifiersField,
    LineField,
    PhasesField,
    PricesField,
    QuantityField,
    person,
    today,
)
from customers.views.services import OfSubscription
from foundation.errors import Refusal
from foundation.screens import FormScreen, codes

IDENTIFIERS = "A type and an identifier a line, as MSISDN 4917012345."
PHASES = format_html(
    "A day, its quantity (or -) and own prices a line, as {}.", codes("2027-07-01 20 RENT 9.90")
)
CODES = "Codes of discounts or coupons, as WELCOME; they hold from that day on."
COMPONENTS = format_html(
    "Of a bundle: an offer, how many for each (- as usual, 0 none) and its identifiers a line, as "
    "{}.",
    codes("MOBILE 2 MSISDN:4917012345"),
)
PRICES = "A charge code and a price per unit a line, as RENT 9.90; it outranks every list."


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # of offer versions
    """An offer that is on sale."""

    def label_from_instance(self, obj: Any) -> str:
        """Show the offer, not the number of its version."""
        return f"{obj.offer.code} {obj.offer.name}"


class OrderFields(forms.Form):
    """What every order says."""

    effective_on = DayField(
        label="Effective on", help_text="May lie in the past or the future; the day is included."
    )
    po_number = LineField(label="PO number", max_length=64, required=False)
    note = LineField(max_length=500, required=False)
    draft = forms.BooleanField(
        label="Keep as a draft",
        required=False,
        help_text="Nothing happens before it is submitted; its page previews the next invoice.",
    )

    main: tuple[str, ...] = ()
    """The fields that are shown first in an order of several lines; empty means all."""

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        self.fields["effective_on"].initial = day
        offers = OfferVersion.objects.filter(state="PUBLISHED", sale_window__contains=day)
        if isinstance(self.fields.get("offer_version"), VersionField):
            choices: Any = self.fields["offer_version"]
            choices.queryset = offers.select_related("offer").order_by("offer__code")


class AddFields(OrderFields):
    """An offer to be added."""

    field_order = (
        *("offer_version", "quantity", "effective_on", "identifiers", "components", "prices"),
        "term_months",
        *("renewal", "phases", "trial_end_on", "trial_outcome", "price_policy"),
        *("discounts", "awaits_activation", "agreed_on", "attributes", "po_number", "note"),
        "draft",
    )
    main = ("offer_version", "quantity", "effective_on", "identifiers", "components")
    offer_version = VersionField(OfferVersion.objects.none(), label="Offer")
    quantity = QuantityField(initial="1")
    identifiers = IdentifiersField(required=False, help_text=IDENTIFIERS)
    components = ComponentsField(required=False, help_text=COMPONENTS)
    prices = PricesField(label="Own prices", required=False, help_text=PRICES)
    term_months = forms.IntegerField(
        label="Term (months)", required=False, min_value=1, max_value=120
    )
    renewal = forms.ChoiceField(
        label="At the end of the term", required=False, choices=Renewal.choices
    )
    trial_end_on = DayField(
        label="Free until", required=False, help_text="The first day that is charged."
    )
    trial_outcome = forms.ChoiceField(
        label="After the trial", required=False, choices=TrialOutcome.choices
    )
    price_policy = forms.ChoiceField(label="Price", choices=PricePolicy.choices)
    phases = PhasesField(label="Ramp", required=False, help_text=PHASES)
    awaits_activation = forms.BooleanField(
        label="Activated later", required=False, help_text="Charges with that trigger wait."
    )
    agreed_on = DayField(
        label="Agreed day", required=False, help_text="For charges that start on an agreed day."
    )
    discounts = CodesField(label="Discounts, coupons", required=False, help_text=CODES)
    attributes = AttributesField(
        required=False, help_text="What the offer asks for: a name and its value a line."
    )


class ModifyFields(OrderFields):
    """A change of a subscription; what stays is left empty."""

    field_order = (
        *("effective_on", "quantity", "offer_version", "components", "with_one_time", "prices"),
        *("trial_end_on", "identifiers", "discounts", "po_number", "note", "draft"),
    )
    main = ("effective_on", "quantity", "offer_version", "components", "prices")
    quantity = QuantityField(label="New quantity", required=False)
    offer_version = VersionField(OfferVersion.objects.none(), label="New offer", required=False)
    components = ComponentsField(required=False, help_text=COMPONENTS)
    prices = PricesField(label="Own prices", required=False, help_text=PRICES)
    identifiers = IdentifiersField(
        label="New identifiers",
        required=False,
        help_text=f"{IDENTIFIERS} One of the same type ends on that day.",
    )
    trial_end_on = DayField(label="New end of the trial", required=False)
    discounts = CodesField(label="Discounts, coupons", required=False, help_text=CODES)
    with_one_time = forms.BooleanField(
        label="Charge the new offer's one-time charges", required=False
    )


def item_of(action: OrderAction | str, given: dict[str, Any]) -> ItemInput:
    """Return an item as the operation takes it; what was left empty stays its default."""
    known = {name: value for name, value in given.items() if value not in ("", None)}
    if known.get("uplift") is not None:
        known["uplift"] /= 100
    return ItemInput(action=action, **known)


class ChangeOrder(FormScreen, OfSubscription):
    """An order of one item about a subscription; what is missing stands at its field."""

    permission = "customers.place_order"
    submit_label = "Place order"
    item_action = OrderAction.MODIFY

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form the day where the account is."""
        return {**super().get_form_kwargs(), "day": today(self.subscription.account)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation; say everything that is missing."""
        given = dict(form.cleaned_data)
        order = {name: given.pop(name) for name in ("po_number", "note")}
        keep = given.pop("draft")
        day = today(self.subscription.account)
        item = item_of(self.item_action, {**given, "subscription": self.subscription})
        try:
            return operations.place_order(
                account=self.subscription.account,
                items=[item],
                requested_on=day,
                submit_as_of=None if keep else day,
                actor=person(self.request),
                **order,
            )
        except IncompleteOrder as incomplete:
            general = ["The order was not placed."]
            for one in incomplete.missing:
                if one.field in form.fields:
                    form.add_error(one.field, f"{one.message} ({one.rule})")
                else:
                    general.append(f"{one.message} ({one.rule})")
            for text in general[:-1]:
                form.add_error(None, text)
            raise Refusal(general[-1], rule="") from incomplete

    def get_success_message(self) -> str:
        """Say how far it is."""
        return f"Order {self.result.number} is {self.result.get_state_display().lower()}."

    def get_success_url(self) -> str:
        """Go to the order."""
        return reverse("customers:order", args=[self.result.pk])


class ModifyOrder(ChangeOrder):
    """Change quantity, own prices, identifiers or the offer of a subscription."""

    title = "Modify"
    form_class = ModifyFields
    item_action = OrderAction.MODIFY
    intro = "Leave empty what stays as it is. The day of a change belongs to the new state."
