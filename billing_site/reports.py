"""The register of reports: what each answers, and where it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its name, the question it answers, its page."""

    title: str
    answers: str
    url_name: str


GROUPS: tuple[tuple[str, tuple[Report, ...]], ...] = (
    (
        "Billing",
        (
            Report("Billing register", "What was issued, day by day?", "invoicing:register"),
            Report("Taxes", "Which tax was billed where, at which rate?", "invoicing:taxes"),
            Report("Bill runs", "What was billed when, and what was held?", "invoicing:runs"),
        ),
    ),
    (
        "Receivables",
        (
            Report(
                "Ageing",
                "Who owed how much for how long, at the end of any day?",
                "receivables:ageing",
            ),
            Report("Open items", "What is owed, document by document?", "receivables:items"),
            Report(
                "Cash application",
                "What came in by which tender, and what became of it?",
                "payments:cash",
            ),
        ),
    ),
    (
        "Usage",
        (
            Report("Usage files", "What was received, loaded, rejected?", "rating:files"),
            Report(
                "Late usage",
                "What came after its bill, and what will the next one add?",
                "invoicing:late_usage",
            ),
            Report("Suspense", "What cannot be billed yet, and why?", "rating:suspense"),
        ),
    ),
    (
        "Ledger",
        (
            Report(
                "Trial balance",
                "What stands on every account at the end of any day?",
                "ledger:trial_balance",
            ),
            Report("Journal", "What was posted, from which document?", "ledger:entries"),
            Report("Account lines", "What moved an account?", "ledger:lines"),
        ),
    ),
    (
        "Control",
        (
            Report(
                "Integrity",
                "Do the books agree with themselves, and where do they not?",
                "console:integrity",
            ),
            Report("Imports", "Which files were read, what was rejected?", "console:imports"),
        ),
    ),
)
