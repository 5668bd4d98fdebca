"""Fill the database with the invented provider by replaying three months."""

import secrets
from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from billing_site import operations
from billing_site.demo import limits, story, totals
from foundation import clock
from foundation.errors import Invalid


class Command(AuditedCommand):
    """Tell the story, print what it comes to, and check that and every identity.

    A second call, or one after a call that was stopped, goes on where the story stands.
    """

    help = "Fill an invented provider: entities, offers, accounts, three months of bills and cash."

    def add_options(self, parser: CommandParser) -> None:
        """Choose the size and the seed; the same seed gives the same numbers."""
        parser.add_argument("--size", choices=sorted(story.SIZES), default="small")
        parser.add_argument("--seed", type=int, default=42)
        parser.add_argument(
            "--password", default="", help="of demo users that do not exist yet; else random"
        )

    def work(self, **options: Any) -> Exit | None:
        """Seed, report, compare; exit 4 when a total or an identity is not as it must be."""
        if self.is_dry_run:
            raise Invalid("the demo commits as it goes; it cannot be rehearsed", rule="SEEDING")
        size, seed = options["size"], options["seed"]
        story.seed(
            size=size,
            number=seed,
            password=options["password"] or secrets.token_urlsafe(12),
            now=clock.now(),
            say=self.progress,
        )
        limits.set_limits()
        found = totals.totals()
        wrong = totals.differences(size, seed, found)
        red = [one.check.code for one in operations.check_integrity() if not one.is_green]
        self.report({**found, "identities": "all green" if not red else f"RED: {', '.join(red)}"})
        for line in wrong:
            self.stderr.write(f"not as always: {line}")
        return Exit.CONTROL_REFUSED if wrong or red else Exit.DONE
