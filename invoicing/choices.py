"""The closed lists of words of the invoicing room."""

from typing import Final

from django.db.models import TextChoices

SOURCE: Final = "invoicing.invoice"
"""How the journal and the open items name a document of this room as their source."""

PREPAID: Final = "PREPAID"
"""The GL code of lines that sell balances of money: no revenue, a liability (J4)."""

CREDIT_REASONS: Final = "CREDIT_MEMO"
DEBIT_REASONS: Final = "DEBIT_MEMO"
"""The domains of reason codes that memos by hand are asked for with."""


class ApprovalMode(TextChoices):
    MANUAL = "MANUAL", "Another person approves"
    AUTOMATIC = "AUTOMATIC", "Approved by rule when nothing is found"


class ZeroDocuments(TextChoices):
    SUPPRESS = "SUPPRESS", "Keep without a number"
    CREATE = "CREATE", "Issue"


class Corrections(TextChoices):
    """How a changed amount stands on the next document (CHG-3)."""

    NET = "NET", "The difference"
    REBILL = "REBILL", "Given back whole and billed anew"


class CycleChangeState(TextChoices):
    PENDING = "PENDING", "Waits for the end of the period"
    DONE = "DONE", "Done"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"

    @classmethod
    def without_run(cls) -> list[str]:
        """Return the states in which no run has carried it out."""
        return [cls.PENDING, cls.WITHDRAWN]


class RunKind(TextChoices):
    CYCLE = "CYCLE", "Cycle"
    CATCH_UP = "CATCH_UP", "Catch-up"
    INTERIM = "INTERIM", "Interim, above a limit"


class RunState(TextChoices):
    CREATED = "CREATED", "Created"
    SELECTED = "SELECTED", "Selected"
    CALCULATING = "CALCULATING", "Calculating"
    CALCULATED = "CALCULATED", "Calculated"
    IN_REVIEW = "IN_REVIEW", "In review"
    APPROVED = "APPROVED", "Approved"
    POSTING = "POSTING", "Posting"
    POSTED = "POSTED", "Posted"
    CLOSED = "CLOSED", "Closed"
    CANCELLED = "CANCELLED", "Cancelled"


class ChunkStage(TextChoices):
    DRAFT = "DRAFT", "To draft"
    DRAFTED = "DRAFTED", "Drafted"
    POST = "POST", "To post"
    POSTED = "POSTED", "Posted"
    SPLIT = "SPLIT", "Split into smaller chunks"


class AccountState(TextChoices):
    QUEUED = "QUEUED", "Queued"
    DRAFTED = "DRAFTED", "Drafted"
    HELD = "HELD", "Held"
    ERROR = "ERROR", "Failed"
    NOTHING = "NOTHING", "Nothing to bill"
    SUPPRESSED = "SUPPRESSED", "Zero document kept"
    POSTED = "POSTED", "Posted"
    NOT_SELECTED = "NOT_SELECTED", "Not selected"
    RELEASED = "RELEASED", "Left to a later run"


class Severity(TextChoices):
    INFO = "INFO", "For information"
    WARN = "WARN", "Look at it"
    BLOCK = "BLOCK", "Holds the account"


class ItemKind(TextChoices):
    RECURRING = "RECURRING", "Recurring"
    USAGE = "USAGE", "Usage"
    ONE_TIME = "ONE_TIME", "One-time"
    OTHER = "OTHER", "Other"


class ItemOrigin(TextChoices):
    NORMAL = "NORMAL", "Normal"
    BACKDATED = "BACKDATED", "Backdated change"
    LATE_USAGE = "LATE_USAGE", "Late usage"
    RERATE = "RERATE", "Rerated"
    ADJUSTMENT = "ADJUSTMENT", "Adjustment"
    FEE = "FEE", "Fee"


class DocumentType(TextChoices):
    INVOICE = "INVOICE", "Invoice"
    CREDIT_NOTE = "CREDIT_NOTE", "Credit memo"
    DEBIT_NOTE = "DEBIT_NOTE", "Debit memo"
    CORRECTIVE = "CORRECTIVE", "Corrective invoice"
    PROFORMA = "PROFORMA", "Pro forma"


class DocumentOrigin(TextChoices):
    CYCLE = "CYCLE", "Cycle run"
    CORRECTION = "CORRECTION", "Correction of an earlier period"
    INTERIM = "INTERIM", "Interim, above a limit"
    MANUAL = "MANUAL", "Made by hand"


class DocumentState(TextChoices):
    DRAFT = "DRAFT", "Draft"
    POSTED = "POSTED", "Posted"
    SUPPRESSED = "SUPPRESSED", "Zero, kept without a number"
    DISCARDED = "DISCARDED", "Discarded"


class ArtifactKind(TextChoices):
    PDF = "PDF", "PDF"
    CSV = "CSV", "Itemised CSV"
    XML = "XML", "Structured invoice"


class MemoKind(TextChoices):
    CREDIT = "CREDIT", "Credit of a document"
    GOODWILL = "GOODWILL", "Goodwill on account"
    DEBIT = "DEBIT", "Debit memo"


class CreditScope(TextChoices):
    FULL = "FULL", "The whole document"
    LINES = "LINES", "Chosen lines"
    AMOUNT = "AMOUNT", "An amount, spread over the lines"


class CreditState(TextChoices):
    PENDING = "PENDING", "Waits for approval"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"
    POSTED = "POSTED", "Posted"
