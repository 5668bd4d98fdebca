"""Who is asking, which day it is, and how rates and validities are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import HttpRequest

from foundation import clock
from foundation.screens.cells import money_text, number_text
from tax.models import TaxRate

SELLER = "ledger.legalentity"
"""What `entity_id` is a key of; the ledger is a neighbour, so only its name is known here."""


def actor(request: HttpRequest) -> User:
    """Return who is asking; every page requires a log-in."""
    return cast(User, request.user)


def today() -> date:
    """Return the day by which "past" is told."""
    return clock.today(ZoneInfo("UTC"))


def rate_text(rate: TaxRate) -> str:
    """Write a rate as people say it: 19 %, or an amount per unit or line."""
    if rate.kind == "PERCENT":
        text = percent(rate.rate)
    else:
        per = "unit" if rate.kind == "PER_UNIT" else "line"
        text = f"{money_text(rate.rate, rate.currency)} {rate.currency} per {per}"
    if rate.cap is not None:
        most = f"{money_text(rate.cap, rate.currency)} {rate.currency}"
        text += f", at most {most} a {rate.get_cap_scope_display().lower()}"
    return text


def percent(rate: Decimal) -> str:
    """Write a fraction as a percentage."""
    return f"{number_text(rate * 100)} %"


def last_day(row: Any) -> date | None:
    """Return the last day of a validity, None when it does not end."""
    ends = row.valid.upper
    return None if ends is None else date.fromordinal(ends.toordinal() - 1)
