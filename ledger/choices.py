"""Kinds and states of the ledger room."""

from __future__ import annotations

from django.db.models import TextChoices


class TaxRounding(TextChoices):
    LINE = "LINE", "Per line"
    DOCUMENT = "DOCUMENT", "Per document"


class CreditStyle(TextChoices):
    NEGATIVE_LINE = "NEGATIVE_LINE", "Negative lines on the next invoice"
    CREDIT_NOTE = "CREDIT_NOTE", "A credit note of its own"


class RateKind(TextChoices):
    SPOT = "SPOT", "Spot"
    CLOSING = "CLOSING", "Closing"
    AVERAGE = "AVERAGE", "Average"
    TAX = "TAX", "Tax"


class AccountKind(TextChoices):
    ASSET = "ASSET", "Asset"
    LIABILITY = "LIABILITY", "Liability"
    REVENUE = "REVENUE", "Revenue"
    EXPENSE = "EXPENSE", "Expense"


class PeriodState(TextChoices):
    OPEN = "OPEN", "Open"
    SOFT_CLOSED = "SOFT_CLOSED", "Soft closed: finance only"
    CLOSED = "CLOSED", "Closed"


class Side(TextChoices):
    DEBIT = "DEBIT", "Debit"
    CREDIT = "CREDIT", "Credit"
