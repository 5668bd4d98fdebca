"""Payments as they were received, and receipts whose payer is not known."""

from payments.models.batch import PaymentBatch
from payments.models.payment import Payment, PaymentQuerySet, PaymentReversal, RemittanceLine
from payments.models.receipt import UnidentifiedReceipt
from payments.models.tender import TenderType

__all__ = [
    "Payment",
    "PaymentBatch",
    "PaymentQuerySet",
    "PaymentReversal",
    "RemittanceLine",
    "TenderType",
    "UnidentifiedReceipt",
]
