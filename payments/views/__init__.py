"""The pages of payments: record, import, look up, apply, reverse, identify."""

from payments.views.acts import ApplyForm, RecordForm, ReversalPage, ReverseForm
from payments.views.files import BatchList, BatchPage, ImportForm
from payments.views.lists import AccountPayments, CashReport, PaymentList, PaymentPage
from payments.views.receipts import IdentifyForm, NextStepForm, ReceiptPage, ReceiptQueue
from payments.views.receiving import ReceiveForm
from payments.views.top_ups import CaptureTopUp

__all__ = [
    "AccountPayments",
    "ApplyForm",
    "BatchList",
    "BatchPage",
    "CaptureTopUp",
    "CashReport",
    "IdentifyForm",
    "ImportForm",
    "NextStepForm",
    "PaymentList",
    "PaymentPage",
    "ReceiptPage",
    "ReceiptQueue",
    "ReceiveForm",
    "RecordForm",
    "ReversalPage",
    "ReverseForm",
]
