"""Usage billed inside its period: who is near a limit, bill it now, what was billed (UNIT-8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import customers.queries
from catalog.models import Charge
from customers.models import Account
from foundation import clock, scope
from foundation.errors import Refusal
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Table,
    Total,
    totals_by_currency,
)
from foundation.screens.cells import dates_told
from invoicing import operations, tasks
from invoicing.models import BillCycle, BillRun, BillRunAccount, InterimBill
from invoicing.operations import Standing
from invoicing.views import links
from invoicing.views.previews import lines_table, money_facts

VIEW: Final = "invoicing.view_billrun"
START: Final = "invoicing.start_run"
OFFERS: Final = "catalog.view_offerversion"
USED: Final = "Used, not billed"
NEAR: Final = Decimal("0.8")
LEAST: Final = {"REACHED": Decimal(1), "NEAR": NEAR}
STANDINGS: Final = (
    ("", "Any"),
    ("NEAR", f"At {NEAR:.0%} or more"),
    ("REACHED", "At the limit or more"),
)
STANDING_COLUMNS: Final = (
    Column(label="Charge", value="charge.reference", kind="code"),
    Column(label="Period", value="period"),
    Column(label=USED, value="worth", kind="money", currency="payer.currency"),
    Column(label="Limit", value="threshold", kind="money", currency="payer.currency"),
    Column(label="Used (%)", value=lambda one: int(one.share * 100), kind="number"),
)


def today() -> date:
    """Return the day whose eve usage counts up to, as for the clock and the API."""
    return clock.today(ZoneInfo("UTC"))


class InterimList(ListScreen):
    """Usage that reached its limit, with the run that bills it."""

    title = "Interim bills"
    permission = VIEW
    intro = (
        "Usage of the running period that was not billed yet and reached the limit of its charge, "
        "before discounts and tax. An interim run bills it at once; the run of the cycle bills "
        "the rest of the period."
    )
    columns = (
        Column(label="Day", value="on_date", kind="date"),
        Column(label="Payer", value="payer", link=lambda one: links.account(one.payer_id)),
        Column(label="Charge", value="charge.reference", kind="code"),
        Column(label="Period from", value="period_start", kind="date"),
        Column(label="Worth", value="worth", kind="money"),
        Column(label="Limit", value="threshold", kind="money"),
        Column(
            label="Run",
            value="run_id",
            kind="code",
            link=lambda one: reverse("invoicing:run", args=[one.run_id]),
        ),
        Column(label="State", value="run.state", kind="status"),
    )
    empty = Empty(
        title="No interim bill",
        text="No usage has reached the limit of its charge. Limits reached shows who is near one.",
    )

    def buttons(self) -> Sequence[Button]:
        """Lead to what comes."""
        return (Button(label="Limits reached", url=reverse("invoicing:limits"), permission=VIEW),)

    def rows(self, filters: dict[str, Any]) -> QuerySet[InterimBill]:
        """Return them, the newest first."""
        return InterimBill.objects.select_related("payer", "charge", "run").order_by("-pk")

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what reached limits, by currency."""
        return totals_by_currency(self.rows(filters), Worth="worth")


class LimitFilters(FilterForm):
    """Narrow the list of limits."""

    standing = forms.ChoiceField(label="Used", choices=STANDINGS)
    account = forms.CharField(label="Account number", max_length=32)
    charge = forms.ModelChoiceField(
        Charge.objects.filter(timing="THRESHOLD").exclude(offer_version__state="DRAFT")
    )
    cycle = forms.ModelChoiceField(BillCycle.objects.filter(is_active=True), label="Cycle")


class LimitList(ListScreen):
    """Who has reached the limit above which usage is billed at once, or is near it (UNIT-8)."""

    reach = "own"
    title = "Limits reached"
    permission = VIEW
    filters = LimitFilters
    intro = (
        "Usage of the running bill period that is not billed yet, up to yesterday, before "
        "discounts and tax; the fullest first. What is at its limit is billed by the clock within "
        "the hour, or at once by Bill now; what a run holds is looked at again after the run."
    )
    held: dict[int, int]
    worth: dict[str, Decimal]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Show who, how far, and what holds the payer or can be done."""
        super().setup(request, *args, **kwargs)
        self.columns = (
            Column(
                label="Payer",
                value="payer.number",
                kind="code",
                link=lambda one: links.account(one.payer.pk),
            ),
            Column(label="Name", value="payer.name"),
            *STANDING_COLUMNS,
            Column(
                label="Run",
                value=lambda one: self.held.get(one.payer.pk),
                kind="code",
                link=self.run_url,
            ),
            Column(
                label="",
                value=lambda one: "Bill now" if self.is_ready(one) else "",
                kind="act",
                link=lambda one: reverse("invoicing:bill_now", args=[one.payer.pk]),
                export=False,
            ),
        )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to what was billed."""
        return (Crumb("Interim bills", reverse("invoicing:interims")),)

    def filter_defaults(self) -> dict[str, str]:
        """Show whom there is to look after."""
        return {"standing": "NEAR"}

    def run_url(self, one: Standing) -> str:
        """Return the page of the run that holds a payer."""
        run = self.held.get(one.payer.pk)
        return reverse("invoicing:run", args=[run]) if run else ""

    def is_ready(self, one: Standing) -> bool:
        """Tell whether it is to be billed and no run holds its payer."""
        return one.has_reached and one.payer.pk not in self.held

    def rows(self, filters: dict[str, Any]) -> Sequence[Standing]:
        """Return the standings asked for of the payers that the person sees, the fullest first."""
        least, charge = LEAST.get(filters.get("standing") or ""), filters.get("charge")
        found = [
            one
            for one in self.standings(filters)
            if (least is None or one.share >= least) and (not charge or one.charge == charge)
        ]
        self.empty = self.why_empty(is_narrowed=least is not None)
        self.worth = defaultdict(Decimal)
        for one in found:
            self.worth[one.payer.currency] += one.worth
        return sorted(found, key=lambda one: (-one.share, one.payer.number, one.charge.pk))

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what is not billed yet, by currency, of the rows that were read."""
        found = sorted(self.worth.items())
        return [Total(label=USED, amount=worth, currency=currency) for currency, worth in found]

    def standings(self, filters: dict[str, Any]) -> list[Standing]:
        """Return how far the payers of the filters have come: one, those of a cycle, or all."""
        day = today()
        payers = self.narrowed(Account.objects.all())
        if filters.get("cycle"):
            payers = payers.filter(cycle_code=filters["cycle"].code)
        if not filters.get("account"):
            return operations.standings_of(payers=payers, day=day)
        asked = self.narrowed(Account.objects.filter(number=filters["account"])).first()
        pays = customers.queries.payers_of([(asked.pk, day)]) if asked else []
        payer = payers.filter(pk__in=[one for one in pays if one]).first()
        return operations.limits_of(payer=payer, day=day) if payer else []

    def look_up(self, rows: list[Standing]) -> None:
        """Read which runs hold the payers shown."""
        payers = {one.payer.pk for one in rows}
        held = BillRunAccount.objects.filter(payer_id__in=payers, is_open=True)
        self.held = dict(held.values_list("payer_id", "run_id"))

    def why_empty(self, *, is_narrowed: bool) -> Empty:
        """Say what an empty list means, and what to do."""
        if not operations.sells_limits():
            return Empty(
                title="No charge has a limit",
                text="Give a usage charge of an offer the timing In arrears, at once above a "
                "limit, and a limit in each currency; once it is sold, its usage is listed here.",
                button=Button(
                    label="Offers", url=links.named("catalog:offers"), permission=OFFERS
                ),
            )
        if not is_narrowed:
            return Empty(
                title="Nothing to be billed above a limit",
                text="No usage of charges with a limit was rated for the running bill period.",
            )
        return Empty(
            title="Nobody is near a limit",
            text="There is nothing to bill before its time. See how far everybody is.",
            button=Button(label="Show all", url="?standing="),
        )


class BillNow(FormScreen):
    """Start the interim run of a payer: shown first; the run is approved by somebody else."""

    subject = Account
    reach = "own"
    title = "Bill usage now"
    permission = (VIEW, START)
    form_class = forms.Form
    template_name = "invoicing/adjustment.html"
    submit_label = "Bill now"
    intro = (
        "An interim run of today bills the usage up to yesterday of all charges with a limit, and "
        "its discounts; the run of the cycle bills the rest. Who starts the run does not approve "
        "it. There is one interim bill a day at most."
    )

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        """Name the payer."""
        return f"Bill usage of {self.account.number} {self.account.name} now"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the limits."""
        return (
            Crumb("Interim bills", reverse("invoicing:interims")),
            Crumb("Limits reached", reverse("invoicing:limits")),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show how far each charge is and, where it may be billed, what would be."""
        payer, day = self.account, today()
        tables = [
            Table(
                caption="Limits",
                rows=operations.limits_of(payer=payer, day=day),
                columns=STANDING_COLUMNS,
                empty="Nothing that has a limit was used in the running period.",
            )
        ]
        try:
            operations.ready_for_interim(payer=payer, day=day)
            bill = operations.preview_interim(payer=payer, day=day)
        except Refusal as refusal:
            facts = [
                Fact(label="Cannot be billed now", value=dates_told(refusal.message)),
                *self.run_facts(day),
            ]
            context = super().get_context_data(facts=facts, tables=tables, **kwargs)
            return context | {"submit_label": ""}
        facts = money_facts(bill)
        if bill.problem:
            facts.append(Fact(label="Cannot be billed", value=bill.problem))
        lines = lines_table("What would be billed", bill.lines, "Nothing.", bill.currency)
        return super().get_context_data(facts=facts, tables=[lines, *tables], **kwargs)

    def run_facts(self, day: date) -> list[Fact]:
        """Lead whoever sees runs to the one that holds the payer, or billed it on the day."""
        if scope.entities_of(self.request.user) is not None:
            return []
        open_ = BillRunAccount.objects.filter(payer=self.account, is_open=True)
        told = InterimBill.objects.filter(payer=self.account, on_date=day)
        runs = [*open_.values_list("run_id", flat=True), *told.values_list("run_id", flat=True)]
        return [
            Fact(label="Run", value=run, kind="code", url=reverse("invoicing:run", args=[run]))
            for run in runs[:1]
        ]

    def submit(self, form: forms.Form) -> BillRun:
        """Start the run and let the queue draft it."""
        run = operations.start_interim(
            payer=self.account, as_of=clock.now(), actor=links.person(self.request)
        )
        tasks.enqueue(run.pk)
        return run

    def get_success_message(self) -> str:
        """Name the run."""
        return f"Run {self.result.pk} bills it. Somebody else approves the run."

    def get_success_url(self) -> str:
        """Show the run to whoever sees runs; else what is billed."""
        if scope.entities_of(self.request.user) is None:
            return reverse("invoicing:run", args=[self.result.pk])
        return reverse("invoicing:interims")
