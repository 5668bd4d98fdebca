"""Record a file of payments: whole, and only if its control totals agree (PAY-10, I-19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from django.db import transaction

import audit.operations
from foundation import permissions
from foundation.errors import FileRefused, Refusal
from foundation.scope import require_sight
from foundation.tabular import BadFile, RowProblem
from ledger.models import LegalEntity
from payments.models import Payment, PaymentBatch, TenderType, UnidentifiedReceipt
from payments.operations import receipts
from payments.operations.checking import problems_of
from payments.operations.many import record_many
from payments.operations.rows import PaymentRow
from payments.queries import matching_book
from payments.rules import matching

if TYPE_CHECKING:
    from django.contrib.auth.models import User

IMPORT = "payments.import_payments"
KIND = "payments"
ZERO = Decimal(0)

Progress = Callable[[int, int], None]


class CannotRecordBatch(Refusal):
    """The file disagrees with its control totals, or holds nothing."""

    rule = "PAY-10"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What a row became: a payment of a payer, or a receipt that waits for its owner."""

    row: PaymentRow
    match: matching.Match
    payment: Payment | None = None
    receipt: UnidentifiedReceipt | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a file came to; with problems, nothing of it was recorded."""

    filename: str
    rows: int
    amount: Decimal
    currency: str
    problems: Sequence[RowProblem] = ()
    outcomes: Sequence[RowOutcome] = field(default_factory=list)
    batch: PaymentBatch | None = None
    is_rehearsal: bool = False

    @property
    def payments(self) -> list[Payment]:
        """The payments that the rows became."""
        return [line.payment for line in self.outcomes if line.payment is not None]

    @property
    def receipts(self) -> list[UnidentifiedReceipt]:
        """The rows whose payer nobody knows."""
        return [line.receipt for line in self.outcomes if line.receipt is not None]


def record_batch(
    *,
    entity: LegalEntity,
    filename: str,
    content: bytes,
    rows: Sequence[PaymentRow],
    problems: Sequence[RowProblem],
    as_of: date,
    actor: User | None,
    control_count: int | None = None,
    control_amount: Decimal | None = None,
    is_rehearsal: bool = False,
    progress: Progress | None = None,
) -> BatchReport:
    """Record every row of a file in one transaction, or none (PAY-10, I-19).

    A row whose payer cannot be told with certainty becomes an unidentified receipt (J14). The
    same content is refused a second time; a file that was refused may come again. A rehearsal
    does everything and takes it back. `as_of` is today.

    Raises: CannotRecordBatch, audit's AlreadyImported.
    """
    permissions.require(actor, IMPORT)
    require_sight(actor, entity)
    _require_new(filename, content, actor)
    found = [*problems, *problems_of(entity, rows, as_of)]
    total = sum((row.amount for row in rows), ZERO)
    currency = rows[0].currency if rows else ""
    try:
        _require_controls(len(rows) + _lines_lost(problems), total, control_count, control_amount)
    except CannotRecordBatch as refusal:
        problem = RowProblem(0, "", "", refusal.rule, refusal.message)
        _keep_refusal(
            filename, content, actor, refusal.message, [problem, *problems], is_rehearsal
        )
        raise
    if found:
        found.sort(key=lambda problem: (problem.row, problem.column))
        message = f"{len(found)} problems; the first: {found[0].message}"
        _keep_refusal(filename, content, actor, message, found, is_rehearsal)
        return BatchReport(filename, len(rows), total, currency, found)
    with transaction.atomic():
        report = _record(
            entity, filename, content, rows, control_count, control_amount, actor, progress
        )
        if is_rehearsal:
            transaction.set_rollback(True)
    if is_rehearsal:
        return BatchReport(
            filename, len(rows), total, currency, (), report.outcomes, None, is_rehearsal=True
        )
    return report


def _require_new(filename: str, content: bytes, actor: User | None) -> None:
    """Refuse a file that was recorded before, ahead of finding each of its rows recorded."""
    with transaction.atomic():
        audit.operations.open_batch(kind=KIND, filename=filename, content=content, actor=actor)
        transaction.set_rollback(True)


def _require_controls(
    count: int, total: Decimal, control_count: int | None, control_amount: Decimal | None
) -> None:
    if control_count is not None and control_count != count:
        raise CannotRecordBatch(
            f"The control total says {control_count} payments; the file holds {count}."
            " Nothing was recorded."
        )
    if control_amount is not None and control_amount != total:
        raise CannotRecordBatch(
            f"The control total says {control_amount}; the payments of the file come to {total}."
            " Nothing was recorded."
        )
    if count == 0:
        raise CannotRecordBatch("The file holds no payment.")


def _lines_lost(problems: Sequence[RowProblem]) -> int:
    """Count the lines that could not be read: they are in the file all the same."""
    return len({problem.row for problem in problems})


def refuse_file(
    *,
    entity: LegalEntity,
    filename: str,
    content: bytes,
    bad: BadFile,
    actor: User | None,
    is_rehearsal: bool,
) -> NoReturn:
    """Keep the verdict on a file that cannot be read at all. Raises: FileRefused."""
    permissions.require(actor, IMPORT)
    require_sight(actor, entity)
    _keep_refusal(filename, content, actor, bad.message, [bad.problem], is_rehearsal)
    raise FileRefused(bad) from bad


def _keep_refusal(
    filename: str,
    content: bytes,
    actor: User | None,
    message: str,
    errors: Sequence[RowProblem],
    is_rehearsal: bool,
) -> None:
    if not is_rehearsal:
        audit.operations.refuse_batch(
            kind=KIND,
            filename=filename,
            content=content,
            actor=actor,
            message=message,
            errors=errors,
        )


def _record(
    entity: LegalEntity,
    filename: str,
    content: bytes,
    rows: Sequence[PaymentRow],
    control_count: int | None,
    control_amount: Decimal | None,
    actor: User | None,
    progress: Progress | None,
) -> BatchReport:
    file = audit.operations.open_batch(kind=KIND, filename=filename, content=content, actor=actor)
    matches = match_rows(entity, rows)
    sure = [match.is_certain for match in matches]
    batch = PaymentBatch.objects.create(
        entity=entity,
        import_batch=file,
        filename=filename[-200:],
        currency=rows[0].currency,
        control_count=control_count,
        control_amount=control_amount,
        payment_count=sum(sure),
        payment_amount=_sum(rows, sure, wanted=True),
        unidentified_count=len(rows) - sum(sure),
        unidentified_amount=_sum(rows, sure, wanted=False),
        recorded_by=actor,
    )
    outcomes = _record_rows(batch, rows, matches, actor, progress)
    audit.operations.close_batch(
        file, counts={"payments": batch.payment_count, "unidentified": batch.unidentified_count}
    )
    total = batch.payment_amount + batch.unidentified_amount
    return BatchReport(filename, len(rows), total, batch.currency, (), outcomes, batch)


def _sum(rows: Sequence[PaymentRow], sure: Sequence[bool], *, wanted: bool) -> Decimal:
    pairs = zip(rows, sure, strict=True)
    return sum((row.amount for row, is_sure in pairs if is_sure is wanted), ZERO)


def match_rows(entity: LegalEntity, rows: Sequence[PaymentRow]) -> list[matching.Match]:
    """Tell for every row whose money it is, with one look at the book for all (PAY-10)."""
    clues = [
        matching.Clues(
            payer=row.payer,
            documents=tuple(line.number for line in row.remittance),
            reference=row.reference,
            amount=row.amount,
        )
        for row in rows
    ]
    texts = [clue.reference for clue in clues]
    book = matching_book(
        entity_id=entity.pk,
        currency=rows[0].currency,
        payers=(clue.payer for clue in clues if clue.payer),
        documents=(
            number
            for clue in clues
            for number in (*clue.documents, *matching.tokens(clue.reference))
        ),
        squeezed=(body for text in texts for body in matching.creditor_references(text)),
        amounts=(clue.amount for clue in clues),
    )
    return [matching.match(clue, book) for clue in clues]


def _record_rows(
    batch: PaymentBatch,
    rows: Sequence[PaymentRow],
    matches: Sequence[matching.Match],
    actor: User | None,
    progress: Progress | None,
) -> list[RowOutcome]:
    known = [
        (row, match.payer_id)
        for row, match in zip(rows, matches, strict=True)
        if match.is_certain and match.payer_id is not None
    ]
    made = iter(record_many(batch=batch, rows=known, actor=actor, permission=IMPORT))
    tenders = {tender.code: tender for tender in TenderType.objects.all()}
    outcomes = []
    for row, match in zip(rows, matches, strict=True):
        if match.is_certain:
            outcomes.append(RowOutcome(row, match, payment=next(made)))
        else:
            receipt = _take_in(batch, row, match, tenders[row.tender], actor)
            outcomes.append(RowOutcome(row, match, receipt=receipt))
        if progress is not None and len(outcomes) % 1000 == 0:
            progress(len(outcomes), len(rows))
    return outcomes


def _take_in(
    batch: PaymentBatch,
    row: PaymentRow,
    match: matching.Match,
    tender: TenderType,
    actor: User | None,
) -> UnidentifiedReceipt:
    return receipts.take_in(
        entity=batch.entity,
        amount=row.amount,
        currency=row.currency,
        tender=tender,
        received_on=row.received_on,
        actor=actor,
        external_id=row.external_id,
        payer_text=row.payer,
        reference=_words(row),
        likely_payer_id=match.payer_id,
        match_basis=match.basis,
        confidence=match.confidence,
        batch=batch,
    )


def _words(row: PaymentRow) -> str:
    """Keep what the sender wrote, documents included, for whoever searches the owner."""
    documents = " ".join(line.number for line in row.remittance)
    return f"{row.reference} {documents}".strip()[:200]
