"""Numbers of customers, accounts, contracts, orders, subscriptions and services."""

from typing import Final

from django.db import connection

PREFIXES: Final = {
    "customer": "C",
    "account": "A",
    "contract": "K",
    "order": "O",
    "subscription": "S",
    "service": "V",
}


def next_number(kind: str) -> str:
    """Draw the next free number of a kind, as A000123; a rolled back one stays unused."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [f"customers_{kind}_numbers"])
        value: int = cursor.fetchone()[0]
    return f"{PREFIXES[kind]}{value:06d}"
