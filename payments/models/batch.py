"""A file of payments, recorded whole or not at all."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from foundation.fields import CurrencyField, PlainAmountField, money_checks


class PaymentBatch(models.Model):
    """One recorded file: its control totals, and what its rows came to (PAY-10, I-19).

    Written once, after every row was recorded in the same transaction.
    """

    entity = models.ForeignKey("ledger.LegalEntity", on_delete=models.PROTECT, related_name="+")
    import_batch = models.OneToOneField(
        "audit.ImportBatch", on_delete=models.PROTECT, related_name="+"
    )
    filename = models.CharField(max_length=200)
    currency = CurrencyField()
    control_count = models.PositiveIntegerField(null=True, blank=True)
    control_amount = PlainAmountField(null=True, blank=True)
    payment_count = models.PositiveIntegerField("payments")
    payment_amount = PlainAmountField("amount of payments")
    unidentified_count = models.PositiveIntegerField("unidentified")
    unidentified_amount = PlainAmountField("amount unidentified")
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "payment batch"
        verbose_name_plural = "payment batches"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(control_count=None)
                | Q(control_count=F("payment_count") + F("unidentified_count")),
                name="payments_paymentbatch_count_agrees",
            ),
            models.CheckConstraint(
                condition=Q(control_amount=None)
                | Q(control_amount=F("payment_amount") + F("unidentified_amount")),
                name="payments_paymentbatch_amount_agrees",
            ),
            *money_checks(
                "payments_paymentbatch", "control_amount", "payment_amount", "unidentified_amount"
            ),
        ]

    def __str__(self) -> str:
        return self.filename
