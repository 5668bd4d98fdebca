"""What requests about usage name: an account, and local days of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from drf_spectacular.utils import OpenApiParameter

from customers.models import Account
from foundation.api import Problem
from foundation.errors import Invalid
from foundation.parsing import BadValue, date_text

ACCOUNT = OpenApiParameter("account_id", int, required=True)
DAYS = (
    OpenApiParameter("from", str, required=True, description="local day, inclusive"),
    OpenApiParameter("to", str, required=True, description="local day, exclusive"),
)


def account_numbered(number: str) -> Account:
    """Return the account of a number; its operation tells whether the caller sees it."""
    found = Account.objects.select_related("entity").filter(number=number).first()
    if found is None:
        raise Invalid("there is no such account", rule="UNKNOWN")
    return found


def account_asked(given: Mapping[str, str]) -> int:
    """Return the account that is asked for."""
    account = given.get("account_id", "")
    if not (account.isascii() and account.isdigit() and len(account) < 19):
        raise Problem(400, "API-PARAMETER", "Say account_id, a number.")
    return int(account)


def days_asked(given: Mapping[str, str]) -> tuple[date, date]:
    """Return the local days [from, to) that are asked for."""
    try:
        return date_text(given.get("from", "")), date_text(given.get("to", ""))
    except BadValue as bad:
        raise Problem(400, bad.rule, f"Say from and to: {bad.message}.") from bad
