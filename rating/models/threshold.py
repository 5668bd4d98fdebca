"""That a balance was used to half, to four fifths, to the end: said once for each (P64)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import QuantityField, number_checks
from rating.choices import PERCENTS


class ThresholdAlert(models.Model):
    """That a percentage of a granted balance was used; written once, whatever is drawn anew.

    A balance is of one grant period, so each percentage is said once per period. `used` is what
    had been used then.
    """

    bucket = models.ForeignKey("rating.BalanceBucket", models.PROTECT, related_name="alerts")
    percent = models.PositiveSmallIntegerField()
    used = QuantityField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *number_checks("rating_thresholdalert", "used"),
            models.UniqueConstraint(
                fields=["bucket", "percent"], name="rating_thresholdalert_once"
            ),
            models.CheckConstraint(
                name="rating_thresholdalert_percent_known", condition=Q(percent__in=PERCENTS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of balance {self.bucket_id}"
