"""What stores of usage pass to each other: whose rows they are and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rating.rules.partials import PartTerms
from rating.rules.reasons import Reason, Rejected
from rating.rules.rows import Row

COLUMNS = {
    Reason.NO_CHARGE: "usage_type",
    Reason.NO_PRICE: "usage_type",
    Reason.NO_ZONE: "attributes",
    Reason.BAD_QUANTITY: "quantity",
}
EXPLANATIONS = {
    Reason.NO_OWNER: "no service held this identifier at that time",
    Reason.INACTIVE_SERVICE: "the service was not active at that time",
    Reason.NO_CHARGE: "not exactly one usage charge of the service fits type and attributes",
    Reason.NO_PRICE: "the charge has no published price on that day",
    Reason.NO_ZONE: "no prefix of the zone map fits the number on that day",
    Reason.BAD_QUANTITY: "the amount of the event would be too large",
}


@dataclass(slots=True)
class Batch:
    """Say whose rows are stored: the ids that every row of a part carries.

    `is_fresh` expects that no key of the rows was sent before; it is put out when one was. `parts`
    says how the source names the parts of a session; None where none comes in parts.
    """

    source_id: int
    file_id: int
    received_at: datetime
    columns: tuple[str, ...]
    is_fresh: bool = False
    parts: PartTerms | None = None


@dataclass(slots=True)
class Refused:
    """Hold a row on its way to suspense."""

    number: int
    fields: Sequence[str]
    reason: Reason
    column: str
    message: str
    row: Row | None = None
    holds_key: bool = False
    session: str = ""


@dataclass(slots=True)
class Outcome:
    """Count what became of the rows of a part.

    `received_quantity` adds up what was sent, refused rows too as far as their quantity can be
    read: it is held against the sender's total (I-19).
    """

    loaded: int = 0
    received_quantity: Decimal = Decimal(0)
    loaded_quantity: Decimal = Decimal(0)
    duplicates: set[int] = field(default_factory=set)
    refused: list[Refused] = field(default_factory=list)


def unguided(row: Row, reason: Reason) -> Refused:
    """Return a row that belongs to no charge; it keeps its key."""
    column = COLUMNS.get(reason, "identifier")
    return Refused(int(row.number), (), reason, column, EXPLANATIONS[reason], row, holds_key=True)


def hold_parts(terms: PartTerms, rows: list[Row], outcome: Outcome) -> list[Row]:
    """Return the rows that are no part of a session; parts wait with their key (RATE step 4)."""
    whole = []
    for row in rows:
        try:
            session = terms.session_of(row.attributes)
        except Rejected as why:
            outcome.refused.append(
                Refused(int(row.number), (), why.reason, why.column, why.message, row, True)
            )
            continue
        if session:
            outcome.refused.append(_part(row, session))
        else:
            whole.append(row)
    return whole


def _part(row: Row, session: str) -> Refused:
    message = "one part of a session, which waits for the others"
    return Refused(int(row.number), (), Reason.PARTIAL, "", message, row, True, session)
