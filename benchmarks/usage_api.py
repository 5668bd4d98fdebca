"""Usage by API: calls of 10,000 events, from the bytes of the call to validated and to stored.

CPU time of one process and, where events are stored, of the database that serves it. Validated
means read, checked, turned into rows as the load takes them, and answered one by one; stored means
guided, summed and counted once besides. The yardstick reads the same calls and validates each row
by a serializer, as the framework does.
"""

from __future__ import annotations

import json
import random
import time
from datetime import timedelta
from importlib import import_module
from io import BytesIO

import psutil
from django.db import connection
from rest_framework import serializers as drf

from benchmarks.figures import Figure, Repetitions
from benchmarks.usage import RECEIVED, START, lay_services
from customers.models import ServiceIdentifier
from foundation.api.parsers import RowsParser
from rating import operations
from rating.api.serializers import UsageCallSerializer
from rating.models import UsageSource
from rating.operations.events import row_fields, row_results
from rating.operations.outcome import Outcome
from rating.operations.storing import read_rows
from rating.operations.tools import make_tools

CALLS, ROWS, ACCOUNTS = 20, 10_000, 1_000


class PlainRow(drf.Serializer):  # type: ignore[type-arg]
    """One event as the framework checks it."""

    event_key = drf.CharField(max_length=128)
    usage_type = drf.CharField(max_length=40)
    identifier_type = drf.CharField(max_length=16)
    identifier = drf.CharField(max_length=64)
    event_start = drf.DateTimeField()
    quantity = drf.DecimalField(max_digits=23, decimal_places=8)
    attributes = drf.DictField(child=drf.CharField())


def run(scale: float) -> list[Figure]:
    """Validate and store calls, and validate by the framework alone, in turns."""
    source = lay_services(max(100, round(ACCOUNTS * scale)))
    import_module("billing_site.wsgi")  # the process is set up as that of a web server is
    numbers = list(ServiceIdentifier.objects.values_list("value", flat=True))
    calls = [_body(source, numbers, turn) for turn in range(max(3, round(CALLS * scale)))]
    validated, stored, plain = [], [], []
    for turn, body in enumerate(calls):
        validated.append(_validated(source, body))
        stored.append(_stored(source, body, turn))
        plain.append(_plainly(body))
    ours, kept, framework = Repetitions(validated), Repetitions(stored), Repetitions(plain)
    return [
        Figure(
            "usage.api_events_per_second", ROWS / ours.median, "events/s",
            f"a serializer for each, {ROWS / framework.median:,.0f}/s",
            framework.median / ours.median, ours.spread,
            "validated with a result per row, by CPU time of one process",
        ),
        Figure(
            "usage.api_stored_per_second", ROWS / kept.median, "events/s", spread=kept.spread,
            note="stored, by CPU time of the process and its database",
        ),
    ]  # fmt: skip


def _body(source: UsageSource, numbers: list[str], turn: int) -> bytes:
    dice = random.Random(turn)
    rows = [
        {
            "event_key": f"{turn}-{number:09}", "usage_type": "DATA", "identifier_type": "MSISDN",
            "identifier": dice.choice(numbers),
            "event_start": _moment(dice.randrange(432_000)),
            "quantity": f"{dice.randrange(1, 900_000) / 1000:.3f}",
            "attributes": {"zone": dice.choice(("EU", "WORLD"))},
        }
        for number in range(ROWS)
    ]  # fmt: skip
    return json.dumps({"source": source.code, "rows": rows}).encode()


def _moment(seconds: int) -> str:
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def _rows(body: bytes) -> list[dict[str, str]]:
    """Return the rows of a call as the view hands them on."""
    call = UsageCallSerializer(data=RowsParser().parse(BytesIO(body), "application/json", {}))
    call.is_valid(raise_exception=True)
    rows: list[dict[str, str]] = call.validated_data["rows"]
    return rows


def _validated(source: UsageSource, body: bytes) -> float:
    began = time.process_time()
    rows = _rows(body)
    columns, lines = row_fields(rows)
    outcome = Outcome()
    good = read_rows(make_tools(source, columns, RECEIVED).reader, lines, outcome)
    told = row_results(rows, outcome)
    seconds = time.process_time() - began
    if not len(good) == len(told) == ROWS:
        raise RuntimeError(f"{outcome.refused[0].message}")
    return seconds


def _stored(source: UsageSource, body: bytes, turn: int) -> float:
    connection.ensure_connection()
    served = psutil.Process(connection.connection.info.backend_pid)
    began = time.process_time() + sum(served.cpu_times()[:2])
    file, _ = operations.load_events(
        source=source, rows=_rows(body), request_id=f"call {turn}", received_at=RECEIVED
    )
    seconds = time.process_time() + sum(served.cpu_times()[:2]) - began
    if file.loaded_count != ROWS:
        raise RuntimeError(f"{file.loaded_count} of {ROWS} were stored")
    return seconds


def _plainly(body: bytes) -> float:
    began = time.process_time()
    check = PlainRow(data=json.loads(body)["rows"], many=True)
    check.is_valid(raise_exception=True)
    return time.process_time() - began
