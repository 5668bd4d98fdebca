"""One row of a payment file, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from receivables.rules.allocation import Advice


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """What a row says, in values of ours; `line` is its place in the file."""

    line: int
    payer: str
    amount: Decimal
    currency: str
    tender: str
    received_on: date
    external_id: str = ""
    reference: str = ""
    remittance: tuple[Advice, ...] = ()
