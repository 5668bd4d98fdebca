"""Commands of the engine: the same options, exit codes and report for all of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from foundation.errors import Busy, FileRefused, Invalid, Refusal, translate_database_error
from foundation.limits import DEFAULT, Limits
from foundation.parsing import BadValue, date_text
from foundation.tabular import read_file
from foundation.verdicts import BadFile


class Exit(IntEnum):
    """What a command says to the shell."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    REJECTED_ROWS = 3
    CONTROL_REFUSED = 4
    LOCKED = 75


class HouseCommand(BaseCommand):
    """A command that translates its words, calls one operation and reports.

    Subclasses write `add_options(parser)` and `work(**options) -> Exit | None`.

        --as-of DATE     the business date (default: left to the command)
        --entity CODE    the legal entity
        --dry-run        do everything, then take it back
        --json           one JSON object on standard output and nothing else
        --no-progress    no progress lines on standard error
    """

    as_json: bool = False
    shows_progress: bool = True
    is_dry_run: bool = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", type=business_date, default=None)
        parser.add_argument("--entity", metavar="CODE", default="")
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--no-progress", action="store_true")
        self.add_options(parser)

    def add_options(self, parser: CommandParser) -> None:
        """Add what this command takes beyond the common options."""

    def work(self, **options: Any) -> Exit | None:
        """Do the work; None means DONE."""
        raise ImproperlyConfigured(f"{type(self).__module__} says no work")

    def surroundings(self) -> AbstractContextManager[object]:
        """Return the context in which the work runs; the audit room says who and why here."""
        return nullcontext()

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = options.pop("as_json")
        self.shows_progress = not options.pop("no_progress") and not self.as_json
        self.is_dry_run = options["dry_run"]
        outcome = self._outcome(options)
        if outcome is Exit.REJECTED_ROWS:
            self.stderr.write("some rows were not taken; the report names them")
        if outcome is not Exit.DONE:
            raise SystemExit(int(outcome))

    def content_of(self, path: Path, limits: Limits = DEFAULT) -> bytes:
        """Return what a file holds.

        Raises: Invalid when there is none; FileRefused when it is too large or still written to.
        """
        if not path.is_file():
            raise Invalid(f"there is no file {path}", rule="FILE")
        try:
            return read_file(path, limits)
        except BadFile as bad:
            raise FileRefused(bad) from bad

    def exit_for(self, refusal: Refusal) -> Exit:
        """Say to the shell what kind of refusal it was."""
        if isinstance(refusal, Busy):
            return Exit.LOCKED
        return Exit.USAGE if isinstance(refusal, Invalid) else Exit.CONTROL_REFUSED

    def refused_facts(self, refusal: Refusal) -> dict[str, object]:
        """Say on standard error what was refused, and return it as facts of a report."""
        facts: dict[str, object] = {"refused": refusal.message, "rule": refusal.rule}
        said = f"refused ({refusal.rule}): {refusal.message}"
        if isinstance(refusal, FileRefused):
            facts["problems"] = [refusal.problem.as_facts()]
            said += f". {refusal.problem.remedy}"
        self.stderr.write(said)
        return facts

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Tell on standard error how far the work is; silent with --json or --no-progress."""
        if self.shows_progress:
            of = f"/{total:,}" if total is not None else ""
            sys.stderr.write(f"{done:,}{of} {note}".rstrip() + "\n")

    def report(self, facts: Mapping[str, object]) -> None:
        """Print the outcome: one JSON object, or aligned lines for people."""
        if self.as_json:
            self.stdout.write(json.dumps(facts, default=plain, ensure_ascii=False))
            return
        width = max((len(name) for name in facts), default=0)
        for name, value in facts.items():
            self.stdout.write(f"{name:<{width}}  {_line(value)}")

    def _outcome(self, options: dict[str, Any]) -> Exit:
        try:
            with self.surroundings():
                return (self._rehearse(options) if self.is_dry_run else self.work(**options)) or (
                    Exit.DONE
                )
        except Refusal as refusal:
            return self._refused(refusal)
        except BadValue as bad:
            return self._refused(Invalid(bad.message, rule=bad.rule))
        except DatabaseError as error:
            return self._refused(translate_database_error(error))

    def _rehearse(self, options: dict[str, Any]) -> Exit | None:
        """Do the work in a transaction that is rolled back."""
        with transaction.atomic():
            outcome = self.work(**options)
            transaction.set_rollback(True)
        return outcome

    def _refused(self, refusal: Refusal) -> Exit:
        facts = self.refused_facts(refusal)
        if self.as_json:
            self.report(facts)
        return self.exit_for(refusal)


def plain(value: object) -> str:
    """Write a value of ours as JSON text: amounts and dates as strings, never as floats."""
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no plain form")


def business_date(text: str) -> date:
    """Read a day of the command line as every other door does."""
    try:
        return date_text(text)
    except BadValue as bad:
        raise CommandError(bad.message, returncode=Exit.USAGE) from bad


def _line(value: object) -> str:
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, default=plain, ensure_ascii=False)
    return str(value)
