"""What the clock does in the rating room: keep balances of usage, value suspense, merge
parts, rate for carriers and partners."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from rating import operations


def value_suspense(now: datetime) -> dict[str, int]:
    """Estimate what rows in suspense that are not valued yet would cost."""
    return asdict(operations.value_suspense(as_of=now))


def merge_parts(now: datetime) -> dict[str, int]:
    """Put sessions together that are whole or waited long enough."""
    return asdict(operations.merge_parts(as_of=now))


def settle_balances(now: datetime) -> dict[str, int]:
    """Grant what has begun, draw usage, close what has ended, let go of old reservations."""
    operations.expire_reservations(as_of=now)
    return asdict(operations.settle_balances(as_of=now))


def derive_usage(now: datetime) -> dict[str, int]:
    """Rate for carriers and partners what came or changed."""
    return {"rows": operations.derive_pending(on_date=now.date())}
