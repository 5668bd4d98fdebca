"""Usage of the invoicing tests that comes the real way: loaded, guided and stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import rating.operations
from catalog.models import UnitOfMeasure, UsageType
from customers.models import Account
from customers.operations import IdentifierInput
from rating.models import UsageSource
from tests.apps.invoicing.company import Company, add


def data_plan(company: Company, **terms: Any) -> Any:
    """Offer data by the gigabyte."""
    unit = UnitOfMeasure.objects.create(code="GB", name="GB", dimension="DATA")
    kind = UsageType.objects.create(code="DATA", name="Data", unit=unit, identifier_type="MSISDN")
    return company.offer(
        "PLAN",
        {"code": "CALLS", "name": "Data", "kind": "USAGE", "usage_type": kind, **terms},
    )


def line(payer: Account, plan: Any, number: str, on: date) -> None:
    """Give the account a line with this number."""
    add(payer, plan, on, identifiers=(IdentifierInput(type="MSISDN", value=number),))


def came(at: datetime, *rows: tuple[str, str, str]) -> None:
    """Load number, start and quantity of events that came at a moment."""
    source = UsageSource.objects.filter(code="MED").first() or rating.operations.define_source(
        code="MED", name="Mediation"
    )
    rating.operations.load_events(
        source=source,
        rows=[
            {"event_key": f"{number}-{start}-{at}", "usage_type": "DATA",
             "identifier_type": "MSISDN", "identifier": number, "event_start": start,
             "quantity": quantity}
            for number, start, quantity in rows
        ],
        request_id=f"{at}", received_at=at,
    )  # fmt: skip
