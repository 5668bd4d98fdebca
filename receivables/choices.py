"""The closed lists of receivables."""

from django.db import models


class Side(models.TextChoices):
    """Which way an open item points: the payer owes us, or we hold the payer's money."""

    DEBIT = "D", "Debit"
    CREDIT = "C", "Credit"


class AllocationKind(models.TextChoices):
    """What a batch of allocations does."""

    APPLY = "APPLY", "Applied"
    REVERSE = "REVERSE", "Reversed"


class Strategy(models.TextChoices):
    """How the debits that a credit settles were chosen (AR-2)."""

    OLDEST_DUE = "OLDEST_DUE", "Oldest due first"
    REMITTANCE = "REMITTANCE", "As the payer advised"
    EXPLICIT = "EXPLICIT", "As named by a person or a document"
    MIRROR = "MIRROR", "Mirror of earlier allocations"
    RETURN = "RETURN", "Credit given back to the payer"


class AgeingBasis(models.TextChoices):
    """The date from which an item's days are counted (COL-1)."""

    DUE_DATE = "due_date", "Due date"
    DOCUMENT_DATE = "doc_date", "Document date"
