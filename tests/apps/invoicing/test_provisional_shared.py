"""What usage is worth before its bill, where a tier counter is shared: what the bill says."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

import rating.queries
from catalog.models import Charge
from customers.models import Account, Subscription
from customers.operations import IdentifierInput
from invoicing.models import ChargeItem, Invoice
from tests.apps.invoicing.company import Company, add, lines, use

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)
TIERS = ((D(100), D("0.10")), (None, D("0.037")))


def number(last: int) -> IdentifierInput:
    return IdentifierInput(type="MSISDN", value=f"+49301234{last:02}")


def sharing(company: Company, **terms: Any) -> tuple[Account, list[Subscription]]:
    """Open a payer with two lines and an account below it with one."""
    charge = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    version = company.offer("PLAN", {**charge, "tiers": TIERS, **terms})
    payer = company.payer()
    child = company.payer("Child", parent=payer)
    owners = (payer, payer, child)
    return payer, [
        add(owner, version, JAN, identifiers=(number(place),))
        for place, owner in enumerate(owners)
    ]


def until(day: date) -> Charge:
    """End the price of the calls before a day."""
    charge = Charge.objects.get(code="CALLS")
    price = charge.prices.get()
    price.valid = DateRange(price.valid.lower, day)
    price.save()
    return charge


def provisional(subscriptions: list[Subscription]) -> dict[int, Decimal]:
    """Return what each subscription charge's usage of January is worth so far."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for account in {one.account_id for one in subscriptions}:
        for row in rating.queries.provisional(account_id=account, start=JAN, end=FEB):
            assert row.amount is not None, row.note
            found[row.subscription_charge_id] += row.amount
    return dict(found)


def posted() -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for item in ChargeItem.objects.filter(line_id__isnull=False):
        found[item.subscription_charge_id] += D(str(item.amount.amount))
    return dict(found)


@pytest.mark.parametrize("scope", ["ACCOUNT", "PAYER"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_worth_before_the_bill_is_the_bill(company: Company, scope: str, seed: int) -> None:
    """Odd quantities on many days, a new price on the 15th: equal to the cent, line by line."""
    _, subscriptions = sharing(company, counter_scope=scope)
    charge = until(date(2027, 1, 15))
    tiers = ((D(120), D("0.09")), (None, D("0.0123")))
    company.price(charge, D(0), starts=date(2027, 1, 15), tiers=tiers)
    chance = random.Random(seed)
    for subscription in subscriptions:
        for _ in range(6):
            day = JAN + timedelta(days=chance.randrange(31))
            use(subscription, day, f"{chance.randrange(1, 90)}.{chance.randrange(999):03}")
    before = provisional(subscriptions)
    assert len(before) == 3
    company.bill(FEB)
    assert before == posted()


def test_an_account_by_itself_is_told_its_part_of_what_the_payer_counts(company: Company) -> None:
    """80 and 120 are 100 · 0.10 + 100 · 0.037 = 13.70, borne 80 : 120."""
    _, (own, _, theirs) = sharing(company, counter_scope="PAYER")
    use(own, date(2027, 1, 10), "80")
    use(theirs, date(2027, 1, 11), "120")
    (row,) = rating.queries.provisional(account_id=theirs.account_id, start=JAN, end=FEB)
    assert (row.quantity, row.amount) == (D(120), D("8.22"))
    until(date(2027, 1, 11))
    (row,) = rating.queries.provisional(account_id=theirs.account_id, start=JAN, end=FEB)
    assert (row.amount, row.note) == (None, "no price on 2027-01-11")


def test_pool1_what_lines_share_is_rated_once_and_shared_to_the_cent(company: Company) -> None:
    """0.35 each of three lines at 0.10: 1.05 is 0.105, once 0.11; each by itself 0.035 is 0.04."""
    payer, subscriptions = sharing(company, counter_scope="PAYER")
    for subscription in subscriptions:
        use(subscription, date(2027, 1, 10), "0.35")
    company.bill(FEB)
    found = lines(Invoice.objects.get(payer=payer))
    assert sorted(amount for *_, amount in found) == ["0.03", "0.04", "0.04"]
    assert sum((D(amount) for *_, amount in found), D(0)) == D("0.11")
