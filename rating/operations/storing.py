"""Store rows of usage: the fast path from lines of text to events, sums and suspense.

One transaction per part: keys first (who counts: `claiming`), then events and sums (`writing`)
and suspense, then the caller's mark that the part is done. Locks are taken in the order keys →
sums, each sorted, so that two workers never wait for each other in a circle.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence

from django.db.backends.utils import CursorWrapper

from foundation import copying
from foundation.tabular import unescaped
from rating.operations.claiming import claim_keys
from rating.operations.outcome import Batch, Outcome, Refused, hold_parts
from rating.operations.writing import write_events
from rating.queries.guides import Guides
from rating.rules.reasons import Reason, Rejected
from rating.rules.rows import UNREADABLE, Row, RowReader

SUSPENSE_COLUMNS = (
    "source_id", "file_id", "row_number", "reason", "column", "message", "fields", "usage_type",
    "identifier", "event_start", "quantity", "holds_key", "corrections", "state", "attempts",
    "received_at", "resolution", "session",
)  # fmt: skip
NULL = "\\N"


def split_lines(text: str) -> Iterator[list[str]]:
    """Cut text into rows of fields; a row is one line that begins with its number.

    Rows that were handed out and are sent again carry apostrophes before what looks like formulas.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if '"' in text:
        rows = (_quoted(line) if '"' in line else line.split(",") for line in lines)
    else:
        rows = (line.split(",") for line in lines)
    if ",'" in text or ",\"'" in text:
        rows = ([unescaped(field) for field in row] for row in rows)
    return rows


def _quoted(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        number, _, rest = line.partition(",")
        return [number, UNREADABLE, rest]


def read_rows(reader: RowReader, rows: Iterable[list[str]], outcome: Outcome) -> list[Row]:
    """Validate rows; return the good and note the refused."""
    good: list[Row] = []
    read, keep = reader.read, good.append
    for fields in rows:
        try:
            keep(read(fields))
        except Rejected as why:
            outcome.received_quantity += reader.quantity_sent(fields)
            outcome.refused.append(
                Refused(int(fields[0]), fields[1:], why.reason, why.column, why.message)
            )
    outcome.received_quantity += sum([row[12] for row in good])
    return good


def store(
    cursor: CursorWrapper,
    *,
    batch: Batch,
    reader: RowReader,
    guides: Guides,
    rows: Iterable[list[str]],
) -> Outcome:
    """Store rows within the caller's transaction; every row ends loaded, duplicate or refused.

    A row is its number, then its columns. The refused are left to the caller: new rows go to
    suspense (`suspend`), recycled ones stay.
    """
    outcome = Outcome()
    good = read_rows(reader, rows, outcome)
    good = claim_keys(cursor, batch, good, outcome)
    if batch.parts is not None:
        good = hold_parts(batch.parts, good, outcome)
    guides.learn(cursor, {(row[2], row[3]) for row in good})
    write_events(cursor, batch, guides, good, outcome)
    return outcome


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
                copying.escape(item.session),
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
