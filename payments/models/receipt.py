"""Money whose payer is not known yet."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import (
    AmountField,
    CurrencyField,
    FxRateField,
    money_checks,
    number_checks,
)
from payments.choices import MatchBasis, NextStep, ReceiptState


class ReceiptQuerySet(models.QuerySet["UnidentifiedReceipt"]):
    """Receipts, narrowed in the words of the trade."""

    def waiting(self) -> Self:
        """Keep receipts whose owner is still not known."""
        return self.filter(state=ReceiptState.UNIDENTIFIED)


class UnidentifiedReceipt(models.Model):
    """Money received that nobody can be credited with yet; a liability until then (J14).

    Its figures never change; the next step may, and its owner is named once.
    """

    entity = models.ForeignKey("ledger.LegalEntity", on_delete=models.PROTECT, related_name="+")
    tender = models.ForeignKey("payments.TenderType", on_delete=models.PROTECT, related_name="+")
    clearing_account = models.CharField(max_length=16)
    received_on = models.DateField()
    currency = CurrencyField()
    amount = AmountField()
    fx_rate = FxRateField()
    external_id = models.CharField(max_length=128, blank=True)
    payer_text = models.CharField("payer as received", max_length=200, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    likely_payer = models.ForeignKey(
        "customers.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    match_basis = models.CharField(max_length=20, choices=MatchBasis, default=MatchBasis.NONE)
    confidence = models.PositiveSmallIntegerField(default=0)
    batch = models.ForeignKey(
        "payments.PaymentBatch",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    state = models.CharField(
        max_length=12, choices=ReceiptState, default=ReceiptState.UNIDENTIFIED
    )
    payment = models.OneToOneField(
        "payments.Payment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipt",
    )
    identified_on = models.DateField(null=True, blank=True)
    next_step = models.CharField(max_length=12, choices=NextStep, default=NextStep.RESEARCH)
    next_step_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = "unidentified receipt"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "tender", "external_id"],
                condition=~Q(external_id=""),
                name="payments_unidentifiedreceipt_external_id_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="payments_unidentifiedreceipt_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(state=ReceiptState.UNIDENTIFIED, payment=None, identified_on=None)
                | Q(
                    state=ReceiptState.IDENTIFIED,
                    payment__isnull=False,
                    identified_on__isnull=False,
                ),
                name="payments_unidentifiedreceipt_payment_once_identified",
            ),
            models.CheckConstraint(
                condition=Q(confidence__lte=100),
                name="payments_unidentifiedreceipt_confidence_percent",
            ),
            *money_checks("payments_unidentifiedreceipt", "amount"),
            *number_checks("payments_unidentifiedreceipt", "fx_rate"),
            models.CheckConstraint(
                condition=Q(fx_rate__gt=0), name="payments_unidentifiedreceipt_fx_rate_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_on"],
                condition=Q(state=ReceiptState.UNIDENTIFIED),
                name="payments_receipt_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"Receipt {self.pk}"

    def age_in_days(self, as_of: date) -> int:
        """Count the days that the money has waited for its owner."""
        return (as_of - self.received_on).days
