"""Serve the console and run the task cluster, until Ctrl-C or `make stop`."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from billing_site import servers


class Command(BaseCommand):
    """Start both servers and stay until told to end."""

    help = "Serve the console and run the task cluster, until Ctrl-C or `make stop`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen."""
        port = int(os.environ.get("PORT") or 8000)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=port, help=f"default {port}")
        parser.add_argument("--web-workers", type=int, default=2, help="processes of the console")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse what cannot work, bring the tables up to date, then serve."""
        host, port = options["host"], options["port"]
        run_file = servers.RunFile(settings.VAR_DIR)
        try:
            with run_file.held():
                servers.refuse_busy_port(host, port)
                call_command("migrate", verbosity=0, interactive=False)
                if not settings.DEBUG:
                    call_command("collectstatic", verbosity=0, interactive=False)
                self.stdout.write(f"The console is at http://{host}:{port}/ (Ctrl-C ends it).")
                children = servers.commands(host, port, options["web_workers"])
                servers.serve(children=children, run_file=run_file, say=self.stderr.write)
        except servers.CannotServe as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("Stopped.")
