"""Claim the keys of rows: a key counts once per source, for ever (RATE step 3)."""

from django.db import IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from rating.operations.outcome import Batch, Outcome, Refused
from rating.rules.reasons import Reason
from rating.rules.rows import Row


def claim_keys(
    cursor: CursorWrapper, batch: Batch, rows: list[Row], outcome: Outcome
) -> list[Row]:
    """Keep the rows whose key is new; the first to arrive counts.

    The same key with the same content is a duplicate, with other content DUP_CONFLICT. Keys of a
    fresh batch are expected to be new and go straight into the table, in key order so that two
    workers never wait for each other in a circle; the first that is held already sends the batch
    the slower way, by which each key is looked for.
    """
    if not rows:
        return rows
    if batch.is_fresh:
        kept, lost = _first_of_batch(rows)
        try:
            with transaction.atomic():
                _copy_keys(cursor, batch, kept)
        except IntegrityError:
            batch.is_fresh = False
        else:
            _note_lost(lost, outcome)
            return kept
    return _claim_one_by_one(cursor, batch, rows, outcome)


def _first_of_batch(rows: list[Row]) -> tuple[list[Row], list[tuple[Row, bool]]]:
    """Part rows into the first of each key and the others, with whether their content is equal."""
    firsts: dict[str, Row] = {}
    first_of = firsts.setdefault
    lost = []
    for row in rows:
        first = first_of(row[10], row)
        if first is not row:
            lost.append((row, first[11] == row[11]))
    return list(firsts.values()), lost


def _copy_keys(cursor: CursorWrapper, batch: Batch, rows: list[Row]) -> None:
    fixed = f"{batch.source_id}\t{batch.file_id}\n"
    lines = [f"{row[10]}\t\\\\x{row[11]}\t{row[13]}\t{fixed}" for row in rows]
    lines.sort()
    copying.copy_text(
        cursor,
        "rating_usagekey",
        ("key_hash", "content_hash", "row_number", "source_id", "file_id"),
        ["".join(lines)],
    )


def _claim_one_by_one(
    cursor: CursorWrapper, batch: Batch, rows: list[Row], outcome: Outcome
) -> list[Row]:
    sql.run(cursor, "rating", "key_stage_table")
    copying.copy_text(
        cursor,
        "rating_key_stage",
        ("key_hash", "content_hash", "row_number"),
        ["".join([f"{row[10]}\t\\\\x{row[11]}\t{row[13]}\n" for row in rows])],
    )
    sql.run(cursor, "rating", "claim_keys", source_id=batch.source_id, file_id=batch.file_id)
    if cursor.rowcount == len(rows):
        return rows
    sql.run(cursor, "rating", "lost_keys", source_id=batch.source_id, file_id=batch.file_id)
    lost: dict[str, bool] = {str(number): equal for number, equal in cursor.fetchall()}
    _note_lost([(row, lost[row[13]]) for row in rows if row[13] in lost], outcome)
    return [row for row in rows if row[13] not in lost]


def _note_lost(lost: list[tuple[Row, bool]], outcome: Outcome) -> None:
    for row, is_equal in lost:
        if is_equal:
            outcome.duplicates.add(int(row.number))
        else:
            outcome.refused.append(
                Refused(
                    int(row.number), (), Reason.DUP_CONFLICT, "event_key",
                    "this key was received before with other content", row,
                )
            )  # fmt: skip
