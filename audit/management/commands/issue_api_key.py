"""Issue an API key: `issue_api_key ERP --user integration --scope invoicing.view_invoice`."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from audit import operations
from audit.commands import AuditedCommand, Exit
from foundation.errors import Invalid


class Command(AuditedCommand):
    """Issue a key that opens at once, and print its secret this once."""

    help = "Issue an API key for a service user; its secret is printed once and kept nowhere."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the program is called here")
        parser.add_argument("--user", required=True, help="whom the key acts as")
        parser.add_argument(
            "--scope", action="append", default=[], metavar="APP.RIGHT", help="repeat for several"
        )
        parser.add_argument("--days", type=int, default=365, help="until it expires (365)")

    def work(self, **options: Any) -> Exit | None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise Invalid(f"there is no user {options['user']}", rule="USER")
        key, secret = operations.issue_api_key(
            name=options["name"],
            user=user,
            scopes=options["scope"],
            days=options["days"],
            actor=None,
        )
        self.report(
            {
                "key": key.pk,
                "name": key.name,
                "acts as": user.get_username(),
                "may": key.scopes,
                "expires": key.expires_at,
                "secret": secret,
            }
        )
        return Exit.DONE
