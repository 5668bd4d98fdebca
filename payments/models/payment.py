"""Money received from a payer, and its reversal."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from foundation.fields import (
    AmountField,
    CurrencyField,
    FxRateField,
    PlainAmountField,
    money_checks,
    number_checks,
)
from payments.choices import PaymentState, ReversalKind
from receivables.choices import Side
from receivables.models import OpenItem

PAYMENT = "payments.payment"
REVERSAL = "payments.paymentreversal"


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Payments, narrowed in the words of the trade."""

    def received(self) -> Self:
        """Keep payments that stand."""
        return self.filter(state=PaymentState.RECEIVED)

    def with_unapplied(self) -> Self:
        """Add `unapplied`: what is still open on the payment's credit item."""
        item = OpenItem.objects.filter(
            source_type=PAYMENT, source_id=OuterRef("pk"), side=Side.CREDIT
        )
        return self.annotate(
            unapplied=Coalesce(Subquery(item.values("open")[:1]), models.Value(Decimal(0)))
        )


class Payment(models.Model):
    """Money received from a payer: never edited; taken back only by a reversal (J13, J17).

    What is unapplied stands on its credit item in receivables, not here.
    """

    number = models.CharField(max_length=32)
    entity = models.ForeignKey("ledger.LegalEntity", on_delete=models.PROTECT, related_name="+")
    payer = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tender = models.ForeignKey("payments.TenderType", on_delete=models.PROTECT, related_name="+")
    clearing_account = models.CharField(max_length=16)
    received_on = models.DateField()
    currency = CurrencyField()
    amount = AmountField()
    fx_rate = FxRateField()
    external_id = models.CharField(max_length=128, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    request_key = models.CharField(
        max_length=64, blank=True, help_text="The form that was sent; sent twice, recorded once."
    )
    batch = models.ForeignKey(
        "payments.PaymentBatch",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
    )
    state = models.CharField(max_length=10, choices=PaymentState, default=PaymentState.RECEIVED)
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = "payment"
        default_permissions = ("view",)
        permissions = [
            ("record_payment", "Can record payments and identify receipts"),
            ("import_payments", "Can record files of payments"),
            ("reverse_payment", "Can reverse payments"),
            ("reverse_any_payment", "Can reverse what others recorded in error"),
            ("export_lists", "Can export lists to files"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "number"], name="payments_payment_number_unique"
            ),
            models.UniqueConstraint(
                fields=["entity", "tender", "external_id"],
                condition=~Q(external_id=""),
                name="payments_payment_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["request_key"],
                condition=~Q(request_key=""),
                name="payments_payment_request_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="payments_payment_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=PaymentState.values), name="payments_payment_state_known"
            ),
            models.CheckConstraint(
                condition=Q(fx_rate__gt=0), name="payments_payment_fx_rate_positive"
            ),
            *money_checks("payments_payment", "amount"),
            *number_checks("payments_payment", "fx_rate"),
        ]
        indexes = [
            models.Index(fields=["payer", "-received_on"], name="payments_payment_by_payer"),
            models.Index(fields=["-received_on", "-id"], name="payments_payment_by_day"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_reversed(self) -> bool:
        """Tell whether the payment was taken back."""
        return self.state == PaymentState.REVERSED


class RemittanceLine(models.Model):
    """What the payer said the payment is for: a document, and how much of it (PAY-10)."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="remittance")
    sequence = models.PositiveSmallIntegerField()
    number = models.CharField("document number", max_length=32)
    currency = CurrencyField()
    amount = PlainAmountField(null=True, blank=True, help_text="Empty: all that is open.")

    class Meta:
        verbose_name = "remittance line"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "sequence"], name="payments_remittanceline_sequence_unique"
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0),
                name="payments_remittanceline_amount_positive",
            ),
            *money_checks("payments_remittanceline", "amount"),
        ]

    def __str__(self) -> str:
        return self.number


class PaymentReversal(models.Model):
    """A bounced cheque, a bank's return, or a slip of the pen: the whole payment goes back (J17).

    It opens a debit item that takes the payment's freed credit, so that both are settled.
    """

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="reversal")
    kind = models.CharField(max_length=20, choices=ReversalKind)
    reversed_on = models.DateField()
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
        verbose_name = "payment reversal"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ReversalKind.values),
                name="payments_paymentreversal_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Reversal {self.pk}"
