"""Exchange rates by hand or from a source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction

from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from ledger.choices import RateKind
from ledger.models import ExchangeRate


class RateExists(Refusal):
    """There is another rate for that day already."""

    rule = "FX_RATE_EXISTS"


def add_rate(
    *,
    base: str,
    quote: str,
    kind: RateKind,
    on_date: date,
    rate: Decimal,
    source: str = "",
    actor: User | None = None,
) -> ExchangeRate:
    """Add the rate of a day: how much of `quote` one `base` is worth.

    The same rate again is harmless; a different one for the same day is refused, since documents
    may have been posted by the first.

    Raises: Invalid; RateExists.
    """
    require(actor, "ledger.add_exchangerate")
    if base == quote or not rate.is_finite() or rate <= 0:
        raise Invalid("a rate is positive and between two currencies")
    with transaction.atomic():
        stored, is_new = ExchangeRate.objects.get_or_create(
            base=base,
            quote=quote,
            kind=kind,
            on_date=on_date,
            defaults={"rate": rate, "source": source, "created_by": actor},
        )
    if not is_new and stored.rate != rate:
        raise RateExists(f"{base}/{quote} of {on_date} is {stored.rate} already")
    return stored
