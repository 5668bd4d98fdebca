"""Making a draft a bundle by hand."""

from __future__ import annotations

from typing import Any

from django import forms

from catalog import operations
from catalog.models import BundleComponent, DiscountDef, OfferVersion
from catalog.queries.bundles import OF_SUBSCRIPTION
from catalog.views import words
from catalog.views.offer_forms import AddToDraft


class ComponentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An offer that comes with each bundle; what is left as it stands is the usual case."""

    discounts = forms.ModelMultipleChoiceField(
        DiscountDef.objects.filter(level__in=OF_SUBSCRIPTION),
        required=False,
        help_text="Of a discounted component: what it is given, in the currency of the account.",
    )

    class Meta:
        """What staff choose."""

        model = BundleComponent
        fields = (
            "offer", "treatment", "min_quantity", "default_quantity", "max_quantity", "ssp_weight",
        )  # fmt: skip

    def validate_constraints(self) -> None:
        """Leave it to the operation, which says the same in words."""


class AddComponent(AddToDraft):
    """Make another offer a part of a draft."""

    title = "Add component"
    intro = (
        "Whoever orders the bundle gets its components with it. What is included costs nothing "
        "beside the bundle, but for usage; what is discounted or at list has its own price."
    )
    form_class = ComponentForm  # type: ignore[assignment]  # a model's form is a form

    def submit(self, form: forms.Form) -> BundleComponent:
        """Call the operation."""
        return operations.add_component(
            version=self.version, actor=words.actor(self.request), **form.cleaned_data
        )


class WeightForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the bundle itself would cost by itself."""

    class Meta:
        """What staff choose."""

        model = OfferVersion
        fields = ("ssp_weight",)

    def validate_constraints(self) -> None:
        """Leave it to the operation, which says the same in words."""


class WeighBundle(AddToDraft):
    """Say what a bundle itself weighs where its price is shared among its components."""

    title = "Weigh the bundle"
    intro = (
        "Where the price of a bundle covers components of other tax categories, it is shared "
        "among them and the bundle by stand-alone selling price."
    )
    form_class = WeightForm  # type: ignore[assignment]  # a model's form is a form
    submit_label = "Save"
    success_message = "Saved."

    def get_form_kwargs(self) -> dict[str, Any]:
        """Show what the draft says."""
        return super().get_form_kwargs() | {"instance": self.version}

    def submit(self, form: forms.Form) -> OfferVersion:
        """Call the operation."""
        return operations.weigh_bundle(
            version=self.version, actor=words.actor(self.request), **form.cleaned_data
        )
