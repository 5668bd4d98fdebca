"""Payments that automatic top-ups asked for, and what became of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from foundation import clock
from foundation.periods import boundary_instant
from foundation.screens import (
    Button,
    Column,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
)
from rating import operations, queries
from rating.choices import TopUpState
from rating.models import TopUpRequest, TopUpRule
from rating.views.asked import OfAsked, person
from rating.views.balances import DAY, bucket_url
from rating.views.events import linked

VIEW, ANSWER = "rating.view_topuprequest", "rating.answer_top_up"
WAITING: Final = (("1", "a day and longer"), ("2", "two days and longer"))


def top_up_url(one: TopUpRequest) -> str:
    """Return the page of a request."""
    return reverse("rating:top_up", args=[one.pk])


def pays_for(one: TopUpRule | TopUpRequest) -> str:
    """Say what the money may be used for."""
    return str(one.usage_type or "all that is billed")


class TopUpFilters(FilterForm):
    """Which requests."""

    account = forms.CharField(label="Account begins with", max_length=32)
    state = forms.ChoiceField(choices=[("", "All states"), *TopUpState.choices])
    waiting = forms.ChoiceField(choices=[("", "Any age"), *WAITING], label="Asked for")


class TopUpList(ListScreen):
    """Payments that automatic top-ups asked for, and what became of them."""

    title = "Top-ups"
    permission = VIEW
    filters = TopUpFilters
    keyset = ("-id",)
    intro = (
        "Each goes out as an event with a key, so that it is paid once. It is answered here or "
        "over the API; without an answer it expires after three days."
    )
    columns = (
        Column(label="Top-up", value="key", kind="code", link=top_up_url),
        Column(
            label="Account",
            value="account",
            link=lambda one: reverse("rating:account_top_ups", args=[one.account_id]),
        ),
        Column(label="Pays for", value=pays_for),
        Column(label="Was left", value="remaining", kind="money"),
        Column(label="Asked for", value="amount", kind="money"),
        Column(label="Asked", value="asked_at", kind="instant"),
        Column(label="Age in days", value="age", kind="number"),
        Column(label="State", value="state", kind="status"),
        Column(label="Why, or payment", value=lambda one: one.reason or one.reference),
    )
    empty = Empty(
        title="No top-up was asked for", text="Set one on the balances of an account that pays."
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[TopUpRequest]:
        """Return the requests, the newest first."""
        days = filters.get("waiting")
        return queries.top_ups(
            state=filters.get("state", ""),
            account=filters.get("account", ""),
            older_than=timedelta(days=int(days)) if days else None,
            as_of=clock.now(),
        )

    def look_up(self, rows: list[Any]) -> None:
        """Say of each that waits how long it has waited."""
        now = clock.now()
        for row in rows:
            waits = row.state == TopUpState.REQUESTED
            row.age = (now - row.asked_at).days if waits else None


class OfTopUp(OfAsked):
    """Something about the request in the address."""

    subject = TopUpRequest
    parts = ("account__entity", "usage_type", "rule", "bucket")
    listed = ("Top-ups", "rating:top_ups")
    shown_at = "rating:top_up"
    asked: TopUpRequest


class TopUpPage(OfTopUp):
    """A payment that was asked for: by which rule, what was left, and what became of it."""

    permission = VIEW
    template_name = "rating/top_up.html"

    def get_title(self) -> str:
        """Name it by its key."""
        return self.asked.key

    def buttons(self) -> list[Button]:
        """Offer to answer it; money that came late is still taken note of."""
        asked = self.asked
        buttons = []
        if asked.state in (TopUpState.REQUESTED, TopUpState.EXPIRED):
            url = linked("payments:capture_top_up", asked.pk)
            buttons.append(Button(label="Captured", url=url, permission=ANSWER, style="primary"))
        if asked.state == TopUpState.REQUESTED:
            buttons.append(self.step("Failed", "fail_top_up", ANSWER))
        return buttons

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what was asked for and what became of it."""
        one, currency = self.asked, self.asked.currency
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(
                label="Account",
                value=str(one.account),
                url=reverse("rating:account_top_ups", args=[one.account_id]),
            ),
            Fact(label="Pays for", value=pays_for(one)),
            Fact(label="Asked for", value=one.amount, kind="money", currency=currency),
            Fact(label="Was left", value=one.remaining, kind="money", currency=currency),
            Fact(label="Threshold", value=one.rule.threshold, kind="money", currency=currency),
            Fact(label="Counts to the month of", value=one.month, kind="date"),
            Fact(label="Asked", value=one.asked_at, kind="instant"),
            Fact(label="Expires", value=one.expires_at, kind="instant"),
            Fact(label="Answered", value=one.ended_at, kind="instant"),
        ]
        if one.bucket is not None:
            facts += [
                Fact(label="Captured", value=one.captured, kind="money", currency=currency),
                Fact(label="Payment", value=one.reference, kind="code"),
                Fact(label="Balance", value=one.bucket.name, url=bucket_url(one.bucket)),
            ]
        if one.reason:
            facts += [
                Fact(label="Why it failed", value=one.reason),
                Fact(
                    label="Tried again from",
                    value=one.retry_at or "not before the rule is set anew",
                    kind="instant" if one.retry_at else "text",
                ),
            ]
        return super().get_context_data(facts=facts, **kwargs)


class FailForm(forms.Form):
    """Why, and when it may be tried again."""

    reason = forms.CharField(max_length=200)
    retry_on = forms.DateField(
        label="Try again from", required=False, widget=forms.DateInput(DAY, "%Y-%m-%d"),
        help_text="A local day. Empty: not before the rule is set anew.",
    )  # fmt: skip


class FailTopUp(OfTopUp, FormScreen):
    """Take note that the payment could not be had."""

    title = "The payment failed"
    permission = (VIEW, ANSWER)
    form_class = FailForm
    submit_label = "Failed"
    success_message = "Noted. Nothing was sold."

    def submit(self, form: forms.Form) -> TopUpRequest:
        """Call the operation."""
        day = form.cleaned_data["retry_on"]
        zone = ZoneInfo(self.asked.account.time_zone)
        return operations.fail_top_up(
            request_id=self.asked.pk,
            reason=form.cleaned_data["reason"],
            retry_at=boundary_instant(day, zone) if day else None,
            as_of=clock.now(),
            actor=person(self.request),
        )
