"""Post many entries at once: what a file of payments or a settlement of many payers needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.contrib.auth.models import User
from django.db import connection, transaction

from foundation import copying
from ledger import queries
from ledger.models import LegalEntity
from ledger.operations.journal import CannotPost, post_in_bulk
from ledger.rules.entries import EntryLine, UnbalancedEntry, balanced


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What one event of one source document does to the books; see `post_entry`."""

    entity: LegalEntity
    source_type: str
    source_id: int
    event: str
    accounting_date: date
    currency: str
    fx_rate: Decimal
    lines: Sequence[EntryLine]


def post_entries(entries: Sequence[NewEntry], *, actor: User | None = None) -> int:
    """Post entries by COPY, in the caller's transaction; return how many (LED-1).

    Periods, balance and a second posting of an event are judged by the database, once for all.

    Raises: CannotPost.
    """
    accounts = cache(queries.account_ids)
    heads: list[str] = []
    lines: list[str] = []
    with transaction.atomic(), connection.cursor() as cursor:
        ids = copying.ids(cursor, "ledger_journalentry", len(entries))
        for pk, entry in zip(ids, entries, strict=True):
            heads.append(_text(pk, entry, actor))
            numbers = accounts(entry.entity.pk)
            for line in _complete(entry):
                if line.account not in numbers:
                    raise CannotPost(
                        f"account {line.account} is not in the chart of {entry.entity.code}"
                    )
                lines.append(_line_text(pk, entry.currency, line, numbers[line.account]))
        if entries:
            post_in_bulk(cursor, entries=heads, lines=lines)
    return len(entries)


def _complete(entry: NewEntry) -> list[EntryLine]:
    try:
        return balanced(
            entry.lines,
            currency=entry.currency,
            functional_currency=entry.entity.functional_currency,
            fx_rate=entry.fx_rate,
        )
    except UnbalancedEntry as unbalanced:
        raise CannotPost(str(unbalanced)) from unbalanced


def _text(pk: int, entry: NewEntry, actor: User | None) -> str:
    return _row(
        (
            pk,
            entry.entity.pk,
            entry.source_type,
            entry.source_id,
            entry.event,
            entry.accounting_date,
            entry.currency,
            entry.fx_rate,
            actor.pk if actor is not None else None,
        )
    )


def _line_text(pk: int, currency: str, line: EntryLine, account_id: int) -> str:
    return _row(
        (
            pk,
            account_id,
            currency,
            line.debit,
            line.credit,
            line.functional_debit or 0,
            line.functional_credit or 0,
            line.customer_id,
            line.payer_id,
            line.product_id,
            line.jurisdiction_id,
            line.tax_type,
        )
    )


def _row(values: Iterable[object]) -> str:
    texts = ("\\N" if value is None else copying.escape(str(value)) for value in values)
    return "\t".join(texts) + "\n"
