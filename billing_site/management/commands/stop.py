"""Stop the console, the task cluster and the development database."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from billing_site import devdb, servers


class Command(BaseCommand):
    """End what `serve` and `devdb start` began; harmless when nothing runs."""

    help = "Stop the console, the task cluster and the development database."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop servers first, so that the database closes without clients."""
        served = servers.RunFile(settings.VAR_DIR).stop()
        self.stdout.write("console stopped" if served else "console was not running")
        if settings.ON_DEVELOPMENT_DATABASE:
            stopped = devdb.development_cluster().stop()
            self.stdout.write("database stopped" if stopped else "database was not running")
