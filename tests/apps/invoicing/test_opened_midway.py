"""An account opened within a cycle period is billed for the stub from its first day (PER-6)."""

from datetime import date
from decimal import Decimal

import pytest

from customers.operations import IdentifierInput
from invoicing.models import Invoice
from tests.apps.invoicing.company import Company, add, lines, use

pytestmark = pytest.mark.django_db
D = Decimal


def test_the_stub_before_the_first_bill_date_is_billed(company: Company) -> None:
    seat = company.offer(
        "SEAT", {"price": D(31)}, {"code": "CALLS", "kind": "USAGE", "price": D("0.10")}
    )
    payer = company.payer(opened_on=date(2027, 1, 20))
    subscription = add(
        payer, seat, date(2027, 1, 20), identifiers=[IdentifierInput("MSISDN", "15551")]
    )
    use(subscription, date(2027, 1, 25), "30")
    company.bill(date(2027, 2, 1))
    assert lines(Invoice.objects.get(payer=payer)) == [
        ("20.01.", "Charge 1", "12.00"),
        ("01.02.", "Charge 1", "31.00"),
        ("01.01.", "Charge 2", "3.00"),
    ]


def test_a_member_opened_midway_is_billed_to_its_payer(company: Company) -> None:
    seat = company.offer("SEAT", {"price": D(31)})
    payer = company.payer()
    member = company.payer("Ben", parent=payer, opened_on=date(2027, 1, 30))
    add(member, seat, date(2027, 1, 30))
    company.bill(date(2027, 2, 1))
    assert lines(Invoice.objects.get(payer=payer)) == [
        ("30.01.", "Charge 1", "2.00"),
        ("01.02.", "Charge 1", "31.00"),
    ]
