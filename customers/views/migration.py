"""Moving subscriptions to another version of their offer: looked at first, then ordered."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse

from catalog.choices import VersionState
from catalog.models import OfferVersion
from customers import operations
from customers.operations import Migration
from customers.views.fields import DayField, LineField, person
from customers.views.lists import account_url
from foundation import clock
from foundation.screens import Column, Crumb, Fact, FormScreen, Table


class VersionField(forms.ModelChoiceField):
    """A version of an offer, named with its offer."""

    def label_from_instance(self, obj: Any) -> str:
        """Name the offer too."""
        return f"{obj.offer.code} {obj}: {obj.offer.name}"


class MigrationFields(forms.Form):
    """From which version to which, when, whom, and whether only to look."""

    source = VersionField(label="From version", queryset=OfferVersion.objects.none())
    target = VersionField(label="To version", queryset=OfferVersion.objects.none())
    on_date = DayField(label="From day", help_text="The first day of the new version.")
    accounts = LineField(
        required=False,
        help_text="Account numbers with spaces between them; empty takes all.",
    )
    waive_notice = forms.BooleanField(
        label="Without the notice that the offer promises", required=False
    )
    only_look = forms.BooleanField(
        label="Only look", required=False, initial=True, help_text="Shows what would be ordered."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sold = [VersionState.PUBLISHED, VersionState.RETIRED]
        rows = OfferVersion.objects.select_related("offer").order_by("offer__code", "number")
        self.fields["source"].queryset = rows.filter(state__in=sold)  # type: ignore[attr-defined]
        self.fields["target"].queryset = rows.filter(  # type: ignore[attr-defined]
            state=VersionState.PUBLISHED
        )


class MigrationPage(FormScreen):
    """Show what a new version costs each account, and order the change for all of them."""

    title = "Move to another version"
    permission = "customers.import_customers"
    form_class = MigrationFields
    submit_label = "Go"
    intro = (
        "Whoever is not moved keeps the version that was bought. Each subscription has an order "
        "of its own, which can be cancelled before its day."
    )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the subscriptions."""
        return (Crumb("Subscriptions", reverse("customers:subscriptions")),)

    def submit(self, form: forms.Form) -> list[Migration]:
        """Call the operation."""
        given = form.cleaned_data
        asked: dict[str, Any] = {
            "source": given["source"],
            "target": given["target"],
            "on_date": given["on_date"],
            "as_of": clock.now().date(),
            "accounts": given["accounts"].split(),
            "actor": person(self.request),
        }
        if given["only_look"]:
            return operations.plan_migration(**asked)
        return operations.migrate(**asked, waive_notice=given["waive_notice"])

    def succeeded(self) -> HttpResponse:
        """Show what changes, or what became of each subscription."""
        rows: list[Migration] = self.result
        looked = self.request.POST.get("only_look")
        context = self.get_context_data(
            title="Looked at, nothing ordered" if looked else "Ordered",
            facts=totals_of(rows),
            table=Table(
                caption="Subscriptions, net of one period of their recurring charges",
                rows=rows,
                empty="No subscription has the version on that day.",
                columns=COLUMNS,
            ),
        )
        return self.response_class(
            request=self.request, template=["console/table.html"], context=context
        )


def totals_of(rows: Sequence[Migration]) -> list[Fact]:
    """Return how many change, and by how much in each currency."""
    sums: dict[str, Decimal] = {}
    for one in rows:
        sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.difference
    refused = sum(bool(one.problem) for one in rows)
    facts = [Fact(label="Subscriptions", value=len(rows), kind="number")]
    if refused:
        facts.append(Fact(label="Not ordered", value=refused, kind="number"))
    facts += [
        Fact(label=f"More each period, {currency}", value=total, kind="money", currency=currency)
        for currency, total in sorted(sums.items())
    ]
    if len(rows) >= operations.MOST_MIGRATIONS:
        facts.append(Fact(label="More wait", value="Go again for those that are left."))
    return facts


COLUMNS = (
    Column(
        label="Subscription",
        value="subscription.number",
        kind="code",
        link=lambda one: reverse("customers:subscription", args=[one.subscription.pk]),
    ),
    Column(
        label="Account",
        value=lambda one: str(one.subscription.account),
        link=lambda one: account_url(one.subscription.account_id),
    ),
    Column(label="Quantity", value="quantity", kind="number"),
    Column(label="Before", value="before", kind="money"),
    Column(label="After", value="after", kind="money"),
    Column(label="Difference", value="difference", kind="money"),
    Column(label="From", value="on_date", kind="date"),
    Column(label="Notice by", value="notice_by", kind="date"),
    Column(label="Order", value="order", kind="code"),
    Column(label="Became", value=lambda one: one.problem or one.state),
)
