"""What an account has: its subscriptions with their timelines, services and identifiers."""

from __future__ import annotations

from typing import Any

from customers.models import ChargeSegment, ServiceIdentifier, SubscriptionItem
from customers.views.account import OfAccount
from customers.views.lists import last_day
from customers.views.services import IDENTIFIER_COLUMNS, SEGMENT_COLUMNS, subscription_url
from foundation.screens import Column, Table


class AccountServices(OfAccount):
    """The tab of an account: subscriptions, the timeline of every charge, identifiers."""

    permission = "customers.view_subscription"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the account."""
        return f"Services of {self.account}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the tables."""
        return super().get_context_data(
            table=self._subscriptions(), tables=[self._timeline(), self._identifiers()], **kwargs
        )

    def _subscriptions(self) -> Table:
        rows = (
            SubscriptionItem.objects.filter(subscription__account=self.account)
            .select_related("subscription__bundle", "offer_version__offer")
            .order_by("-subscription_id", "valid")
        )
        return Table(
            caption="Subscriptions",
            rows=rows[:200],
            empty="Nothing was ordered yet.",
            columns=(
                Column(
                    label="Number",
                    value="subscription.number",
                    kind="code",
                    link=lambda row: subscription_url(row.subscription_id),
                ),
                Column(label="Offer", value="offer_version.offer.name"),
                Column(
                    label="Bundle",
                    value="subscription.bundle.number",
                    kind="code",
                    link=lambda row: (
                        subscription_url(row.subscription.bundle_id)
                        if row.subscription.bundle_id
                        else ""
                    ),
                ),
                Column(label="Quantity", value="quantity", kind="number"),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="To", value=last_day, kind="date"),
                Column(label="State", value="subscription.state", kind="status"),
            ),
        )

    def _timeline(self) -> Table:
        rows = (
            ChargeSegment.objects.filter(subscription_charge__account=self.account)
            .select_related(
                "subscription_charge__charge",
                "subscription_charge__subscription",
                "subscription_charge__account",
                "order_item__order",
            )
            .order_by("-subscription_charge__subscription_id", "subscription_charge_id", "valid")
        )
        return Table(
            caption="Timeline: what billing reads",
            rows=rows[:500],
            columns=(
                Column(
                    label="Subscription",
                    value="subscription_charge.subscription.number",
                    kind="code",
                    link=lambda row: subscription_url(row.subscription_charge.subscription_id),
                ),
                Column(label="Charge", value="subscription_charge.charge.name"),
                *SEGMENT_COLUMNS,
            ),
        )

    def _identifiers(self) -> Table:
        rows = (
            ServiceIdentifier.objects.filter(service__subscription__account=self.account)
            .select_related("service")
            .order_by("-service_id", "pk")
        )
        return Table(
            caption="Identifiers", rows=rows[:500], empty="None.", columns=IDENTIFIER_COLUMNS
        )
