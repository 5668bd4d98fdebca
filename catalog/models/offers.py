"""Offers and their versions."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog import choices
from catalog.models.lifecycle import Versioned, life_checks
from foundation.fields import QuantityField, number_checks
from foundation.stamped import Stamped


class Offer(Stamped):
    """What a customer can order; what it contains stands in its versions."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    family = models.CharField(max_length=40, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"


class OfferVersion(Versioned):
    """One version of an offer: its charges, what it includes and its terms, sold in its window."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    sale_window = DateRangeField(help_text="The days on which it may be ordered.")
    channels = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    currencies = ArrayField(
        models.CharField(max_length=3),
        default=list,
        blank=True,
        help_text="Currencies in which every charge must have a price when published.",
    )
    min_quantity = QuantityField(default=1)
    max_quantity = QuantityField(null=True, blank=True)
    terms_months = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1)]),
        default=list,
        blank=True,
        help_text="Terms on offer, in months; none means open-ended.",
    )
    trial_days = models.PositiveSmallIntegerField(default=0)
    notice_days = models.PositiveSmallIntegerField(default=0)
    suspension_policy = models.CharField(
        max_length=8, choices=choices.SuspensionPolicy, default=choices.SuspensionPolicy.STOP
    )
    end_day = models.CharField(
        "day of an end told at a moment",
        max_length=15,
        choices=choices.EndDay,
        default=choices.EndDay.LAST_DAY_BILLED,
    )
    ssp_weight = QuantityField(
        "weight of its own",
        null=True,
        blank=True,
        help_text="Of a bundle: the stand-alone price of what it gives beside its components.",
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        """Numbered within the offer; the sale windows of published versions do not overlap."""

        ordering = ["offer_id", "number"]
        permissions = [
            ("draft_offer", "Can draft offers and submit them"),
            ("approve_offer", "Can approve offers that others drafted"),
            ("publish_offer", "Can publish and retire approved offers"),
        ]
        constraints = [
            *life_checks("catalog_offerversion"),
            *number_checks("catalog_offerversion", "min_quantity", "max_quantity", "ssp_weight"),
            models.UniqueConstraint(
                fields=["offer", "number"], name="catalog_offerversion_number_is_unique"
            ),
            ExclusionConstraint(
                name="catalog_offerversion_one_on_sale",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    ("sale_window", RangeOperators.OVERLAPS),
                ],
                condition=Q(state="PUBLISHED"),
            ),
            models.CheckConstraint(
                name="catalog_offerversion_sale_window_begins",
                condition=Q(sale_window__isempty=False, sale_window__startswith__isnull=False),
            ),
            models.CheckConstraint(
                name="catalog_offerversion_quantities_fit",
                condition=Q(min_quantity__gte=0)
                & (Q(max_quantity__isnull=True) | Q(max_quantity__gte=F("min_quantity"))),
            ),
            models.CheckConstraint(
                name="catalog_offerversion_ssp_weight_is_positive",
                condition=Q(ssp_weight__isnull=True) | Q(ssp_weight__gt=0),
            ),
            models.CheckConstraint(
                name="catalog_offerversion_suspension_policy_is_known",
                condition=Q(suspension_policy__in=choices.SuspensionPolicy.values),
            ),
            models.CheckConstraint(
                name="catalog_offerversion_end_day_is_known",
                condition=Q(end_day__in=choices.EndDay.values),
            ),
        ]

    def __str__(self) -> str:
        """Show the version's number."""
        return f"version {self.number}"
