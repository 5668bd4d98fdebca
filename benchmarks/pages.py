"""Every list, every page of one thing and the explanation of lines at full size.

100,000 invoices and 1,000,000 usage rows, a tenth of them behind one line; see `_copies` for how
they come to be. Pages are opened through Django's test client by somebody who may open all of
them, warm, in turns; each list is also narrowed by each of its filters and opened far down. The
process is set up as that of a web server is.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from benchmarks import _addresses, _copies
from benchmarks.figures import Figure, Repetitions
from foundation.api import HouseViewSet
from invoicing.models import Invoice

INVOICES, ROWS, TURNS, SHOWN = 100_000, 1_000_000, 3, 15
# Forms of acts that the thing's state does not allow at the moment lead back to its page.
ANSWERS = {200, 302, 409}


def run(scale: float) -> list[Figure]:
    """Fill the books, open every page in turns, return the slowest of each sort."""
    if not Invoice.objects.exists():
        _copies.fill(invoices=round(INVOICES * scale), usage_rows=round(ROWS * scale))
    lists = timed(_addresses.lists())
    things = timed(_addresses.things())
    lines = timed(_addresses.lines())
    for found in (lists, things, lines):
        show(found)
    middle = statistics.median(one.median for one in lists.values()) * 1000
    return [
        _slowest("pages.slowest_list_ms", lists, f"of {len(lists)} views of lists"),
        Figure("pages.median_list_ms", middle, "ms"),
        _slowest("pages.slowest_thing_ms", things, f"of {len(things)} pages of one thing"),
        _slowest("pages.explain_ms", lines, f"of {len(lines)} lines"),
    ]


def reader() -> Any:
    """Return the browser of somebody who may see everything."""
    import_module("billing_site.wsgi")
    HouseViewSet.throttle_classes = []
    user, _ = User.objects.get_or_create(
        username="reader", defaults={"is_staff": True, "is_superuser": True}
    )
    client: Any = APIClient(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def timed(addresses: Iterable[str]) -> dict[str, Repetitions]:
    """Open each address once to warm up, then in turns."""
    client = reader()
    seconds: dict[str, list[float]] = {address: [] for address in addresses}
    for turn in range(TURNS + 1):
        for address, taken in seconds.items():
            began = time.perf_counter()
            response = client.get(address)
            if turn:
                taken.append(time.perf_counter() - began)
            if response.status_code not in ANSWERS:
                raise RuntimeError(f"{address}: {response.status_code}")
    return {address: Repetitions(taken) for address, taken in seconds.items()}


def show(found: dict[str, Repetitions]) -> None:
    """Print the slowest."""
    slowest = sorted(found.items(), key=lambda pair: -pair[1].median)[:SHOWN]
    for address, one in slowest:
        print(f"  {one.median * 1000:8.0f} ms  {address}", file=sys.stderr)


def _slowest(name: str, found: dict[str, Repetitions], of: str) -> Figure:
    page, one = max(found.items(), key=lambda pair: pair[1].median)
    return Figure(name, one.median * 1000, "ms", spread=one.spread, note=f"{page}, slowest {of}")
