"""Pools of an account: who is in them, what each brought, used and bears; open one, end one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import UsageType
from customers.models import Account
from foundation import clock
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FormScreen,
    ListScreen,
    Screen,
    Table,
)
from rating import operations, queries
from rating.choices import PoolAllocation
from rating.models import PoolMember, PoolShare, RatingPool
from rating.views.of_account import OfAccount, account_crumb

VIEW: Final = "rating.view_ratingpool"
DAY: Final = {"type": "date"}


def pool_url(pool: RatingPool) -> str:
    """Return the page of a pool."""
    return reverse("rating:pool", args=[pool.pk])


def last_day(row: RatingPool | PoolMember) -> date | None:
    """Return the last day on which a pool or a membership holds; None while it has no end."""
    return None if row.valid.upper is None else row.valid.upper - timedelta(days=1)


def _pools_of(account: Account) -> list[Crumb]:
    return [
        account_crumb(account),
        Crumb("Pools", reverse("rating:account_pools", args=[account.pk])),
    ]


class AccountPools(OfAccount, ListScreen):
    """The pools of which an account is the head, or in which its services are."""

    permission = VIEW
    intro = (
        "A pool is filled by the offers of its members and used by all of them. Who hangs below "
        "its head is in it, by the days."
    )
    columns = (
        Column(label="Pool", value="name", link=pool_url),
        Column(label="Head", value="node", link=lambda one: _account_url(one.node_id)),
        Column(label="Usage", value="usage_type.code", kind="code"),
        Column(label="Beyond it", value=lambda one: one.get_allocation_display()),
        Column(label="From", value="valid.lower", kind="date"),
        Column(label="Last day", value=last_day, kind="date"),
    )
    empty = Empty(
        title="No pool",
        text="Neither the account nor one above it shares usage. Open a pool for what the offers "
        "of services at and below it include.",
    )

    def get_title(self) -> str:
        """Name the account."""
        return f"Pools of {self.account.number}"

    def buttons(self) -> list[Button]:
        """Offer to open a pool below the account."""
        return [
            Button(
                label="Open a pool",
                url=reverse("rating:pool_open", args=[self.account.pk]),
                permission="rating.open_pool",
            )
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[RatingPool]:
        """Return the pools, those that have not ended first."""
        return queries.pools_of(account_id=self.account.pk)


class PoolPage(Screen):
    """A pool: what it is, what each service had of it in each period, who is in it when."""

    subject = RatingPool
    permission = VIEW
    template_name = "rating/pool.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the pool of the address."""
        super().setup(request, *args, **kwargs)
        self.pool = get_object_or_404(queries.pools(), pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the pool."""
        return self.pool.name

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the pools of the account at its head."""
        return _pools_of(self.pool.node)

    def buttons(self) -> list[Button]:
        """Offer to end the pool while it has no end."""
        if self.pool.valid.upper is not None:
            return []
        return [
            Button(
                label="End the pool",
                url=reverse("rating:pool_end", args=[self.pool.pk]),
                permission="rating.open_pool",
            )
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what the pool is, its shares and its members."""
        return super().get_context_data(
            facts=self._facts(),
            months=self._months(),
            shares=self._shares(),
            members=self._members(),
            **kwargs,
        )

    def _facts(self) -> list[Fact]:
        pool = self.pool
        head = reverse("customers:account", args=[pool.node_id])
        return [
            Fact(label="Head", value=str(pool.node), url=head),
            Fact(label="Usage", value=str(pool.usage_type)),
            Fact(label="Unit", value=pool.usage_type.unit.code),
            Fact(label="What is beyond is borne by", value=pool.get_allocation_display()),
            Fact(label="A month begins on day", value=pool.cycle_day, kind="number"),
            Fact(label="From", value=pool.valid.lower, kind="date"),
            Fact(
                label="Last day",
                value=last_day(pool) or "it has no end",
                kind="date" if pool.valid.upper else "text",
            ),
        ]

    def _months(self) -> Table:
        return Table(
            columns=(
                Column(label="Month from", value="start", kind="date"),
                Column(label="Brought", value="contributed", kind="number"),
                Column(label="Used", value="used", kind="number"),
                Column(label="Covered", value="covered", kind="number"),
                Column(label="Left", value="left", kind="number"),
                Column(label="Beyond it", value="beyond", kind="number"),
            ),
            rows=queries.months_of(pool_id=self.pool.pk),
            caption=f"The pool as a whole, the newest month first, at most {queries.MOST_MONTHS}",
            empty="Nobody has brought or used anything yet.",
        )

    def _shares(self) -> Table:
        return Table(
            columns=(
                Column(label="Month from", value="period_start", kind="date"),
                Column(
                    label="Account",
                    value="service.subscription.account",
                    link=lambda one: _account_url(one.service.subscription.account_id),
                ),
                Column(label="Service", value="service.number", kind="code"),
                Column(label="Brought", value="contributed", kind="number"),
                Column(label="Used", value="used", kind="number"),
                Column(label="Covered", value="covered", kind="number"),
                Column(label="Beyond it", value=_beyond, kind="number"),
            ),
            rows=queries.shares_of(pool_id=self.pool.pk),
            caption=f"Shares, the newest month first, at most {queries.MOST_SHARES}",
            empty="Nobody has brought or used anything yet.",
        )

    def _members(self) -> Table:
        return Table(
            columns=(
                Column(
                    label="Account",
                    value="account",
                    link=lambda one: _account_url(one.account_id),
                ),
                Column(label="Service", value="service.number", kind="code"),
                Column(label="From", value="valid.lower", kind="date"),
                Column(label="Last day", value=last_day, kind="date"),
            ),
            rows=list(queries.members_of(pool_id=self.pool.pk)[: queries.MOST_SHARES]),
            caption="Members",
            empty="No service below the head is charged for this usage.",
        )


def _beyond(one: PoolShare) -> Any:
    return one.used - one.covered


def _account_url(account_id: int) -> str:
    return reverse("customers:account", args=[account_id])


class PoolForm(forms.Form):
    """What is shared, from when on, and who bears the rest."""

    usage_type = forms.ModelChoiceField(
        UsageType.objects.filter(aggregate_rule="SUM"), label="Usage"
    )
    name = forms.CharField(max_length=100, help_text="As the customer reads it.")
    starts = forms.DateField(label="From (local day)", widget=forms.DateInput(DAY, "%Y-%m-%d"))
    allocation = forms.ChoiceField(
        choices=PoolAllocation.choices, label="Who bears what is beyond it"
    )


class OpenPool(OfAccount, FormScreen):
    """Let the services at and below an account share usage."""

    title = "Open a pool"
    intro = (
        "Every service at and below the account that is charged for this usage is in it. Usage "
        "since the first day that is not billed yet is drawn from it."
    )
    permission = (VIEW, "rating.open_pool")
    form_class = PoolForm
    submit_label = "Open"
    success_message = "The pool is open."

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"starts": self.today()}

    def crumbs(self) -> list[Crumb]:
        """Lead back to the pools."""
        return _pools_of(self.account)

    def get_success_url(self) -> str:
        """Return the new pool."""
        return pool_url(self.result)

    def submit(self, form: forms.Form) -> RatingPool:
        """Call the operation."""
        given = form.cleaned_data
        return operations.open_pool(
            node=self.account,
            usage_type=given["usage_type"].code,
            name=given["name"],
            starts=given["starts"],
            allocation=given["allocation"],
            as_of=clock.now(),
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )


class EndForm(forms.Form):
    """Until when."""

    last_day = forms.DateField(widget=forms.DateInput(DAY, "%Y-%m-%d"))


class EndPool(FormScreen):
    """Let a pool end."""

    subject = RatingPool
    title = "End the pool"
    intro = "Everybody leaves it after the day. A month cut short brings its share of days."
    permission = (VIEW, "rating.open_pool")
    form_class = EndForm
    submit_label = "End"
    success_message = "The pool has its last day."

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the pool of the address."""
        super().setup(request, *args, **kwargs)
        self.pool = get_object_or_404(queries.pools(), pk=kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"last_day": clock.today(ZoneInfo(self.pool.node.time_zone))}

    def crumbs(self) -> list[Crumb]:
        """Lead back to the pool."""
        return [*_pools_of(self.pool.node), Crumb(self.pool.name, pool_url(self.pool))]

    def get_success_url(self) -> str:
        """Return the pool."""
        return pool_url(self.pool)

    def submit(self, form: forms.Form) -> RatingPool:
        """Call the operation."""
        return operations.end_pool(
            pool_id=self.pool.pk,
            ends=form.cleaned_data["last_day"] + timedelta(days=1),
            as_of=clock.now(),
            actor=self.request.user,  # type: ignore[arg-type]  # the gate lets staff in
        )
