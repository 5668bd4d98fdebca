"""The rhythm in which payers are billed, and what a run of it looks at."""

from datetime import date
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from foundation.periods import Rhythm, Unit
from foundation.stamped import Stamped
from invoicing.choices import ApprovalMode, Corrections, ZeroDocuments


class BillCycle(Stamped):
    """A group of payers billed on one day: every `months` months on day `day` (PER-2)."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=80)
    day = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text="Day of the month on which a period begins; 31 means the last day.",
    )
    months = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    anchor = models.DateField(
        default=date(2020, 1, 1),
        help_text="A day in the month from which longer cycles are counted.",
    )
    usage_delay_days = models.PositiveSmallIntegerField(
        default=0, help_text="Days to wait for late usage before a run is due (PER-8)."
    )
    rebill_periods = models.PositiveSmallIntegerField(
        default=3, help_text="Earlier periods that a run corrects by itself (CHG-6)."
    )
    corrections = models.CharField(
        max_length=6,
        choices=Corrections.choices,
        default=Corrections.NET,
        help_text="How a changed amount is shown (CHG-3).",
    )
    approval_mode = models.CharField(
        max_length=12, choices=ApprovalMode.choices, default=ApprovalMode.MANUAL
    )
    zero_documents = models.CharField(
        max_length=12, choices=ZeroDocuments.choices, default=ZeroDocuments.SUPPRESS
    )
    warn_percent = models.PositiveIntegerField(
        default=50, help_text="A total that differs more from the previous one is shown (BR-5)."
    )
    hold_percent = models.PositiveIntegerField(
        default=900, help_text="A total that grows more than this holds the account (BR-5)."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(day__gte=1, day__lte=31),
                name="invoicing_billcycle_day_is_1_to_31",
            ),
            models.CheckConstraint(
                condition=models.Q(corrections__in=Corrections.values),
                name="invoicing_billcycle_corrections_known",
            ),
            models.CheckConstraint(
                condition=models.Q(months__gte=1), name="invoicing_billcycle_months_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def rhythm(self) -> Rhythm:
        """Return how this cycle cuts time."""
        return self.rhythm_for(day=self.day, months=self.months)

    def rhythm_for(self, *, day: int, months: int) -> Rhythm:
        """Return how time is cut for a payer of this cycle with a day and length of its own."""
        return Rhythm(self.anchor, Unit.MONTH, months, day)
