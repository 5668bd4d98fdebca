"""What posted documents have billed of charges, by the days of each piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

from customers.queries.above import BilledPiece
from foundation import sql

LATEST: Final = 200


def billed_pieces(subscription_charges: Sequence[int]) -> list[BilledPiece]:
    """Return the latest pieces billed of the charges, oldest first, each with its document."""
    with connection.cursor() as cursor:
        sql.run(
            cursor, "invoicing", "billed_pieces", charges=list(subscription_charges), most=LATEST
        )
        return [BilledPiece(*row) for row in cursor.fetchall()]
