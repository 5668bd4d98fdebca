"""Offers and their versions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import choices, operations
from catalog.models import Charge, OfferVersion, PriceVersion
from catalog.queries import price_lists
from catalog.queries.bundles import components_of
from catalog.queries.checklist import offer_checklist
from catalog.views import words
from catalog.views.prices import people_of
from foundation.screens import (
    ActionView,
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

VIEW = "catalog.view_offerversion"


def last_day(version: OfferVersion) -> date | None:
    """Return the last day on which the version is sold; None while it has no end."""
    end = version.sale_window.upper
    return end - timedelta(days=1) if end else None


def version_url(pk: int) -> str:
    """Return the page of an offer version."""
    return reverse("catalog:version", args=[pk])


class OfferFilters(FilterForm):
    """Which offers to show."""

    name = forms.CharField(max_length=100, label="Code or name")
    state = forms.ChoiceField(choices=[("", "Any state"), *choices.VersionState.choices])


class Offers(ListScreen):
    """Every version of every offer."""

    title = "Offers"
    permission = VIEW
    filters = OfferFilters
    columns = (
        Column(label="Offer", value="offer.code", link=lambda one: version_url(one.pk)),
        Column(label="Name", value="offer.name"),
        Column(label="Version", value="number", kind="number"),
        Column(label="State", value="state", kind="status"),
        Column(label="On sale from", value="sale_window.lower", kind="date"),
        Column(label="Last day", value=last_day, kind="date"),
        Column(label="Currencies", value=lambda one: ", ".join(one.currencies)),
        Column(label="Family", value="offer.family"),
    )
    empty = Empty(title="No offer yet", text="Create the first offer and draft its version.")

    def buttons(self) -> list[Button]:
        """Offer to create one."""
        return [
            Button(
                label="Create offer",
                url=reverse("catalog:offer_add"),
                permission="catalog.draft_offer",
                style="primary",
            )
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[OfferVersion]:
        """Return the versions asked for."""
        found = OfferVersion.objects.select_related("offer").order_by("offer__code", "-number")
        if name := filters.get("name"):
            found = found.filter(offer__code__icontains=name) | found.filter(
                offer__name__icontains=name
            )
        if state := filters.get("state"):
            found = found.filter(state=state)
        return found


class Version(Screen):
    """An offer version with its charges, their prices, its checklist and its steps."""

    subject = OfferVersion
    title = "Offer"
    permission = VIEW
    template_name = "catalog/version.html"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Find the version."""
        super().setup(request, *args, **kwargs)
        self.version: OfferVersion = get_object_or_404(
            OfferVersion.objects.select_related(
                "offer", "created_by", "submitted_by", "approved_by", "published_by"
            ),
            pk=kwargs["pk"],
        )

    def get_title(self) -> str:
        """Name offer and version."""
        return f"{self.version.offer.name}, version {self.version.number}"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Offers", reverse("catalog:offers"))]

    def buttons(self) -> list[Button]:
        """Offer the steps that start from the version's state."""
        again = ("Draft the next version", "version_add", "draft_offer", "get", "plain")
        steps = {
            "DRAFT": [
                ("Add charge", "charge_add", "draft_offer", "get", "plain"),
                ("Include usage", "entitlement_add", "draft_offer", "get", "plain"),
                ("Add component", "component_add", "draft_offer", "get", "plain"),
                ("Weigh the bundle", "bundle_weigh", "draft_offer", "get", "plain"),
                ("Submit for review", "offer_submit", "draft_offer", "post", "primary"),
            ],
            "IN_REVIEW": [
                ("Approve", "offer_approve", "approve_offer", "post", "primary"),
                ("Reject", "offer_reject", "approve_offer", "get", "plain"),
            ],
            "APPROVED": [
                ("Publish", "offer_publish", "publish_offer", "post", "primary"),
                ("Reject", "offer_reject", "approve_offer", "get", "plain"),
            ],
            "PUBLISHED": [
                again,
                ("Take off sale", "offer_retire", "publish_offer", "post", "danger"),
            ],
            "RETIRED": [again],
        }
        return [
            Button(
                label=label,
                url=reverse(f"catalog:{name}", args=[self.version.pk]),
                permission=f"catalog.{right}",
                method=method,  # type: ignore[arg-type]
                style=style,  # type: ignore[arg-type]
                confirm="Take it off sale?" if style == "danger" else "",
            )
            for label, name, right, method, style in steps.get(self.version.state, [])
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show terms, charges with prices, and the checklist before publication."""
        version = self.version
        waiting = version.state in ("DRAFT", "IN_REVIEW", "APPROVED")
        return super().get_context_data(
            version=version,
            facts=_facts(version),
            people=people_of(version),
            charges=_charges(version),
            included=_included(version),
            made_of=_made_of(version),
            checked=waiting,
            problems=offer_checklist(version).problems if waiting else (),
            **kwargs,
        )


def version_crumbs(version: OfferVersion) -> list[Crumb]:
    """Lead back to the offers and to a version."""
    named = f"{version.offer.name}, version {version.number}"
    return [Crumb("Offers", reverse("catalog:offers")), Crumb(named, version_url(version.pk))]


def _taken_out(version: OfferVersion) -> list[Column]:
    """Return the column that leads to taking a part out of a draft; none of what is no draft."""
    if version.state != choices.VersionState.DRAFT:
        return []
    page = reverse("catalog:part_remove", args=[version.pk])
    return [
        Column(
            label="",
            value=lambda _: "Take out",
            kind="act",
            link=lambda part: f"{page}?part={words.part_key(part)}",
        )
    ]


def _facts(version: OfferVersion) -> list[Fact]:
    terms = ", ".join(f"{months} months" for months in version.terms_months)
    own = Fact(label="Weight of its own", value=version.ssp_weight, kind="number")
    return [
        Fact(label="Offer", value=version.offer.code),
        Fact(label="State", value=version.state, kind="status"),
        Fact(label="On sale from", value=version.sale_window.lower, kind="date"),
        Fact(label="Last day on sale", value=last_day(version), kind="date"),
        Fact(label="Currencies", value=", ".join(version.currencies) or "those of its prices"),
        Fact(label="Terms", value=terms or "open-ended"),
        Fact(label="Trial", value=f"{version.trial_days} days" if version.trial_days else "none"),
        Fact(label="Notice", value=f"{version.notice_days} days"),
        Fact(label="When suspended", value=version.get_suspension_policy_display()),
        Fact(label="Day of an end told at a moment", value=version.get_end_day_display()),
        *([own] if version.ssp_weight else []),
    ]


def _charges(version: OfferVersion) -> Table:
    is_draft = version.state == choices.VersionState.DRAFT
    prices: dict[int, list[PriceVersion]] = {}
    found = price_lists.prices().filter(
        charge__offer_version=version, state__in=("PUBLISHED", *price_lists.WAITING)
    )
    for price in found:
        prices.setdefault(price.charge_id, []).append(price)

    def listed(charge: Charge) -> str:
        today = words.today()
        current = [
            f"{words.headline(price)} {price.currency}"
            for price in prices.get(charge.pk, [])
            if price.is_published and (price.valid.upper is None or price.valid.upper > today)
        ]
        drafts = sum(1 for price in prices.get(charge.pk, []) if not price.is_published)
        if drafts:
            current.append(f"{drafts} waiting")
        return "; ".join(current) or ("Draft a price" if is_draft else "")

    def prices_url(charge: Charge) -> str:
        if is_draft and charge.pk not in prices:
            return f"{reverse('catalog:price_add')}?charge={charge.reference}"
        return f"{reverse('catalog:matrix')}?charge={charge.reference}&state=ALL"

    return Table(
        columns=(
            Column(label="Charge", value="code"),
            Column(label="Name", value="name"),
            Column(label="Product", value="product.code"),
            Column(label="Billed", value=words.rhythm),
            Column(label="Model", value=lambda charge: charge.get_price_model_display()),
            Column(label="Usage", value="usage_type.code"),
            Column(label="Prices", value=listed, link=prices_url),
            *_taken_out(version),
        ),
        rows=list(version.charges.select_related("product", "usage_type")),
        caption="Charges",
        empty="No charge yet.",
    )


def _included(version: OfferVersion) -> Table:
    return Table(
        columns=(
            Column(label="Code", value="code"),
            Column(label="Name", value="name"),
            Column(label="Usage", value="usage_type.code"),
            Column(label="Quantity", value="quantity", kind="number"),
            Column(label="Unit", value="usage_type.unit.code"),
            Column(label="Every", value=words.grant_rhythm),
            Column(label="For", value=lambda one: one.get_scope_display()),
            Column(label="Rolls over", value=words.rollover),
            Column(label="Warns", value=lambda one: "yes" if one.warns else "no"),
            Column(label="Beyond it", value=lambda one: one.get_overage_display()),
            *_taken_out(version),
        ),
        rows=list(version.entitlements.select_related("usage_type__unit")),
        caption="Included usage",
        empty="Nothing is included.",
    )


def _made_of(version: OfferVersion) -> Table | None:
    """Return what a bundle is made of; None for a version that is no bundle."""
    rows = components_of(version)
    if not rows:
        return None
    return Table(
        columns=(
            Column(label="Offer", value="offer.code"),
            Column(label="Name", value="offer.name"),
            Column(label="At least", value="min_quantity", kind="number"),
            Column(label="Usually", value="default_quantity", kind="number"),
            Column(label="At most", value="max_quantity", kind="number"),
            Column(label="Price", value=lambda one: one.get_treatment_display()),
            Column(
                label="Discounts",
                value=lambda one: ", ".join(given.discount.code for given in one.discounts.all()),
            ),
            Column(label="Weight", value="ssp_weight", kind="number"),
            *_taken_out(version),
        ),
        rows=rows,
        caption="Components of each bundle",
        empty="It is no bundle.",
    )


class OfferStep(ActionView):
    """A button of an offer version; back to its page."""

    subject = OfferVersion

    def get_success_url(self) -> str:
        """Return the version's page."""
        return version_url(self.kwargs["pk"])


class SubmitOffer(OfferStep):
    """Submit a draft."""

    permission = "catalog.draft_offer"
    success_message = "Submitted. Somebody else approves it."

    def act(self) -> Any:
        """Call the operation."""
        return operations.submit_offer(
            version_id=self.kwargs["pk"], actor=words.actor(self.request)
        )


class ApproveOffer(OfferStep):
    """Approve what somebody else drafted."""

    permission = "catalog.approve_offer"
    success_message = "Approved. It can be published now."

    def act(self) -> Any:
        """Call the operation."""
        return operations.approve_offer(
            version_id=self.kwargs["pk"], actor=words.actor(self.request)
        )


class PublishOffer(OfferStep):
    """Put an approved version on sale."""

    permission = "catalog.publish_offer"
    success_message = "On sale."

    def act(self) -> Any:
        """Call the operation."""
        return operations.publish_offer(
            version_id=self.kwargs["pk"], actor=words.actor(self.request)
        )


class RetireOffer(OfferStep):
    """Take a version off sale."""

    permission = "catalog.publish_offer"
    success_message = "Off sale. What was sold keeps running."

    def act(self) -> Any:
        """Call the operation."""
        return operations.retire_offer(
            version_id=self.kwargs["pk"], actor=words.actor(self.request)
        )
