"""Units of measure and the kinds of usage that are counted in them."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from catalog import choices
from foundation.fields import QuantityField, number_checks
from foundation.stamped import Stamped


class UnitOfMeasure(Stamped):
    """A unit; `to_base` turns it into the base unit of its dimension."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=60)
    dimension = models.CharField(max_length=8, choices=choices.Dimension)
    to_base = QuantityField(default=1)
    precision = models.PositiveSmallIntegerField(default=0, help_text="Decimals shown.")

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        verbose_name = "unit of measure"
        verbose_name_plural = "units of measure"
        constraints = [
            *number_checks("catalog_unitofmeasure", "to_base"),
            models.CheckConstraint(
                name="catalog_unitofmeasure_to_base_is_positive", condition=Q(to_base__gt=0)
            ),
            models.CheckConstraint(
                name="catalog_unitofmeasure_dimension_is_known",
                condition=Q(dimension__in=choices.Dimension.values),
            ),
            models.CheckConstraint(
                name="catalog_unitofmeasure_precision_fits", condition=Q(precision__lte=8)
            ),
        ]

    def __str__(self) -> str:
        """Show the code."""
        return self.code


class UsageType(Stamped):
    """A kind of usage: its unit, who it belongs to, and how events are told apart.

    MEANING names what does not change once a charge that was submitted counts by it.
    """

    MEANING: Final = (
        "code", "unit", "identifier_type", "time_attribute", "dedupe_fields", "aggregate_rule",
        "bucket", "unique_attribute", "carries_over", "missing_zero", "quantity_places",
        "quantity_mode",
    )  # fmt: skip

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    unit = models.ForeignKey(UnitOfMeasure, on_delete=models.PROTECT, related_name="+")
    attribute_schema = models.JSONField(
        default=dict,
        blank=True,
        help_text='Attributes of an event and their values: {"zone": ["EU", "WORLD"]}.',
    )
    identifier_type = models.CharField(max_length=16, help_text="MSISDN, SIM, METER …")
    time_attribute = models.CharField(
        max_length=5, choices=choices.TimeAttribute, default=choices.TimeAttribute.START
    )
    dedupe_fields = ArrayField(
        models.CharField(max_length=32),
        default=list,
        blank=True,
        help_text="Fields that make an event unique; none means the supplier's key.",
    )
    supports_partial = models.BooleanField(default=False)
    allows_corrections = models.BooleanField(
        default=False, help_text="Events may carry a negative quantity."
    )
    aggregate_rule = models.CharField(
        max_length=13, choices=choices.AggregateRule, default=choices.AggregateRule.SUM
    )
    bucket = models.CharField(
        max_length=4,
        choices=choices.Bucket,
        default=choices.Bucket.DAY,
        help_text="Of the greatest value added up: over what it is taken.",
    )
    unique_attribute = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Of distinct counts: the attribute counted; empty is the identifier.",
    )
    carries_over = models.BooleanField(
        default=False, help_text="A level holds until the next event, over periods too."
    )
    missing_zero = models.BooleanField(
        "missing samples are zero",
        default=False,
        help_text="Of the 95th percentile: one sample in five minutes is expected.",
    )
    quantity_places = models.PositiveSmallIntegerField(
        default=8, help_text="Decimals of the quantity of a period."
    )
    quantity_mode = models.CharField(
        "quantity rounding",
        max_length=13,
        choices=choices.QuantityMode,
        default=choices.QuantityMode.HALF_UP,
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        """Ordered by code."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="catalog_usagetype_time_attribute_is_known",
                condition=Q(time_attribute__in=choices.TimeAttribute.values),
            ),
            models.CheckConstraint(
                name="catalog_usagetype_aggregate_rule_is_known",
                condition=Q(aggregate_rule__in=choices.AggregateRule.values),
            ),
            models.CheckConstraint(
                name="catalog_usagetype_bucket_is_known",
                condition=Q(bucket__in=choices.Bucket.values),
            ),
            models.CheckConstraint(
                name="catalog_usagetype_quantity_mode_is_known",
                condition=Q(quantity_mode__in=choices.QuantityMode.values),
            ),
            models.CheckConstraint(
                name="catalog_usagetype_quantity_places_fit", condition=Q(quantity_places__lte=8)
            ),
        ]

    def __str__(self) -> str:
        """Show the code and the name."""
        return f"{self.code} {self.name}"
