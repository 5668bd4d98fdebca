"""The identities of the customers room (I-20, I-22) and the checks behind them."""

from datetime import date
from typing import Any

from django.db import connection

from customers.queries.billing import bound
from foundation import sql
from foundation.integrity import Check, Finding


def hierarchy_findings(on_date: date | None = None) -> list[Finding]:
    """Compare the tree columns with the parents (I-20, HIER-7): empty when the tree is sound.

    With `on_date` the positions are compared too: whether they cover the life of each account, and
    whether the tree of now is the picture of that day. A late picture is no reason to stop a run,
    which reads the positions alone.
    """
    faults = [
        Finding("I-20", f"account {number}", message, expected, actual)
        for number, message, expected, actual in _rows(sql.statement("customers", "check_tree"))
    ]
    if on_date is None:
        return faults
    text = bound(sql.statement("customers", "check_positions"), on_date=on_date)
    faults.extend(
        Finding("I-20", f"account {number}", message, expected, actual)
        for number, message, expected, actual in _rows(text)
    )
    return faults


def tree_findings_of_today() -> list[Finding]:
    """Return what is wrong with the tree and its positions today (I-20)."""
    return hierarchy_findings(_today())


def identifier_findings() -> list[Finding]:
    """Count identifiers with two owners at one instant (I-22)."""
    return [
        Finding("I-22", identifier, "belongs to two services at one instant", one, other)
        for identifier, one, other in _rows(sql.statement("customers", "check_identifiers"))
    ]


def timeline_findings() -> list[Finding]:
    """Count timelines that overlap, leave their life or name another owner (I-22, RA-3)."""
    return [
        Finding("I-22", f"subscription {number}", message, expected, actual)
        for number, message, expected, actual in _rows(
            sql.statement("customers", "check_timeline")
        )
    ]


def _rows(text: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return list(cursor.fetchall())


def _today() -> date:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_date")
        today: date = cursor.fetchone()[0]
    return today


INTEGRITY: tuple[Check, ...] = (
    Check("I-20", "The account tree agrees with the dated positions", tree_findings_of_today),
    Check("I-22", "No identifier has two owners at one instant", identifier_findings),
    Check("I-22", "Timelines stay whole and inside their subscriptions", timeline_findings),
)
