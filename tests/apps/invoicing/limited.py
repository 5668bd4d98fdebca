"""What tests of interim bills share: calls sold with a limit of 10.00, a run carried out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from customers.models import Subscription
from customers.operations import IdentifierInput
from invoicing import operations
from invoicing.models import BillRun
from tests.apps.invoicing.company import Company, add

D = Decimal
JAN = date(2027, 1, 1)
TIERS = ((D(100), D("0.10")), (None, D("0.05")))


def sold(company: Company, *names: str, **terms: Any) -> list[Subscription]:
    charge = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    rent = {"code": "RENT", "name": "Rent", "price": D(20)}
    limit = {"timing": "THRESHOLD", "thresholds": {"EUR": "10"}}
    version = company.offer("PLAN", {**charge, "tiers": TIERS, **limit, **terms}, rent)
    return [
        add(
            company.payer(name), version, JAN,
            identifiers=(IdentifierInput(type="MSISDN", value=f"+49301234{place}"),),
        )
        for place, name in enumerate(names)
    ]  # fmt: skip


def post_run(company: Company, run: BillRun) -> None:
    """Carry a run that was started to its end."""
    operations.continue_run(run_id=run.pk)
    operations.approve_run(run_id=run.pk, actor=company.boss)
    operations.post_run(run_id=run.pk, actor=company.clerk)
    operations.continue_run(run_id=run.pk)
