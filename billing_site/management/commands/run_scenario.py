"""Replay scenario files on a throw-away database and compare what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from billing_site import throwaway
from billing_site.scenarios import listing, loading, playing, writing
from billing_site.scenarios.playing import Outcome
from billing_site.scenarios.reading import BadFile, Problem
from billing_site.scenarios.stage import set_stage
from billing_site.scenarios.words import Scenario


class Command(AuditedCommand):
    """Say of every scenario whether its figures came out, and how they differ if not.

    Exit 0: all as expected; 2: a file is not a scenario; 4: figures differ.
    """

    help = "Replay scenario files (or folders of them) on a throw-away database."

    def add_options(self, parser: CommandParser) -> None:
        """Take files and folders, and say how to print."""
        parser.add_argument("files", nargs="*", type=Path, default=[Path("scenarios")])
        parser.add_argument(
            "--show", action="store_true", help="print what came out, as an expect block"
        )
        parser.add_argument("--index", action="store_true", help="print docs/scenarios.md")

    def work(self, **options: Any) -> Exit | None:
        """Read every file, then play them one after another; nothing of them remains."""
        scenarios = self._load(options["files"])
        if scenarios is None:
            return Exit.USAGE
        if options["index"]:
            self.stdout.write(listing.page(scenarios), ending="")
            return Exit.DONE
        with throwaway.throwaway_database():
            outcomes = self._play(scenarios, shows=options["show"])
        wrong = [one for one in outcomes if not one.is_as_expected]
        self.report(self._facts(outcomes, wrong))
        return Exit.CONTROL_REFUSED if wrong else Exit.DONE

    def _load(self, paths: list[Path]) -> list[Scenario] | None:
        """Read the files; tell everything that is wrong with all of them, or return them."""
        scenarios: list[Scenario] = []
        problems: list[Problem] = []
        try:
            for path in loading.files(paths):
                try:
                    scenarios.append(loading.load(path))
                except BadFile as bad:
                    problems += bad.problems
        except BadFile as bad:
            problems += bad.problems
        if not problems:
            return scenarios
        if self.as_json:
            self.report({"problems": [str(one) for one in problems]})
        for one in problems:
            self.stderr.write(str(one))
        return None

    def _play(self, scenarios: list[Scenario], *, shows: bool) -> list[Outcome]:
        outcomes = []
        with playing.taken_back():
            stage = set_stage()
            for number, scenario in enumerate(scenarios, 1):
                outcome = playing.play(stage, scenario)
                outcomes.append(outcome)
                self.progress(number, len(scenarios), scenario.title)
                if not self.as_json:
                    self._tell(outcome, shows=shows)
        return outcomes

    def _tell(self, outcome: Outcome, *, shows: bool) -> None:
        verdict = "as expected" if outcome.is_as_expected else "DIFFERS"
        self.stdout.write(f"{verdict:<12} {outcome.scenario.file}  {outcome.scenario.title}")
        for line in outcome.differences:
            self.stdout.write(f"    {line}")
        if shows and outcome.found is not None:
            self.stdout.write(writing.expect_text(outcome.found))

    def _facts(self, outcomes: list[Outcome], wrong: list[Outcome]) -> dict[str, object]:
        if not self.as_json:
            return {"scenarios": len(outcomes), "differ": len(wrong)}
        return {
            "scenarios": [
                {
                    "file": one.scenario.file,
                    "title": one.scenario.title,
                    "rules": list(one.scenario.rules),
                    "as_expected": one.is_as_expected,
                    "differences": one.differences,
                }
                for one in outcomes
            ],
            "differ": len(wrong),
        }
