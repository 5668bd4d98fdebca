"""A subscription: its bundle, timeline, services and identifiers, and what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from customers import operations, queries
from customers.choices import SubscriptionState
from customers.models import (
    ChargeSegment,
    ServiceIdentifier,
    Subscription,
    SubscriptionCharge,
    SubscriptionEvent,
)
from customers.queries.above import BilledPiece, billed_pieces
from customers.views import bars
from customers.views.fields import DayField, person, today
from customers.views.lists import account_url, last_day
from foundation.screens import Button, Column, Crumb, Fact, FormScreen, Screen, Table

CAUSES = {
    "ORDER": "Order",
    "QUANTITY": "New quantity",
    "PRICE": "New own price",
    "RENEWAL": "Renewal",
    "TRANSFER": "Transfer",
    "TRIAL": "Trial",
    "PAUSE": "Pause",
    "WAIVED": "Waived",
    "END_FEE": "Fee of an early end",
}


def cause(row: ChargeSegment) -> str:
    """Return what made a stretch of the timeline, in words."""
    return CAUSES.get(row.reason, row.reason)


SEGMENT_COLUMNS = (
    Column(label="From", value="valid.lower", kind="date"),
    Column(label="To", value=last_day, kind="date"),
    Column(label="Quantity", value="quantity", kind="number"),
    Column(
        label="Own price",
        value="override_price",
        kind="money",
        currency="subscription_charge.account.currency",
    ),
    Column(label="State", value="state", kind="status"),
    Column(label="Because of", value=cause),
    Column(
        label="Order",
        value="order_item.order.number",
        kind="code",
        link=lambda row: (
            reverse("customers:order", args=[row.order_item.order_id]) if row.order_item else ""
        ),
    ),
)
IDENTIFIER_COLUMNS = (
    Column(label="Service", value="service.number", kind="code"),
    Column(label="Type", value="type", kind="code"),
    Column(label="Identifier", value="value", kind="code"),
    Column(label="From", value="valid.lower", kind="instant"),
    Column(label="To", value="valid.upper", kind="instant"),
    Column(label="State", value="service.state", kind="status"),
)


def subscription_url(pk: int) -> str:
    """Return a subscription's page."""
    return reverse("customers:subscription", args=[pk])


class OfSubscription(Screen):
    """Something about the subscription of the address."""

    subject = Subscription

    @cached_property
    def subscription(self) -> Subscription:
        """The subscription of the address."""
        rows = Subscription.objects.select_related("account", "service_address")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the subscription."""
        one = self.subscription
        return (
            Crumb(str(one.account), account_url(one.account_id)),
            Crumb(one.number, subscription_url(one.pk)),
        )


class SubscriptionPage(OfSubscription):
    """A subscription with its offers, timeline, identifiers and history."""

    permission = "customers.view_subscription"
    template_name = "console/bars.html"

    def get_title(self) -> str:
        """Name the subscription."""
        return f"Subscription {self.subscription.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        one = self.subscription
        return (
            Crumb("Accounts", reverse("customers:accounts")),
            Crumb(str(one.account), account_url(one.account_id)),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer what can be ordered, and the days that are waited for."""
        one = self.subscription
        order = "customers.place_order"

        def button(label: str, name: str, **more: Any) -> Button:
            url = reverse(f"customers:{name}", args=[one.pk])
            return Button(label=label, url=url, permission=order, **more)

        if one.bundle_id is not None:
            return self._awaited() if one.is_live() else ()
        if one.state == SubscriptionState.TERMINATED:
            return (button("Bring back", "resume_order"),)
        if not one.is_live():
            return ()
        offered = [
            button("Modify", "modify_order", style="primary"),
            button("Resume", "resume_order")
            if one.state == SubscriptionState.SUSPENDED
            else button("Suspend", "suspend_order"),
            button("Renew", "renew_order"),
            button("Transfer", "transfer_order"),
        ]
        if one.end_on is None:
            offered.append(button("Terminate", "terminate_order", style="danger"))
        else:
            url = reverse("customers:withdraw_end", args=[one.pk])
            offered.append(
                Button(
                    label="Withdraw the end",
                    url=url,
                    permission="customers.cancel_order",
                    method="post",
                )
            )
        return [*offered, *self._awaited()]

    def _awaited(self) -> Sequence[Button]:
        """Offer to record the day that the subscription waits for."""
        one = self.subscription
        wanted: dict[str, str] = {}
        if one.activation_on is None:
            wanted["Record activation"] = "record_activation"
            wanted["Provisioning failed"] = "report_failure"
        elif one.acceptance_on is None:
            wanted["Record acceptance"] = "record_acceptance"
        return [
            Button(
                label=label,
                url=reverse(f"customers:{name}", args=[one.pk]),
                permission="customers.place_order",
            )
            for label, name in wanted.items()
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts and tables."""
        one = self.subscription
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(label="Account", value=str(one.account), url=account_url(one.account_id)),
            Fact(label="Effective", value=one.effective_on, kind="date"),
            Fact(label="Activated", value=one.activation_on, kind="date"),
            Fact(label="Accepted", value=one.acceptance_on, kind="date"),
            Fact(label="Trial ends", value=one.trial_end_on, kind="date"),
            Fact(label="Term", value=one.get_term_type_display()),
            Fact(label="Term ends", value=one.term.upper if one.term else None, kind="date"),
            Fact(label="Not billed from", value=one.end_on, kind="date"),
            Fact(label="Why it ends", value=one.end_reason),
            Fact(label="Price policy", value=one.get_price_policy_display()),
            Fact(label="Used at", value=str(one.service_address or "")),
            Fact(label="PO number", value=one.po_number),
            *self._bundle(),
        ]
        segments = list(self._segments())
        return super().get_context_data(
            facts=facts,
            bars=bars.drawn(
                segments,
                start=one.effective_on,
                today=today(one.account),
                billed=self._billed(segments),
            ),
            table=self._timeline(segments),
            tables=[*self._components(), self._charges(), self._identifiers(), self._events()],
            **kwargs,
        )

    def _bundle(self) -> list[Fact]:
        """Say what the subscription is in its bundle."""
        one = self.subscription
        day = max(today(one.account), one.effective_on)
        if one.end_on is not None:
            day = min(day, one.end_on - timedelta(days=1))
        found = queries.in_bundle(subscription=one, on_date=day)
        if found is None:
            return []
        return [Fact(label="Bundle", value=str(found), url=subscription_url(found.bundle.pk))]

    def _components(self) -> list[Table]:
        """Return the components of a bundle; nothing for what is no bundle."""
        rows = list(queries.components(self.subscription))
        columns = (
            Column(
                label="Number",
                value="number",
                kind="code",
                link=lambda row: subscription_url(row.pk),
            ),
            Column(label="Offer", value="offer"),
            Column(label="Quantity", value="quantity", kind="number"),
            Column(label="From", value="effective_on", kind="date"),
            Column(label="Not billed from", value="end_on", kind="date"),
            Column(label="State", value="state", kind="status"),
        )
        return [Table(caption="Components", rows=rows, columns=columns)] if rows else []

    def _billed(self, segments: Iterable[ChargeSegment]) -> list[BilledPiece]:
        """Return what was billed of it, for those who may see invoices."""
        if not person(self.request).has_perm("invoicing.view_invoice"):
            return []
        return billed_pieces(sorted({one.subscription_charge_id for one in segments}))

    def _segments(self) -> QuerySet[ChargeSegment]:
        return (
            ChargeSegment.objects.filter(subscription_charge__subscription=self.subscription)
            .select_related(
                "subscription_charge__charge",
                "subscription_charge__account",
                "order_item__order",
            )
            .order_by("subscription_charge_id", "valid")
        )

    def _timeline(self, segments: Sequence[ChargeSegment]) -> Table:
        return Table(
            caption="Timeline: what billing reads",
            rows=segments,
            empty="No charge has started yet.",
            columns=(
                Column(label="Charge", value="subscription_charge.charge.name"),
                *SEGMENT_COLUMNS,
            ),
        )

    def _charges(self) -> Table:
        rows = (
            SubscriptionCharge.objects.filter(subscription=self.subscription)
            .select_related("charge", "item__offer_version__offer")
            .order_by("pk")
        )
        return Table(
            caption="Charges",
            rows=rows,
            columns=(
                Column(label="Offer", value="item.offer_version.offer.name"),
                Column(label="Charge", value="charge.name"),
                Column(label="Kind", value="charge.get_kind_display"),
                Column(label="Starts on", value="charge.get_trigger_display"),
                Column(label="Counts from", value="anchor", kind="date"),
            ),
        )

    def _identifiers(self) -> Table:
        rows = (
            ServiceIdentifier.objects.filter(service__subscription=self.subscription)
            .select_related("service")
            .order_by("service_id", "pk")
        )
        return Table(caption="Identifiers", rows=rows, empty="None.", columns=IDENTIFIER_COLUMNS)

    def _events(self) -> Table:
        rows = (
            SubscriptionEvent.objects.filter(subscription=self.subscription)
            .select_related("actor", "order_item__order")
            .order_by("-pk")
        )
        return Table(
            caption="What happened",
            rows=rows[:200],
            columns=(
                Column(label="What", value="get_kind_display"),
                Column(label="On", value="on_date", kind="date"),
                Column(
                    label="Order",
                    value="order_item.order.number",
                    kind="code",
                    link=lambda row: (
                        reverse("customers:order", args=[row.order_item.order_id])
                        if row.order_item
                        else ""
                    ),
                ),
                Column(label="By", value=lambda row: row.actor.username if row.actor else ""),
                Column(label="Recorded", value="recorded_at", kind="instant"),
            ),
        )


class DayFields(forms.Form):
    """The day on which something happened."""

    on_date = DayField(label="On")


class RecordDay(FormScreen, OfSubscription):
    """Record the day of activation or acceptance: charges that wait for it start (CHG-7)."""

    permission = "customers.place_order"
    form_class = DayFields
    what = "activation"

    def get_title(self) -> str:
        """Say which day."""
        return f"Record {self.what}"

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": today(self.subscription.account)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        record = {
            "activation": operations.record_activation,
            "acceptance": operations.record_acceptance,
        }[self.what]
        return record(
            subscription=self.subscription,
            on_date=form.cleaned_data["on_date"],
            as_of=today(self.subscription.account),
            actor=person(self.request),
        )

    def get_success_message(self) -> str:
        """Say what is known now."""
        return f"Recorded the {self.what} of {self.subscription.number}."

    def get_success_url(self) -> str:
        """Go back to the subscription."""
        return subscription_url(self.subscription.pk)
