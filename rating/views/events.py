"""Search for usage events, and one event with the way up to its bill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse

from customers.models import Account, ServiceInstance, SubscriptionCharge
from foundation import clock
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    Screen,
    Table,
)
from foundation.screens.cells import number_text
from rating import queries
from rating.models import SuspenseItem, Usage
from rating.rules.reasons import TITLES, Reason

MOST_DAYS = 93


def event_url(event: Usage) -> str:
    """Return the page of an event."""
    return reverse("rating:event", args=[event.account_id, event.id])


def linked(name: str, *args: object) -> str:
    """Return an address of another room, or nothing where that room has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class EventFilters(FilterForm):
    """An account or an identifier, and days; the search is never wider than a quarter."""

    account = forms.CharField(max_length=32, label="Account number")
    identifier = forms.CharField(max_length=64)
    start = forms.DateField(label="From (local day)")
    end = forms.DateField(label="to")
    subscription_charge = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Fill the days in and keep the search bounded."""
        data = super().clean() or {}
        today = clock.today(ZoneInfo("UTC"))
        end = data.get("end") or today
        start = data.get("start") or end - timedelta(days=31)
        if start > end:
            raise forms.ValidationError("The first day lies after the last.")
        if (end - start).days > MOST_DAYS:
            raise forms.ValidationError(f"Search at most {MOST_DAYS} days at a time.")
        return {**data, "start": start, "end": end}


class EventSearch(ListScreen):
    """Stored events of an account or an identifier."""

    title = "Usage events"
    permission = "rating.view_usageevent"
    filters = EventFilters
    keyset = ("-event_start", "-id")
    intro = "Search by account or identifier. Suspended rows are not here but under Suspense."
    columns = (
        Column(label="Time", value="event_start", kind="instant", link=event_url),
        Column(label="Usage type", value="usage_type", kind="code"),
        Column(label="Identifier", value="identifier", kind="code"),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(label="Billable", value="billable_quantity", kind="number"),
        Column(label="Group", value="attribute_key", kind="code"),
        Column(label="Local day", value="on_date", kind="date"),
        Column(label="State", value="state", kind="status"),
        Column(label="Amount", value="amount_exact", kind="money"),
    )
    empty = Empty(title="Say what to look for", text="Give an account number or an identifier.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Usage]:
        """Return the events that fit; nothing without account or identifier."""
        accounts: list[int] = []
        if filters.get("account"):
            accounts = list(
                Account.objects.filter(number=filters["account"]).values_list("id", flat=True)
            )
        elif filters.get("identifier"):
            accounts = queries.holders_of(filters["identifier"])
        if not accounts:
            return Usage.objects.none()
        return queries.events(
            account_ids=accounts,
            start=filters["start"],
            end=filters["end"] + timedelta(days=1),
            identifier=filters.get("identifier") or "",
            subscription_charge_id=filters.get("subscription_charge"),
        )


class OfEvent(Screen):
    """Something about the event of the address."""

    subjects = {"account_id": Account}

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the event of the address."""
        super().setup(request, *args, **kwargs)
        found = Usage.objects.filter(account_id=kwargs["account_id"], id=kwargs["pk"]).first()
        if found is None:
            raise Http404
        self.event = found

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account's usage, and to the event from a page about it."""
        return (
            Crumb("Usage events", reverse("rating:events")),
            Crumb("Account", reverse("rating:account_usage", args=[self.event.account_id])),
        )


class EventPage(OfEvent):
    """One event: what came, where it was guided, what it costs, where it is billed."""

    permission = "rating.view_usageevent"
    template_name = "rating/event.html"

    def get_title(self) -> str:
        """Name the event by its key."""
        return f"Usage event {self.event.event_key}"

    def buttons(self) -> Sequence[Button]:
        """Offer to correct it."""
        address = [self.event.account_id, self.event.id]
        return [
            Button(label=label, url=reverse(f"rating:{name}", args=address), permission=permission)
            for label, name, permission in (
                ("Amend", "amend_event", "rating.recycle_suspense"),
                ("Cancel event", "cancel_event", "rating.write_off_usage"),
            )
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the event, its guide and its price."""
        event = self.event
        return super().get_context_data(
            received=self._received(),
            guided=self._guided(),
            priced=self._priced(),
            told=queries.explain_event(event),
            derived=self._derived(),
            attributes=[
                Fact(label=name, value=value, kind="code")
                for name, value in sorted(event.attributes.items())
            ],
            **kwargs,
        )

    def _derived(self) -> Table | None:
        """Show what the event comes to for carriers and partners."""
        rows = queries.derived_of(self.event)
        if not rows:
            return None
        return Table(
            columns=(
                Column(label="For", value="row.get_purpose_display"),
                Column(
                    label="Account",
                    value="agreement.account",
                    link=lambda one: linked("customers:account", one.agreement.account_id),
                ),
                Column(label="By", value="by"),
                Column(label="Quantity", value="row.quantity", kind="number"),
                Column(label="Amount", value="row.amount", kind="money", currency="row.currency"),
                Column(label="Not rated because", value="problem"),
            ),
            rows=rows,
            caption="Rated for others",
        )

    def _received(self) -> list[Fact]:
        event = self.event
        return [
            Fact(label="Key", value=event.event_key, kind="code"),
            Fact(label="Usage type", value=event.usage_type, kind="code"),
            Fact(
                label="Identifier",
                value=f"{event.identifier_type} {event.identifier}",
                kind="code",
            ),
            Fact(label="Start", value=event.event_start, kind="instant"),
            Fact(label="End", value=event.event_end, kind="instant"),
            Fact(label="Quantity", value=event.quantity, kind="number"),
            Fact(
                label="File and row",
                value=f"{event.file_id}/{event.row_number}",
                url=reverse("rating:file", args=[event.file_id]),
            ),
            Fact(label="Came", value=event.received_at, kind="instant"),
            *self._corrections(),
        ]

    def _corrections(self) -> list[Fact]:
        """Lead to what was done about the row before it became this event."""
        event = self.event
        items = SuspenseItem.objects.filter(file_id=event.file_id, row_number=event.row_number)
        return [
            Fact(
                label="Was",
                value=TITLES[Reason(item.reason)],
                url=reverse("rating:suspense_item", args=[item.pk]),
            )
            for item in items
        ]

    def _guided(self) -> list[Fact]:
        event = self.event
        account = Account.objects.filter(pk=event.account_id).first()
        service = ServiceInstance.objects.filter(pk=event.service_id).first()
        own = (
            SubscriptionCharge.objects.filter(pk=event.subscription_charge_id)
            .select_related("charge", "subscription")
            .first()
        )
        return [
            Fact(
                label="Account",
                value=str(account) if account else event.account_id,
                url=linked("customers:account", event.account_id),
            ),
            Fact(label="Service", value=service.number if service else "", kind="code"),
            Fact(label="Subscription", value=own.subscription.number if own else "", kind="code"),
            Fact(label="Charge", value=str(own.charge) if own else ""),
            Fact(label="Local day", value=event.on_date, kind="date"),
        ]

    def _priced(self) -> list[Fact]:
        event = self.event
        bill = linked(
            "invoicing:usage_line", event.subscription_charge_id, event.on_date.isoformat()
        )
        facts = [
            Fact(label="State", value=event.state, kind="status"),
            Fact(label="Billable quantity", value=event.billable_quantity, kind="number"),
            Fact(
                label="Attribute group",
                value="" if event.attribute_key == "*" else event.attribute_key,
                kind="code",
            ),
        ]
        if event.amount_exact is not None:
            facts += [
                Fact(
                    label="Amount of the event",
                    value=event.amount_exact,
                    kind="money",
                    currency=event.currency or "",
                ),
                Fact(label="Price version", value=event.price_version_id, kind="code"),
            ]
        else:
            facts.append(Fact(label="Priced", value="with the other usage of its bill line"))
        facts += [
            Fact(
                label="Not charged",
                value=f"{number_text(quantity)} from {bucket.name}",
                url=reverse("rating:balance", args=[bucket.pk]),
            )
            for bucket, quantity in queries.covers_of(event)
        ]
        if bill:
            facts.append(Fact(label="Billed on", value="the line that bills this usage", url=bill))
        return facts
