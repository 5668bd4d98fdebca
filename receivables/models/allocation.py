"""Which credit settled which debit, when, and by how much: append-only."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from foundation.fields import CurrencyField, PlainAmountField, money_checks, number_checks
from receivables.choices import AllocationKind, Strategy


class AllocationBatch(models.Model):
    """Allocations of one payer decided together; the document behind one J12 entry.

    Amounts are the sum of its allocations: negative for a batch that takes allocations back.
    """

    entity = models.ForeignKey("ledger.LegalEntity", on_delete=models.PROTECT, related_name="+")
    payer = models.ForeignKey("customers.Account", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=AllocationKind)
    strategy = models.CharField(max_length=12, choices=Strategy)
    on_date = models.DateField()
    currency = CurrencyField()
    amount = PlainAmountField()
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "allocation batch"
        verbose_name_plural = "allocation batches"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind=AllocationKind.APPLY) & Q(amount__gt=0))
                | (Q(kind=AllocationKind.REVERSE) & Q(amount__lt=0)),
                name="receivables_allocationbatch_sign_follows_kind",
            ),
            models.CheckConstraint(
                condition=Q(strategy__in=Strategy.values),
                name="receivables_allocationbatch_strategy_known",
            ),
            *money_checks("receivables_allocationbatch", "amount"),
        ]

    def __str__(self) -> str:
        return f"Allocation batch {self.pk}"


class AllocationQuerySet(models.QuerySet["Allocation"]):
    """Allocations, narrowed in the words of the trade."""

    def standing(self) -> Self:
        """Keep allocations that no mirror has taken back."""
        return self.filter(reverses=None, mirror=None)

    def of_item(self, item_id: int) -> Self:
        """Keep the allocations that touch one open item."""
        return self.filter(Q(debit_item_id=item_id) | Q(credit_item_id=item_id))

    def until(self, as_of: date) -> Self:
        """Keep allocations dated up to and including a day."""
        return self.filter(on_date__lte=as_of)


class Allocation(models.Model):
    """So much of a credit item settles so much of a debit item; a mirror is negative (AR-4)."""

    batch = models.ForeignKey(
        AllocationBatch, on_delete=models.PROTECT, related_name="allocations"
    )
    debit_item = models.ForeignKey(
        "receivables.OpenItem", on_delete=models.PROTECT, related_name="+"
    )
    credit_item = models.ForeignKey(
        "receivables.OpenItem", on_delete=models.PROTECT, related_name="+"
    )
    currency = CurrencyField()
    amount = PlainAmountField()
    functional_debit = PlainAmountField(help_text="Worth at the debit item's rate.")
    functional_credit = PlainAmountField(help_text="Worth at the credit item's rate.")
    realised_fx = PlainAmountField(help_text="Credit's worth less debit's: a gain if positive.")
    on_date = models.DateField(db_index=True)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="mirror"
    )

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = "allocation"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=(Q(reverses=None) & Q(amount__gt=0))
                | (Q(reverses__isnull=False) & Q(amount__lt=0)),
                name="receivables_allocation_sign_follows_reverses",
            ),
            models.CheckConstraint(
                condition=Q(realised_fx=F("functional_credit") - F("functional_debit")),
                name="receivables_allocation_realised_fx_is_difference",
            ),
            *money_checks("receivables_allocation", "amount"),
            *number_checks("receivables_allocation", "functional_debit", "functional_credit"),
        ]

    def __str__(self) -> str:
        return f"Allocation {self.pk}"

    @property
    def can_be_reversed(self) -> bool:
        """Tell whether a mirror may be written; asks for `batch` and `mirror` to be loaded."""
        return (
            self.reverses_id is None
            and self.batch.strategy != Strategy.RETURN
            and not hasattr(self, "mirror")
        )
