"""Fall-out: a service that could not be provisioned, why, and what is done next."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from customers.choices import NextStep


class ProvisioningFailure(models.Model):
    """A subscription that waits for its activation and could not be provisioned.

    It stands in the queue until it is resolved, by hand or by the activation; told again while it
    stands, reason and next step are the newest and the day it was first told stays.
    """

    subscription = models.ForeignKey(
        "customers.Subscription", models.PROTECT, related_name="failures"
    )
    reason = models.CharField(max_length=200)
    next_step = models.CharField(max_length=8, choices=NextStep.choices, default=NextStep.RETRY)
    times = models.PositiveIntegerField(default=1)
    reported_at = models.DateTimeField(auto_now_add=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(resolved_at__isnull=True),
                name="customers_provisioningfailure_open_once",
            ),
            models.CheckConstraint(
                name="customers_provisioningfailure_step_known",
                condition=Q(next_step__in=NextStep.values),
            ),
            models.CheckConstraint(
                name="customers_provisioningfailure_has_reason", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="customers_provisioningfailure_resolved_with_words",
                condition=Q(resolved_at__isnull=True) | ~Q(resolution=""),
            ),
        ]

    def __str__(self) -> str:
        return self.reason
