"""`python -m benchmarks [NAME …] [--scale 0.1]`: measure and write benchmarks/results.json."""

from __future__ import annotations

import argparse
import os
import pkgutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, keep, table

PACKAGE = Path(__file__).resolve().parent
FRAME = {"__main__", "figures"}


def names() -> list[str]:
    """Return the benchmarks of this package."""
    found = [module.name for module in pkgutil.iter_modules([str(PACKAGE)])]
    return [name for name in found if name not in FRAME and not name.startswith("_")]


def options(given: Sequence[str]) -> argparse.Namespace:
    """Return what is asked for; without names, all benchmarks."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the size of the targets")
    parser.add_argument("--keep-nothing", action="store_true", help="only print the figures")
    parser.add_argument(
        "--again", action="store_true", help="keep the filled database, and use the one kept"
    )
    asked = parser.parse_args(given)
    unknown = sorted(set(asked.names) - set(names()))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    asked.names = asked.names or names()
    return asked


def measure(name: str, *, scale: float, again: bool) -> list[Figure]:
    """Run one benchmark on a database of its own and return its figures."""
    from django.conf import settings
    from django.db import connections

    from billing_site import devdb
    from billing_site.throwaway import Server, template_digest

    # The durable server: figures with fsync off would flatter.
    server = Server(settings.DATABASE_URL or devdb.development_cluster().ensure("postgres"))
    server.build_template()
    database = f"bench_{name}_{os.getpid()}"
    if again:
        database = f"bench_{name}_{scale:g}_{template_digest()}"
    if not (again and server.has(database)):
        server.clone(database)
    server.point_django_at(database)
    with TemporaryDirectory() as folder:
        settings.VAR_DIR = Path(folder)
        try:
            found: list[Figure] = import_module(f"benchmarks.{name}").run(scale)
        finally:
            connections.close_all()
            if not again:
                server.drop(database)
    return found


def each_alone(given: Sequence[str], asked: argparse.Namespace) -> int:
    """Run each benchmark in a process of its own, so that none weighs on the next one's memory."""
    flags = [one for one in given if one not in asked.names]
    runs = {
        name: subprocess.run([sys.executable, "-m", "benchmarks", name, *flags], check=False)
        for name in asked.names
    }
    failed = [name for name, run in runs.items() if run.returncode]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def main(given: Sequence[str]) -> int:
    """Run what is asked for, print the figures, and keep those of full size."""
    asked = options(given)
    if len(asked.names) > 1:
        return each_alone(given, asked)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")
    import django

    django.setup()
    started = time.monotonic()
    found = measure(asked.names[0], scale=asked.scale, again=asked.again)
    print(table(found))
    print(f"{asked.names[0]}: {time.monotonic() - started:.0f} s in all", file=sys.stderr)
    if not asked.keep_nothing and asked.scale == 1.0:
        keep(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
