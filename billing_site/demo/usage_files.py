"""Usage as the networks send it: weekly files, with the mistakes that real ones have."""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from billing_site.demo.people import AccountPlan, Taken

HEADER = (
    "source",
    "event_key",
    "usage_type",
    "identifier_type",
    "identifier",
    "event_start",
    "event_end",
    "quantity",
    "uom",
)
TYPES = {
    "MOBILE-S": ("VOICE", "SMS", "DATA"),
    "MOBILE-M": ("VOICE", "SMS", "DATA"),
    "COMPUTE": ("COMPUTE",),
    "STORAGE": ("STORAGE",),
    "API": ("API",),
    "CHECKOUT": ("CHECKOUT",),
}
UNITS = {
    "VOICE": "MIN",
    "SMS": "EACH",
    "DATA": "GB",
    "COMPUTE": "HOUR",
    "GPU": "HOUR",
    "STORAGE": "GBDAY",
    "API": "CALL",
    "CHECKOUT": "MONEY",
}


@dataclass(frozen=True, slots=True)
class UsageFilePlan:
    """A file as it arrives: `sequence` numbers may have a gap, `content` may have come before."""

    source: str
    name: str
    sequence: int
    received_on: date
    content: bytes
    again: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """A row of a file: how much was used, when, and by whom."""

    source: str
    key: str
    usage_type: str
    identifier_type: str
    identifier: str
    at: datetime
    quantity: str


def files(
    seed: int, accounts: list[AccountPlan], weeks: int, events: int
) -> Iterator[UsageFilePlan]:
    """Yield the files in the order in which they arrive; about `events` rows in all."""
    chance = random.Random(seed + 1)  # noqa: S311 (repeatable, not secret)
    users = [
        (account, taken) for account in accounts for taken in account.taken if taken.offer in TYPES
    ]
    per_week = events // weeks
    late: list[Event] = []
    sequence = {"NET-US": 0, "NET-EU": 0, "CLOUD": 0}
    for week in range(weeks):
        start = date(2026, 8, 1) + timedelta(days=7 * week)
        by_source: dict[str, list[Event]] = {source: [] for source in sequence}
        active = [(account, taken) for account, taken in users if taken.start <= start]
        for event in _events(chance, active or users, start, per_week, week):
            if chance.random() < 0.006:
                late.append(event)
            else:
                by_source[event.source].append(event)
        if week >= 5 and late:
            held, late = late, []
            for event in held:
                by_source[event.source].append(event)
        for source, rows in by_source.items():
            sequence[source] += 2 if (source, week) == ("NET-US", 6) else 1
            name = f"{source.lower()}-{sequence[source]:04d}.csv"
            plan = UsageFilePlan(
                source, name, sequence[source], start + timedelta(days=7), text(rows)
            )
            yield plan
            if (source, week) == ("NET-EU", 4):
                yield UsageFilePlan(
                    source,
                    f"{source.lower()}-again.csv",
                    sequence[source] + 1000,
                    plan.received_on,
                    plan.content,
                    again=True,
                )


def _events(
    chance: random.Random,
    users: list[tuple[AccountPlan, Taken]],
    start: date,
    count: int,
    week: int,
) -> Iterator[Event]:
    for number in range(count):
        account, taken = chance.choice(users)
        day = start + timedelta(days=chance.randrange(7))
        at = datetime.combine(
            day, time(chance.randrange(6, 23), chance.randrange(60), chance.randrange(60)), UTC
        )
        usage_type = chance.choice(TYPES[taken.offer])
        mobile = taken.offer.startswith("MOBILE")
        identifier = taken.identifier
        if chance.random() < 0.008:
            identifier = f"155599{chance.randrange(40):05d}" if mobile else "tenant-unknown"
        yield Event(
            source=f"NET-{account.place.entity}" if mobile else "CLOUD",
            key=f"{week:02d}-{number:06d}",
            usage_type=usage_type,
            identifier_type="MSISDN" if mobile else "TENANT",
            identifier=identifier,
            at=at,
            quantity=_quantity(chance, usage_type),
        )


def _quantity(chance: random.Random, usage_type: str) -> str:
    match usage_type:
        case "VOICE":
            return f"{chance.randrange(6, 2400) / 60:.2f}"
        case "SMS":
            return "1"
        case "DATA":
            return f"{chance.randrange(5, 1800) / 1000:.3f}"
        case "COMPUTE":
            return f"{chance.randrange(50, 2400) / 100:.2f}"
        case "STORAGE":
            return str(chance.randrange(20, 400))
        case "API":
            return str(chance.randrange(100, 9000))
        case _:
            return f"{chance.randrange(500, 40000) / 100:.2f}"


def text(rows: list[Event]) -> bytes:
    """Write a file with its header and trailer."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow(
            (
                row.source,
                row.key,
                row.usage_type,
                row.identifier_type,
                row.identifier,
                row.at.isoformat(),
                row.at.isoformat(),
                row.quantity,
                UNITS[row.usage_type],
            )
        )
    total = sum((Decimal(row.quantity) for row in rows), Decimal(0))
    writer.writerow(("#TRAILER", len(rows), total))
    return out.getvalue().encode()
