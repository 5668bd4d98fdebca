"""`python -m benchmarks [NAME …] [--scale 0.1]`: measure and write benchmarks/results.json."""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
import time
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = Path(__file__).resolve().parent
FRAME = {"__main__", "figures"}


def names() -> list[str]:
    """Return the benchmarks of this package."""
    found = [module.name for module in pkgutil.iter_modules([str(PACKAGE)])]
    return [name for name in found if name not in FRAME and not name.startswith("_")]


def main() -> int:
    """Run the benchmarks asked for, each on a database of its own."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *names()][1:] or None)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the size of the targets")
    parser.add_argument("--keep-nothing", action="store_true", help="only print the figures")
    parser.add_argument(
        "--again", action="store_true", help="keep the filled database, and use the one kept"
    )
    options = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    from benchmarks import figures
    from billing_site import devdb
    from billing_site.throwaway import Server, template_digest

    # The durable server: figures with fsync off would flatter.
    server = Server(settings.DATABASE_URL or devdb.development_cluster().ensure("postgres"))
    server.build_template()
    all_figures: list[figures.Figure] = []
    for name in options.names or names():
        database = f"bench_{name}_{os.getpid()}"
        if options.again:
            database = f"bench_{name}_{options.scale:g}_{template_digest()}"
        if not (options.again and server.has(database)):
            server.clone(database)
        server.point_django_at(database)
        started = time.monotonic()
        with TemporaryDirectory() as folder:
            settings.VAR_DIR = Path(folder)
            try:
                found = import_module(f"benchmarks.{name}").run(options.scale)
            finally:
                connections.close_all()
                if not options.again:
                    server.drop(database)
        print(figures.table(found))
        print(f"{name}: {time.monotonic() - started:.0f} s in all", file=sys.stderr)
        all_figures += found
    if not options.keep_nothing and options.scale == 1.0:
        figures.keep(all_figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
