"""Look a whole file over before anything of it is recorded: each fault with row and rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import ledger.queries
from customers.models import Account
from foundation.errors import Refusal
from foundation.tabular import RowProblem
from ledger.models import LegalEntity
from payments.models import TenderType
from payments.operations.rows import PaymentRow
from payments.queries import known_external_ids


def problems_of(entity: LegalEntity, rows: Sequence[PaymentRow], as_of: date) -> list[RowProblem]:
    """Return what keeps the file from being recorded; a fixed number of statements."""
    return [
        *_early(rows, as_of),
        *_tenders(rows),
        *_currencies(entity, rows),
        *_repeated(rows),
        *_recorded_before(entity, rows),
        *_periods(entity, rows),
    ]


def _early(rows: Sequence[PaymentRow], as_of: date) -> Iterator[RowProblem]:
    """Find money said to have come on a later day; tomorrow is today somewhere."""
    for row in rows:
        if row.received_on > as_of + timedelta(days=1):
            message = f"money that comes after {as_of} has not been received yet"
            day = row.received_on.isoformat()
            yield RowProblem(row.line, "received_on", day, "PAY-10", message)


def _tenders(rows: Sequence[PaymentRow]) -> Iterator[RowProblem]:
    in_use = set(TenderType.objects.filter(is_active=True).values_list("code", flat=True))
    for row in rows:
        if row.tender not in in_use:
            message = f"there is no tender {row.tender} in use; {', '.join(sorted(in_use))} are"
            yield RowProblem(row.line, "tender", row.tender, "TENDER", message)


def _currencies(entity: LegalEntity, rows: Sequence[PaymentRow]) -> Iterator[RowProblem]:
    kept_in = dict(
        Account.objects.filter(entity=entity, number__in={row.payer for row in rows}).values_list(
            "number", "currency"
        )
    )
    for row in rows:
        if row.currency != rows[0].currency:
            message = f"the file began in {rows[0].currency}: one file, one currency"
            yield RowProblem(row.line, "currency", row.currency, "PAY-10", message)
        elif kept_in.get(row.payer, row.currency) != row.currency:
            message = (
                f"account {row.payer} is kept in {kept_in[row.payer]}: payments in another"
                " currency are not converted in this version"
            )
            yield RowProblem(row.line, "currency", row.currency, "AR-8", message)


def _repeated(rows: Sequence[PaymentRow]) -> Iterator[RowProblem]:
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        if not row.external_id:
            continue
        line = first.setdefault((row.tender, row.external_id), row.line)
        if line != row.line:
            message = f"the same external id stands in row {line}"
            yield RowProblem(row.line, "external_id", row.external_id, "PAY-10", message)


def _recorded_before(entity: LegalEntity, rows: Sequence[PaymentRow]) -> Iterator[RowProblem]:
    ids = dict(TenderType.objects.values_list("code", "pk"))
    for code in sorted({row.tender for row in rows if row.tender in ids}):
        own = [row for row in rows if row.tender == code]
        known = known_external_ids(
            entity_id=entity.pk,
            tender_id=ids[code],
            external_ids=(row.external_id for row in own),
        )
        for row in own:
            if row.external_id in known:
                message = "this receipt of money has been recorded already"
                yield RowProblem(row.line, "external_id", row.external_id, "PAY-10", message)


def _periods(entity: LegalEntity, rows: Sequence[PaymentRow]) -> Iterator[RowProblem]:
    closed: dict[object, str] = {}
    rules: dict[object, str] = {}
    for day in sorted({row.received_on for row in rows}):
        try:
            ledger.queries.require_open_period(entity.pk, day)
        except Refusal as refusal:
            closed[day], rules[day] = refusal.message, refusal.rule
    for row in rows:
        if row.received_on in closed:
            yield RowProblem(
                row.line,
                "received_on",
                row.received_on.isoformat(),
                rules[row.received_on],
                closed[row.received_on],
            )
