"""Further price models and policies on real documents, and how they are explained."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

import invoicing.queries
from customers.models import Subscription, SubscriptionCharge
from customers.operations import IdentifierInput
from invoicing.models import Invoice, InvoiceLine
from tests.apps.invoicing.company import Company, add, lines, terminate, use

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR, APR = (date(2027, month, 1) for month in (2, 3, 4))
PHONE = IdentifierInput(type="MSISDN", value="+4930123456")


def usage(company: Company, model: str, **more: Any) -> dict[str, Any]:
    return {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": model, **more}


def steps(line: InvoiceLine) -> str:
    return "; ".join(invoicing.queries.explain(line.pk).steps)


def by_group(subscription: Subscription, on: date, quantity: str, group: str) -> None:
    charge = SubscriptionCharge.objects.get(subscription=subscription, charge__code="CALLS")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rating_usageaggregate (account_id, subscription_charge_id, service_id, "
            "on_date, attribute_key, quantity, event_count) VALUES (%s, %s, 1, %s, %s, %s, 1)",
            [charge.account_id, charge.pk, on, group, D(quantity)],
        )


def test_a_matrix_bills_a_line_for_each_group(company: Company) -> None:
    version = company.offer(
        "PLAN",
        usage(
            company, "MATRIX", price_attributes=["zone"],
            tiers=((None, D("0.10"), "zone=EU"), (None, D("0.50"), "*")),
        ),
    )  # fmt: skip
    payer = company.payer()
    subscription = add(payer, version, identifiers=(PHONE,))
    by_group(subscription, date(2027, 1, 5), "10", "zone=EU")
    by_group(subscription, date(2027, 1, 6), "4", "zone=US")
    company.bill(FEB)
    invoice = Invoice.objects.get(payer=payer)
    assert sorted(line[2] for line in lines(invoice)) == ["1.00", "2.00"]
    explained = [steps(line) for line in invoice.lines.all()]
    assert any("by the cell zone=EU of the matrix" in one for one in explained)
    # Late usage meets the same cell again, as a difference.
    by_group(subscription, date(2027, 1, 7), "6", "zone=US")
    company.bill(MAR)
    later = Invoice.objects.filter(payer=payer).latest("id")
    assert lines(later) == [("01.01.", "Addition: Calls (zone=US)", "3.00")]


def test_a_standing_charge_counts_days_and_gives_back_days(company: Company) -> None:
    """PER_DAY: two meters at 0.25: 31 days of March, then back from the 11th on."""
    version = company.offer("METER", {"price_model": "PER_DAY", "price": D("0.25")})
    payer = company.payer()
    subscription = add(payer, version, FEB, quantity=2)
    company.bill(FEB)
    first = Invoice.objects.get(payer=payer)
    assert lines(first) == [("01.02.", "Charge 1", "14.00")]
    line = first.lines.get()
    assert "times 28 days" in steps(line)
    company.bill(MAR)
    assert lines(Invoice.objects.filter(payer=payer).latest("id"))[0][2] == "15.50"
    terminate(subscription, date(2027, 3, 11), date(2027, 3, 20))
    company.bill(APR)
    assert lines(Invoice.objects.filter(payer=payer).latest("id")) == [
        ("01.03.", "Credit: Charge 1", "10.50")
    ]


@pytest.mark.parametrize(
    ("model", "columns", "tiers", "used", "net"),
    [
        ("DYNAMIC", {"percent": D("0.25")}, (), "80", "100.00"),
        (
            "GRADUATED_PERCENT", {}, ((D(1000), D("0.03")), (None, D("0.02"))), "1500", "40.00",
        ),
        ("PACKAGE", {"package_size": D(100), "free_units": D(30)}, (), "250", "21.00"),
    ],
)  # fmt: skip
def test_models_of_sums_are_billed(
    company: Company, model: str, columns: dict[str, Any], tiers: Any, used: str, net: str
) -> None:
    price = D(7) if model == "PACKAGE" else D(0)
    version = company.offer(
        "PLAN", usage(company, model, price=price, tiers=tiers, price_columns=columns)
    )
    payer = company.payer()
    subscription = add(payer, version, identifiers=(PHONE,))
    use(subscription, date(2027, 1, 9), used)
    company.bill(FEB)
    assert lines(Invoice.objects.get(payer=payer)) == [("01.01.", "Calls", net)]


def test_a_minimum_is_billed_without_usage_and_by_the_days(company: Company) -> None:
    """COM-1 of one charge: 16 of 31 days of a least amount of 31.00, then the whole of it."""
    version = company.offer(
        "PLAN",
        usage(company, "PER_UNIT", price=D(1), bill_zero=True,
              price_columns={"min_amount": D(31)}),
    )  # fmt: skip
    payer = company.payer()
    subscription = add(payer, version, date(2027, 1, 16), identifiers=(PHONE,))
    company.bill(FEB)
    first = Invoice.objects.get(payer=payer)
    assert lines(first) == [("01.01.", "Calls", "16.00")]
    assert "raised to the least amount" in steps(first.lines.get())
    use(subscription, date(2027, 2, 9), "12")
    company.bill(MAR)
    assert lines(Invoice.objects.filter(payer=payer).latest("id"))[-1][2] == "31.00"
    # Late usage of January meets the minimum already billed: nothing more is due.
    use(subscription, date(2027, 1, 20), "10")
    before = Invoice.objects.filter(payer=payer).count()
    company.bill(APR)
    latest = Invoice.objects.filter(payer=payer).latest("id")
    assert Invoice.objects.filter(payer=payer).count() == before + 1
    assert [line[2] for line in lines(latest)] == ["31.00"]


@pytest.mark.parametrize(("policy", "net"), [(True, "11.00"), (False, "6.00")])
def test_tiers_shrink_with_the_period_by_policy(company: Company, policy: bool, net: str) -> None:
    """PRO-3: 16 of 31 days; of 31 free units 16 remain, so 27 used leave 11 to pay."""
    tiers = ((D(31), D(0)), (None, D(1)))
    version = company.offer(
        "PLAN", usage(company, "GRADUATED", tiers=tiers, tier_proration=policy)
    )
    payer = company.payer()
    subscription = add(payer, version, date(2027, 1, 16), identifiers=(PHONE,))
    use(subscription, date(2027, 1, 20), "27" if policy else "37")
    company.bill(FEB)
    assert lines(Invoice.objects.get(payer=payer)) == [("01.01.", "Calls", net)]
