"""Migrate, unless the tables were made by another version of migrations that were rewritten."""

import datetime
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from billing_site import schema


class Command(migrate.Command):
    """Compare the stamps of what is applied with what lies here, then migrate."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Refuse with one sentence where no database answers; the checks of models ask it."""
        try:
            connections[options["database"]].ensure_connection()
        except OperationalError as error:
            raise CommandError(
                f"The database does not answer ({' '.join(str(error).split())}): start it, or "
                "correct DATABASE_URL."
            ) from error
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep an older development database aside; refuse any other with one sentence."""
        connection = connections[options["database"]]
        looks_only = options["plan"] or options["check_unapplied"]
        if schema.changed_since(connection):
            try:
                if looks_only:
                    raise schema.CannotUseOlderDatabase("The tables are of another version.")
                kept = schema.make_way(connection, at=datetime.datetime.now(datetime.UTC))
            except schema.CannotUseOlderDatabase as refusal:
                raise CommandError(str(refusal)) from refusal
            self.stdout.write(
                "The development database was made by another version and cannot be carried "
                f"over before release 0.1: it is kept as {kept}, and an empty one takes its "
                "place (`make demo` fills it)."
            )
        if not looks_only:
            schema.stamp(connection)
        super().handle(*args, **options)
