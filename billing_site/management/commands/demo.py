"""Fill an invented provider and serve its console; every step is harmless to repeat."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from billing_site import operations, servers

PASSWORD = "billing-demo"  # noqa: S105  (of invented users, on a development installation only)


class Command(BaseCommand):
    """Do each step, tell how long it took, show the logins, then serve until Ctrl-C."""

    help = "Fill an invented provider and serve its console."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen, and a way to only fill."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--no-serve", action="store_true", help="fill only")

    def handle(self, *args: Any, port: int, no_serve: bool, **options: Any) -> None:
        """Run the steps in order; a step that failed is resumed by running this again."""
        if not settings.DEBUG:
            raise CommandError("The demo makes users with a known password: only with DEBUG on.")
        if not no_serve:
            try:
                with servers.RunFile(settings.VAR_DIR).held():
                    servers.refuse_busy_port("127.0.0.1", port)
            except servers.CannotServe as refusal:
                raise CommandError(str(refusal)) from refusal
        self._step("Making the tables", lambda: call_command("migrate", verbosity=0))
        self._step("Setting up the roles", operations.setup_roles)
        logins = operations.create_demo_users(password=PASSWORD)
        self._step("Filling the demo company", lambda: call_command("seed_demo"))
        self.stdout.write(f"\nLog in with one of these, each with the password {PASSWORD}:\n\n")
        for username, role in logins:
            self.stdout.write(f"  {username:<12} {role}")
        self.stdout.write("")
        if not no_serve:
            call_command("serve", port=port)

    def _step(self, title: str, act: Callable[[], object]) -> None:
        self.stdout.write(f"{title} ...")
        began = time.monotonic()
        act()
        self.stdout.write(f"{title}: done in {time.monotonic() - began:.1f} s")
