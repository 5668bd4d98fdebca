"""The register of reports: what each answers, and where it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its name, the question it answers, its page and who may open it."""

    title: str
    answers: str
    url_name: str
    permission: str


GROUPS: tuple[tuple[str, tuple[Report, ...]], ...] = (
    (
        "Control",
        (
            Report(
                "Integrity",
                "Do the books agree with themselves, and where do they not?",
                "console:integrity",
                "audit.view_jobrun",
            ),
            Report(
                "Imports",
                "Which files were read, what was rejected and why?",
                "console:imports",
                "audit.view_importbatch",
            ),
        ),
    ),
    (
        "Ledger",
        (
            Report(
                "Trial balance",
                "What stands on each account as of a date, and from which documents?",
                "ledger:trial_balance",
                "ledger.view_journalentry",
            ),
        ),
    ),
)
