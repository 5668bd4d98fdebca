"""Drafting offers by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from catalog import operations
from catalog.models import Charge, EntitlementSpec, OfferVersion, Product, UsageType
from catalog.queries import proposals
from catalog.views import words
from catalog.views.offers import VIEW, version_crumbs, version_url
from catalog.views.price_forms import DAY
from catalog.views.prices import CommentForm
from foundation.parsing import code_text
from foundation.screens import Crumb, Definition, Folding, FormScreen, Parsed, Suggest

SHORT = forms.Textarea({"rows": 2})


class OfferForm(forms.Form):
    """A new offer with its first version."""

    code = Parsed(lambda text: code_text(text, 32))
    name = forms.CharField(max_length=100)
    family = forms.CharField(max_length=40, required=False, widget=Suggest(proposals.families))
    starts = forms.DateField(
        label="On sale from", widget=forms.DateInput(DAY, "%Y-%m-%d"), initial=words.today
    )
    currencies = forms.MultipleChoiceField(
        choices=proposals.currencies_sold_in, widget=forms.CheckboxSelectMultiple,
        required=False, label="Priced in",
        help_text="Every charge must have a price in each of them before the offer is sold.",
    )  # fmt: skip


class AddOffer(Definition):
    """Create an offer with a draft of its first version."""

    title = "Create offer"
    listed = ("Offers", "catalog:offers")
    shown_at = "catalog:version"
    permission = (VIEW, "catalog.draft_offer")
    form_class = OfferForm
    submit_label = "Create"
    success_message = "Created. Add its charges."

    def submit(self, form: forms.Form) -> OfferVersion:
        """Call the operation."""
        given = form.cleaned_data
        return operations.create_offer_with_draft(
            code=given["code"],
            name=given["name"],
            family=given["family"],
            starts=given["starts"],
            currencies=given["currencies"],
            actor=words.actor(self.request),
        )


class VersionForm(forms.Form):
    """The next version."""

    starts = forms.DateField(
        label="On sale from", widget=forms.DateInput(DAY, "%Y-%m-%d"), initial=words.today
    )


class OfVersion(FormScreen):
    """Something about the version in the address; back to its page."""

    subject = OfferVersion

    @cached_property
    def version(self) -> OfferVersion:
        """Return the version of the address."""
        rows = OfferVersion.objects.select_related("offer")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return version_crumbs(self.version)

    def get_success_url(self) -> str:
        """Return the version's page."""
        return version_url(self.kwargs["pk"])


class AddVersion(OfVersion):
    """Draft the next version with the charges and prices of this one."""

    title = "Draft the next version"
    intro = "Charges are copied, and their prices in force on the day as drafts."
    permission = (VIEW, "catalog.draft_offer")
    form_class = VersionForm
    submit_label = "Draft"
    success_message = "Drafted."

    def get_success_url(self) -> str:
        """Return the draft."""
        return version_url(self.result.pk)

    def submit(self, form: forms.Form) -> OfferVersion:
        """Call the operation."""
        return operations.draft_version(
            offer=self.version.offer,
            starts=form.cleaned_data["starts"],
            copy_from=self.version,
            actor=words.actor(self.request),
        )


class ChargeForm(Folding, forms.ModelForm):  # type: ignore[type-arg]
    """A charge; what is left as it stands is the usual case."""

    folds: ClassVar = {
        "Periods and proration": (
            "alignment", "trigger", "proration", "granularity", "in_policy", "out_policy",
            "change_policy", "change_day", "long_anchor", "billed_through",
            "split_on_price_change", "payer_price",
        ),
        "Usage and how events are rated": (
            "price_unit", "usage_filter", "price_attributes", "usage_rounding",
            "event_decimals", "event_mode", "first_increment", "next_increment",
            "increment_mode", "zone_map", "band_plan", "thresholds",
        ),
        "Tiers": (
            "counter_scope", "tier_reset", "tier_proration", "free_proration",
            "bounds_prorated", "tier_after_proration", "upper_exclusive", "empty_tier_flat",
        ),
        "On the invoice": ("bill_zero", "show_zero", "invoice_section", "text_template"),
    }  # fmt: skip

    class Meta:
        """What staff choose; the rest keeps its default."""

        model = Charge
        fields = (
            "product", "code", "name", "kind", "timing", "price_model", "usage_type",
            "period_unit", "period_count", "alignment", "trigger", "proration", "granularity",
            "in_policy", "out_policy", "change_policy", "change_day", "long_anchor",
            "billed_through", "split_on_price_change", "payer_price",
            "price_unit", "usage_filter", "price_attributes", "usage_rounding",
            "event_decimals", "event_mode", "first_increment", "next_increment",
            "increment_mode", "zone_map", "band_plan", "thresholds", "counter_scope", "tier_reset",
            "tier_proration", "free_proration", "bounds_prorated", "tier_after_proration",
            "upper_exclusive", "empty_tier_flat", "bill_zero", "show_zero",
            "invoice_section", "text_template",
        )  # fmt: skip
        widgets: ClassVar = dict.fromkeys(
            ("thresholds", "usage_filter", "price_attributes"), SHORT
        )

    def clean_usage_filter(self) -> dict[str, str]:
        """Read nothing as no filter."""
        return self.cleaned_data["usage_filter"] or {}

    def clean_thresholds(self) -> dict[str, str]:
        """Read nothing as no limit."""
        return self.cleaned_data["thresholds"] or {}

    def clean_price_attributes(self) -> list[str]:
        """Read nothing as no attribute."""
        return self.cleaned_data["price_attributes"] or []

    def validate_constraints(self) -> None:
        """Leave it to the operation, which says the same in words."""


class AddToDraft(OfVersion):
    """Add something to a draft, and go back to it."""

    permission = (VIEW, "catalog.draft_offer")
    submit_label = "Add"
    success_message = "Added."


class AddCharge(AddToDraft):
    """Add a charge to a draft."""

    title = "Add charge"
    form_class = ChargeForm  # type: ignore[assignment]  # a model's form is a form

    def submit(self, form: forms.Form) -> Charge:
        """Call the operation."""
        given = dict(form.cleaned_data)
        product: Product = given.pop("product")
        usage_type: UsageType | None = given.pop("usage_type")
        return operations.add_charge(
            version=self.version,
            product=product,
            usage_type=usage_type,
            actor=words.actor(self.request),
            **given,
        )


class EntitlementForm(Folding, forms.ModelForm):  # type: ignore[type-arg]
    """What a period includes; what is left as it stands is the usual case."""

    folds: ClassVar = {
        "Which usage, and in which order": ("usage_filter", "priority", "is_blocker"),
        "Periods and trial": ("alignment", "prorate_grant", "ends_trial"),
        "What is left over": (
            "rollover_percent", "rollover_cap", "rollover_periods", "rolls_again",
        ),
    }  # fmt: skip

    class Meta:
        """What staff choose."""

        model = EntitlementSpec
        fields = (
            "code", "name", "usage_type", "usage_filter", "quantity", "scope", "period_unit",
            "period_count", "alignment", "prorate_grant", "priority", "is_blocker",
            "rollover_percent", "rollover_cap", "rollover_periods", "rolls_again", "warns",
            "ends_trial", "overage",
        )  # fmt: skip
        widgets: ClassVar = {"usage_filter": SHORT}

    def clean_usage_filter(self) -> dict[str, str]:
        """Read nothing as no filter."""
        return self.cleaned_data["usage_filter"] or {}


class AddEntitlement(AddToDraft):
    """Include usage in a draft."""

    title = "Include usage"
    intro = "Usage that a period includes is not charged; what goes beyond it is, by its price."
    form_class = EntitlementForm  # type: ignore[assignment]  # a model's form is a form

    def submit(self, form: forms.Form) -> EntitlementSpec:
        """Call the operation."""
        return operations.add_entitlement(
            version=self.version,
            actor=words.actor(self.request),
            **form.cleaned_data,
        )


class PartForm(forms.Form):
    """Which part."""

    part = forms.ChoiceField(label="What")


class RemovePart(AddToDraft):
    """Take a charge, included usage or a component out of a draft."""

    title = "Take out of the draft"
    intro = "With a charge go the drafts of its prices."
    form_class = PartForm
    submit_label = "Take out"
    success_message = "Taken out."

    def get_form(self, form_class: Any = None) -> forms.Form:
        """Offer what the draft is made of."""
        form: forms.Form = super().get_form(form_class)
        part = form.fields["part"]
        assert isinstance(part, forms.ChoiceField)
        part.choices = [("", "Choose"), *words.parts(self.version)]
        return form

    def get_initial(self) -> dict[str, Any]:
        """Take the part from the address."""
        return {"part": self.request.GET.get("part", "")}

    def submit(self, form: forms.Form) -> None:
        """Call the operation of the part's kind."""
        kind, _, pk = form.cleaned_data["part"].partition("-")
        who = words.actor(self.request)
        if kind == "charge":
            operations.remove_charge(charge_id=int(pk), actor=who)
        elif kind == "entitlementspec":
            operations.remove_entitlement(entitlement_id=int(pk), actor=who)
        else:
            operations.remove_component(component_id=int(pk), actor=who)


class Reject(OfVersion):
    """Send a version back to its author."""

    title = "Reject offer"
    permission = (VIEW, "catalog.approve_offer")
    form_class = CommentForm
    submit_label = "Reject"
    success_message = "Sent back to its author as a draft."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.reject_offer(
            version_id=self.kwargs["pk"],
            comment=form.cleaned_data["comment"],
            actor=words.actor(self.request),
        )
