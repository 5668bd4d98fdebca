"""Since when an account may hold balances, caps and top-up rules: not before it was opened."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from customers.models import Account
from foundation.errors import Invalid
from foundation.periods import local_date


def require_opened(account: Account, starts: date | datetime) -> None:
    """Refuse what begins, on a local day or at a moment, before its account was opened.

    Raises: Invalid.
    """
    day = starts
    if isinstance(starts, datetime):
        day = local_date(starts, ZoneInfo(account.time_zone))
    if day < account.opened_on:
        raise Invalid(
            f"account {account.number} was opened on {account.opened_on}; "
            "let it begin on that day or later",
            column="starts",
        )
