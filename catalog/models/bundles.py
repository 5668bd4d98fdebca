"""Bundles: the offers that are sold together as parts of another one."""

from django.db import models
from django.db.models import F, Q

from catalog import choices
from catalog.models.discounts import DiscountDef
from catalog.models.offers import Offer, OfferVersion
from foundation.fields import QuantityField, number_checks
from foundation.stamped import Stamped


class BundleComponent(Stamped):
    """An offer that comes with each unit of a bundle, how many of it, and what it costs there.

    A bundle is an offer version that has components; a component may be a bundle itself, but none
    contains itself. `ssp_weight` is the stand-alone selling price of one unit, by which a price
    that covers several components is shared among them (TAX-16); whatever is a distinct
    obligation has one (P8). Frozen together with its offer version.
    """

    offer_version = models.ForeignKey(
        OfferVersion, on_delete=models.PROTECT, related_name="components"
    )
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")
    min_quantity = QuantityField("at least", default=1, help_text="For each bundle; 0: optional.")
    default_quantity = QuantityField(
        "unless asked for otherwise", default=1, help_text="For each bundle; 0: left out."
    )
    max_quantity = QuantityField("at most", null=True, blank=True, help_text="For each bundle.")
    treatment = models.CharField(max_length=10, choices=choices.BundleTreatment)
    ssp_weight = QuantityField(
        "weight",
        null=True,
        blank=True,
        help_text="Stand-alone selling price of one unit.",
    )

    class Meta:
        """Ordered within the bundle as they were added."""

        ordering = ["offer_version_id", "id"]
        constraints = [
            *number_checks(
                "catalog_bundlecomponent",
                *("min_quantity", "default_quantity", "max_quantity", "ssp_weight"),
            ),
            models.UniqueConstraint(
                fields=["offer_version", "offer"], name="catalog_bundlecomponent_offer_is_unique"
            ),
            models.CheckConstraint(
                name="catalog_bundlecomponent_quantities_fit",
                condition=Q(min_quantity__gte=0, default_quantity__gte=F("min_quantity"))
                & (
                    Q(max_quantity__isnull=True)
                    | Q(max_quantity__gt=0, max_quantity__gte=F("default_quantity"))
                ),
            ),
            models.CheckConstraint(
                name="catalog_bundlecomponent_treatment_is_known",
                condition=Q(treatment__in=choices.BundleTreatment.values),
            ),
            models.CheckConstraint(
                name="catalog_bundlecomponent_ssp_weight_is_positive",
                condition=Q(ssp_weight__isnull=True) | Q(ssp_weight__gt=0),
            ),
        ]

    def __str__(self) -> str:
        """Show the treatment."""
        return self.get_treatment_display()


class BundleDiscount(Stamped):
    """A discount that a component is given in its bundle, in the currency of the account."""

    component = models.ForeignKey(
        BundleComponent, on_delete=models.PROTECT, related_name="discounts"
    )
    discount = models.ForeignKey(DiscountDef, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Each once."""

        ordering = ["component_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["component", "discount"], name="catalog_bundlediscount_is_unique"
            )
        ]
