"""Start, stop and ask after the embedded PostgreSQL servers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing_site import devdb


class Command(BaseCommand):
    """Act on the development server, or with --tests on the server of the tests."""

    help = "Start, stop or describe the embedded PostgreSQL server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the act and which server it is for."""
        parser.add_argument("act", choices=["start", "stop", "status", "url"])
        parser.add_argument("--tests", action="store_true", help="the server of the tests")

    def handle(self, *args: Any, act: str, tests: bool, **options: Any) -> None:
        """Do it and say what came of it."""
        cluster = devdb.testing_cluster() if tests else devdb.development_cluster()
        try:
            if act == "start":
                self.stdout.write(f"running: {cluster.ensure()}")
            elif act == "stop":
                self.stdout.write("stopped" if cluster.stop() else "was not running")
            elif act == "status":
                self.stdout.write("running" if cluster.is_ready() else "not running")
            else:
                self.stdout.write(cluster.url())
        except devdb.DatabaseUnavailable as refusal:
            raise CommandError(str(refusal)) from refusal
