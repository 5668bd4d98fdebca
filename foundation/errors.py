"""Refusals: what the engine answers when it will not do something, in words for a clerk.

A refusal names the rule that it keeps. Interfaces translate it once: an API problem, a form
error, exit code 4 of a command, the reason on a rejected row.
"""

from __future__ import annotations

from typing import Final

from django.db import DatabaseError

from foundation.verdicts import BadFile


class Refusal(Exception):
    """The act is refused; `rule` says by which rule, `message` why, for the person who asked.

    `column` names the value that is meant, where it is a single one.
    """

    rule: str = "REFUSED"
    http_status: int = 409

    def __init__(self, message: str, *, rule: str | None = None, column: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        if rule is not None:
            self.rule = rule

    def __str__(self) -> str:
        return self.message


class Invalid(Refusal):
    """What was given cannot be meant: a value out of range, a name that does not exist."""

    rule = "INVALID"
    http_status = 422


class FileRefused(Invalid):
    """The file as a whole is refused: nothing of it was taken, and it may be sent again."""

    rule = "FILE"

    def __init__(self, bad: BadFile) -> None:
        super().__init__(bad.message, rule=bad.rule)
        self.problem = bad.problem


class Forbidden(Refusal):
    """The person has no permission for the act."""

    rule = "FORBIDDEN"
    http_status = 403


class Busy(Refusal):
    """Another session holds what the act needs; trying again later may succeed."""

    rule = "BUSY"
    http_status = 409


class GuardHeld(Refusal):
    """A guard of the database stopped the act; `guard` is the constraint or trigger by name."""

    rule = "GUARD"

    def __init__(self, message: str, *, rule: str | None = None, guard: str = "") -> None:
        super().__init__(message, rule=rule)
        self.guard = guard


_BUSY: Final = frozenset({"40001", "40P01", "55P03", "57014"})
_KINDS: Final = {
    "23505": "it exists already",
    "23503": "it refers to something that does not exist, or is still referred to",
    "23514": "a value is outside what is allowed",
    "23P01": "it overlaps another one",
    "23502": "a required value is missing",
}


def translate_database_error(error: DatabaseError) -> Refusal:
    """Turn a refusal of the database into ours, without the failing row's content.

    Guards written as triggers raise through the SQL function `refuse(rule, guard, message)`, whose
    message was written for people and is passed on. What is no refusal (a lost connection, a
    missing table) is raised again.
    """
    cause = error.__cause__
    diagnosis = getattr(cause, "diag", None)
    state: str = getattr(cause, "sqlstate", None) or ""
    if diagnosis is None:
        raise error
    if state in _BUSY:
        return Busy("somebody else is working on the same rows; try again")
    guard = diagnosis.constraint_name or ""
    if state == "23000":
        return GuardHeld(
            diagnosis.message_primary or "", rule=diagnosis.message_hint or None, guard=guard
        )
    if state.startswith("22"):  # a value that its column cannot hold
        return Invalid("a value is too large, too long or not of the kind wanted", rule="RANGE")
    if state in _KINDS:
        return GuardHeld(f"refused by the database: {_KINDS[state]} ({guard})", guard=guard)
    raise error
