"""That something was used to half, to four fifths, to the end: said once for each (P64)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import QuantityField, number_checks
from rating.choices import PERCENTS


class ThresholdAlert(models.Model):
    """That a percentage of a balance, a pool or a cap was used; written once, whatever follows.

    A balance is of one grant period; pools and caps say the period. So each percentage is said
    once per period. `used` of `most` is what had been used then: units, or money before tax.
    """

    bucket = models.ForeignKey(
        "rating.BalanceBucket", models.PROTECT, related_name="alerts", null=True, blank=True
    )
    pool = models.ForeignKey(
        "rating.RatingPool", models.PROTECT, related_name="alerts", null=True, blank=True
    )
    cap = models.ForeignKey(
        "rating.SpendCap", models.PROTECT, related_name="alerts", null=True, blank=True
    )
    period_start = models.DateField(null=True, blank=True)
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="+", db_index=False
    )
    percent = models.PositiveSmallIntegerField()
    used = QuantityField()
    most = QuantityField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *number_checks("rating_thresholdalert", "used", "most"),
            models.UniqueConstraint(
                fields=["bucket", "pool", "cap", "period_start", "percent"],
                name="rating_thresholdalert_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="rating_thresholdalert_is_of_one_thing",
                condition=Q(
                    bucket__isnull=False,
                    pool__isnull=True,
                    cap__isnull=True,
                    period_start__isnull=True,
                )
                | (
                    Q(bucket__isnull=True, period_start__isnull=False)
                    & (
                        Q(pool__isnull=False, cap__isnull=True)
                        | Q(pool__isnull=True, cap__isnull=False)
                    )
                ),
            ),
            models.CheckConstraint(
                name="rating_thresholdalert_percent_known", condition=Q(percent__in=PERCENTS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.what}"

    @property
    def what(self) -> str:
        """Return what was used: the name of a balance or a pool, or a cap."""
        if self.bucket is not None:
            return self.bucket.name
        return str(self.pool or self.cap)

    @property
    def currency(self) -> str:
        """Return the currency of what is counted in money; "" of units."""
        if self.bucket is not None:
            return self.bucket.currency
        return self.cap.currency if self.cap else ""

    @property
    def measure(self) -> str:
        """Return in what it is counted: a unit, or a currency."""
        if self.bucket is not None:
            return self.bucket.measure
        return (
            self.pool.usage_type.unit.code if self.pool else self.cap.currency if self.cap else ""
        )
