"""What can be done with money received: record, identify, apply, take back."""

from payments.operations.batches import (
    BatchReport,
    CannotRecordBatch,
    record_batch,
    refuse_file,
)
from payments.operations.receipts import (
    CannotIdentifyReceipt,
    identify_receipt,
    plan_next_step,
    record_receipt,
)
from payments.operations.recording import (
    CannotRecordPayment,
    Preview,
    apply_unapplied,
    preview_payment,
    record_payment,
)
from payments.operations.reversing import CannotReversePayment, reverse_payment
from payments.operations.rows import PaymentRow
from payments.operations.top_ups import capture_top_up

__all__ = [
    "BatchReport",
    "CannotIdentifyReceipt",
    "CannotRecordBatch",
    "CannotRecordPayment",
    "CannotReversePayment",
    "PaymentRow",
    "Preview",
    "apply_unapplied",
    "capture_top_up",
    "identify_receipt",
    "plan_next_step",
    "preview_payment",
    "record_batch",
    "record_payment",
    "record_receipt",
    "refuse_file",
    "reverse_payment",
]
