"""Make the groups of the role table, with exactly its rights."""

from typing import Any

from django.core.management.base import CommandParser

from billing_site import operations
from foundation.commands import Exit, HouseCommand


class Command(HouseCommand):
    """Make one group per role; harmless to repeat."""

    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo-users",
            metavar="PASSWORD",
            help="also make one user per role with this password (demonstrations only)",
        )

    def work(self, **options: Any) -> Exit | None:
        found = operations.setup_roles()
        facts: dict[str, object] = {"rights": found.rights, "changed": list(found.changed)}
        if found.absent:
            facts["named but not there"] = found.absent
        if options["demo_users"]:
            facts["users"] = dict(operations.create_demo_users(password=options["demo_users"]))
        self.report(facts)
        return Exit.ERROR if found.absent else Exit.DONE
