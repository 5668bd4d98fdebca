"""The closed lists of payments."""

from django.db import models


class PaymentState(models.TextChoices):
    """A recorded payment stands until it is taken back."""

    RECEIVED = "RECEIVED", "Received"
    REVERSED = "REVERSED", "Reversed"


class ReversalKind(models.TextChoices):
    """Why a payment was taken back (J17)."""

    BOUNCED = "BOUNCED", "Cheque bounced"
    RETURNED = "RETURNED", "Returned by the bank"
    RECORDED_IN_ERROR = "RECORDED_IN_ERROR", "Recorded in error"


class ReceiptState(models.TextChoices):
    """A receipt without an owner waits until somebody finds the owner (J14)."""

    UNIDENTIFIED = "UNIDENTIFIED", "Unidentified"
    IDENTIFIED = "IDENTIFIED", "Identified"


class NextStep(models.TextChoices):
    """What is to be done next about a receipt without an owner."""

    RESEARCH = "RESEARCH", "Search our own records"
    ASK_BANK = "ASK_BANK", "Ask the bank for the sender"
    ASK_CUSTOMER = "ASK_CUSTOMER", "Ask the likely customer"
    RETURN = "RETURN", "Return to the sender"


class MatchBasis(models.TextChoices):
    """What told us whose money it is (PAY-10)."""

    PAYER = "PAYER", "Payer named"
    REMITTANCE = "REMITTANCE", "Document number in the remittance"
    CREDITOR_REFERENCE = "CREDITOR_REFERENCE", "Structured creditor reference"
    FREE_TEXT = "FREE_TEXT", "Document number in the free text"
    AMOUNT = "AMOUNT", "Only one open document has this amount"
    NONE = "NONE", "Nothing matched"
