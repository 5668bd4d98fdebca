"""Identities of documents, runs and number series (I-7, I-9, I-10, I-14, I-19)."""

from __future__ import annotations

from typing import Final

from django.db import connection

from foundation.integrity import MOST_FINDINGS, Check, Finding
from foundation.sql import statement
from invoicing.choices import RunState
from invoicing.models import BillRun


def _documents_without_journal() -> list[Finding]:
    return _found("I-7", "check_journals", "has {1} journal entries", "1", 1)


def _documents_that_do_not_add_up() -> list[Finding]:
    return [
        *_found("I-9", "check_sums", "{1} do not add up", 2, 3),
        *_found("I-9", "check_orphans", "{1}", 2, 3),
    ]


def _items_beside_their_lines() -> list[Finding]:
    return _found("I-10", "check_items", "{1}", 2, 3)


def _gaps_in_series() -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(statement("invoicing", "check_numbers"))
        return [
            Finding(
                "I-14",
                f"ledger.numberseries:{series}",
                f"Series {name} has drawn {drawn} numbers and {posted} documents carry them.",
                str(drawn),
                str(posted),
            )
            for series, name, drawn, posted in cursor.fetchmany(MOST_FINDINGS)
        ]


def _runs_out_of_control() -> list[Finding]:
    from invoicing.queries.runs import control_differences

    return [
        finding
        for run_id in BillRun.objects.filter(
            state__in=[RunState.POSTED, RunState.CLOSED]
        ).values_list("pk", flat=True)
        for finding in control_differences(run_id)
    ]


def _found(
    code: str, name: str, message: str, expected: str | int, actual: str | int
) -> list[Finding]:
    """Turn the rows of a check, subject id first, into findings."""
    with connection.cursor() as cursor:
        cursor.execute(statement("invoicing", name))
        rows = cursor.fetchmany(MOST_FINDINGS)
    return [
        Finding(
            code,
            f"invoicing.invoice:{row[0]}",
            f"Document {row[0]}: {message.format(*row)}.",
            str(row[expected]) if isinstance(expected, int) else expected,
            str(row[actual]) if isinstance(actual, int) else actual,
        )
        for row in rows
    ]


INTEGRITY: Final = (
    Check(
        "I-7", "Every posted document has exactly one journal entry", _documents_without_journal
    ),
    Check("I-9", "Lines, taxes and totals of documents add up", _documents_that_do_not_add_up),
    Check(
        "I-10",
        "Invoiced items are what their lines say, reversals within what was billed",
        _items_beside_their_lines,
    ),
    Check("I-14", "Number series have no gap", _gaps_in_series),
    Check("I-19", "Posted, held and failed of a run are what was selected", _runs_out_of_control),
)
