"""Play scenarios: set the stage once, let each happen on it, and take it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction

import audit.operations
import customers.operations
import customers.queries
import receivables.operations
from billing_site.queries.integrity import checks
from billing_site.scenarios import comparing, seeing, setting
from billing_site.scenarios.stage import Scene, Shelf, Stage
from billing_site.scenarios.words import Expected, Scenario, Setup, Step
from foundation.errors import Refusal
from foundation.integrity import run_checks


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario: nothing in `differences` means that it is as expected."""

    scenario: Scenario
    differences: list[str]
    found: Expected | None

    @property
    def is_as_expected(self) -> bool:
        """Tell whether everything came out as the file says."""
        return not self.differences


def play(stage: Stage, scenario: Scenario, shelf: Shelf | None = None) -> Outcome:
    """Let a scenario happen and compare; nothing of it remains.

    Its offers are put up for it, or stand on a shelf already.
    """
    with taken_back(), audit.operations.context(actor=None, via="scenario"):
        setup = scenario.setup
        try:
            shelf = shelf or setting.stock(stage, setup)
            scene = Scene.of(stage, shelf, setup.currency)
            setting.open_accounts(scene, setup)
        except Refusal as refused:
            return Outcome(scenario, [_refusal(f"{scenario.file}: setup", refused)], None)
        for step in scenario.steps:
            unexpected = _do(scene, scenario, step)
            if unexpected:
                return Outcome(scenario, [unexpected], seeing.see(scene))
        found = seeing.see(scene)
        told = comparing.differences(scenario.expect, found)
        return Outcome(scenario, told + _broken_identities(scene.day), found)


@contextmanager
def stocked(stage: Stage, setup: Setup) -> Iterator[Shelf]:
    """Put up the offers of a setup for all scenarios that sell the same, and take them back."""
    with taken_back():
        with audit.operations.context(actor=None, via="scenario"):
            shelf = setting.stock(stage, setup)
        yield shelf


@contextmanager
def taken_back() -> Iterator[None]:
    """Run in a transaction, or a part of the running one, that is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _do(scene: Scene, scenario: Scenario, step: Step) -> str:
    """Do one step; return in words what was not as the file says, or nothing.

    The day's sweeps come first, as the clock would run them at the start of the day.
    """
    if step.at != scene.day:
        customers.operations.activate_due(as_of=step.at)
        customers.operations.apply_due_moves(as_of=step.at)
        receivables.operations.set_off_ends(as_of=step.at)
    scene.day = step.at
    scene.seconds += 1
    where = f"{Path(scenario.file).name}:{step.line}: {step.do}"
    try:
        with transaction.atomic():
            step.act(scene, **step.given)
    except Refusal as refused:
        return "" if refused.rule == step.refused else _refusal(where, refused)
    except Exception as error:
        error.add_note(f"while playing {where}")
        raise
    return f"{where} was to be refused ({step.refused}), and was not" if step.refused else ""


def _broken_identities(on_date: date) -> list[str]:
    """Let the database judge what it judges at the end of a transaction, then the identities.

    The tree of now is compared with the positions of the scenario's last day, not of ours (I-20).
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    asked = [check for check in checks() if check.code != "I-20"]
    red = [one for one in run_checks(asked) if not one.is_green]
    told = [f"identity {one.check.code} does not hold: {one.check.title}" for one in red]
    return told + [
        f"identity I-20 does not hold: {one.subject} {one.message}"
        for one in customers.queries.hierarchy_findings(on_date)
    ]


def _refusal(where: str, refused: Refusal) -> str:
    return f"{where} was refused ({refused.rule}): {refused.message}"
