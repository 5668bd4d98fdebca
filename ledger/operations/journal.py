"""Post to the journal, one entry or a run of them, and reverse what was posted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max

from foundation import copying
from foundation.errors import Refusal
from foundation.permissions import may
from ledger import queries
from ledger.choices import PeriodState, RateKind
from ledger.models import JournalEntry, JournalLine, LegalEntity
from ledger.rules.entries import EntryLine, UnbalancedEntry, balanced, mirrored

ENTRY_COLUMNS: Final = (
    "id",
    "entity_id",
    "source_type",
    "source_id",
    "event",
    "accounting_date",
    "currency",
    "fx_rate",
    "actor_id",
)
LINE_COLUMNS: Final = (
    "entry_id",
    "account_id",
    "currency",
    "debit",
    "credit",
    "functional_debit",
    "functional_credit",
    "customer_id",
    "payer_id",
    "product_id",
    "jurisdiction_id",
    "tax_type",
)


class CannotPost(Refusal):
    """The entry is none: it does not balance, or names an account that is not in the chart."""

    rule = "LED-1"


class AlreadyPosted(Refusal):
    """The event of this document is in the journal already (LED-1)."""

    rule = "LED-1"


class CannotReverse(Refusal):
    """The entry is reversed already, or is a reversal itself (LED-3)."""

    rule = "LED-3"


def post_entry(
    *,
    entity: LegalEntity,
    source_type: str,
    source_id: int,
    event: str,
    accounting_date: date,
    currency: str,
    lines: Sequence[EntryLine],
    description: str = "",
    fx_rate: Decimal | None = None,
    actor: User | None = None,
) -> JournalEntry:
    """Post what one event of one source document does to the books, in its transaction (LED-1).

    `source_type` is a model's `label_lower`; `fx_rate` is functional currency per one of
    `currency`, looked up as the spot rate of the date when left out. The same event of the same
    document a second time is refused.

    Raises: CannotPost; AlreadyPosted; queries.PeriodNotOpen; queries.FxRateMissing.
    """
    _require_source_not_posted(source_type, source_id, event)
    rate = fx_rate or queries.fx_rate(
        currency, entity.functional_currency, RateKind.SPOT, accounting_date
    )
    try:
        complete = balanced(
            lines,
            currency=currency,
            functional_currency=entity.functional_currency,
            fx_rate=rate,
        )
    except UnbalancedEntry as unbalanced:
        raise CannotPost(str(unbalanced)) from unbalanced
    return _write(
        JournalEntry(
            entity=entity,
            source_type=source_type,
            source_id=source_id,
            event=event,
            accounting_date=accounting_date,
            currency=currency,
            fx_rate=rate,
            description=description,
            actor=actor,
        ),
        complete,
    )


def reverse_entry(
    *, entry_id: int, accounting_date: date, actor: User | None = None, description: str = ""
) -> JournalEntry:
    """Post the mirror of an entry, at its own amounts and rate, linked to it (LED-3).

    Raises: CannotReverse; queries.PeriodNotOpen.
    """
    with transaction.atomic():
        entry = (
            JournalEntry.objects.select_for_update(of=("self",))
            .select_related("entity")
            .get(pk=entry_id)
        )
        if entry.reversal_of_id is not None:
            raise CannotReverse("a reversal is not reversed; post the event anew")
        if JournalEntry.objects.filter(reversal_of=entry).exists():
            raise CannotReverse(f"entry {entry.pk} is reversed already")
        same_event = JournalEntry.objects.filter(
            source_type=entry.source_type, source_id=entry.source_id, event=entry.event
        )
        latest = same_event.aggregate(version=Max("version"))["version"]
        return _write(
            JournalEntry(
                entity=entry.entity,
                source_type=entry.source_type,
                source_id=entry.source_id,
                event=entry.event,
                version=latest + 1,
                accounting_date=accounting_date,
                currency=entry.currency,
                fx_rate=entry.fx_rate,
                description=description or f"Reversal of entry {entry.pk}",
                reversal_of=entry,
                actor=actor,
            ),
            [mirrored(line) for line in _lines_of(entry)],
        )


def post_in_bulk(cursor: CursorWrapper, *, entries: Iterable[str], lines: Iterable[str]) -> int:
    """Post many entries by COPY, in the caller's transaction; return how many lines.

    Ready COPY text in the order of ENTRY_COLUMNS and LINE_COLUMNS, functional amounts included;
    ids from `foundation.copying.ids(cursor, "ledger_journalentry", n)`. All lines of an entry in
    one call. The database checks balance, accounts and periods, once per call.
    """
    copying.copy_text(cursor, "ledger_journalentry", ENTRY_COLUMNS, entries)
    return copying.copy_text(cursor, "ledger_journalline", LINE_COLUMNS, lines)


def _write(entry: JournalEntry, lines: Sequence[EntryLine]) -> JournalEntry:
    ids = queries.account_ids(entry.entity_id)
    unknown = sorted({line.account for line in lines} - ids.keys())
    if unknown:
        raise CannotPost(
            f"account {', '.join(unknown)} is not in the chart of {entry.entity.code}"
        )
    with transaction.atomic():
        _allow_soft_closed(entry)
        entry.save(force_insert=True)
        JournalLine.objects.bulk_create(
            [_row(entry, line, ids[line.account]) for line in lines], batch_size=len(lines)
        )
    return entry


def _allow_soft_closed(entry: JournalEntry) -> None:
    """Refuse closed dates early, and let finance people post to a soft-closed period (LED-2)."""
    period = queries.period_of(entry.entity_id, entry.accounting_date)
    if (
        period is not None
        and period.state == PeriodState.SOFT_CLOSED
        and entry.actor is not None
        and may(entry.actor, "ledger.post_to_soft_closed")
    ):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('billing.finance', 'on', true)")
        return
    queries.require_open_period(entry.entity_id, entry.accounting_date)


def _row(entry: JournalEntry, line: EntryLine, account_id: int) -> JournalLine:
    return JournalLine(
        entry=entry,
        account_id=account_id,
        currency=entry.currency,
        debit=line.debit,
        credit=line.credit,
        functional_debit=line.functional_debit or 0,
        functional_credit=line.functional_credit or 0,
        customer_id=line.customer_id,
        payer_id=line.payer_id,
        product_id=line.product_id,
        jurisdiction_id=line.jurisdiction_id,
        tax_type=line.tax_type,
    )


def _lines_of(entry: JournalEntry) -> list[EntryLine]:
    rows = entry.lines.select_related("account").order_by("pk")
    return [
        EntryLine(
            account=row.account.number,
            debit=row.debit,
            credit=row.credit,
            functional_debit=row.functional_debit,
            functional_credit=row.functional_credit,
            customer_id=row.customer_id,
            payer_id=row.payer_id,
            product_id=row.product_id,
            jurisdiction_id=row.jurisdiction_id,
            tax_type=row.tax_type,
        )
        for row in rows
    ]


def _require_source_not_posted(source_type: str, source_id: int, event: str) -> None:
    if JournalEntry.objects.filter(
        source_type=source_type, source_id=source_id, event=event
    ).exists():
        raise AlreadyPosted(f"{event} of {source_type} {source_id} is in the journal already")
