"""One price: what it says, what is missing, and the next step of its life."""

from __future__ import annotations

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import operations
from catalog.models import PriceVersion
from catalog.queries import price_lists
from catalog.queries.checklist import price_checklist
from catalog.rules.pricing import CELLED
from catalog.views import words
from foundation.screens import ActionView, Button, Column, Crumb, Fact, FormScreen, Screen, Table

VIEW = "catalog.view_priceversion"


def price_url(pk: int) -> str:
    """Return the page of a price."""
    return reverse("catalog:price", args=[pk])


class Price(Screen):
    """A price with its tiers, its checklist and its steps."""

    subject = PriceVersion
    title = "Price"
    permission = VIEW
    template_name = "catalog/price.html"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Find the price."""
        super().setup(request, *args, **kwargs)
        self.price: PriceVersion = get_object_or_404(price_lists.prices(), pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the price by its charge and currency."""
        return f"{self.price.charge.reference} in {self.price.currency}"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Prices", reverse("catalog:matrix"))]

    def buttons(self) -> list[Button]:
        """Offer the steps that start from the price's state."""
        price = self.price
        steps = {
            "DRAFT": [
                ("Change", "price_edit", "draft_price", "get", "plain", ""),
                ("Submit for review", "price_submit", "draft_price", "post", "primary", ""),
                ("Discard", "price_discard", "draft_price", "post", "danger", "Delete the draft?"),
            ],
            "IN_REVIEW": [
                ("Approve", "price_approve", "approve_price", "post", "primary", ""),
                ("Reject", "price_reject", "approve_price", "get", "plain", ""),
            ],
            "APPROVED": [
                ("Publish", "price_publish", "publish_price", "post", "primary", "Put in force?"),
                ("Reject", "price_reject", "approve_price", "get", "plain", ""),
            ],
            "PUBLISHED": [
                ("End", "price_retire", "publish_price", "get", "plain", ""),
                ("Draft a successor", "price_successor", "draft_price", "get", "plain", ""),
            ],
        }
        return [
            Button(
                label=label,
                url=reverse(f"catalog:{name}", args=[price.pk]),
                permission=f"catalog.{right}",
                method=method,  # type: ignore[arg-type]
                style=style,  # type: ignore[arg-type]
                confirm=confirm,
            )
            for label, name, right, method, style, confirm in steps.get(price.state, [])
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show facts, tiers and, before publication, the checklist."""
        price = self.price
        before_publication = price.state in ("DRAFT", "IN_REVIEW", "APPROVED")
        problems = price_checklist(price).problems if before_publication else ()
        return super().get_context_data(
            price=price,
            facts=facts_of(price),
            people=people_of(price),
            tiers=Table(
                columns=(
                    Column(label=words.tier_heading(price), value="span"),
                    Column(label="Price per unit", value="unit"),
                    Column(label="Flat amount", value="flat"),
                ),
                rows=words.tier_lines(price),
                caption="Cells" if price.charge.price_model in CELLED else "Tiers",
            )
            if price.tiers.all()
            else None,
            checked=before_publication,
            problems=problems,
            met=met(price) if before_publication else None,
            **kwargs,
        )


def met(price: PriceVersion) -> Table:
    """Return the prices in force that this one would end or take the place of."""
    return Table(
        columns=(
            Column(label="In force", value="pk", kind="code", link=lambda one: price_url(one.pk)),
            Column(label="Price", value=words.headline),
            Column(label="Valid", value=words.validity),
            Column(label="State", value="state", kind="status"),
        ),
        rows=price_lists.met_by(price),
        caption="What it meets",
        empty="No price in force has its days.",
    )


def facts_of(price: PriceVersion) -> list[Fact]:
    """Return what a price says; what it does not use is left out."""
    money = {"kind": "money", "currency": price.currency}
    facts = [
        Fact(
            label="Charge",
            value=price.charge.reference,
            url=reverse("catalog:version", args=[price.charge.offer_version_id]),
        ),
        Fact(label="State", value=price.state, kind="status"),
        Fact(label="Model", value=price.charge.get_price_model_display()),
        Fact(label="Valid", value=words.validity(price)),
        Fact(label="Price book", value=price.pricebook.name if price.pricebook else "Default"),
        Fact(label="Only for", value=words.narrowing(price) or "all sales"),
    ]
    used: list[tuple[str, Any, dict[str, Any]]] = [
        ("Flat amount", price.flat_amount, money),
        ("Price per unit", price.unit_price, money),
        ("Percent", price.percent * 100, {"kind": "number"}),
        ("Least amount", price.min_amount, money),
        ("Greatest amount", price.max_amount, money),
        ("Included quantity", price.free_units, {"kind": "number"}),
        ("Free transactions", price.free_events, {"kind": "number"}),
        ("Free amount", price.free_amount, money),
        ("Fee of each event", price.event_fee, money),
        ("Least amount of an event", price.event_min, money),
        ("Greatest amount of an event", price.event_max, money),
    ]
    facts += [Fact(label=label, value=value, **more) for label, value, more in used if value]
    if price.charge.price_model == "PACKAGE":
        facts.append(Fact(label="Package size", value=price.package_size, kind="number"))
    if price.tax_inclusive:
        facts.append(Fact(label="Tax", value="included in the price"))
    if price.supersedes_id:
        facts.append(
            Fact(
                label="Supersedes",
                value=f"price {price.supersedes_id}",
                url=price_url(price.supersedes_id),
            )
        )
    return facts


def people_of(version: Any) -> list[Fact]:
    """Return who drafted, submitted, approved and published a version, and when."""
    facts = [
        Fact(label="Drafted by", value=str(version.created_by or "the system")),
        Fact(label="Drafted", value=version.created_at, kind="instant"),
    ]
    for verb in ("submitted", "approved", "published"):
        at = getattr(version, f"{verb}_at")
        if at is not None:
            who = getattr(version, f"{verb}_by")
            facts.append(Fact(label=f"{verb.title()} by", value=str(who or "the system")))
            facts.append(Fact(label=verb.title(), value=at, kind="instant"))
    return facts


class PriceStep(ActionView):
    """A button of a price; back to its page."""

    subject = PriceVersion

    def get_success_url(self) -> str:
        """Return the price's page."""
        return price_url(self.kwargs["pk"])


class Submit(PriceStep):
    """Submit a draft."""

    permission = "catalog.draft_price"
    success_message = "Submitted. Somebody else approves it."

    def act(self) -> Any:
        """Call the operation."""
        return operations.submit_price(price_id=self.kwargs["pk"], actor=words.actor(self.request))


class Approve(PriceStep):
    """Approve what somebody else drafted."""

    permission = "catalog.approve_price"
    success_message = "Approved. It can be published now."

    def act(self) -> Any:
        """Call the operation."""
        return operations.approve_price(
            price_id=self.kwargs["pk"], actor=words.actor(self.request)
        )


class Publish(PriceStep):
    """Put an approved price in force."""

    permission = "catalog.publish_price"
    success_message = "Published."

    def act(self) -> Any:
        """Call the operation."""
        return operations.publish_price(
            price_id=self.kwargs["pk"], on_date=words.today(), actor=words.actor(self.request)
        )


class Discard(ActionView):
    """Delete a draft."""

    subject = PriceVersion
    permission = "catalog.draft_price"
    success_message = "The draft is deleted."

    def act(self) -> Any:
        """Call the operation."""
        operations.discard_price(price_id=self.kwargs["pk"], actor=words.actor(self.request))

    def get_success_url(self) -> str:
        """Return the matrix."""
        return reverse("catalog:matrix")

    def get_failure_url(self) -> str:
        """Return the price's page."""
        return price_url(self.kwargs["pk"])


class CommentForm(forms.Form):
    """Why a version is sent back."""

    comment = forms.CharField(label="Why", max_length=500, widget=forms.Textarea({"rows": 3}))


class Reject(FormScreen):
    """Send a price back to its author."""

    subject = PriceVersion
    title = "Reject price"
    permission = (VIEW, "catalog.approve_price")
    form_class = CommentForm
    submit_label = "Reject"
    success_message = "Sent back to its author as a draft."

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Price", price_url(self.kwargs["pk"]))]

    def get_success_url(self) -> str:
        """Return the price's page."""
        return price_url(self.kwargs["pk"])

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.reject_price(
            price_id=self.kwargs["pk"],
            comment=form.cleaned_data["comment"],
            actor=words.actor(self.request),
        )


class EndForm(forms.Form):
    """When a price ends."""

    ends = forms.DateField(
        label="First day without it",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class Retire(FormScreen):
    """End a published price on a day to come."""

    subject = PriceVersion
    title = "End price"
    intro = "From this day on the charge has no such price. To change a price, draft a successor."
    permission = (VIEW, "catalog.publish_price")
    form_class = EndForm
    submit_label = "End"
    success_message = "The price ends on the day you chose."

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Price", price_url(self.kwargs["pk"]))]

    def get_success_url(self) -> str:
        """Return the price's page."""
        return price_url(self.kwargs["pk"])

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.retire_price(
            price_id=self.kwargs["pk"],
            on_date=words.today(),
            ends=form.cleaned_data["ends"],
            actor=words.actor(self.request),
        )
