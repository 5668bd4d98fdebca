"""Read a file of payments into rows, and hand them to one operation."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from foundation.parsing import (
    BadValue,
    amount_text,
    code_text,
    currency_text,
    date_text,
    decimal_text,
    key_text,
    plain_text,
)
from foundation.tabular import BadFile, Limits, Line, RowProblem, read_filled_table
from ledger.models import LegalEntity
from payments import operations
from payments.operations import BatchReport, PaymentRow
from receivables.rules.allocation import Advice

if TYPE_CHECKING:
    from django.contrib.auth.models import User

T = TypeVar("T")
REQUIRED = ("amount", "currency", "tender", "received_on")
OPTIONAL = ("external_id", "payer", "reference", "remittance")
LIMITS = Limits(file_bytes=40 * 1024 * 1024, csv_rows=200_000)
COLUMNS = ("external_id", "payer", *REQUIRED, "reference", "remittance")


def record_payments(
    *,
    entity: LegalEntity,
    filename: str,
    content: bytes,
    as_of: date,
    actor: User | None,
    control_count: int | None = None,
    control_amount: Decimal | None = None,
    is_rehearsal: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> BatchReport:
    """Read a CSV or XLSX file and record it (PAY-10). Raises: FileRefused, CannotRecordBatch."""
    try:
        rows, problems = read_rows(content, filename)
    except BadFile as bad:
        operations.refuse_file(
            entity=entity,
            filename=filename,
            content=content,
            bad=bad,
            actor=actor,
            is_rehearsal=is_rehearsal,
        )
    return operations.record_batch(
        entity=entity,
        filename=filename,
        content=content,
        rows=rows,
        problems=problems,
        as_of=as_of,
        actor=actor,
        control_count=control_count,
        control_amount=control_amount,
        is_rehearsal=is_rehearsal,
        progress=progress,
    )


def read_rows(content: bytes, filename: str) -> tuple[list[PaymentRow], list[RowProblem]]:
    """Parse every line; a line with a fault is reported with column, value and rule."""
    rows: list[PaymentRow] = []
    problems: list[RowProblem] = []
    lines = read_filled_table(
        content, filename, required=REQUIRED, optional=OPTIONAL, limits=LIMITS
    )
    for line in lines:
        faults: list[RowProblem] = []
        row = _row(line, faults)
        problems += faults
        if row is not None and not faults:
            rows.append(row)
    return rows, problems


def _row(line: Line, faults: list[RowProblem]) -> PaymentRow | None:
    read = _Cells(line, faults)
    currency = read("currency", currency_text, "")
    row = PaymentRow(
        line=line.number,
        payer=read("payer", _optional(lambda text: code_text(text, 32)), ""),
        amount=read("amount", lambda text: positive_amount(text, currency), Decimal(0)),
        currency=currency,
        tender=read("tender", lambda text: code_text(text, 16), ""),
        received_on=read("received_on", date_text, date.min),
        external_id=read("external_id", _optional(lambda text: key_text(text, 128)), ""),
        reference=read("reference", _optional(lambda text: plain_text(text, 200)), ""),
        remittance=read("remittance", lambda text: remittance_text(text, currency), ()),
    )
    return None if faults else row


def positive_amount(text: str, currency: str) -> Decimal:
    """Read a payment's amount: more than nothing, no finer than the currency's minor unit."""
    amount = amount_text(text, currency=currency) if currency else decimal_text(text, places=4)
    if amount <= 0:
        raise BadValue("RANGE", f"{text} is not more than 0: a payment that goes back is reversed")
    return amount


def remittance_text(text: str, currency: str) -> tuple[Advice, ...]:
    """Read "INV-1=50.00; INV-2": documents, each with its amount or else all that is open."""
    lines = []
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        number, equals, amount = (piece.strip() for piece in part.partition("="))
        lines.append(
            Advice(
                number=code_text(number, 32),
                amount=positive_amount(amount, currency) if equals else None,
            )
        )
    return tuple(lines)


def _optional(parse: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: parse(text) if text else ""


class _Cells:
    """Reads the cells of one line and notes what cannot be read."""

    def __init__(self, line: Line, faults: list[RowProblem]) -> None:
        self.line = line
        self.faults = faults

    def __call__(self, column: str, parse: Callable[[str], T], otherwise: T) -> T:
        """Return the parsed cell, or the stand-in and a note."""
        text = self.line.values.get(column, "").strip()
        try:
            if not text and column in REQUIRED:
                raise BadValue("REQUIRED", "a value is required")
            return parse(text)
        except BadValue as bad:
            self.faults.append(RowProblem(self.line.number, column, text, bad.rule, bad.message))
            return otherwise
