"""Fill an invented provider and serve its console; every step is harmless to repeat."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("making the tables", "migrate", {"verbosity": 0, "interactive": False}),
    ("setting up roles", "setup_roles", {}),
    ("filling the demo company", "seed_demo", {}),
)


class Command(BaseCommand):
    """Do each step, tell how long it took, then serve until Ctrl-C."""

    help = "Fill an invented provider and serve its console."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen, and a way to only fill."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--no-serve", action="store_true", help="fill only")

    def handle(self, *args: Any, port: int, no_serve: bool, **options: Any) -> None:
        """Run the steps in order; a step that failed is resumed by running this again."""
        for title, command, arguments in STEPS:
            self.stdout.write(f"{title} ...")
            began = time.monotonic()
            call_command(command, **arguments)
            self.stdout.write(f"{title}: done in {time.monotonic() - began:.1f} s")
        if not no_serve:
            call_command("serve", port=port)
