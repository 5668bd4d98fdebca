"""How much of a debit is disputed, from which day on: append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import PlainAmountField, number_checks


class DisputeMark(models.Model):
    """From a day on, so much of an open item is disputed; zero lifts the dispute (AR-3).

    A trigger keeps the item's `disputed` at its latest mark, so that a past day shows what was
    disputed then.
    """

    item = models.ForeignKey(
        "receivables.OpenItem", on_delete=models.PROTECT, related_name="dispute_marks"
    )
    on_date = models.DateField()
    disputed = PlainAmountField(help_text="In the currency of the item.")
    reason = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "dispute mark"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(disputed__gte=0), name="receivables_disputemark_not_negative"
            ),
            *number_checks("receivables_disputemark", "disputed"),
        ]

    def __str__(self) -> str:
        return f"Dispute mark {self.pk}"
