"""What the clock does in the receivables room: set off what ends have given back."""

from __future__ import annotations

from datetime import datetime

from receivables import operations


def set_off_ends(now: datetime) -> dict[str, int]:
    """Settle open items of those whose subscriptions ended so; the day is that of Greenwich."""
    return {"allocations": operations.set_off_ends(as_of=now.date())}
