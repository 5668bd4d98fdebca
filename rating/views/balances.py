"""Balances of an account: what is left, what moved it, what covered what; give and take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from customers.choices import AccountRole
from customers.models import Account
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
from rating import queries
from rating.models import BalanceBucket, BalanceMovement
from rating.views.events import linked
from rating.views.of_account import OfAccount, account_crumb

VIEW: Final = "rating.view_balancebucket"
DAY: Final = {"type": "date"}
Moment = date | datetime


def bucket_url(bucket: BalanceBucket) -> str:
    """Return the page of a bucket."""
    return reverse("rating:balance", args=[bucket.pk])


def balances_of(account: Account) -> list[Crumb]:
    """Lead to an account and to its balances."""
    return [
        account_crumb(account),
        Crumb("Balances", reverse("rating:account_balances", args=[account.pk])),
    ]


def state_of(bucket: BalanceBucket) -> str:
    """Say in a word where a bucket stands."""
    if bucket.closed_at is not None:
        return "CLOSED"
    return "OPEN" if bucket.remaining else "USED"


def days_of(bucket: BalanceBucket, account: Account) -> tuple[Moment, Moment | None]:
    """Return the first and the last local day of a bucket; the moment where it is not midnight."""
    zone = ZoneInfo(account.time_zone)
    first, end = (one and one.astimezone(zone) for one in (bucket.valid.lower, bucket.valid.upper))
    return (
        first.date() if first.time() == time.min else first,
        (end - timedelta(days=1)).date() if end and end.time() == time.min else end,
    )


class BalanceFilters(FilterForm):
    """Which buckets to show."""

    open = forms.ChoiceField(
        choices=[("", "All"), ("yes", "Not ended"), ("no", "Ended")], label="Which"
    )


class AccountBalances(OfAccount, ListScreen):
    """What an account and its services may use without being charged."""

    permission = VIEW
    filters = BalanceFilters
    intro = (
        "Usage is drawn in the order of time, from the bucket with the lower priority, then from "
        "the one that ends earlier. What no bucket covers is charged. Money pays what is billed."
    )
    columns = (
        Column(label="Balance", value="name", link=bucket_url),
        Column(label="Source", value=lambda one: one.get_source_display()),
        Column(label="Usage", value="usage_type.code", kind="code"),
        Column(label="Service", value="service.number", kind="code"),
        Column(
            label="For the pool",
            value="pool.name",
            link=lambda one: one.pool and reverse("rating:pool", args=[one.pool.pk]),
        ),
        Column(label="At first", value="initial", kind="measure"),
        Column(label="Left", value="remaining", kind="measure"),
        Column(label="Unit", value="measure"),
        Column(label="Usable from", value="first", kind="date"),
        Column(label="Until", value="last", kind="date"),
        Column(label="State", value=state_of, kind="status"),
    )
    empty = Empty(title="No balance", text="No offer of the account includes usage.")

    def get_title(self) -> str:
        """Name the account."""
        return f"Balances of {self.account.number}"

    def buttons(self) -> list[Button]:
        """Offer to give units, and to sell or give money to whoever pays for itself."""
        sale = linked("invoicing:sell_balance", self.account.pk)
        sells = sale and self.account.role == AccountRole.PAYER
        return [
            Button(
                label="Spend cap",
                url=reverse("rating:account_caps", args=[self.account.pk]),
                permission="rating.view_spendcap",
            ),
            *(
                [
                    Button(
                        label="Automatic top-ups",
                        url=reverse("rating:account_top_ups", args=[self.account.pk]),
                        permission="rating.view_topuprule",
                    ),
                    Button(label="Sell a balance", url=sale, permission="rating.sell_balance"),
                    Button(
                        label="Give money",
                        url=reverse("rating:money_give", args=[self.account.pk]),
                        permission="rating.adjust_balance",
                    ),
                ]
                if sells
                else []
            ),
            Button(
                label="Give units",
                url=reverse("rating:balance_give", args=[self.account.pk]),
                permission="rating.adjust_balance",
            ),
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[BalanceBucket]:
        """Return the buckets, the newest first."""
        return queries.balances(account_id=self.account.pk, ended=filters.get("open", ""))

    def look_up(self, rows: list[Any]) -> None:
        """Write the days of each as the account counts them."""
        for row in rows:
            row.first, row.last = days_of(row, self.account)


class BalancePage(Screen):
    """A bucket with every movement, and the event that each covered."""

    subject = BalanceBucket
    permission = VIEW
    template_name = "rating/balance.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the bucket of the address."""
        super().setup(request, *args, **kwargs)
        self.bucket = get_object_or_404(
            BalanceBucket.objects.select_related("account", "service", "usage_type__unit", "pool"),
            pk=kwargs["pk"],
        )

    def get_title(self) -> str:
        """Name the bucket."""
        return self.bucket.name

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account's balances."""
        return balances_of(self.bucket.account)

    def buttons(self) -> list[Button]:
        """Offer to take units back while there are some; what was paid for is paid back."""
        if self.bucket.closed_at is not None or not self.bucket.remaining:
            return []
        if self.bucket.consideration:
            url = linked("invoicing:pay_back_balance", self.bucket.pk)
            return [Button(label="Pay back", url=url, permission="rating.sell_balance")]
        return [
            Button(
                label="Take money" if self.bucket.currency else "Take units",
                url=reverse("rating:balance_take", args=[self.bucket.pk]),
                permission="rating.adjust_balance",
            )
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what the bucket is and what moved it."""
        return super().get_context_data(facts=self._facts(), movements=self._movements(), **kwargs)

    def _facts(self) -> list[Fact]:
        bucket, money = self.bucket, self.bucket.currency
        first, last = days_of(bucket, bucket.account)
        narrowed = ", ".join(f"{name} {value}" for name, value in bucket.usage_filter.items())
        facts = [
            Fact(label="Source", value=bucket.get_source_display()),
            Fact(label="Usage", value=str(bucket.usage_type or "all that is billed")),
            Fact(label="Only", value=narrowed or "any of it"),
            Fact(
                label="For",
                value=bucket.service.number if bucket.service else "all services of the account",
            ),
            Fact(label="At first", value=bucket.initial, kind="measure", currency=money),
            Fact(label="Left", value=bucket.remaining, kind="measure", currency=money),
            Fact(label="Unit", value=bucket.measure),
            Fact(label="Usable from", value=first, kind="date"),
            Fact(label="Until", value=last or "it is used up"),
            Fact(label="Priority", value=bucket.priority, kind="number"),
            Fact(label="State", value=state_of(bucket), kind="status"),
        ]
        if money:
            paid = bucket.consideration
            facts.append(Fact(label="Paid for it", value=paid, kind="money", currency=money))
        if bucket.pool is not None:
            url = reverse("rating:pool", args=[bucket.pool.pk])
            facts.append(Fact(label="Brought to the pool", value=bucket.pool.name, url=url))
        if bucket.parent_id is not None:
            facts.append(
                Fact(
                    label="Rolled over from",
                    value="the balance before",
                    url=reverse("rating:balance", args=[bucket.parent_id]),
                )
            )
        return facts

    def _movements(self) -> Table:
        account_id, money = self.bucket.account_id, self.bucket.currency

        def event_url(one: BalanceMovement) -> str:
            if one.event_id is None:
                return ""
            return reverse("rating:event", args=[account_id, one.event_id])

        def document(one: BalanceMovement) -> str:
            return "Show" if one.document_id else ""

        def document_url(one: BalanceMovement) -> str:
            return linked("invoicing:invoice", one.document_id) if one.document_id else ""

        return Table(
            columns=(
                Column(label="When", value="at", kind="instant"),
                Column(label="What", value=lambda one: one.get_kind_display()),
                Column(label="Change", value="delta", kind="measure", currency=lambda _: money),
                Column(label="Event of", value="event_at", kind="instant", link=event_url),
                Column(label="Document", value=document, link=document_url),
                Column(label="Session", value="reservation.key", kind="code"),
                Column(label="Why", value="reason"),
                Column(label="Who", value="actor"),
            ),
            rows=queries.movements(bucket_id=self.bucket.pk),
            caption=f"Movements, the newest first, at most {queries.MOST_MOVEMENTS}",
            empty="Nothing moved yet.",
        )
