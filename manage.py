#!/usr/bin/env python3
"""Run a management command, with the development database up where one is needed."""

import io
import os
import sys

# Commands that must work without a database server.
WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "devdb",
    "diffsettings",
    "help",
    "makemigrations",
    "makemessages",
    "spectacular",
    "stop",
    "version",
}


def main() -> None:
    """Start the embedded server unless DATABASE_URL names another, then run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")
    for stream in (sys.stdout, sys.stderr):  # a log file shows each line when it is written
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    from django.core.management import execute_from_command_line

    if not (
        os.environ.get("DATABASE_URL")
        or command in WITHOUT_DATABASE
        or command.startswith("-")
        or "--help" in sys.argv
    ):
        from billing_site import devdb

        try:
            devdb.development_cluster().ensure()
        except devdb.DatabaseUnavailable as refusal:
            sys.exit(str(refusal))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
