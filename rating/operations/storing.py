"""Store a part of usage: the fast path from lines of text to events, sums and suspense.

One transaction per part: keys first (who counts), then events, aggregates and suspense, then the
caller's mark that the part is done. Locks are taken in the order keys → aggregates, each sorted,
so that two workers never wait for each other in a circle.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import itemgetter

from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from rating.operations.partitions import ensure_partitions
from rating.queries.guides import Guides
from rating.rules.guiding import Guide
from rating.rules.reasons import Reason, Rejected
from rating.rules.rows import Row, RowReader

EVENT_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "attribute_key",
    "source_id", "file_id", "received_at", "event_start", "event_end", "price_version_id",
    "row_number", "on_date", "event_key", "usage_type", "identifier_type", "identifier", "state",
    "currency", "quantity", "billable_quantity", "amount_exact", "attributes",
)  # fmt: skip
SUSPENSE_COLUMNS = (
    "source_id", "file_id", "row_number", "reason", "column", "message", "fields", "usage_type",
    "identifier", "event_start", "quantity", "holds_key", "corrections", "state", "attempts",
    "received_at", "resolution",
)  # fmt: skip
SUM_COLUMNS = (
    "account_id", "service_id", "subscription_charge_id", "attribute_key", "on_date", "quantity",
    "event_count", "amount",
)  # fmt: skip
COLUMNS = {
    Reason.NO_CHARGE: "usage_type",
    Reason.NO_PRICE: "usage_type",
    Reason.BAD_QUANTITY: "quantity",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Say whose rows are stored: the ids that every row of a part carries."""

    source_id: int
    file_id: int
    received_at: datetime
    columns: tuple[str, ...]


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


@dataclass(slots=True)
class Sum:
    """Add up the events of one charge, service, day and attribute group.

    `amount` is NULL text where events are not rounded one by one.
    """

    quantity: Decimal
    count: int
    amount: Decimal | str


Numbered = tuple[int, Row]
NULL = "\\N"
_account = itemgetter(0)
EXPLANATIONS = {
    Reason.NO_OWNER: "no service held this identifier at that time",
    Reason.INACTIVE_SERVICE: "the service was not active at that time",
    Reason.NO_CHARGE: "not exactly one usage charge of the service fits type and attributes",
    Reason.NO_PRICE: "the charge has no published price on that day",
    Reason.BAD_QUANTITY: "the amount of the event would be too large",
}


def split_lines(text: str) -> list[list[str]]:
    """Cut text into rows of fields; a row is one line, quotes as in CSV."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if '"' not in text:
        return [line.split(",") for line in lines]
    return [_quoted(line) if '"' in line else line.split(",") for line in lines]


def _quoted(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        return ["unreadable quotes", line]


def read_rows(
    reader: RowReader, rows: Iterable[tuple[int, list[str]]]
) -> tuple[list[Numbered], list[Refused]]:
    """Validate rows; return the good and the refused."""
    good: list[Numbered] = []
    refused: list[Refused] = []
    read, keep = reader.read, good.append
    for number, fields in rows:
        try:
            keep((number, read(fields)))
        except Rejected as why:
            refused.append(Refused(number, fields, why.reason, why.column, why.message))
    return good, refused


def store(
    cursor: CursorWrapper,
    *,
    batch: Batch,
    reader: RowReader,
    guides: Guides,
    rows: Iterable[tuple[int, list[str]]],
) -> Outcome:
    """Store rows within the caller's transaction; every row ends loaded, duplicate or refused.

    The refused are left to the caller: new rows go to suspense (`suspend`), recycled ones stay.
    """
    good, refused = read_rows(reader, rows)
    guides.learn(cursor, {(row[2], row[3]) for _, row in good})
    outcome = Outcome(refused=refused)
    outcome.received_quantity = sum([row[12] for _, row in good], Decimal(0))
    for one in refused:
        outcome.received_quantity += reader.quantity_sent(one.fields)
    good = _claim_keys(cursor, batch, good, outcome)
    _write_events(cursor, batch, guides, good, outcome)
    return outcome


def _claim_keys(
    cursor: CursorWrapper, batch: Batch, rows: list[Numbered], outcome: Outcome
) -> list[Numbered]:
    """Keep the rows whose key is new (RATE step 3).

    The same key with the same content is a duplicate, with other content DUP_CONFLICT.
    """
    if not rows:
        return rows
    sql.run(cursor, "rating", "key_stage_table")
    copying.copy_text(
        cursor,
        "rating_key_stage",
        ("key_hash", "content_hash", "row_number"),
        ["".join([f"{row[10]}\t{row[11]}\t{number}\n" for number, row in rows])],
    )
    sql.run(cursor, "rating", "claim_keys", source_id=batch.source_id, file_id=batch.file_id)
    if cursor.rowcount == len(rows):
        return rows
    sql.run(cursor, "rating", "lost_keys", source_id=batch.source_id, file_id=batch.file_id)
    lost: dict[int, bool] = dict(cursor.fetchall())
    kept: list[Numbered] = []
    for number, row in rows:
        if number not in lost:
            kept.append((number, row))
        elif lost[number]:
            outcome.duplicates.add(number)
        else:
            outcome.refused.append(
                Refused(
                    number, (), Reason.DUP_CONFLICT, "event_key",
                    "this key was received before with other content", row,
                )
            )  # fmt: skip
    return kept


def _write_events(
    cursor: CursorWrapper,
    batch: Batch,
    guides: Guides,
    rows: list[Numbered],
    outcome: Outcome,
) -> None:
    """Guide each row (RATE step 5), price what is rounded by event, write events and sums."""
    months: dict[str, list[tuple[int, str]]] = defaultdict(list)
    sums: dict[tuple[Guide, str], Sum] = {}
    fixed = f"{batch.source_id}\t{batch.file_id}\t{batch.received_at.isoformat()}\t"
    find = guides.find
    quantity = Decimal(0)
    for number, row in rows:
        found = find(row)
        if isinstance(found, Reason):
            outcome.refused.append(_unguided(number, row, found))
            continue
        guide, day, billable, billable_text, price, amount, state, currency = found
        start, key, identifier, attributes = row[4], row[0], row[3], row[8]
        if "\\" in key or "\\" in identifier or "\\" in attributes:
            key, identifier = copying.escape(key), copying.escape(identifier)
            attributes = copying.escape(attributes)
        months[start[:7]].append((
            guide.account_id,
            (
                f"{guide.fixed}{fixed}{start}Z\t{row[5]}Z\t{price}\t{number}\t{day}\t{key}\t"
                f"{row[9].text}\t{identifier}\t{state}\t{currency}\t{row[6]}\t"
                f"{billable_text}\t{amount}\t{attributes}\n"
            ),
        ))  # fmt: skip
        quantity += row[7]
        total = sums.get((guide, day))
        if total is None:
            sums[guide, day] = Sum(billable, 1, amount)
            continue
        total.quantity += billable
        total.count += 1
        if isinstance(amount, Decimal):
            total.amount += amount  # type: ignore[operator]  # the first amount was one too
    if not months:
        return
    outcome.loaded_quantity = quantity
    _copy_events(cursor, months, outcome)
    add_sums(cursor, sums)


def _copy_events(
    cursor: CursorWrapper, months: dict[str, list[tuple[int, str]]], outcome: Outcome
) -> None:
    """Write events by partition and account, the order of the table's key."""
    ensure_partitions(cursor, months)
    for month in sorted(months):
        lines = months[month]
        lines.sort(key=_account)
        outcome.loaded += len(lines)
        copying.copy_text(
            cursor, "rating_usageevent", EVENT_COLUMNS, ["".join([text for _, text in lines])]
        )


def add_sums(cursor: CursorWrapper, sums: dict[tuple[Guide, str], Sum]) -> None:
    """Add sums onto the aggregates, in key order."""
    sql.run(cursor, "rating", "sum_stage_table")
    copying.copy_text(
        cursor,
        "rating_sum_stage",
        SUM_COLUMNS,
        [
            "".join([
                f"{guide.fixed}{day}\t{total.quantity}\t{total.count}\t{total.amount}\n"
                for (guide, day), total in sums.items()
            ])
        ],
    )  # fmt: skip
    sql.run(cursor, "rating", "add_sums")


def _unguided(number: int, row: Row, reason: Reason) -> Refused:
    column = COLUMNS.get(reason, "identifier")
    return Refused(number, (), reason, column, EXPLANATIONS[reason], row, holds_key=True)


def suspend(cursor: CursorWrapper, batch: Batch, refused: list[Refused]) -> None:
    """Keep refused rows in suspense as they came."""
    if not refused:
        return
    received = batch.received_at.isoformat()
    copying.copy_text(
        cursor,
        "rating_suspenseitem",
        SUSPENSE_COLUMNS,
        [
            "\t".join((
                str(batch.source_id), str(batch.file_id), str(item.number), item.reason.value,
                copying.escape(item.column), copying.escape(item.message[:300]),
                copying.escape(json.dumps(as_received(item, batch.columns))),
                *_known(item, batch.columns),
                "t" if item.holds_key else "f", "{}", "OPEN", "0", received, "",
            )) + "\n"
            for item in refused
        ],
    )  # fmt: skip


def as_received(item: Refused, columns: Sequence[str]) -> dict[str, str]:
    """Return a refused row by column; `line` where its fields do not fit the header."""
    if item.row is not None and not item.fields:
        return item.row.as_fields()
    fields = [storable(text) for text in item.fields[: len(columns)]]
    if item.reason is Reason.BAD_ROW:
        return {"line": storable(",".join(item.fields))[:4000]}
    return {name: text for name, text in zip(columns, fields, strict=False) if text}


def storable(text: str) -> str:
    """Replace what jsonb and text cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _known(item: Refused, columns: Sequence[str]) -> tuple[str, str, str, str]:
    """Return usage type, identifier, start and quantity for the list, as far as readable."""
    if item.row is not None:
        row = item.row
        return row.usage_type, copying.escape(row.identifier), f"{row.start}Z", row.quantity
    values = as_received(item, columns)
    kind = copying.escape(values.get("usage_type", "")[:40])
    return kind, copying.escape(values.get("identifier", "")[:64]), NULL, NULL
