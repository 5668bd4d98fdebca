"""Whatever a draft is made from is either followed until it is posted, or may not change it.

A draft is compared before posting only if an input of it has changed (docs/decisions/0017). A
table that a bill newly reads has to be put into one of the lists here, and into its statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from customers.operations import IdentifierInput
from foundation.sql import statement
from invoicing.models import BillRun
from invoicing.operations.drafting import make_drafts
from invoicing.operations.frame import Frame
from tests.apps.invoicing.company import Company, add, use

pytestmark = pytest.mark.django_db
FEB = date(2027, 2, 1)
LATER = {
    "rating": "usage, its sums and balances as of the cutoff; what comes later waits (PER-8)",
    "invoicing": "what is billed: a payer is open in one run only, items by hand are followed",
}
"""Rooms whose rows do not change a draft after it was made."""
STAMPED_ROOMS = {"catalog", "tax"}
"""Rooms with a stamp of their own for all their tables."""


@contextmanager
def heard() -> Iterator[set[str]]:
    """Collect the tables that statements read."""
    tables = set(connection.introspection.table_names())
    found: set[str] = set()

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.update(tables.intersection(re.findall(r"[a-z_]+", str(sql))))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield found


def followed() -> set[str]:
    """Return the tables that suspects and the stamp of shared inputs look at."""
    history = re.search(r"table_name IN \(([^)]*)\)", statement("invoicing", "suspects"))
    assert history is not None
    shared = re.findall(r"FROM (\w+)", statement("invoicing", "shared_stamp"))
    return {*re.findall(r"'(\w+)'", history[1]), *shared}


def test_every_table_that_decides_a_bill_is_followed(company: Company) -> None:
    offer = company.offer(
        "PLAN", {"price": Decimal(30)}, {"code": "CALLS", "kind": "USAGE", "price": Decimal("0.1")}
    )
    payer = company.payer()
    number = IdentifierInput("MSISDN", "15550")
    use(add(payer, offer, identifiers=[number]), date(2027, 1, 10), "5")
    frame = Frame(BillRun(pk=0, cycle=company.cycle, bill_date=FEB), company.cycle)
    frame.has_prepaid = True
    everything: dict[str, Any] = {
        name: True for name in frame.window._fields if name.startswith("has_")
    }
    frame.window = frame.window._replace(**everything)
    with heard() as tables, connection.cursor() as cursor:
        (draft,), _ = make_drafts(cursor, frame, [payer.pk])
    assert len(draft.documents[0].lines) > 1
    unknown = {
        table
        for table in tables - followed()
        if table.split("_")[0] not in STAMPED_ROOMS | LATER.keys()
    }
    assert not unknown, "followed by no list: suspects.sql, shared_stamp.sql, or a reason here"
