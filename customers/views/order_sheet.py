"""The form of an order: a form for each of its lines, and what they begin with for a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from customers.choices import OrderAction, SubscriptionState
from customers.models import Account, Order, OrderItem, Subscription
from customers.operations import ItemInput, asked_components
from customers.rules.component_words import write_component
from customers.views.action_forms import (
    RenewFields,
    ResumeFields,
    SuspendFields,
    TerminateFields,
    TransferFields,
)
from customers.views.fields import LineField, today
from customers.views.lists import with_offer
from customers.views.order_forms import AddFields, ModifyFields, OrderFields, item_of
from foundation.screens import settle_choices

FORMS: Mapping[str, type[OrderFields]] = {
    OrderAction.ADD: AddFields,
    OrderAction.MODIFY: ModifyFields,
    OrderAction.SUSPEND: SuspendFields,
    OrderAction.RESUME: ResumeFields,
    OrderAction.RENEW: RenewFields,
    OrderAction.TRANSFER: TransferFields,
    OrderAction.TERMINATE: TerminateFields,
}
LABELS = {action: OrderAction(action).label for action in FORMS}
OF_THE_ORDER = ("po_number", "note", "draft")
MOST_LINES = 50
LISTED = 100


class SubscriptionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # of subscriptions
    """A subscription of the account: picked from a list, or by number where there are many."""

    def __init__(self, account: Account) -> None:
        rows = Subscription.objects.filter(account=account).exclude(
            state=SubscriptionState.CANCELLED
        )
        many = rows.count() > LISTED
        super().__init__(
            with_offer(rows).order_by("number"),
            to_field_name="number",
            widget=forms.TextInput if many else forms.Select,
            help_text="Its number." if many else "",
        )

    def label_from_instance(self, obj: Any) -> str:
        """Show what it is, beside its number."""
        return f"{obj.number} {obj.offer or ''} ({obj.get_state_display().lower()})"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown: the fields asked first, and the rest folded away."""

    number: int
    action: str
    form: OrderFields

    @property
    def label(self) -> str:
        """What the line does."""
        return str(LABELS[OrderAction(self.action)])

    def main(self) -> list[Any]:
        """Return the fields that are shown first."""
        names = self.form.main or tuple(self.form.fields)
        return [one for one in self.form if one.name in {"subscription", *names}]

    def more(self) -> list[Any]:
        """Return the fields that are rarely needed."""
        shown = {one.name for one in self.main()}
        return [one for one in self.form if one.name not in shown]

    def folded(self) -> str:
        """Name the fields that are rarely needed."""
        return ", ".join(str(one.label).lower() for one in self.more()[:4]) + " …"

    def is_open(self) -> bool:
        """Say whether a folded field was filled, or is wrong."""
        asked = {"trial_outcome", "price_policy", "renewal"}
        return any(
            (one.value() if one.name not in asked else None) or (self.form.is_bound and one.errors)
            for one in self.more()
        )


class OrderSheet(forms.Form):
    """What the order says as a whole, and its lines."""

    po_number = LineField(label="PO number", max_length=64, required=False)
    note = LineField(max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        account: Account,
        given: Sequence[tuple[str, Mapping[str, Any]]] = (),
        **kwargs: Any,
    ) -> None:
        """Make a form for each of `given`: an action and what its fields begin with."""
        super().__init__(*args, **kwargs)
        self.account, self.day = account, today(account)
        wanted = list(given)
        if self.is_bound:
            wanted = [(action, {}) for action in actions_of(self.data)]
        self.lines = [
            Line(number, action, self._form(number, action, initial))
            for number, (action, initial) in enumerate(wanted, start=1)
        ]

    def _form(self, number: int, action: str, initial: Mapping[str, Any]) -> OrderFields:
        form = FORMS[action](
            self.data if self.is_bound else None,
            day=self.day,
            initial=dict(initial),
            prefix=f"line-{number}",
        )
        for name in OF_THE_ORDER:
            form.fields.pop(name, None)
        settle_choices(form)
        if action != OrderAction.ADD:
            form.fields = {"subscription": SubscriptionField(self.account), **form.fields}
        return form

    def is_valid(self) -> bool:
        """Check every line, so that all faults are told at once."""
        good = [line.form.is_valid() for line in self.lines]
        return super().is_valid() and all(good)

    def items(self) -> list[ItemInput]:
        """Return the lines as the operation takes them; call it once the form is valid."""
        items = [item_of(line.action, line.form.cleaned_data) for line in self.lines]
        self._line_of = [
            (line, place)
            for line, item in zip(self.lines, items, strict=True)
            for place in range(1 + len(item.phases))
        ]
        return items

    def typed(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what stands in the fields, unjudged."""
        return [
            (
                line.action,
                {
                    name: field.widget.value_from_datadict(
                        self.data, self.files, line.form.add_prefix(name)
                    )
                    for name, field in line.form.fields.items()
                },
            )
            for line in self.lines
        ]

    def place_fault(self, seq: int, field: str, text: str) -> bool:
        """Put a fault beside the line whose item it is about; phases are items of their line."""
        if not 0 < seq <= len(self._line_of):
            return False
        line, place = self._line_of[seq - 1]
        known = "phases" if place else field
        line.form.add_error(known if known in line.form.fields else None, text)
        return True


def actions_of(data: Any) -> list[str]:
    """Return what the lines of a sent form do, in order."""
    return [action for action in data.getlist("line")[:MOST_LINES] if action in FORMS]


def items_of(order: Order) -> QuerySet[OrderItem]:
    """Return the lines of an order, phases and components inside their own."""
    return (
        OrderItem.objects.filter(order=order, phase_of__isnull=True, part_of__isnull=True)
        .select_related("subscription", "target_account")
        .prefetch_related("identifiers", "prices__charge", "phases__prices__charge")
        .prefetch_related("discounts__discount", "discounts__coupon")
        .order_by("seq")
    )


def asked(item: OrderItem) -> dict[str, Any]:
    """Return what the fields of a line begin with, to say what `item` says."""
    return {
        **{
            name: getattr(item, name)
            for name in (
                *("effective_on", "offer_version", "term_months", "renewal", "trial_end_on"),
                *("trial_outcome", "price_policy", "awaits_activation", "agreed_on", "reason"),
                *("with_one_time", "pause_policy", "pause_reason", "credits_days"),
                *("waives_fee", "waived_from", "advance_fate", "sets_off"),
            )
        },
        "subscription": item.subscription.number if item.subscription else "",
        "target_account": item.target_account.number if item.target_account else "",
        "quantity": _plain(item.quantity),
        "uplift": None if item.uplift is None else _plain(item.uplift * 100),
        "identifiers": "\n".join(f"{one.type} {one.value}" for one in item.identifiers.all()),
        "prices": "\n".join(_prices(item)),
        "discounts": ", ".join(
            one.discount.code if one.coupon is None else one.coupon.code
            for one in item.discounts.all()
        ),
        "components": "\n".join(write_component(one) for one in asked_components(item)),
        "attributes": "\n".join(f"{name} {value}" for name, value in item.attributes.items()),
        "phases": "\n".join(
            " ".join([one.effective_on.isoformat(), _plain(one.quantity) or "-", *_prices(one)])
            for one in sorted(item.phases.all(), key=lambda one: one.seq)
        ),
    }


def _prices(item: OrderItem) -> list[str]:
    return [f"{one.charge.code} {_plain(one.unit_price)}" for one in item.prices.all()]


def _plain(number: Any) -> str:
    return "" if number is None else f"{number.normalize():f}"
